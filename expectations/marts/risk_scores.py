"""What would be implausible to publish as scores."""

import great_expectations.expectations as gxe

from expectations.rules import (
    COVERED_YEARS,
    STAGES,
    band_fits_score,
    between,
    from_restricted_cell,
    intervals_hold,
    iso3,
    known_minerals,
    no_rows,
    not_empty,
    one_of,
    positive,
    restricted_rows_stay,
    threshold,
)

KEYS = "year, importer_iso3, mineral_id, stage"

SUITE = [
    not_empty(),
    iso3("importer_iso3", KEYS),
    known_minerals(KEYS),
    one_of("stage", STAGES),
    between("risk_score", 0, 100),
    between("risk_score_current_controls", 0, 100),
    gxe.ExpectColumnValuesToNotBeNull(column="completeness"),
    positive("completeness", 1),
    band_fits_score(KEYS),
    intervals_hold(KEYS),
    restricted_rows_stay(KEYS, from_restricted_cell()),
    no_rows(
        "a score rests on enough",
        "a score has at least the completeness that the method asks for",
        # completeness is a quotient of weights: its last digits are noise
        f"""
        select {KEYS}, risk_score, completeness, missing_components from batch
        where risk_score is not null and completeness < {threshold("completeness_share")} - 1e-12
        """,
    ),
    no_rows(
        "a missing score has a reason",
        "where there is no score the missing components are named",
        f"""
        select {KEYS}, completeness from batch
        where risk_score is null and coalesce(missing_components, '') = ''
        """,
    ),
    no_rows(
        "material scores have ranks",
        "a cell has a rank if and only if it is material and has a score",
        f"""
        select {KEYS}, risk_score, is_material, risk_rank from batch
        where (is_material and risk_score is not null) is distinct from (risk_rank is not null)
        """,
    ),
    no_rows(
        "a higher score has a lower rank",
        "within an importer and year ranks fall as scores rise",
        f"""
        select {KEYS}, risk_score, risk_rank from batch
        where risk_rank is not null
        qualify risk_score > lag(risk_score) over (partition by year, importer_iso3 order by risk_rank)
        """,
    ),
    no_rows(
        "number of importers holds",
        "a year keeps at least half of the importers of the year before",
        f"""
        with years as (select year, count(distinct importer_iso3) as importers from batch group by all)
        select years.year, before.importers as importers_before, years.importers as importers_now
        from years
        inner join years as before on years.year = before.year + 1
        where years.year in {COVERED_YEARS} and before.importers >= 30 and years.importers < 0.5 * before.importers
        """,
    ),
    no_rows(
        "India's scored cells hold",
        "the number of India's material cells with a score moves by less than half in a year",
        f"""
        with years as (
            select year, count(*) filter (where is_material and risk_score is not null) as cells
            from batch where importer_iso3 = 'IND' group by all
        )
        select years.year, before.cells as cells_before, years.cells as cells_now
        from years
        inner join years as before on years.year = before.year + 1
        where years.year in {COVERED_YEARS}
            and before.cells >= 10
            and years.cells not between 0.5 * before.cells and 1.5 * before.cells
        """,
        severity="warning",
    ),
]
