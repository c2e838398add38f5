"""What would make exports to the world implausible."""

from expectations.rules import STAGES, iso3, known_minerals, no_rows, not_empty, one_of, positive

SHOWN = "year, mineral_id, stage, country_iso3, export_value_usd"

SUITE = [
    not_empty(),
    positive("export_value_usd"),
    iso3("country_iso3", SHOWN),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    no_rows(
        "number of exporters holds",
        "a mineral and stage keeps at least a quarter of its exporting countries from one year to the next",
        """
        with years as (
            select mineral_id, stage, year, count(*) as exporters from batch group by all
        )
        select
            years.mineral_id, years.stage, years.year,
            before.exporters as exporters_before, years.exporters as exporters_now
        from years
        inner join years as before
            on years.mineral_id = before.mineral_id
            and years.stage = before.stage
            and years.year = before.year + 1
        where before.exporters >= 30 and years.exporters < 0.25 * before.exporters
        """,
    ),
]
