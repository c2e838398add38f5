"""What must hold of measures that were announced at once before what comes next is drawn from them."""

from expectations.rules import STAGES, iso3, known_minerals, no_rows, one_of, positive, threshold

SHOWN = "supplier_iso3, announcement_id, effective_from_date, mineral_id, stage"

# empty where nobody held anything back in these years
SUITE = [
    iso3("supplier_iso3", SHOWN),
    known_minerals(SHOWN),
    one_of("stage", ("all", *STAGES)),
    positive("supply_cut_share", 1),
    no_rows(
        "an announcement is of one country and day",
        "all rows of an announcement are of one country and of one day",
        """
        select
            announcement_id,
            count(distinct supplier_iso3) as countries, count(distinct effective_from_date) as days
        from batch group by all
        having announcement_id is null or countries != 1 or days != 1 or count(effective_from_date) != count(*)
        """,
    ),
    no_rows(
        "announcements are of the last years",
        "no measure began after controls_as_of, or before the years of the threshold stress_window_years",
        f"""
        select {SHOWN}, controls_as_of from batch
        cross join (select any_value(controls_as_of) as controls_as_of from intermediate.int_export_controls)
        where effective_from_date > controls_as_of
            or effective_from_date <= controls_as_of - to_years(cast({threshold("stress_window_years")} as integer))
        """,
    ),
    no_rows(
        "a mineral is held back for a first time once",
        "of a country and mineral the first rows, and no later ones, are marked as the first",
        f"""
        select {SHOWN}, is_first_of_mineral from batch
        where is_first_of_mineral is null
        union all
        select {SHOWN}, is_first_of_mineral from batch
        window mineral as (partition by supplier_iso3, mineral_id)
        qualify count(distinct if(is_first_of_mineral, effective_from_date, null)) over mineral != 1
            or (is_first_of_mineral and effective_from_date > min(effective_from_date) over mineral)
        """,
    ),
]
