"""What would be implausible to publish about supply that reaches no producer."""

from expectations.rules import (
    STAGES,
    between,
    iso3,
    known_minerals,
    no_rows,
    one_of,
    positive,
    restricted_rows_stay,
    threshold,
)

SHOWN = "year, mineral_id, stage, country_iso3, unresolved_reason, unresolved_share"

# where all supply reaches a producer there are no rows
SUITE = [
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    one_of("unresolved_reason", ("unspecified_supplier", "unknown_pool", "empty_pool", "loop_without_producer")),
    iso3("country_iso3", SHOWN),
    positive("unresolved_share", 1),
    positive("export_value_usd"),
    between("exports_t", 0, None),
    restricted_rows_stay(
        SHOWN,
        # the network is of the sources that cover all importers
        """
        exists (
            select 1 from staging.stg_landing__vintages as vintages
            inner join intermediate.int_source_years as source_years using (source_id)
            where vintages.covers_all_importers and not coalesce(vintages.is_redistributable, false)
                and source_years.importer_iso3 = 'WLD' and source_years.year = batch.year
        )
        """,
    ),
    no_rows(
        "only what is untraceable is told",
        "a row is there for more than the share that may reach no producer",
        f"select {SHOWN} from batch where unresolved_share <= 1 - {threshold('traced_producer_share')}",
    ),
]
