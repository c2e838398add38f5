-- With u unspecified and n suppliers: (1 - u)^2 / n <= HHI <= 1, and the low reading is not above the high one.
select *
from {{ ref('metric_supplier_concentration') }}
where
    (supplier_count = 0) != (hhi_value is null)
    or hhi_value < (1 - unspecified_share) ^ 2 / supplier_count - 1e-9
    or hhi_low > hhi_high + 1e-9
    or greatest(hhi_value, hhi_weight, hhi_high) > 1 + 1e-9
