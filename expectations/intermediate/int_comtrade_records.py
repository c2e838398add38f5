"""What must hold of UN Comtrade's records once it is said which of them count; empty where nobody ingested any."""

from expectations.rules import hs6, no_rows, one_of, positive

SHOWN = "vintage_id, frequency, year, month, reporter_code, flow_code, partner_code, classification_code, hs6_code"

SUITE = [
    hs6(SHOWN),
    one_of("frequency", ("annual", "monthly")),
    one_of("valuation_basis", ("fob", "cif")),
    positive("net_weight_kg"),
    one_of(
        "exclusion_reason",
        (
            "control_total",
            "part_of_a_total",
            "part_of_imports_or_exports",
            "superseded_vintage",
            "month_beside_its_year",
            "declared_by_the_exporter",
            "no_value",
        ),
    ),
    no_rows(
        "countries are resolved",
        "reporter and partner have three capitals; World is no country",
        f"""
        select {SHOWN}, reporter_iso3, partner_iso3 from batch
        where reporter_iso3 is null or (partner_iso3 is null and partner_code != '0')
        """,
    ),
    no_rows(
        "HS revision is known",
        "the classification is one of seed_hs_revisions",
        f"select {SHOWN} from batch where hs_revision is null",
    ),
    no_rows(
        "what counts is an import in total",
        "a record that counts is the total of an importer's imports from a partner, above zero",
        f"""
        select {SHOWN}, trade_value_usd from batch
        where exclusion_reason is null
            and (flow_code != 'M' or partner_code = '0' or not is_total_of_breakdown or trade_value_usd <= 0)
        """,
    ),
    no_rows(
        "a month does not count beside its year",
        "an importer's year and code count as one annual record per partner or as months, of one vintage each",
        """
        select reporter_code, year, classification_code, hs6_code, month,
            string_agg(distinct vintage_id, ', ' order by vintage_id) as vintages,
            string_agg(distinct frequency, ', ' order by frequency) as frequencies
        from (
            select
                *,
                count(distinct frequency) over (
                    partition by reporter_code, year, classification_code, hs6_code
                ) as frequency_count
            from batch where exclusion_reason is null
        )
        group by reporter_code, year, classification_code, hs6_code, month
        having count(distinct vintage_id) > 1 or max(frequency_count) > 1
        """,
    ),
]
