{# Registers hold partial dates (`2007-08`, `2007`). A precision that is none of these stops the build. #}
{% macro first_day(column) -%}
    case length({{ column }})
        when 4 then cast({{ column }} || '-01-01' as date)
        when 7 then cast({{ column }} || '-01' as date)
        else cast({{ column }} as date)
    end
{%- endmacro %}

{% macro last_day(column) -%}
    case length({{ column }})
        when 4 then cast({{ column }} || '-12-31' as date)
        when 7 then last_day(cast({{ column }} || '-01' as date))
        else cast({{ column }} as date)
    end
{%- endmacro %}

{% macro date_precision(column) -%}
    case length({{ column }}) when 4 then 'year' when 7 then 'month' when 10 then 'day' end
{%- endmacro %}
