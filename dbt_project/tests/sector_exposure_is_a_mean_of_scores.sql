-- A sector's score is a mean over the minerals that have one, and tells how much of the sector that is.
select *
from {{ ref('metric_sector_exposure') }}
where
    value not between 0 and 100
    or coverage_share not between 0 and 1
    or (value is null) != (minerals_scored = 0)
    or (coverage_share = 0) != (minerals_scored = 0)
    or (coverage_share = 1) != (minerals_scored = minerals_used)
    or minerals_used < 1
    or minerals_scored > minerals_used
    or minerals_on_basket_codes not between 0 and minerals_scored
    or minerals_at_high_risk > minerals_scored
    or (minerals_at_high_risk is null) != (minerals_scored = 0)
    or (high_risk_minerals is null) != (coalesce(minerals_at_high_risk, 0) = 0)
    or minerals_without_end_use < 0
