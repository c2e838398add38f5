{# One threshold of the method, by name. A name that no seed row has fails the build: a scalar of no row would be null. #}
{% macro threshold(threshold_id) -%}
    (select if(count(*) = 1, max(value), error('seed_thresholds has no single row {{ threshold_id }}')) from {{ ref('seed_thresholds') }} where threshold_id = '{{ threshold_id }}')
{%- endmacro %}
