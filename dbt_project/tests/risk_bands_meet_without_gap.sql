-- From 0 to above 100 each band begins where the one below ends.
with

bands as (

    select
        *,
        lag(score_below, 1, 0) over (order by score_from) as ends_below,
        lead(score_from, 1, score_below) over (order by score_from) as begins_above,
        max(score_below) over () as ends_in
    from {{ ref('seed_risk_bands') }}

)

select * from bands
where score_from != ends_below or score_below != begins_above or score_from >= score_below or ends_in <= 100
