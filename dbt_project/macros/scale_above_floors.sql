{#
    The factor by which all amounts of a group are scaled so that they sum to a target, none falling below its floor:
    sum(greatest(floor, amount * scale)) = target. The floors must not sum to more than the target, nor it to more than
    the amounts. The sum is the largest of the lines "these on their floors, the rest scaled", over the groups of those
    whose floor is largest beside their amount; so the scale is the smallest that one of these lines gives.
#}
{% macro scale_above_floors(relation, group, amount, floor, target) -%}
    select
        {{ group }},
        min(({{ target }} - floors_above) / nullif(amounts_below, 0)) as scale
    from (
        select
            *,
            coalesce(
                {{ exact_sum(floor, '(ratios rows between unbounded preceding and 1 preceding)') }}, 0
            ) as floors_above,
            {{ exact_sum(amount, '(ratios rows between current row and unbounded following)') }} as amounts_below
        from (
            select
                *,
                {{ floor }} / nullif({{ amount }}, 0) as floor_ratio
            from {{ relation }}
        )
        window ratios as (partition by {{ group }} order by floor_ratio desc nulls last, supplier_iso3 asc)
    )
    group by all
{%- endmacro %}
