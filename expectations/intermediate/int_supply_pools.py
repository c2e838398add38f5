"""What must hold of what countries have to use or to pass on, before it is mixed."""

from expectations.rules import STAGES, between, iso3, known_minerals, no_rows, not_empty, one_of

TABLE = "year, mineral_id, stage"
SHOWN = f"{TABLE}, country_iso3, imports_kg, exports_kg, production_kg, is_estimated, missing_reason"

SUITE = [
    not_empty(),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    iso3("country_iso3", SHOWN),
    between("imports_kg", 0, None),
    between("exports_kg", 0, None),
    between("production_kg", 0, None),
    one_of("missing_reason", ("import_weights_missing", "production_unknown")),
    no_rows(
        "an unknown mix has a reason",
        "a reason is named exactly where the imports or else the production of a country are unknown",
        f"""
        select {SHOWN} from batch
        where missing_reason is distinct from case
            when imports_kg is null then 'import_weights_missing'
            when production_kg is null then 'production_unknown'
        end
        """,
    ),
    no_rows(
        "what is estimated is the floor",
        "production that no table tells is exports less imports, or 0 where that is less",
        f"""
        select {SHOWN} from batch
        where is_estimated is null
            or is_estimated
            and abs(production_kg - greatest(0, exports_kg - imports_kg)) > 1e-9 * (1 + exports_kg + imports_kg)
        """,
    ),
    no_rows(
        "everybody who trades has a pool",
        "the countries are those that buy or sell in int_network_flows, and nobody (XXX) is none",
        f"""
        with traders as (
            select {TABLE}, importer_iso3 as country_iso3 from intermediate.int_network_flows
            union
            select {TABLE}, supplier_iso3 from intermediate.int_network_flows
        ),
        named as (select *, true as trades from traders where country_iso3 != 'XXX'),
        pools as (select {TABLE}, country_iso3, true as has_pool from batch)
        select {TABLE}, country_iso3, named.trades, pools.has_pool
        from named
        full join pools using ({TABLE}, country_iso3)
        where named.trades is null or pools.has_pool is null
        """,
    ),
]
