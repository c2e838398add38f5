"""What would be implausible to publish about the exposure of sectors."""

import great_expectations.expectations as gxe

from expectations.rules import COVERED_YEARS, SUM_TOLERANCE, between, iso3, no_rows, not_empty, positive

KEYS = "year, importer_iso3, sector"
SHOWN = f"{KEYS}, weighted_risk_score, coverage_share, minerals_used, minerals_scored, minerals_at_high_risk"

SUITE = [
    not_empty(),
    iso3("importer_iso3", SHOWN),
    gxe.ExpectColumnValuesToNotBeNull(column="coverage_share"),
    between("weighted_risk_score", 0, 100),
    between("coverage_share", 0, 1),
    positive("minerals_used"),
    between("minerals_on_basket_codes", 0, None),
    between("minerals_at_high_risk", 0, None),
    between("minerals_without_end_use", 0, None),
    gxe.ExpectColumnValuesToNotBeNull(column="is_redistributable"),
    no_rows(
        "sector is one of the end uses",
        "every sector is one of marts.mineral_end_uses",
        f"""
        select {SHOWN} from batch
        where sector is null or sector not in (select sector from marts.mineral_end_uses)
        """,
    ),
    no_rows(
        "sectors of a year are complete",
        "every importer has every sector in every year",
        """
        select year, importer_iso3, count(*) as sectors,
            (select count(distinct sector) from batch) as sectors_of_all
        from batch
        group by all
        having count(*) != (select count(distinct sector) from batch)
        """,
    ),
    no_rows(
        "minerals at high risk are named",
        "high_risk_minerals names as many minerals as are counted, and each is in a high band",
        f"""
        with named as (
            select {KEYS}, unnest(string_split(high_risk_minerals, ', ')) as mineral_id from batch
        ),
        high as (
            select {KEYS}, count(*) as named, count(*) filter (where bands.is_high) as named_high
            from named
            left join marts.mineral_risk as mineral_risk using (year, importer_iso3, mineral_id)
            left join seeds.seed_risk_bands as bands using (risk_band)
            group by all
        )
        select {SHOWN}, high_risk_minerals, high.named, high.named_high
        from batch
        left join high using ({KEYS})
        where coalesce(high.named, 0) != coalesce(minerals_at_high_risk, 0)
            or coalesce(high.named_high, 0) != coalesce(minerals_at_high_risk, 0)
        """,
    ),
    no_rows(
        "score is a mean of the minerals' scores",
        "the score lies between the lowest and the highest score of the minerals that the sector uses",
        f"""
        with used as (
            select distinct sector, unnest([mineral_id, sub_material]) as mineral_id
            from marts.mineral_end_uses
            where use_share > 0
        ),
        scores as (
            select {KEYS}, min(risk_score) as lowest_score, max(risk_score) as highest_score
            from used
            inner join marts.mineral_risk as mineral_risk using (mineral_id)
            where risk_score is not null
            group by all
        )
        select {KEYS}, weighted_risk_score, lowest_score, highest_score
        from batch
        left join scores using ({KEYS})
        where weighted_risk_score is not null
            and not coalesce(
                weighted_risk_score between lowest_score - {SUM_TOLERANCE} and highest_score + {SUM_TOLERANCE}, false
            )
        """,
    ),
    no_rows(
        "coverage of sectors holds",
        "the mean coverage of a sector over all importers falls by less than half in a year",
        f"""
        with years as (
            select sector, year, count(*) as importers, avg(coverage_share) as coverage_share from batch group by all
        )
        select years.sector, years.year,
            before.coverage_share as coverage_before, years.coverage_share as coverage_now
        from years
        inner join years as before on years.sector = before.sector and years.year = before.year + 1
        where years.year in {COVERED_YEARS}
            and before.importers >= 30 and years.coverage_share < 0.5 * before.coverage_share
        """,
        severity="warning",
    ),
]
