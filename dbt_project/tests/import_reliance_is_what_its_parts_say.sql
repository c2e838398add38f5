-- Consumption is production and net imports, reliance a share of it within its range, and 0 for a net exporter alone.
select *
from {{ ref('metric_import_reliance') }}
where
    value not between 0 and 1
    or value_low > value
    or value > value_high
    or value_low not between 0 and 1
    or value_high not between 0 and 1
    or (apparent_consumption_t is null) != (production_t is null or imports_t is null or exports_t is null)
    or abs(apparent_consumption_t - (production_t + imports_t - exports_t)) > 1e-9 * greatest(1, production_t)
    or is_net_exporter is distinct from (imports_t <= exports_t)
    or (is_net_exporter and value is distinct from 0)
    or (not is_net_exporter and value = 0)
    or (value is null) != (coalesce(missing_reason, '') != '')
