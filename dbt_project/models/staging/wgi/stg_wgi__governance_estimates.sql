with

source as (

    select * from {{ source('raw', 'wgi_governance') }}

),

renamed as (

    select
        -- keys
        iso3 as governance_code,
        cast(year as integer) as year,
        vintage_id,

        -- measures: standard normal units, about -2.5 (worst) to 2.5 (best)
        {%- for dimension in ['va', 'pv', 'ge', 'rq', 'rl', 'cc'] %}
        cast(nullif(trim({{ dimension }}_estimate), '') as double) as {{ dimension }}_estimate,
        cast(nullif(trim({{ dimension }}_stderr), '') as double) as {{ dimension }}_stderr
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from source

)

select * from renamed
