"""What UN Comtrade promises us about its records, and what would make us stop; empty where nobody ingested it."""

from typing import Any

from expectations.rules import (
    YEAR_PATTERN,
    every_landed_file_has_rows,
    exact_columns,
    no_rows,
    no_year_to_come,
    threshold,
)

SHOWN = "source_file, record_number, freqCode, period, reporterCode, flowCode, partnerCode, cmdCode"

# As UN Comtrade prints figures: US dollars and kilograms, no sign, no exponent. Fifteen digits before the point are
# what a DECIMAL(18,3) of staging holds.
PLAIN_DECIMAL = "[0-9]{1,15}([.][0-9]+)?"

# Imports, exports; of them re-imports, re-exports, domestic and foreign goods, inward and outward processing.
IMPORTS = "'M', 'RM', 'FM', 'MIP', 'MOP'"
EXPORTS = "'X', 'RX', 'DX', 'XIP', 'XOP'"

# Of 3,434 World records for nickel, 2000 to 2024, eight differ by more than 0.1 % from the sum of their partners; all
# of them are worth less than 1,000 USD, and off by 1. So 0.5 % is unusual, and 5 % is no rounding.
LARGEST_DIFFERENCE = 0.05
ROUNDING_DIFFERENCE = 0.005
# A difference of as many US dollars is rounding, whatever the share.
ROUNDING_USD = 1000

FLOW = "vintage_id, freqCode, period, reporterCode, flowCode, classificationCode, cmdCode"
# Parts of a total, by second partner, customs procedure, or mode of supply and transport, are not summed again.
IS_TOTAL = """
    coalesce(partner2Code, '0') = '0' and coalesce(customsCode, 'C00') = 'C00'
    and coalesce(mosCode, '0') = '0' and coalesce(motCode, '0') = '0'
"""
# A value that is no number is another rule's business.
CONTROLS = f"""
    select {FLOW}, any_value(source_file) as source_file, min(try_cast(record_number as integer)) as first_record,
        sum(try_cast(primaryValue as decimal(18, 3))) filter (where partnerCode = '0') as world_value,
        sum(try_cast(primaryValue as decimal(18, 3))) filter (where partnerCode != '0') as partners_value,
        count(*) filter (where partnerCode = '0') as world_count,
        count(*) filter (where partnerCode != '0') as partner_count
    from batch where {IS_TOTAL}
    group by all
"""


def _known_area(column: str, role: str, flag: str, grace_years: str = "0") -> Any:
    """Return the rule that a code is one that can declare, or be declared, in the year of its record.

    `grace_years` is SQL for how long after its end a code may still be used.
    """
    return no_rows(
        f"{role} is a known country",
        f"{column} is a code of seed_countries that is valid in the year, a {role} and no alias",
        f"""
        with countries as (
            select
                cast(code as varchar) as code,
                coalesce(try_cast(valid_from as integer), 0) as first_year,
                coalesce(try_cast(valid_to as integer) + {grace_years}, 9999) as last_year
            from seeds.seed_countries
            where not coalesce(try_cast(is_alias as boolean), false) and try_cast({flag} as boolean)
        )
        select {SHOWN} from batch
        where not exists (
            select 1 from countries
            where countries.code = batch.{column}
                -- a period that is none is another rule's business
                and coalesce(try_cast(left(batch.period, 4) as integer), countries.first_year)
                    between countries.first_year and countries.last_year
        )
        """,
    )


def _world_sums(name: str, share: float, severity: str) -> Any:
    """Return the rule that World and the sum of its partners differ by no more than a share of World."""
    return no_rows(
        name,
        f"World (partnerCode 0) and the sum of its partners differ by at most {share:.1%} or {ROUNDING_USD:,} USD:"
        " otherwise partners are missing, or one is counted twice",
        f"""
        select source_file, first_record, freqCode, period, reporterCode, flowCode, cmdCode, world_value,
            partners_value, partner_count
        from ({CONTROLS})
        where abs(world_value - partners_value) > greatest({share} * world_value, {ROUNDING_USD})
        """,
        severity=severity,
    )


