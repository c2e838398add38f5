"""What would make it implausible who could supply an importer."""

from expectations.rules import (
    STAGES,
    SUM_TOLERANCE,
    between,
    iso3,
    known_minerals,
    low_to_high,
    no_rows,
    one_of,
    suppliers_are_others,
)

MARKET = "year, importer_iso3, mineral_id, stage"
SHOWN = f"{MARKET}, supplier_iso3"

# empty while no year is finished
SUITE = [
    iso3("supplier_iso3", SHOWN),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    between("purchased_low_t", 0, None),
    between("elsewhere_low_t", 0, None),
    low_to_high("purchased_low_t", "purchased_t", "purchased_high_t", SHOWN),
    low_to_high("elsewhere_low_t", "elsewhere_t", "elsewhere_high_t", SHOWN),
    suppliers_are_others(SHOWN),
    no_rows(
        "content is no more than weight",
        "the contained mineral weighs at most what the goods weigh, bought or sold elsewhere",
        # a trifle of tonnes: sums of doubles
        f"""
        select {SHOWN}, purchased_high_t, purchased_gross_t, elsewhere_high_t, elsewhere_gross_t from batch
        where purchased_high_t > purchased_gross_t + 1e-6 or elsewhere_high_t > elsewhere_gross_t + 1e-6
        """,
    ),
    no_rows(
        "sales to others are known of a whole market",
        "exports_are_known is the same for all suppliers of a market, and sales to others are known where it is true",
        f"""
        select {SHOWN}, exports_are_known, elsewhere_value_usd, elsewhere_gross_t, elsewhere_t from batch
        qualify coalesce(exports_are_known, false) != (elsewhere_t is not null)
            or (elsewhere_value_usd is null) != (elsewhere_t is null)
            or (elsewhere_gross_t is null) != (elsewhere_t is null)
            or count(distinct exports_are_known) over (partition by {MARKET}) != 1
        """,
    ),
    no_rows(
        "purchases are those of the market",
        "what suppliers sell the importer sums to what it imports, in dollars, and in tonnes where they are known",
        f"""
        with purchases as (
            select {MARKET}, sum(purchased_value_usd) as purchased_value_usd, sum(purchased_t) as purchased_t
            from batch group by all
        ),
        trade as (
            select * rename (country_iso3 as importer_iso3) from intermediate.int_contained_trade
            where scenario_id = 'baseline'
        )
        select {MARKET}, purchased_value_usd, import_value_usd, purchased_t, imports_t
        from purchases
        inner join trade using ({MARKET})
        where abs(purchased_value_usd - import_value_usd) > {SUM_TOLERANCE} * import_value_usd
            or abs(coalesce(purchased_t, 0) - imports_t) > {SUM_TOLERANCE} * imports_t
        """,
    ),
]
