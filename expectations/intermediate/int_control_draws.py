"""What must hold of the export measures that are drawn before a value at risk rests on them."""

from expectations.rules import STAGES, iso3, known_minerals, no_rows, one_of, positive, threshold

SHOWN = "draw, supplier_iso3, mineral_id, stage, supply_cut_share"

# A frequency strays this many standard errors from its probability once in a million times.
STANDARD_ERRORS = 5

# empty where there is no announcement to draw from
SUITE = [
    iso3("supplier_iso3", SHOWN),
    known_minerals(SHOWN),
    one_of("stage", ("all", *STAGES)),
    positive("supply_cut_share", 1),
    no_rows(
        "draws are numbered from 0",
        "every draw has a number from 0 to below the threshold stress_draw_count",
        f"""
        select {SHOWN} from batch
        where draw is null or draw not between 0 and {threshold("stress_draw_count")} - 1
        """,
    ),
    no_rows(
        "a measure is drawn once",
        "a draw, country, mineral and stage have one row",
        """
        select draw, supplier_iso3, mineral_id, stage, count(*) as row_count
        from batch group by all having count(*) > 1
        """,
    ),
    no_rows(
        "what is held back was announced or is exported",
        "a country holds back minerals that it announced measures on, or that it sells to others",
        f"""
        select {SHOWN} from batch
        anti join intermediate.int_control_announcements using (supplier_iso3, mineral_id)
        anti join (
            select distinct supplier_iso3, mineral_id from intermediate.int_supply_options where elsewhere_t > 0
        ) using (supplier_iso3, mineral_id)
        """,
    ),
    no_rows(
        "countries announce as often as they did",
        "the part of the draws in which a country holds something back is the probability of one announcement or more"
        f" a year, give or take {STANDARD_ERRORS} standard errors",
        f"""
        with announced as (
            select
                supplier_iso3,
                1 - exp(-count(distinct announcement_id) / {threshold("stress_window_years")}) as probability
            from intermediate.int_control_announcements group by all
        ),
        drawn as (
            select supplier_iso3, count(distinct draw) / {threshold("stress_draw_count")} as frequency
            from batch group by all
        )
        select supplier_iso3, frequency, probability
        from announced
        inner join drawn using (supplier_iso3)
        where abs(frequency - probability)
            > {STANDARD_ERRORS} * sqrt(probability * (1 - probability) / {threshold("stress_draw_count")})
        """,
    ),
]
