{# Sum of squared share times governance risk times trade parameter (EU criticality studies); unknown risks are left out. #}
{% macro governance_weighted_hhi(share, governance_risk, order_by, trade_parameter='1') -%}
    sum({{ share }} ^ 2 * {{ governance_risk }} * {{ trade_parameter }} order by {{ order_by }})
{%- endmacro %}

{# The part of the shares whose input is known; rounded, so that nine tenths summed up are nine tenths. 0 where none is. #}
{% macro covered_share(share, is_known, order_by) -%}
    coalesce(round(sum({{ share }} order by {{ order_by }}) filter (where {{ is_known }}), 12), 0)
{%- endmacro %}
