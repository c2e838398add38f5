with

value_at_risk as (

    select * from {{ ref('metric_value_at_risk') }}

),

cells as (

    select
        import_cells.year,
        import_cells.importer_iso3,
        import_cells.mineral_id,
        import_cells.has_basket_code,
        provenance.is_provisional,
        provenance.is_redistributable
    from {{ ref('int_import_cells') }} as import_cells
    inner join {{ ref('int_cell_provenance') }} as provenance
        on
            import_cells.year = provenance.year
            and import_cells.importer_iso3 = provenance.country_iso3
            and import_cells.mineral_id = provenance.mineral_id
            and import_cells.stage = provenance.stage
    where import_cells.scenario_id = 'baseline'

),

provenance as (

    select
        year,
        importer_iso3,
        mineral_id,
        bool_or(has_basket_code) as has_basket_code,
        bool_or(is_provisional) as is_provisional,
        bool_and(is_redistributable) as is_redistributable
    from cells
    group by all

    union all by name

    select
        year,
        importer_iso3,
        'all' as mineral_id,
        bool_or(has_basket_code) as has_basket_code,
        bool_or(is_provisional) as is_provisional,
        bool_and(is_redistributable) as is_redistributable
    from cells
    group by all

)

select
    value_at_risk.*,
    provenance.has_basket_code,
    provenance.is_provisional,
    provenance.is_redistributable
from value_at_risk
inner join provenance using (year, importer_iso3, mineral_id)
