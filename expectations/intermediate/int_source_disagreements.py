"""What must hold of what sources disagree on; empty while one source speaks alone."""

from expectations.rules import hs6, iso3, no_rows, one_of, positive, threshold

SHOWN = "year, importer_iso3, supplier_iso3, hs_revision, hs6_code, comparison, first_source_id, second_source_id"

SUITE = [
    hs6(SHOWN),
    iso3("importer_iso3", SHOWN),
    iso3("supplier_iso3", SHOWN),
    one_of("comparison", ("two_sources", "mirror")),
    positive("difference_share", 1),
    no_rows(
        "two sides are compared",
        "two sources are two, and a mirror holds declarations: BACI, which reconciles them, is none",
        f"""
        select {SHOWN} from batch
        where (comparison = 'two_sources' and first_source_id = second_source_id)
            or (comparison = 'mirror' and 'baci' in (first_source_id, second_source_id))
        """,
    ),
    no_rows(
        "difference is second minus first",
        "difference_usd is the second value minus the first",
        f"""
        select {SHOWN}, first_trade_value_usd, second_trade_value_usd, difference_usd from batch
        where difference_usd is distinct from coalesce(second_trade_value_usd, 0) - coalesce(first_trade_value_usd, 0)
        """,
    ),
    no_rows(
        "difference is no trifle",
        "share and dollars of the difference are above the thresholds of the method",
        f"""
        select {SHOWN}, difference_usd, difference_share from batch
        where not coalesce(
            difference_share > {threshold("source_disagreement_share")}
            and abs(difference_usd) >= {threshold("source_disagreement_value_usd")},
            false
        )
        """,
    ),
    no_rows(
        "transit hubs are those of the seed",
        "is_through_transit_hub is true where importer or supplier is in seed_transit_hubs, else false",
        f"""
        select {SHOWN}, is_through_transit_hub from batch
        where is_through_transit_hub is distinct from exists (
            select 1 from seeds.seed_transit_hubs as hubs
            where hubs.country_iso3 in (batch.importer_iso3, batch.supplier_iso3)
        )
        """,
    ),
]
