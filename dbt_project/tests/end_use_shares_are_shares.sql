-- A share of end use lies between 0 and 1; a use that is named without a figure has none.
select *
from {{ ref('seed_end_uses') }}
where share not between 0 and 1 or isnan(share)
