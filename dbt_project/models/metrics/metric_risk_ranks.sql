-- The order of an importer's scores in a year: among its material cells with a score, 1 is the riskiest.
with

risk_scores as (

    select * from {{ ref('metric_risk_scores') }}
    where controls_basis = 'of_year' and value is not null

),

import_cells as (

    select * from {{ ref('int_import_cells') }}
    where is_material

)

select
    scenario_id,
    year,
    importer_iso3,
    mineral_id,
    stage,
    cast(rank() over (
        partition by scenario_id, year, importer_iso3 order by risk_scores.value desc
    ) as integer) as risk_rank
from risk_scores
inner join import_cells using (scenario_id, year, importer_iso3, mineral_id, stage)
