{# Reported flows with the goods that their codes stand for: a source that tells of the same goods in two HS revisions tells of them once. #}
{% macro flows_of_goods(reported_flows, goods) -%}
    select
        {{ reported_flows }}.*,
        {{ goods }}.goods_hs_revision,
        {{ goods }}.goods_hs6_code
    from {{ reported_flows }}
    inner join {{ goods }} using (hs_revision, hs6_code)
    qualify
        {{ goods }}.hs_revision_priority = min({{ goods }}.hs_revision_priority) over (
            partition by
                {{ reported_flows }}.source_id, {{ reported_flows }}.importer_iso3, {{ reported_flows }}.year,
                {{ goods }}.goods_hs_revision, {{ goods }}.goods_hs6_code
        )
{%- endmacro %}
