with

control_severity as (

    select
        year,
        importer_iso3,
        mineral_id,
        stage,
        controlling_iso3 as supplier_iso3,
        unnest(string_split(control_ids, ' ')) as control_id
    from {{ ref('int_control_severity') }}
    where scenario_id = 'baseline' and controls_basis = 'of_year'

),

supplier_shares as (

    select * from {{ ref('supplier_shares') }}

)

select
    year,
    importer_iso3,
    mineral_id,
    stage,
    supplier_iso3,
    control_severity.control_id,
    supplier_shares.is_provisional,
    supplier_shares.is_redistributable
from supplier_shares
inner join control_severity using (year, importer_iso3, mineral_id, stage, supplier_iso3)
