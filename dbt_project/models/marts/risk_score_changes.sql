with

changes as (

    select * from {{ ref('metric_risk_score_changes') }}
    where scenario_id = 'baseline'

),

provenance as (

    select
        year,
        country_iso3 as importer_iso3,
        mineral_id,
        stage,
        is_provisional,
        is_redistributable
    from {{ ref('int_cell_provenance') }}

)

select
    changes.year,
    changes.importer_iso3,
    changes.mineral_id,
    changes.stage,
    changes.component_id,
    changes.previous_year,
    changes.previous_raw_value,
    changes.raw_value,
    changes.score_change,
    changes.contribution_change,
    changes.risk_change,
    changes.coverage_change,
    changes.coverage_reason,
    -- a change rests on both years
    this_year.is_provisional or last_year.is_provisional as is_provisional,
    this_year.is_redistributable and last_year.is_redistributable as is_redistributable
from changes
left join provenance as this_year using (year, importer_iso3, mineral_id, stage)
left join provenance as last_year
    on
        changes.previous_year = last_year.year
        and changes.importer_iso3 = last_year.importer_iso3
        and changes.mineral_id = last_year.mineral_id
        and changes.stage = last_year.stage
