with

end_uses as (

    select * from {{ ref('seed_end_uses') }}

),

minerals as (

    select * from {{ ref('seed_minerals') }}

)

select
    coalesce(sub_minerals.mineral_id, end_uses.mineral_id) as mineral_id,
    if(sub_minerals.mineral_id is null, coalesce(end_uses.sub_material, 'all'), 'all') as sub_material,
    end_uses.sector,
    end_uses.application,
    end_uses.region,
    end_uses.share as use_share,
    end_uses.reference_year,
    end_uses.sector_confidence as confidence,
    end_uses.source,
    end_uses.note
from end_uses
left join minerals as sub_minerals on end_uses.sub_material = sub_minerals.mineral_id
