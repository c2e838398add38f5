-- The marts that describe a cell of trade describe the same cells: no join loses one.
with

cells as (

    select
        year,
        importer_iso3,
        mineral_id,
        stage
    from {{ ref('int_import_cells') }}
    where scenario_id = 'baseline'

)

{% for mart in ['supplier_concentration', 'china_dependence', 'risk_scores'] %}
select
    '{{ mart }}' as mart,
    cells.*
from cells
anti join {{ ref(mart) }} using (year, importer_iso3, mineral_id, stage)
{% if not loop.last %}union all{% endif %}
{% endfor %}
