-- A reader can work out every published component score from the published raw value, goalposts and macro (1e-9).
select
    components.year,
    components.importer_iso3,
    components.mineral_id,
    components.stage,
    component_id,
    components.raw_value,
    components.component_score
from {{ ref('risk_components') }} as components
left join {{ ref('risk_component_definitions') }} as definitions using (component_id)
where
    components.raw_value is not null
    and coalesce(
        abs(
            components.component_score
            - main.goalpost_score(components.raw_value, definitions.goalpost_0, definitions.goalpost_100)
        ) > 1e-9,
        true
    )
