"""What must hold of reported flows once countries are resolved."""

from expectations.rules import between, hs6, no_rows, not_empty, positive
from expectations.year_on_year import ENOUGH_FLOWS

SHOWN = "source_id, vintage_id, hs_revision, year, importer_iso3, supplier_iso3, hs6_code, trade_value_usd"

SUITE = [
    not_empty(),
    positive("trade_value_usd"),
    between("net_weight_kg", 0, None),
    hs6(SHOWN),
    no_rows(
        "countries are resolved",
        "every flow has an importer and a supplier of three capitals; XXX is the unspecified one",
        f"""
        select {SHOWN} from batch
        where importer_iso3 is null or supplier_iso3 is null
            or not regexp_full_match(importer_iso3, '[A-Z]{{3}}')
            or not regexp_full_match(supplier_iso3, '[A-Z]{{3}}')
        """,
    ),
    no_rows(
        "one vintage speaks",
        "of a source the flows of one vintage count for an importer, year and code, not those of several",
        """
        select source_id, hs_revision, year, importer_iso3, hs6_code,
            string_agg(distinct vintage_id, ', ' order by vintage_id) as vintages
        from batch
        where is_speaking
        group by source_id, hs_revision, year, importer_iso3, hs6_code
        having count(distinct vintage_id) > 1
        """,
    ),
    no_rows(
        "mapped code does not vanish",
        f"a code of a mineral with {ENOUGH_FLOWS} flows in a year has some in the next that is covered whole",
        f"""
        with code_years as (
            select hs_revision, hs6_code, year, count(*) as flow_count
            from batch
            where covers_all_importers
            group by all
        ),
        covered_years as (select distinct hs_revision, year from code_years)
        select distinct
            products.mineral_id, products.stage, before.hs_revision, before.hs6_code,
            covered_years.year, before.flow_count as flows_before, 0 as flows_now
        from code_years as before
        inner join covered_years
            on before.hs_revision = covered_years.hs_revision and before.year + 1 = covered_years.year
        inner join intermediate.int_mineral_products as products
            on before.hs_revision = products.hs_revision and before.hs6_code = products.hs6_code
        left join code_years as after
            on covered_years.hs_revision = after.hs_revision
            and covered_years.year = after.year
            and before.hs6_code = after.hs6_code
        where before.flow_count >= {ENOUGH_FLOWS} and after.year is null
        """,
    ),
    no_rows(
        "unspecified suppliers are few",
        "less than half of a year's value comes from unspecified suppliers",
        f"""
        select source_id, hs_revision, year, count(*) as flow_count,
            sum(trade_value_usd) filter (where supplier_iso3 = 'XXX') / sum(trade_value_usd)
                as unspecified_share
        from batch
        group by all
        having count(*) >= {ENOUGH_FLOWS} and unspecified_share > 0.5
        """,
    ),
]
