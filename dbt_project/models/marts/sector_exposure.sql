with

sector_exposure as (

    select * from {{ ref('metric_sector_exposure') }}
    where scenario_id = 'baseline'

)

select
    year,
    importer_iso3,
    sector,
    cast(minerals_at_high_risk as integer) as minerals_at_high_risk,
    high_risk_minerals,
    value as weighted_risk_score,
    coverage_share,
    cast(minerals_used as integer) as minerals_used,
    cast(minerals_scored as integer) as minerals_scored,
    cast(minerals_on_basket_codes as integer) as minerals_on_basket_codes,
    cast(minerals_without_end_use as integer) as minerals_without_end_use
from sector_exposure
