{#
    The sum of tonnes over a window, in whole units of 1e-18 t: sums of doubles depend in their last digits on the order
    of addition, which a window does not promise when memory is short.
#}
{% macro exact_sum(tonnes, window) -%}
    cast(sum(cast({{ tonnes }} as decimal(38, 18))) over {{ window }} as double)
{%- endmacro %}
