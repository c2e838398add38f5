{{ config(post_hook="{{ create_risk_macro() }}") }}

with

of_year as (

    select * from {{ ref('metric_risk_scores') }}
    where scenario_id = 'baseline' and controls_basis = 'of_year'

),

current_controls as (

    select * from {{ ref('metric_risk_scores') }}
    where scenario_id = 'baseline' and controls_basis = 'current'

),

import_cells as (

    select * from {{ ref('int_import_cells') }}
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

),

risk_ranks as (

    select * from {{ ref('metric_risk_ranks') }}
    where scenario_id = 'baseline'

),

bands as (

    select * from {{ ref('seed_risk_bands') }}

),

rank_draws as (

    select * from {{ ref('metric_rank_draws') }}
    where uncertainty_id = 'all' and stage is not null

),

band_probabilities as (

    select * from {{ ref('metric_rank_band_probabilities') }}
    where stage is not null

),

compared as (

    select
        year,
        importer_iso3,
        mineral_id,
        stage,
        of_year.value as risk_score,
        current_controls.value as risk_score_current_controls,
        of_year.completeness,
        of_year.missing_components,
        of_year.top_driver,
        import_cells.is_material,
        -- what a score rests on: components, the tables behind them, the source of its flows and the codes it covers
        concat_ws(
            ' | ', of_year.component_set, of_year.basis_set, import_cells.source_id, import_cells.months_covered,
            import_cells.code_set
        ) as footing
    from of_year
    inner join current_controls using (year, importer_iso3, mineral_id, stage)
    inner join import_cells using (year, importer_iso3, mineral_id, stage)

)

select
    compared.year,
    compared.importer_iso3,
    compared.mineral_id,
    compared.stage,
    compared.risk_score,
    compared.risk_score_current_controls,
    bands.risk_band,
    risk_ranks.risk_rank,
    rank_draws.rank_p05,
    rank_draws.rank_p95,
    rank_draws.score_p05,
    rank_draws.score_p95,
    band_probabilities.probability as risk_band_probability,
    compared.is_material,
    if(compared.risk_score is null, null, compared.footing = previous.footing) as is_comparable,
    compared.completeness,
    compared.missing_components,
    compared.top_driver,
    provenance.is_provisional,
    provenance.is_redistributable
from compared
left join compared as previous
    on
        compared.year = previous.year + 1
        and compared.importer_iso3 = previous.importer_iso3
        and compared.mineral_id = previous.mineral_id
        and compared.stage = previous.stage
left join provenance
    on
        compared.year = provenance.year
        and compared.importer_iso3 = provenance.importer_iso3
        and compared.mineral_id = provenance.mineral_id
        and compared.stage = provenance.stage
left join bands on compared.risk_score >= bands.score_from and compared.risk_score < bands.score_below
left join risk_ranks
    on
        compared.year = risk_ranks.year
        and compared.importer_iso3 = risk_ranks.importer_iso3
        and compared.mineral_id = risk_ranks.mineral_id
        and compared.stage = risk_ranks.stage
left join rank_draws
    on
        compared.year = rank_draws.year
        and compared.importer_iso3 = rank_draws.importer_iso3
        and compared.mineral_id = rank_draws.mineral_id
        and compared.stage = rank_draws.stage
left join band_probabilities
    on
        compared.year = band_probabilities.year
        and compared.importer_iso3 = band_probabilities.importer_iso3
        and compared.mineral_id = band_probabilities.mineral_id
        and compared.stage = band_probabilities.stage
        and bands.risk_band = band_probabilities.risk_band
