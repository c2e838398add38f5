-- Every cell of trade has one row of every published method, and no method has a row of anything else.
with

import_cells as (

    select * from {{ ref('int_import_cells') }}

),

methods as (

    select * from {{ ref('seed_risk_methods') }}

),

risk_methods as (

    select * from {{ ref('metric_risk_methods') }}

),

rows_of_both as (

    select
        import_cells.scenario_id,
        import_cells.year,
        import_cells.importer_iso3,
        import_cells.mineral_id,
        import_cells.stage,
        methods.method_id,
        1 as expected_count,
        0 as found_count
    from import_cells
    cross join methods

    union all

    select
        scenario_id,
        year,
        importer_iso3,
        mineral_id,
        stage,
        method_id,
        0 as expected_count,
        1 as found_count
    from risk_methods

)

select
    scenario_id,
    year,
    importer_iso3,
    mineral_id,
    stage,
    method_id,
    sum(expected_count) as expected_rows,
    sum(found_count) as found_rows
from rows_of_both
group by all
having sum(expected_count) != 1 or sum(found_count) != 1
