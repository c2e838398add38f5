-- What is solved for meets the published figures, which a path says it does.
select *
from {{ ref('metric_reliance_paths') }}
where
    case_id = 'published'
    and missing_reason is null
    and not coalesce(abs(value - published_net_import_reliance) <= 1e-6, published_net_import_reliance is null)
