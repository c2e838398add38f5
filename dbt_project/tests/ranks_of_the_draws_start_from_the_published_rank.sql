-- With nothing drawn the ranks are the published ones.
select
    year,
    importer_iso3,
    mineral_id,
    draws.stage,
    draws.base_rank,
    coalesce(risk_scores.risk_rank, mineral_risk.risk_rank) as risk_rank
from {{ ref('metric_rank_draws') }} as draws
left join {{ ref('risk_scores') }} as risk_scores using (year, importer_iso3, mineral_id, stage)
left join {{ ref('mineral_risk') }} as mineral_risk using (year, importer_iso3, mineral_id)
where
    draws.uncertainty_id = 'all'
    and draws.base_rank is distinct from if(draws.stage is null, mineral_risk.risk_rank, risk_scores.risk_rank)
