"""What would make the exports of countries implausible."""

from expectations.rules import (
    between,
    group_trades_no_more_than_its_members,
    hs6,
    iso3,
    no_rows,
    not_empty,
    one_of,
    positive,
)

CODE = "year, hs_revision, hs6_code"
SHOWN = f"{CODE}, country_iso3, export_value_usd"

SUITE = [
    not_empty(),
    hs6(SHOWN),
    iso3("country_iso3", SHOWN),
    one_of("hs_revision", ("HS92", "HS17", "HS22")),
    positive("export_value_usd"),
    between("net_weight_kg", 0, None),
    no_rows(
        "what is weighed is part of the value",
        "0 <= weighed_value_usd <= export_value_usd, and above 0 exactly where there is a weight",
        f"""
        select {SHOWN}, weighed_value_usd, net_weight_kg from batch
        where weighed_value_usd is null
            or not weighed_value_usd between 0 and export_value_usd
            or (weighed_value_usd > 0) != (net_weight_kg is not null)
        """,
    ),
    no_rows(
        "groups and only groups are marked",
        "is_group is true for the groups of seed_country_groups and for nobody else",
        f"""
        select {SHOWN}, is_group from batch
        where is_group is distinct from (country_iso3 in (select group_iso3 from seeds.seed_country_groups))
        """,
    ),
    group_trades_no_more_than_its_members("export_value_usd", CODE),
    no_rows(
        "number of exporters holds",
        "a code keeps at least a quarter of its exporting countries from one year to the next",
        """
        with years as (select hs_revision, hs6_code, year, count(*) as exporters from batch group by all)
        select
            years.hs_revision, years.hs6_code, years.year,
            before.exporters as exporters_before, years.exporters as exporters_now
        from years
        inner join years as before
            on years.hs_revision = before.hs_revision
            and years.hs6_code = before.hs6_code
            and years.year = before.year + 1
        where before.exporters >= 30 and years.exporters < 0.25 * before.exporters
        """,
    ),
]
