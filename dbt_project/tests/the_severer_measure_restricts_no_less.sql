-- The strictest measure of a day is the strictest by severity and by trade parameter alike.
with

measures as (

    select * from {{ ref('seed_control_measures') }}

)

select
    severer.measure as severer_measure,
    milder.measure as milder_measure
from measures as severer
inner join measures as milder
    on severer.severity > milder.severity and severer.trade_parameter < milder.trade_parameter
