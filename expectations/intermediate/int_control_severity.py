"""What would make the severity of export measures implausible."""

from expectations.rules import between, iso3, known_minerals, no_rows, not_empty, one_of

SHOWN = "controls_basis, year, importer_iso3, mineral_id, stage, controlling_iso3, control_ids"

SUITE = [
    not_empty(),
    between("severity", 0, 1),
    # the highest trade parameter of the EU studies is 1.3
    between("restriction", 0, 0.3),
    no_rows(
        "severity and restriction act together",
        "restriction is above 0 exactly where severity is",
        f"select {SHOWN}, severity, restriction from batch where (severity > 0) is distinct from (restriction > 0)",
    ),
    one_of("controls_basis", ("of_year", "current")),
    iso3("controlling_iso3", SHOWN),
    known_minerals(SHOWN),
    no_rows(
        "measures are named",
        "every severity names the measures of the register that it comes from",
        f"""
        select {SHOWN} from batch
        where coalesce(control_ids, '') = ''
            or control_ids in (
                select sets.control_ids
                from (
                    select control_ids, unnest(string_split(control_ids, ' ')) as control_id
                    from (select distinct control_ids from batch)
                ) as sets
                anti join seeds.seed_export_controls as register on sets.control_id = register.control_id
            )
        """,
    ),
]
