"""How much a publisher's figures may move from one year to the next before we stop or say so."""

from __future__ import annotations

from typing import Any

from expectations.rules import no_rows

# Medians of fewer flows, and counts of fewer, move by themselves.
ENOUGH_FLOWS = 30
# A slip of unit is a factor of 1000; the largest honest move of a median unit value in ten years is below 8.
UNIT_VALUE_FACTOR = 30
# The steepest honest fall in ten years is to 0.58 of the flows of the year before.
LEAST_SHARE_OF_FLOWS = 0.5
# Lithium carbonate rose by 6.7 in 2022: unusual enough to be said, not wrong.
VALUE_FACTOR = 5


def moves() -> list[Any]:
    """Return the rules on the flows of the guarded table, per code against the year before.

    Years are compared within one HS revision and one kind of vintage: an extract for one importer says
    nothing about a file for all. Of several vintages that hold a code and year the newest counts, and none that a
    later one of its dataset took over from.
    """
    # `years` has a row for every code and later year that the source covers, with no flows if there are none
    years = """
        with code_years as (
            select
                vintages.source_id, vintages.hs_revision, vintages.covers_all_importers,
                flows.hs6_code, flows.year, flows.vintage_id,
                any_value(flows.source_file) as source_file,
                count(*) as flow_count,
                count(*) filter (where flows.net_weight_kg > 0) as weighed_count,
                sum(flows.trade_value_usd) as value_usd,
                median(cast(flows.trade_value_usd as double) / cast(flows.net_weight_kg as double))
                    filter (where flows.net_weight_kg > 0) as usd_per_kg
            from batch as flows
            inner join staging.stg_landing__vintages as vintages on flows.vintage_id = vintages.vintage_id
            where vintages.is_newest
            group by
                vintages.source_id, vintages.hs_revision, vintages.covers_all_importers,
                flows.hs6_code, flows.year, flows.vintage_id
            qualify row_number() over (
                partition by vintages.source_id, vintages.hs_revision, vintages.covers_all_importers,
                    flows.hs6_code, flows.year
                order by flows.vintage_id desc
            ) = 1
        ),
        covered_years as (
            select source_id, hs_revision, covers_all_importers, year, any_value(source_file) as source_file
            from code_years group by all
        ),
        years as (
            select
                covered_years.year, covered_years.hs_revision, before.hs6_code,
                coalesce(code_years.source_file, covered_years.source_file) as source_file,
                before.flow_count as flows_before, coalesce(code_years.flow_count, 0) as flows_now,
                before.weighed_count as weighed_before, coalesce(code_years.weighed_count, 0) as weighed_now,
                before.value_usd as value_usd_before, code_years.value_usd as value_usd_now,
                before.usd_per_kg as usd_per_kg_before, code_years.usd_per_kg as usd_per_kg_now
            from code_years as before
            inner join covered_years
                on before.source_id = covered_years.source_id
                and before.hs_revision = covered_years.hs_revision
                and before.covers_all_importers = covered_years.covers_all_importers
                and before.year + 1 = covered_years.year
            left join code_years
                on covered_years.source_id = code_years.source_id
                and covered_years.hs_revision = code_years.hs_revision
                and covered_years.covers_all_importers = code_years.covers_all_importers
                and covered_years.year = code_years.year
                and before.hs6_code = code_years.hs6_code
        )
    """
    return [
        no_rows(
            "unit value is in the unit of the year before",
            f"the median USD per kg of a code moves by less than a factor of {UNIT_VALUE_FACTOR} in a year",
            f"""
            {years}
            select source_file, hs_revision, hs6_code, year, usd_per_kg_before, usd_per_kg_now,
                weighed_before, weighed_now
            from years
            where least(weighed_before, weighed_now) >= {ENOUGH_FLOWS}
                and usd_per_kg_now / usd_per_kg_before
                    not between 1.0 / {UNIT_VALUE_FACTOR} and {UNIT_VALUE_FACTOR}
            """,
        ),
        no_rows(
            "unit value is that of other files",
            f"two files' median USD per kg of a code in a year differ by less than a factor of {UNIT_VALUE_FACTOR},"
            " whatever their HS revision: the same digits share goods",
            f"""
            with of_files as (
                select flows.hs6_code, flows.year, vintages.dataset, any_value(flows.source_file) as source_file,
                    median(cast(flows.trade_value_usd as double) / cast(flows.net_weight_kg as double)) as usd_per_kg
                from batch as flows
                inner join staging.stg_landing__vintages as vintages on flows.vintage_id = vintages.vintage_id
                where vintages.is_newest and flows.net_weight_kg > 0
                group by flows.hs6_code, flows.year, vintages.dataset, flows.vintage_id
                having count(*) >= {ENOUGH_FLOWS}
            )
            select low.hs6_code, low.year, low.source_file, low.usd_per_kg,
                high.source_file as other_file, high.usd_per_kg as other_usd_per_kg
            from of_files as low
            inner join of_files as high on low.hs6_code = high.hs6_code and low.year = high.year
            where high.usd_per_kg >= {UNIT_VALUE_FACTOR} * low.usd_per_kg
            """,
        ),
        no_rows(
            "row count of a code does not collapse",
            f"a code keeps at least {LEAST_SHARE_OF_FLOWS:.0%} of the flows it had the year before",
            f"""
            {years}
            select source_file, hs_revision, hs6_code, year, flows_before, flows_now
            from years
            where flows_before >= {ENOUGH_FLOWS} and flows_now < {LEAST_SHARE_OF_FLOWS} * flows_before
            """,
        ),
        no_rows(
            "trade value of a code moves moderately",
            f"the value of a code moves by less than a factor of {VALUE_FACTOR} in a year",
            f"""
            {years}
            select hs_revision, hs6_code, year, round(value_usd_now / value_usd_before, 2) as factor,
                value_usd_before, value_usd_now, source_file
            from years
            where least(flows_before, flows_now) >= {ENOUGH_FLOWS}
                and value_usd_now / value_usd_before not between 1.0 / {VALUE_FACTOR} and {VALUE_FACTOR}
            """,
            severity="warning",
            order_by="greatest(factor, 1 / factor) desc, hs_revision, hs6_code, year",
        ),
    ]