SUITE = [
    exact_columns(
        "record_number",
        "typeCode",
        "freqCode",
        "refPeriodId",
        "refYear",
        "refMonth",
        "period",
        "reporterCode",
        "reporterISO",
        "reporterDesc",
        "flowCode",
        "flowDesc",
        "partnerCode",
        "partnerISO",
        "partnerDesc",
        "partner2Code",
        "partner2ISO",
        "partner2Desc",
        "classificationCode",
        "classificationSearchCode",
        "isOriginalClassification",
        "cmdCode",
        "cmdDesc",
        "aggrLevel",
        "isLeaf",
        "customsCode",
        "customsDesc",
        "mosCode",
        "motCode",
        "motDesc",
        "qtyUnitCode",
        "qtyUnitAbbr",
        "qty",
        "isQtyEstimated",
        "altQtyUnitCode",
        "altQtyUnitAbbr",
        "altQty",
        "isAltQtyEstimated",
        "netWgt",
        "isNetWgtEstimated",
        "grossWgt",
        "isGrossWgtEstimated",
        "cifvalue",
        "fobvalue",
        "primaryValue",
        "legacyEstimationFlag",
        "isReported",
        "isAggregate",
        "vintage_id",
        "source_file",
    ),  # fmt: skip
    no_rows(
        "record is of goods",
        "typeCode is C, or there is no such column",
        f"select {SHOWN}, typeCode from batch where typeCode != 'C'",
    ),
    no_rows(
        "period fits its frequency",
        "an annual record (A) has a year as period, a monthly one (M) a year and month; refYear is that year",
        f"""
        select {SHOWN}, refYear from batch
        where coalesce(freqCode, '') not in ('A', 'M')
            or not regexp_full_match(
                coalesce(period, ''), '{YEAR_PATTERN}' || if(freqCode = 'M', '(0[1-9]|1[0-2])', '')
            )
            or refYear != left(period, 4)
        """,
    ),
    no_year_to_come("period", SHOWN),
    no_rows(
        "flow is known",
        f"flowCode is one of {IMPORTS}, {EXPORTS}",
        f"select {SHOWN} from batch where coalesce(flowCode, '') not in ({IMPORTS}, {EXPORTS})",
    ),
    _known_area("reporterCode", "reporter", "is_reporter"),
    # 0 is World, the control of the partners; 699 declares 699: goods of India that return
    _known_area("partnerCode", "partner", "is_partner", grace_years=threshold("former_partner_code_years")),
    no_rows(
        "reporter's letters are the seed's",
        "reporterISO, where it is there, is the comtrade_iso3 that seed_countries has for reporterCode",
        f"""
        select {SHOWN}, reporterISO, comtrade_iso3 from batch
        inner join seeds.seed_countries as countries on batch.reporterCode = cast(countries.code as varchar)
        where reporterISO != comtrade_iso3
        """,
        severity="warning",
    ),
    no_rows(
        "value is a number",
        "primaryValue is a number in plain digits (USD), zero or above, as in 1234.567",
        f"""
        select {SHOWN}, primaryValue from batch
        where primaryValue is null or not regexp_full_match(primaryValue, '{PLAIN_DECIMAL}')
        """,
    ),
    no_rows(
        "other figure is a number or blank",
        "netWgt (kg), cifvalue and fobvalue (USD) are numbers in plain digits, zero or above, or blank",
        f"""
        select {SHOWN}, figure, content
        from (unpivot batch on netWgt, cifvalue, fobvalue into name figure value content)
        where content != '' and not regexp_full_match(content, '{PLAIN_DECIMAL}')
        """,
    ),
    no_rows(
        "estimated is true or false",
        "isNetWgtEstimated is true, false or blank",
        f"""
        select {SHOWN}, isNetWgtEstimated from batch
        where lower(isNetWgtEstimated) not in ('', 'true', 'false')
        """,
    ),
    no_rows(
        "value is the valuation's",
        "primaryValue of imports is cifvalue, of exports fobvalue, where that is given and not zero",
        f"""
        with valued as (
            select *, if(flowCode in ({IMPORTS}), cifvalue, fobvalue) as valuation from batch
        )
        select {SHOWN}, primaryValue, valuation from valued
        where try_cast(valuation as decimal(18, 3)) > 0
            and try_cast(valuation as decimal(18, 3)) != try_cast(primaryValue as decimal(18, 3))
        """,
        severity="warning",
    ),
    no_rows(
        "record is there once",
        "a vintage has one record per period, reporter, flow, partner, code and kind of part",
        f"""
        select any_value(source_file) as source_file, min(try_cast(record_number as integer)) as first_record,
            max(try_cast(record_number as integer)) as last_record, freqCode, period, reporterCode, flowCode,
            partnerCode, cmdCode, count(*) as times
        from batch
        group by {FLOW}, partnerCode, partner2Code, customsCode, mosCode, motCode
        having count(*) > 1
        """,
    ),
    no_rows(
        "World has its partners",
        "where World (partnerCode 0) is given, so are the partners that it is the sum of: ask without partnerCode",
        f"""
        select source_file, first_record, freqCode, period, reporterCode, flowCode, cmdCode, world_value
        from ({CONTROLS}) where world_value is not null and partner_count = 0
        """,
    ),
    # the newest vintage speaks for all of a flow: a file of one partner would replace all others of its importer
    no_rows(
        "partners have their World",
        "where partners are given, so is World (partnerCode 0), which tells whether one is missing:"
        " ask without partnerCode, or with partnerCode 0 among them",
        f"""
        select source_file, first_record, freqCode, period, reporterCode, flowCode, cmdCode, partner_count
        from ({CONTROLS}) where world_count = 0 and partner_count > 0
        """,
    ),
    _world_sums("World is the sum of its partners", LARGEST_DIFFERENCE, "critical"),
    _world_sums("World is nearly the sum of its partners", ROUNDING_DIFFERENCE, "warning"),
    no_rows(
        "file, record and vintage are named",
        "every record says from which file it came and which of it it is, and its vintage is one that was landed",
        f"""
        select {SHOWN}, vintage_id from batch
        where coalesce(trim(source_file), '') = ''
            or record_number is null or not regexp_full_match(record_number, '[1-9][0-9]{{0,8}}')
            or vintage_id is null
            or vintage_id not in (select vintage_id from raw.landed_vintages where vintage_id is not null)
        """,
    ),
    every_landed_file_has_rows(
        "every landed file of UN Comtrade has rows", "UN Comtrade", "comtrade", "raw.comtrade_trade"
    ),
]
