"""What would mislead a reader who looks for other suppliers."""

from expectations.rules import between, from_restricted_cell, iso3, no_rows, positive, restricted_rows_stay

CELL = "year, importer_iso3, mineral_id, stage"
SHOWN = f"{CELL}, supplier_iso3"
# A thousand is a unit; goods of one stage differ in price, but not so much in the trade of all importers.
PRICE_FACTOR = 30

SUITE = [
    iso3("supplier_iso3", SHOWN),
    positive("usd_per_t"),
    between("exports_elsewhere_t", 0, None),
    between("exports_elsewhere_value_usd", 0, None),
    between("governance_risk", 0, 10),
    between("control_severity", 0, 1),
    between("control_severity_current", 0, 1),
    restricted_rows_stay(SHOWN, from_restricted_cell()),
    no_rows(
        "purchases are those of the year",
        "each supplier of the newest finished year is an option, with the purchases of marts.supplier_shares",
        f"""
        with suppliers as (
            select * from marts.supplier_shares where year in (select year from intermediate.int_newest_complete_year)
        )
        select {SHOWN}, batch.purchased_value_usd, suppliers.import_value_usd
        from suppliers
        full join batch using ({SHOWN})
        where coalesce(batch.purchased_value_usd, -1) != coalesce(suppliers.import_value_usd, 0)
            or (batch.purchased_t is not null and suppliers.year is null)
        """,
    ),
    no_rows(
        "nobody is an option for oneself",
        "an importer, or a member of a group that imports, is none of its own suppliers",
        f"""
        select {SHOWN} from batch
        where supplier_iso3 = importer_iso3
            or (importer_iso3, supplier_iso3) in (select (group_iso3, member_iso3) from seeds.seed_country_groups)
        """,
    ),
    no_rows(
        "what is unknown is not 0",
        "exports elsewhere are known of all suppliers of a market or of none, in tonnes and in value; who sells tonnes"
        " has a price",
        f"""
        select {SHOWN}, purchased_t, exports_elsewhere_t, exports_elsewhere_value_usd, usd_per_t from batch
        qualify (exports_elsewhere_t is null) != (exports_elsewhere_value_usd is null)
            or (usd_per_t is not null) != coalesce(greatest(purchased_t, exports_elsewhere_t) > 0, false)
            or count(exports_elsewhere_t) over (partition by {CELL}) not in (0, count(*) over (partition by {CELL}))
        """,
    ),
    no_rows(
        "purchases and exports are in one unit",
        f"all purchases of a mineral and stage cost within {PRICE_FACTOR} times what others pay a tonne",
        f"""
        select year, mineral_id, stage,
            sum(purchased_value_usd) filter (where purchased_t > 0) / sum(purchased_t) as usd_per_t_bought,
            sum(exports_elsewhere_value_usd) / sum(exports_elsewhere_t) as usd_per_t_elsewhere
        from batch
        group by all
        having not coalesce(
            usd_per_t_bought between usd_per_t_elsewhere / {PRICE_FACTOR} and usd_per_t_elsewhere * {PRICE_FACTOR}, true
        )
        """,
        severity="warning",
    ),
]
