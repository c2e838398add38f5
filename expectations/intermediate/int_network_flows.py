"""What must hold of the network of trade before origins are traced in it."""

from expectations.rules import STAGES, between, iso3, known_minerals, no_rows, not_empty, one_of, positive

SHOWN = "year, mineral_id, stage, importer_iso3, supplier_iso3, trade_value_usd, content_kg"

SUITE = [
    not_empty(),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    iso3("importer_iso3", SHOWN),
    iso3("supplier_iso3", SHOWN),
    positive("trade_value_usd"),
    between("content_kg", 0, None),
    no_rows(
        "what is weighed is part of the value",
        "0 <= content_value_usd <= trade_value_usd, and above 0 exactly where there is a contained weight",
        f"""
        select {SHOWN}, content_value_usd from batch
        where content_value_usd is null
            or not content_value_usd between 0 and trade_value_usd
            or (content_value_usd > 0) != (content_kg is not null)
        """,
    ),
    no_rows(
        "nobody trades with oneself",
        "no importer is its own supplier",
        f"select {SHOWN} from batch where importer_iso3 = supplier_iso3",
    ),
    no_rows(
        "no group is beside its members",
        "no buyer or seller is a group of seed_country_groups: its trade would count twice",
        f"""
        select {SHOWN} from batch
        where importer_iso3 in (select group_iso3 from seeds.seed_country_groups)
            or supplier_iso3 in (select group_iso3 from seeds.seed_country_groups)
        """,
    ),
    no_rows(
        "number of countries holds",
        "a network keeps at least half of its countries from one year to the next",
        """
        with countries as (
            select mineral_id, stage, year, importer_iso3 as country_iso3 from batch
            union
            select mineral_id, stage, year, supplier_iso3 from batch
        ),
        years as (select mineral_id, stage, year, count(*) as countries from countries group by all)
        select years.mineral_id, years.stage, years.year,
            before.countries as countries_before, years.countries as countries_now
        from years
        inner join years as before
            on years.mineral_id = before.mineral_id
            and years.stage = before.stage
            and years.year = before.year + 1
        where before.countries >= 30 and years.countries < 0.5 * before.countries
        """,
    ),
]
