"""Every promise holds on the real data, and every check can fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import expectations
from expectations import CheckResult, suites, validate
from tests.conftest import Refreshed
from warehouse.database import connect

# Enough codes and minerals for every rule, few enough for a fresh copy of the database in each case.
CODES = (
    "260300", "261390", "280469", "280530", "282200", "282520", "283691", "711011", "711021", "720293",
    "810194", "810411", "810510", "810600", "811230", "811292", "850511",
)  # fmt: skip
FIRST_YEAR = 2019
MINERALS = ("aluminium", "bismuth", "cobalt", "copper", "germanium", "graphite", "lithium", "molybdenum", "tungsten")

# Registers stay whole; what is computed per mineral is cut.
WITHOUT_OTHER_MINERALS = (
    "china_behind_suppliers", "china_dependence", "import_reliance", "int_contained_exports", "int_contained_trade",
    "int_control_severity",
    "int_domestic_production", "int_import_cells", "int_network_flows", "int_origin_mixes", "int_supplier_shares",
    "int_supply_pools", "int_traced_origins", "int_world_exports", "int_world_shares", "latest_risk", "mineral_risk",
    "minerals", "rank_sensitivity", "risk_band_probabilities", "risk_components", "risk_methods", "risk_score_changes",
    "risk_scores", "supplier_concentration", "supplier_controls", "supplier_shares",
    "supply_options", "traced_origins", "untraceable_suppliers", "world_shares", "world_supply",
)  # fmt: skip

# What a scenario starts from stays whole, as what becomes of it does.
WHOLE_FOR_SCENARIOS = ("int_baseline_flows", "int_scenario_flows", "int_trade_flows")

NEWLY_LANDED = "null, null, null, null, null, null, null, null, null, 'true', 'true'"


@dataclass(frozen=True)
class Break:
    """A way to spoil one table, and the checks that must notice: these and no others."""

    table: str
    checks: tuple[str, ...]
    sql: str

    @property
    def layer(self) -> str:
        """The layer of the table."""
        return self.table.partition(".")[0]

    @property
    def name(self) -> str:
        """The name of the table in its layer."""
        return self.table.partition(".")[2]


def update(table: str, *settings: tuple[str, str], where: str = "true") -> Break:
    """Spoil one column after the other, each in a row of its own; each must be noticed by its own check."""
    statements = [
        f"update {table} set {setting} where rowid = ("
        f"select rowid from {table} where {where} order by rowid limit 1 offset {offset});"
        for offset, (_, setting) in enumerate(settings)
    ]
    return Break(table, tuple(check for check, _ in settings), " ".join(statements))


def all_rows(table: str, *settings: tuple[str, str], where: str = "true") -> Break:
    """Spoil several columns of all rows, each for its own check."""
    spoilt = ", ".join(setting for _, setting in settings)
    return Break(table, tuple(check for check, _ in settings), f"update {table} set {spoilt} where {where}")


def first_cell(table: str, setting: str, *checks: str, keys: str, where: str = "true") -> Break:
    """Spoil all rows of one importer, year, mineral and stage, so that what they sum to stays as it is."""
    return Break(
        table,
        checks,
        f"update {table} set {setting} where ({keys}) = (select ({keys}) from {table} where {where} limit 1)",
    )


def new_agreement(*checks: str, **changes: str) -> Break:
    """Add an agreement in the newest year that the checks must notice; a change is SQL for a column."""
    changed = ", ".join(f"{value} as {column}" for column, value in ({"supplier_iso3": "'ISL'"} | changes).items())
    table = "intermediate.int_trade_agreements"
    row = f"select * replace ({changed}) from {table} where supplier_iso3 = 'CHL' order by year desc limit 1"
    return Break(table, checks, f"insert into {table} {row}")


NO_CONTENT = "content_low_kg = null, content_kg = null, content_high_kg = null"
CELL = "year, importer_iso3, mineral_id, stage"
UNKNOWN_MINERAL = ("mineral_id is a known mineral", "mineral_id = 'unobtainium'")
UNKNOWN_STAGE = ("stage is a known value", "stage = 'rumour'")
SHORT_HS6 = ("hs6_code has six digits", "hs6_code = '28053'")


def baci_breaks(table: str) -> list[Break]:
    """What either BACI table must refuse."""
    refused: dict[str, tuple[str, tuple[str | None, ...]]] = {
        "value is a positive number": (
            "v",
            ("many", "-1.5", "0", "inf", "nan", "1e309", "1e-3", "1,234.5", "1234567890123456", "", None),
        ),
        "quantity is a number or missing": ("q", ("much", "-1", "inf", "nan", "1e309", "..", "1,234.5")),
        "hs6 code has six digits": ("k", ("28053", "2805300", "280530.0", " 280530", "28053x", "", None)),
        "year has four digits": ("t", ("24", "2024.0", "x", "", None)),
        # 0 is the world; 736 was Sudan until South Sudan became independent
        "exporter is a known country": ("i", ("9999", "0", "736", "", None)),
        "file and vintage are named": ("source_file", (" ", None)),
        "year is the file's year": ("source_file", ("BACI_HS17_Y1999_V202601.csv",)),
    }
    return [
        update(table, *((check, f"{column} = {_literal(value)}") for value in values))
        for check, (column, values) in refused.items()
    ] + [
        update(table, ("file and vintage are named", "vintage_id = 'never landed'")),
        update(
            table,
            ("t is no year to come", "t = '2099'"),
            # HS92 could be reported from 1988, HS17 from 2017
            ("year is not before its HS revision", "t = '1987'"),
            where="i = '156'" + (" and j = '699'" if table == "raw.baci_trade" else ""),
        ),
    ]


def _literal(text: str | None) -> str:
    return "null" if text is None else f"'{text}'"


RAW = [
    *baci_breaks("raw.baci_trade"),
    update("raw.baci_trade", ("importer is a known country", "j = '9999'")),
    update("raw.baci_trade", ("exporter is not the importer", "i = '699'"), where="j = '699'"),
    Break("raw.baci_trade", ("flow is there once",), "insert into raw.baci_trade from raw.baci_trade limit 1"),
    Break("raw.baci_trade", ("table has its columns",), "alter table raw.baci_trade add column surprise varchar"),
    Break(
        "raw.baci_trade",
        ("every landed BACI file has rows",),
        f"insert into raw.landed_vintages values ('baci', 'new', 'full', 'HS17', 'true', {NEWLY_LANDED})",
    ),
    *baci_breaks("raw.baci_world_exports"),
    update(
        "raw.baci_world_exports",
        *(("number of importers is a count", f"n_importers = {count}") for count in ("'0'", "'many'", "'1.5'", "null")),
    ),
    Break(
        "raw.baci_world_exports",
        ("total is there once",),
        "insert into raw.baci_world_exports from raw.baci_world_exports limit 1",
    ),
    Break(
        "raw.baci_world_exports",
        ("table has its columns",),
        "alter table raw.baci_world_exports add column surprise varchar",
    ),
    update(
        "raw.wgi_governance",
        ("economy has three capitals", "iso3 = 'Aruba'"),
        ("year has four digits", "year = '14'"),
        ("year is no year to come", "year = '2099'"),
        ("economy is a known country", "iso3 = 'QQQ'"),
        ("figure is a number or blank", "rl_estimate = '..'"),
        ("estimate comes with its standard error", "cc_estimate = null"),
        ("file and vintage are named", "vintage_id = 'never landed'"),
    ),
    update(
        "raw.wgi_governance",
        *(("figure is a number or blank", f"pv_estimate = '{figure}'") for figure in ("nan", "1e309", "#N/A", "1,2")),
    ),
    Break(
        "raw.wgi_governance",
        ("economy and year are there once",),
        "insert into raw.wgi_governance from raw.wgi_governance limit 1",
    ),
    Break(
        "raw.wgi_governance",
        ("table has its columns",),
        "alter table raw.wgi_governance rename column cc_stderr to cc_error;"
        " alter table raw.wgi_governance add column cc_stderr varchar;"
        " update raw.wgi_governance set cc_stderr = cc_error",
    ),
    Break(
        "raw.wgi_governance",
        ("every landed governance file has rows",),
        f"insert into raw.landed_vintages values ('wgi', 'new', 'later', null, 'false', {NEWLY_LANDED})",
    ),
    update(
        "raw.landed_vintages",
        ("vintage is named", "dataset = ''"),
        ("HS revision is known", "hs_revision = 'HS99'"),
        ("coverage is true or false", "covers_all_importers = 'perhaps'"),
        ("redistribution is true or false", "is_redistributable = 'perhaps'"),
        ("one vintage of a dataset is the newest", "is_newest = 'perhaps'"),
    ),
    # a second newest one, a third one, one before it that is newer
    *(
        Break(
            "raw.landed_vintages",
            ("one vintage of a dataset is the newest",),
            "insert into raw.landed_vintages"
            " select landed.* replace (others.vintage_id as vintage_id, others.is_newest as is_newest)"
            f" from raw.landed_vintages as landed, (values {others}) as others (vintage_id, is_newest)"
            " where source_id = 'wgi'",
        )
        for others in ("('2025', 'true')", "('2024', 'false'), ('2025', 'false')", "('2027', 'false')")
    ),
    Break(
        "raw.landed_vintages",
        ("vintage is there once", "one vintage of a dataset is the newest"),
        "insert into raw.landed_vintages from raw.landed_vintages limit 1",
    ),
    Break(
        "raw.landed_vintages",
        # what reads the column cannot tell any more
        (
            "table has its columns",
            "vintage is named",
            "vintage is there once",
            "HS revision is known",
            "coverage is true or false",
            "redistribution is true or false",
            "one vintage of a dataset is the newest",
        ),
        "alter table raw.landed_vintages rename column dataset to data_set",
    ),
    Break(
        "raw.unnamed_codes",
        ("hs6 code has six digits",),
        "insert into raw.unnamed_codes"
        " select 'baci', any_value(vintage_id), 'f', 'HS92', '60490', 3 from raw.landed_vintages",
    ),
    Break(
        "raw.unnamed_codes",
        ("row count is a count",),
        "insert into raw.unnamed_codes"
        " select 'baci', any_value(vintage_id), 'f', 'HS92', '060490', 0 from raw.landed_vintages",
    ),
    Break(
        "raw.unnamed_codes",
        ("vintage was landed",),
        "insert into raw.unnamed_codes values ('baci', 'never landed', 'f', 'HS92', '060490', 3)",
    ),
    Break(
        "raw.unnamed_codes",
        ("table has its columns",),
        "alter table raw.unnamed_codes add column surprise int",
    ),
]

# A second year for the exporters' totals: the bundled ones have one year only, and nothing to compare.
ANOTHER_YEAR = (
    "delete from staging.stg_baci__world_exports where hs6_code != '280469';"
    "insert into staging.stg_baci__world_exports"
    " select * replace (2025 as year{changes}) from staging.stg_baci__world_exports"
)

STAGING = [
    Break(
        "staging.stg_baci__trade_flows",
        ("unit value is in the unit of the year before",),
        "update staging.stg_baci__trade_flows set net_weight_kg = net_weight_kg / 1000"
        " where hs6_code = '260300' and year = 2024",
    ),
    Break(
        "staging.stg_baci__trade_flows",
        # the same slip in the value moves the total as well
        ("unit value is in the unit of the year before", "trade value of a code moves moderately"),
        "update staging.stg_baci__trade_flows set trade_value_usd = trade_value_usd * 1000"
        " where hs6_code = '260300' and year = 2019",
    ),
    # a file of another HS revision with the same code and year, in kilograms where the first has tons
    Break(
        "staging.stg_baci__trade_flows",
        ("unit value is that of other files",),
        "insert into staging.stg_baci__trade_flows"
        " select flows.* replace (vintages.vintage_id as vintage_id, flows.net_weight_kg * 1000 as net_weight_kg)"
        " from staging.stg_baci__trade_flows as flows, staging.stg_landing__vintages as vintages"
        " where flows.hs6_code = '260300' and flows.year = 2024 and vintages.dataset = 'hs17_extract_india'",
    ),
    Break(
        "staging.stg_baci__trade_flows",
        ("row count of a code does not collapse",),
        "delete from staging.stg_baci__trade_flows where hs6_code = '810600' and year = 2020 and mod(rowid, 10) < 6",
    ),
    Break(
        "staging.stg_baci__trade_flows",
        ("row count of a code does not collapse",),
        "delete from staging.stg_baci__trade_flows where hs6_code = '810600' and year = 2020",
    ),
    # what the newest vintage lacks is lacking, whatever the one before it had
    Break(
        "staging.stg_baci__trade_flows",
        ("row count of a code does not collapse",),
        "insert into staging.stg_landing__vintages"
        " select * replace ('0' as vintage_id, false as is_newest) from staging.stg_landing__vintages"
        " where dataset = 'hs92_extract';"
        "update staging.stg_baci__trade_flows set vintage_id = '0' where hs6_code = '810600' and year = 2020",
    ),
    Break(
        "staging.stg_baci__trade_flows",
        ("trade value of a code moves moderately",),
        "update staging.stg_baci__trade_flows"
        " set trade_value_usd = trade_value_usd * 7, net_weight_kg = net_weight_kg * 7"
        " where hs6_code = '260300' and year = 2024",
    ),
    Break(
        "staging.stg_baci__world_exports",
        ("unit value is in the unit of the year before",),
        ANOTHER_YEAR.format(changes=", net_weight_kg / 1000 as net_weight_kg"),
    ),
    Break(
        "staging.stg_baci__world_exports",
        ("unit value is that of other files",),
        "insert into staging.stg_baci__world_exports"
        " select flows.* replace (vintages.vintage_id as vintage_id, flows.net_weight_kg * 1000 as net_weight_kg)"
        " from staging.stg_baci__world_exports as flows, staging.stg_landing__vintages as vintages"
        " where flows.hs6_code = '280469' and vintages.dataset = 'hs92_extract'",
    ),
    Break(
        "staging.stg_baci__world_exports",
        ("row count of a code does not collapse",),
        ANOTHER_YEAR.format(changes="")
        + ";delete from staging.stg_baci__world_exports where year = 2025 and trade_value_usd < 10000000",
    ),
    Break(
        "staging.stg_baci__world_exports",
        ("trade value of a code moves moderately",),
        ANOTHER_YEAR.format(changes=", trade_value_usd / 7 as trade_value_usd, net_weight_kg / 7 as net_weight_kg"),
    ),
    update(
        "staging.stg_baci__world_exports",
        ("an exporter has no more importers than there are", "importer_count = 1000"),
    ),
    update(
        "staging.stg_landing__vintages",
        ("vintage of flows has a revision", "hs_revision = null"),
        ("covers_all_importers is there", "covers_all_importers = null"),
        where="source_id = 'baci'",
    ),
    Break(
        "staging.stg_landing__unnamed_codes",
        ("code is named by no seed",),
        "insert into staging.stg_landing__unnamed_codes"
        " select 'baci', vintage_id, 'f', 'HS92', '280530', 3 from staging.stg_landing__vintages"
        " where hs_revision = 'HS92'",
    ),
    update(
        "staging.stg_wgi__governance_estimates",
        ("estimate is in standard units", "va_estimate = 63.2"),
        ("standard error is positive", "va_stderr = 0"),
    ),
    Break(
        "staging.stg_wgi__governance_estimates",
        ("number of economies holds",),
        "delete from staging.stg_wgi__governance_estimates where year = 2023 and governance_code > 'S'",
    ),
]

INTERMEDIATE = [
    update(
        "intermediate.int_code_coverage",
        SHORT_HS6,
        ("importer_iso3 has three capitals", "importer_iso3 = 'India'"),
        ("months_covered is in range", "months_covered = 13"),
        ("months_covered is there", "months_covered = null"),
    ),
    Break(
        "intermediate.int_code_coverage",
        ("codes covered for the world hold",),
        "delete from intermediate.int_code_coverage where importer_iso3 = 'WLD' and year = 2020 and hs6_code > '28'",
    ),
    update(
        "intermediate.int_control_severity",
        ("severity is in range", "severity = 1.5, restriction = 0.3"),
        ("restriction is in range", "severity = 1, restriction = 0.31"),
        ("severity and restriction act together", "severity = 1, restriction = 0"),
        ("controls_basis is a known value", "controls_basis = 'some_day'"),
        ("controlling_iso3 has three capitals", "controlling_iso3 = 'China'"),
        UNKNOWN_MINERAL,
        ("measures are named", "control_ids = 'XC001 XC999'"),
    ),
    update("intermediate.int_control_severity", ("measures are named", "control_ids = ''")),
    update(
        "intermediate.int_country_codes",
        ("iso3 has three capitals", "iso3 = null"),
        ("code is valid in some year", "valid_to_year = -1"),
        ("groups and only groups are unspecified", "is_group = true"),
        where="not is_group and country_code not in ('156', '699')",
    ),
    Break(
        "intermediate.int_country_codes",
        ("China and India resolve",),
        "update intermediate.int_country_codes set iso3 = 'TWN' where country_code = '156'",
    ),
    update(
        "intermediate.int_export_controls",
        ("severity is there", "severity = null"),
        ("severity is in range", "severity = 2"),
        ("iso3 has three capitals", "iso3 = 'China'"),
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("periods run forwards", "effective_from_date = '2024-01-01', effective_to_date = '2023-12-31'"),
        ("measures that were never taken do not act", "can_act = true, status = 'announced'"),
        ("current controls are of one day", "controls_as_of = '1999-01-01'"),
    ),
    update(
        "intermediate.int_flow_accounting",
        ("trade_value_usd is in range", "trade_value_usd = -1"),
        SHORT_HS6,
        ("disposition is one we know", "disposition = 'used, mislaid'"),
    ),
    # what is not counted is missing from the account, too
    update(
        "intermediate.int_flow_accounting",
        ("flow_count is in range", "flow_count = -1"),
        ("every delivered row is accounted for", "flow_count = flow_count - 1"),
    ),
    Break(
        "intermediate.int_flow_accounting",
        ("some rows are used",),
        "update intermediate.int_flow_accounting set disposition = 'superseded_vintage'",
    ),
    update(
        "intermediate.int_governance",
        ("governance_risk is in range", "governance_risk = 10.5"),
        ("governance_risk_standard_error is in range", "governance_risk_standard_error = 0"),
        ("political_instability is in range", "political_instability = 1.1"),
        ("political_instability_standard_error is in range", "political_instability_standard_error = 0"),
        ("iso3 has three capitals", "iso3 = 'ind'"),
        ("estimate is recent", "governance_year = year - 3, governance_age_years = 3"),
    ),
    update(
        "intermediate.int_governance",
        ("estimate is recent", "governance_year = year + 1, governance_age_years = -1"),
    ),
    Break(
        "intermediate.int_governance",
        ("number of countries holds",),
        "delete from intermediate.int_governance where year = 2022 and iso3 > 'S'",
    ),
    update(
        "intermediate.int_hs_conversion",
        ("from_hs6_code has six digits", "from_hs6_code = '28053'"),
        ("to_hs6_code has six digits", "to_hs6_code = 'x'"),
        ("hs_conversion is a known value", "hs_conversion = 'dull'"),
        ("hs_conversion says what happened", "hs_conversion = 'split'"),
        ("what is converted becomes a mapped revision", "to_hs_revision = 'HS96'"),
        where="hs_conversion = 'exact'",
    ),
    update(
        "intermediate.int_hs_conversion",
        ("what is converted becomes a mapped revision", "from_hs_revision = 'HS99'"),
        where="hs_conversion = 'exact'",
    ),
    Break(
        "intermediate.int_hs_conversion",
        ("a code in use is itself",),
        "delete from intermediate.int_hs_conversion where hs_conversion = 'none' and from_hs6_code = '260300'",
    ),
    Break(
        "intermediate.int_hs_conversion",
        ("weight is in range", "the parts of a code are the whole of it"),
        "update intermediate.int_hs_conversion set weight = -0.5 where rowid ="
        " (select min(rowid) from intermediate.int_hs_conversion where hs_conversion = 'split')",
    ),
    update(
        "intermediate.int_import_cells",
        ("import_value_usd is in range", "import_value_usd = 0"),
        ("net_weight_kg is in range", "net_weight_kg = -1"),
        ("importer_iso3 has three capitals", "importer_iso3 = '699'"),
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("is_material is there", "is_material = null"),
        ("a trifle is not material", "is_material = true, import_value_usd = 900"),
        ("source and set of codes are known", "code_set = ''"),
        ("source and set of codes are known", "source_id = null"),
        ("covered_code_share is there", "covered_code_share = null"),
        ("covered_code_share is in range", "covered_code_share = 0"),
        ("months_covered is in range", "months_covered = 13"),
        ("months_covered is there", "months_covered = null"),
        where="not is_material",
    ),
    update(
        "intermediate.int_mineral_products",
        SHORT_HS6,
        UNKNOWN_STAGE,
        ("hs_revision is a known value", "hs_revision = 'HS99'"),
        ("content_fraction is in range", "content_low = 0.1, content_fraction = 1.2, content_high = 1.3"),
        ("content lies between its bounds", "content_low = 0.5, content_fraction = 0.4, content_high = 0.6"),
    ),
    Break(
        "intermediate.int_mineral_products",
        ("mineral_id is a known mineral", "every mineral has a code"),
        "update intermediate.int_mineral_products set mineral_id = 'unobtainium' where mineral_id = 'bismuth'",
    ),
    update(
        "intermediate.int_reported_flows",
        ("trade_value_usd is in range", "trade_value_usd = 0"),
        ("net_weight_kg is in range", "net_weight_kg = -1"),
        SHORT_HS6,
        ("countries are resolved", "importer_iso3 = null"),
        ("one vintage speaks", "vintage_id = 'another'"),
        where="importer_iso3 = 'USA' and hs6_code = '283691'",
    ),
    update("intermediate.int_reported_flows", ("countries are resolved", "supplier_iso3 = null")),
    Break(
        "intermediate.int_reported_flows",
        ("mapped code does not vanish",),
        "delete from intermediate.int_reported_flows where hs6_code = '810600' and year = 2020",
    ),
    Break(
        "intermediate.int_reported_flows",
        ("unspecified suppliers are few",),
        "update intermediate.int_reported_flows set supplier_iso3 = 'XXX'"
        " where year = 2020 and supplier_iso3 in ('AUS', 'CHL', 'PER', 'IDN', 'COD', 'ZAF', 'MEX', 'USA', 'CAN')",
    ),
    update(
        "intermediate.int_selected_codes",
        SHORT_HS6,
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("exclusion_reason is a known value", "exclusion_reason = 'dull'"),
        ("months are those of a year", "months_covered = 13"),
        ("months are those of a year", "months_covered = null"),
    ),
    update(
        "intermediate.int_selected_codes",
        ("one source speaks", "source_id = 'comtrade'"),
        ("months that are summed are the same", "months_covered = 3"),
        where="exclusion_reason is null and mineral_id = 'lithium' and stage = 'compound' and hs6_code = '283691'",
    ),
    update(
        "intermediate.int_selected_codes",
        ("covered_code_share is in range", "covered_code_share = 1.5"),
        ("coverage of what counts is known", "covered_code_share = null"),
        where="exclusion_reason is null",
    ),
    Break(
        "intermediate.int_selected_codes",
        ("basket does not count beside a clean code",),
        "insert into intermediate.int_selected_codes"
        " select * replace ('811292' as hs6_code, 'HS17' as hs_revision, true as is_basket)"
        " from intermediate.int_selected_codes where not is_basket and exclusion_reason is null limit 1",
    ),
    Break(
        "intermediate.int_selected_codes",
        ("a code counts in one revision only",),
        "insert into intermediate.int_selected_codes"
        " select * replace ('HS17' as hs_revision) from intermediate.int_selected_codes"
        " where hs_revision = 'HS92' and exclusion_reason is null limit 1",
    ),
    first_cell("intermediate.int_supplier_shares", "mineral_id = 'unobtainium'", UNKNOWN_MINERAL[0], keys=CELL),
    first_cell("intermediate.int_supplier_shares", "stage = 'rumour'", UNKNOWN_STAGE[0], keys=CELL),
    update(
        "intermediate.int_supplier_shares",
        ("supplier_iso3 has three capitals", "supplier_iso3 = 'China'"),
        ("weight_coverage_share is in range", "weight_coverage_share = 1.2"),
        ("nobody supplies oneself", "supplier_iso3 = importer_iso3"),
        ("the largest supplier has rank 1", "supplier_rank = 2"),
        where="supplier_iso3 != 'XXX' and supplier_rank = 1",
    ),
    update(
        "intermediate.int_supplier_shares",
        ("value_share sums to 1", "value_share = value_share - 0.00001"),
        ("weight_share sums to 1", "weight_share = weight_share - 0.00001"),
        where="supplier_rank = 1 and weight_share > 0.5",
    ),
    Break(
        "intermediate.int_supplier_shares",
        # a share above 1 cannot sum to 1 with others that are positive
        ("value_share is in range", "value_share sums to 1"),
        "update intermediate.int_supplier_shares set value_share = 1.1 where rowid ="
        " (select min(rowid) from intermediate.int_supplier_shares where supplier_rank = 1)",
    ),
    Break(
        "intermediate.int_supplier_shares",
        ("weight_share is in range", "weight_share sums to 1"),
        "update intermediate.int_supplier_shares set weight_share = 'nan' where rowid ="
        " (select min(rowid) from intermediate.int_supplier_shares where weight_share > 0)",
    ),
    update(
        "intermediate.int_baseline_flows",
        (
            "trade_value_usd is in range",
            f"trade_value_usd = -5, weighed_value_usd = 0, net_weight_kg = null, {NO_CONTENT}",
        ),
        ("net_weight_kg is in range", f"net_weight_kg = -1, {NO_CONTENT}"),
        SHORT_HS6,
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        (
            "content is no more than weight",
            "net_weight_kg = 10, content_low_kg = 9, content_kg = 9, content_high_kg = 11",
        ),
        ("content_kg lies within its range", "content_low_kg = content_kg + 1"),
        ("content_kg lies within its range", "content_high_kg = null"),
        ("what is weighed is part of the value", "weighed_value_usd = trade_value_usd + 1"),
        ("what is weighed is part of the value", "weighed_value_usd = 0"),
        ("nobody supplies oneself", "supplier_iso3 = importer_iso3"),
        ("valuation_basis is a known value", "valuation_basis = 'guess'"),
        ("one source speaks", "source_id = 'comtrade'"),
        where="importer_iso3 = 'USA' and weighed_value_usd > 0 and content_kg > 1000",
    ),
    Break(
        "intermediate.int_baseline_flows",
        ("one source speaks",),
        "update intermediate.int_baseline_flows set source_id = 'hearsay'"
        " where importer_iso3 = 'IND' and year = 2020 and mineral_id = 'copper' and stage = 'ore'",
    ),
    update(
        "intermediate.int_baseline_flows",
        ("a group buys from others", "supplier_iso3 = 'DEU'"),
        where="importer_iso3 = 'EUU'",
    ),
    Break(
        "intermediate.int_baseline_flows",
        ("a group's trade_value_usd is within its members'",),
        "update intermediate.int_baseline_flows set trade_value_usd = trade_value_usd * 10"
        " where importer_iso3 = 'EUU' and mineral_id = 'copper' and year = 2020",
    ),
    # tonnes for kilograms in one flow of copper ore
    Break(
        "intermediate.int_baseline_flows",
        ("no odd price carries the world's weight",),
        "update intermediate.int_baseline_flows set net_weight_kg = net_weight_kg * 1000"
        " where importer_iso3 = 'CHN' and supplier_iso3 = 'CHL' and hs6_code = '260300' and year = 2024",
    ),
    Break(
        "intermediate.int_baseline_flows",
        ("mapped mineral does not vanish",),
        "delete from intermediate.int_baseline_flows where mineral_id = 'bismuth' and year = 2020",
    ),
    update(
        "intermediate.int_world_exports",
        ("export_value_usd is in range", "export_value_usd = 0"),
        ("country_iso3 has three capitals", "country_iso3 = null"),
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
    ),
    Break(
        "intermediate.int_world_exports",
        ("number of exporters holds",),
        "delete from intermediate.int_world_exports"
        " where mineral_id = 'copper' and stage = 'ore' and year = 2020 and country_iso3 > 'C'",
    ),
    update(
        "intermediate.int_world_shares",
        ("country_iso3 has three capitals", "country_iso3 = ''"),
        ("one table speaks", "basis_detail = 'another table'"),
        ("export shares sum to 1", "world_share = world_share - 0.00001"),
        where="basis = 'exports' and world_share > 0.1",
    ),
    update(
        "intermediate.int_world_shares",
        ("basis is a known value", "basis = 'hearsay'"),
        where="basis = 'published'",
    ),
    first_cell(
        "intermediate.int_world_shares",
        "mineral_id = 'unobtainium'",
        UNKNOWN_MINERAL[0],
        keys="year, mineral_id, stage",
    ),
    update(
        "intermediate.int_world_shares",
        ("a missing share is a withheld figure", "world_share = null"),
        where="basis = 'published'",
    ),
    first_cell("intermediate.int_world_shares", "stage = 'rumour'", UNKNOWN_STAGE[0], keys="year, mineral_id, stage"),
    update(
        "intermediate.int_world_shares",
        ("world shares sum to at most 1", "world_share = 0.9999"),
        ("world_share is in range", "world_share = -0.1"),
        where="basis = 'published' and mineral_id = 'cobalt' and country_iso3 != 'CHN'",
    ),
]

# The network of trade, and what is traced in it.
ASIA = "country_iso3 in ('HKG', 'JPN', 'KOR', 'SGP', 'VNM')"
INTERMEDIATE += [
    update(
        "intermediate.int_network_flows",
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("importer_iso3 has three capitals", "importer_iso3 = '842'"),
        ("supplier_iso3 has three capitals", "supplier_iso3 = null"),
        ("trade_value_usd is in range", "trade_value_usd = 0, content_value_usd = 0, content_kg = null"),
        ("content_kg is in range", "content_kg = -1"),
        ("what is weighed is part of the value", "content_value_usd = trade_value_usd + 1"),
        ("what is weighed is part of the value", "content_value_usd = null"),
        ("what is weighed is part of the value", "content_kg = null"),
        ("nobody trades with oneself", "importer_iso3 = supplier_iso3"),
        ("no group is beside its members", "importer_iso3 = 'EUU'"),
        ("no group is beside its members", "supplier_iso3 = 'EUU'"),
        where="content_value_usd > 0",
    ),
    Break(
        "intermediate.int_network_flows",
        ("number of countries holds",),
        "delete from intermediate.int_network_flows"
        " where mineral_id = 'copper' and stage = 'ore' and year = 2021 and importer_iso3 != 'IND'",
    ),
    update(
        "intermediate.int_supply_pools",
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("country_iso3 has three capitals", "country_iso3 = '842'"),
        # each of those is nobody who trades, and leaves somebody without a pool
        ("everybody who trades has a pool", "country_iso3 = 'XXX'"),
    ),
    Break(
        "intermediate.int_supply_pools",
        ("everybody who trades has a pool",),
        "delete from intermediate.int_supply_pools where country_iso3 = 'IND' and year = 2023",
    ),
    update(
        "intermediate.int_supply_pools",
        ("imports_kg is in range", "imports_kg = -1"),
        ("exports_kg is in range", "exports_kg = -1"),
        ("production_kg is in range", "production_kg = -1"),
        ("an unknown mix has a reason", "imports_kg = null"),
        ("an unknown mix has a reason", "production_kg = null"),
        ("an unknown mix has a reason", "missing_reason = 'production_unknown'"),
        where="not is_estimated and missing_reason is null",
    ),
    update(
        "intermediate.int_supply_pools",
        ("missing_reason is a known value", "missing_reason = 'fog'"),
        ("an unknown mix has a reason", "missing_reason = null"),
        where="missing_reason is not null",
    ),
    update(
        "intermediate.int_supply_pools",
        ("what is estimated is the floor", "production_kg = 2 * production_kg"),
        ("what is estimated is the floor", "production_kg = 0"),
        ("what is estimated is the floor", "is_estimated = null"),
        where="is_estimated and production_kg > 100",
    ),
    update(
        "intermediate.int_supply_pools",
        ("what is estimated is the floor", "production_kg = 1"),
        where="is_estimated and imports_kg > exports_kg",
    ),
    update(
        "intermediate.int_origin_mixes",
        ("origin_share is in range", "origin_share = 1.5"),
        ("the other reading tells of China alone", "origin_iso3 = 'PER', ends_in = 'producer'"),
        where="reading = 'via' and origin_iso3 = 'XXX'",
    ),
    update(
        "intermediate.int_origin_mixes",
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("reading is a known value", "reading = 'tea leaves'"),
        ("country_iso3 has three capitals", "country_iso3 = '842'"),
        ("through China is no less than from China", "origin_share = 1e-12"),
        where=f"reading = 'via' and origin_iso3 = 'CHN' and origin_share > 0.1 and {ASIA}",
    ),
    update(
        "intermediate.int_origin_mixes",
        ("origin_iso3 has three capitals", "origin_iso3 = '842'"),
        ("ends_in is a known value", "ends_in = 'limbo'"),
        ("no known producer is XXX", "ends_in = 'empty_pool'"),
        where="reading = 'origin' and origin_iso3 = 'PER'",
    ),
    update(
        "intermediate.int_origin_mixes",
        ("no known producer is XXX", "ends_in = 'producer'"),
        where="reading = 'origin' and origin_iso3 = 'XXX'",
    ),
    update(
        "intermediate.int_origin_mixes",
        ("every supply is whole", "origin_share = 0.5 * origin_share"),
        where="reading = 'origin' and origin_iso3 = 'PER' and origin_share > 0.1",
    ),
    Break(
        "intermediate.int_origin_mixes",
        ("every supply is whole",),
        "delete from intermediate.int_origin_mixes where reading = 'origin' and country_iso3 = 'IND' and year = 2023",
    ),
    # what China has is China's, whoever made it
    update(
        "intermediate.int_origin_mixes",
        ("the other reading tells of China alone", "origin_share = 0.99"),
        where="reading = 'via' and country_iso3 = 'CHN' and mineral_id = 'copper'",
    ),
    update(
        "intermediate.int_origin_mixes",
        ("supply reaches a producer", "origin_iso3 = 'XXX', ends_in = 'loop_without_producer'"),
        where="reading = 'origin' and origin_share = 1 and country_iso3 != 'CHN' and ends_in = 'producer'",
    ),
    update(
        "intermediate.int_traced_origins",
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("reading is a known value", "reading = 'tea leaves'"),
        ("importer_iso3 has three capitals", "importer_iso3 = '842'"),
        ("origin_iso3 has three capitals", "origin_iso3 = '156'"),
        ("the other reading tells of China alone", "origin_iso3 = 'PER'"),
        ("traced_share is in range", "traced_share = 0"),
        where="reading = 'via'",
    ),
    update(
        "intermediate.int_traced_origins",
        ("every purchase is whole", "traced_share = 0.5 * traced_share"),
        where="reading = 'origin' and traced_share > 0.1",
    ),
    Break(
        "intermediate.int_traced_origins",
        ("every purchase is whole",),
        "delete from intermediate.int_traced_origins where reading = 'origin' and importer_iso3 = 'IND'",
    ),
    update(
        "intermediate.int_traced_origins",
        ("every origin says whether it is estimated", "is_estimated = null"),
        where="reading = 'origin' and origin_iso3 = 'PER'",
    ),
    update(
        "intermediate.int_traced_origins",
        ("every origin says whether it is estimated", "is_estimated = true"),
        where="reading = 'origin' and origin_iso3 = 'XXX'",
    ),
]

# Trade with others, agreements and production at home, in tonnes of the mineral itself.
ICELAND = "country_iso3 = 'ISL' and imports_t > 0 and exports_t is not null"
INTERMEDIATE += [
    update(
        "intermediate.int_exports",
        SHORT_HS6,
        ("country_iso3 has three capitals", "country_iso3 = '842'"),
        ("hs_revision is a known value", "hs_revision = 'HS99'"),
        ("export_value_usd is in range", "export_value_usd = 0, weighed_value_usd = 0, net_weight_kg = null"),
        ("net_weight_kg is in range", "net_weight_kg = -1"),
        ("what is weighed is part of the value", "weighed_value_usd = export_value_usd + 1"),
        ("what is weighed is part of the value", "net_weight_kg = null"),
        ("groups and only groups are marked", "is_group = true"),
        where="country_iso3 = 'USA' and weighed_value_usd > 0",
    ),
    Break(
        "intermediate.int_exports",
        ("a group's export_value_usd is within its members'",),
        "update intermediate.int_exports set export_value_usd = export_value_usd * 10"
        " where country_iso3 = 'EUU' and hs6_code = '260300' and year = 2020",
    ),
    Break(
        "intermediate.int_exports",
        ("number of exporters holds",),
        "delete from intermediate.int_exports where hs6_code = '260300' and year = 2020 and country_iso3 > 'B'",
    ),
    new_agreement("importer_iso3 has three capitals", "agreements are those of the register", importer_iso3="'India'"),
    new_agreement("supplier_iso3 has three capitals", supplier_iso3="'Chile'"),
    new_agreement("in_force_share is in range", in_force_share="0"),
    new_agreement("in_force_share is in range", in_force_share="1.1"),
    new_agreement("in_force_share is there", in_force_share="null"),
    new_agreement("nobody agrees with oneself", supplier_iso3="'IND'"),
    new_agreement("agreements are those of the register", agreement_ids="'AG001 AG999'"),
    new_agreement("agreements are those of the register", agreement_ids="''"),
    Break(
        "intermediate.int_trade_agreements",
        ("an agreement stays in force",),
        "delete from intermediate.int_trade_agreements where year = 2020 and supplier_iso3 = 'CHL'",
    ),
    update(
        "intermediate.int_recycling",
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("study_year is in range", "study_year = 23"),
        ("study_year is there", "study_year = null"),
        ("eol_rir is in range", "eol_rir = 32"),
        ("eol_rir is there", "eol_rir = null"),
        ("si_sr is in range", "si_sr = 0"),
        ("si_sr is there", "si_sr = null"),
        ("source is there", "source = null"),
    ),
    update(
        "intermediate.int_contained_trade",
        ("country_iso3 has three capitals", "country_iso3 = 'Iceland'"),
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("import_value_usd is in range", "import_value_usd = -1"),
        ("export_value_usd is in range", "export_value_usd = -1"),
        ("imports_low_t is in range", "imports_low_t = -1"),
        ("exports_low_t is in range", "exports_low_t = -1"),
        ("imports_t lies within its range", "imports_high_t = imports_t - 1"),
        ("exports_t lies within its range", "exports_high_t = null"),
        ("covered_code_share is in range", "covered_code_share = 0"),
        ("import_weight_coverage_share is in range", "import_weight_coverage_share = 1.1"),
        ("export_weight_coverage_share is in range", "export_weight_coverage_share = 1.1"),
        ("tonnes are known where enough is weighed", "imports_low_t = null, imports_t = null, imports_high_t = null"),
        ("tonnes are known where enough is weighed", "import_weight_coverage_share = 0.7"),
        ("tonnes are known where enough is weighed", "export_weight_coverage_share = null"),
        ("nothing bought is no tonnes", "import_value_usd = 0"),
        ("tonnes are those of a year", "imports_are_of_part_of_a_year = true"),
        ("tonnes are those of a year", "imports_are_of_part_of_a_year = null"),
        where=ICELAND,
    ),
    Break(
        "intermediate.int_contained_trade",
        (
            "a group's import_value_usd is within its members'",
            "a group's imports_t is within its members'",
            "a group's exports_t is within its members'",
        ),
        "update intermediate.int_contained_trade set import_value_usd = import_value_usd * 10,"
        " imports_t = imports_t * 10, imports_high_t = imports_high_t * 10,"
        " exports_t = exports_t * 10, exports_high_t = exports_high_t * 10"
        " where country_iso3 = 'EUU' and mineral_id = 'copper' and stage = 'ore' and year = 2020",
    ),
    Break(
        "intermediate.int_contained_trade",
        ("what the world sells is what it buys",),
        "update intermediate.int_contained_trade set export_value_usd = export_value_usd * 1.5"
        " where country_iso3 != 'EUU' and mineral_id = 'copper' and stage = 'ore' and year = 2020",
    ),
    # kilograms for tonnes, and the other way round
    *(
        Break(
            "intermediate.int_contained_trade",
            checks,
            f"update intermediate.int_contained_trade set imports_low_t = imports_low_t {slip},"
            f" imports_t = imports_t {slip}, imports_high_t = imports_high_t {slip}"
            " where mineral_id = 'graphite' and stage = 'ore' and year = 2024",
        )
        for slip, checks in (
            ("/ 1000", ("world trade is in the unit of world production",)),
            ("* 1000", ("world trade is in the unit of world production", "nobody trades more than the world mines")),
        )
    ),
    update(
        "intermediate.int_domestic_production",
        ("country_iso3 has three capitals", "country_iso3 = 'Chile'"),
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("is_listed is there", "is_listed = null"),
        ("production_low_t is in range", "production_low_t = -1"),
        ("reported_t is in range", "reported_t = -1"),
        ("production_t lies within its range", "production_low_t = production_t + 1"),
        ("production_t lies within its range", "production_high_t = null"),
        ("a figure comes from a table", "source_id = 'hearsay'"),
        ("a figure comes from a table", "source_id = null"),
        ("who is not listed produces nothing that is known", "is_listed = false"),
        where="is_listed and production_t > 0"
        " and country_iso3 not in (select unnest([group_iso3, member_iso3]) from seeds.seed_country_groups)",
    ),
    Break(
        "intermediate.int_domestic_production",
        ("countries produce no more than the world",),
        "update intermediate.int_domestic_production set production_t = production_t * 10,"
        " production_high_t = production_high_t * 10 where country_iso3 = 'CHL' and mineral_id = 'copper'",
    ),
    Break(
        "intermediate.int_domestic_production",
        ("a group produces what its members do",),
        "update intermediate.int_domestic_production set production_t = production_t * 2,"
        " production_high_t = production_high_t * 2 where country_iso3 = 'EUU' and production_t > 0",
    ),
]

CHINA_SHARES = ("china_via_share", "china_hidden_share", "china_origin_share", "estimated_origin_share")

MARTS = [
    update(
        "marts.traced_origins",
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("importer_iso3 has three capitals", "importer_iso3 = '842'"),
        ("traced_share sums to 1", "traced_share = 0.5 * traced_share"),
        ("traced_share is in range", "traced_share = 0"),
        where="traced_share between 0.1 and 0.9",
    ),
    update(
        "marts.traced_origins",
        ("origin_iso3 has three capitals", "origin_iso3 = '604'"),
        ("every origin says whether it is estimated", "is_estimated = null"),
        where="origin_iso3 = 'PER'",
    ),
    first_cell(
        "marts.traced_origins",
        "origin_iso3 = 'XXX', is_estimated = null, traced_share = 1",
        "nearly all reaches a producer",
        keys=f"{CELL}, origin_iso3",
        where="traced_share = 1",
    ),
    update(
        "marts.china_behind_suppliers",
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("importer_iso3 has three capitals", "importer_iso3 = '842'"),
        ("supplier_iso3 has three capitals", "supplier_iso3 = null"),
        ("weight_share is in range", "weight_share = 1.5, china_hidden_share = 1.5 * supplier_china_via_share"),
        (
            "supplier_china_via_share is in range",
            "supplier_china_via_share = -0.5, china_hidden_share = -0.5 * weight_share",
        ),
        ("China is not behind itself", "supplier_iso3 = 'CHN'"),
        ("China is not behind itself", "supplier_iso3 = importer_iso3"),
        ("what is hidden is a part of what is delivered", "china_hidden_share = china_hidden_share + 0.01"),
        ("what is hidden is a part of what is delivered", "weight_share = null"),
        ("supplier_unresolved_share is in range", "supplier_unresolved_share = -0.01"),
        (
            "what is known and what is not are parts of one supply",
            "supplier_unresolved_share = 1.01 - supplier_china_via_share",
        ),
        ("what is known and what is not are parts of one supply", "supplier_unresolved_share = null"),
        where="china_hidden_share > 0 and supplier_china_via_share between 0.1 and 0.9",
    ),
    update(
        "marts.untraceable_suppliers",
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("unresolved_reason is a known value", "unresolved_reason = 'fog'"),
        ("country_iso3 has three capitals", "country_iso3 = '842'"),
        ("unresolved_share is in range", "unresolved_share = 1.5"),
        ("export_value_usd is in range", "export_value_usd = 0"),
        ("exports_t is in range", "exports_t = -1"),
        ("only what is untraceable is told", "unresolved_share = 0.05"),
    ),
    update(
        "marts.supplier_shares",
        ("control_severity is in range", "control_severity = 1.5"),
        ("control_severity is there", "control_severity = null"),
    ),
    update(
        "marts.china_dependence",
        ("what is hidden is the difference", "china_hidden_share = china_hidden_share + 0.1"),
        ("what is hidden is the difference", "china_weight_share = null"),
        ("through China is no less than from China", "china_origin_share = 1"),
        where="china_via_share < 0.9",
    ),
    update(
        "marts.china_dependence",
        ("through China is no less than from China", "china_weight_share = 1"),
        ("what is hidden is the difference", "china_hidden_share = 0.5 * china_hidden_share"),
        where="china_via_share between 0.2 and 0.9 and china_hidden_share > 0.1",
    ),
    update(
        "marts.china_dependence",
        *(("what is not traced has a reason", f"{share} = null") for share in CHINA_SHARES),
        ("what is not traced has a reason", "tracing_missing_reason = 'weights_missing'"),
        ("what is hidden is the difference", "china_hidden_share = 1"),
        where="china_via_share < 0.9 and china_via_share < china_value_share",
    ),
    update(
        "marts.china_dependence",
        ("tracing_missing_reason is a known value", "tracing_missing_reason = 'fog'"),
        where="tracing_missing_reason is not null",
    ),
    update(
        "marts.china_dependence",
        ("what is not traced has a reason", "tracing_missing_reason = null"),
        where="tracing_missing_reason is not null",
    ),
    update(
        "marts.china_dependence",
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("china_world_share_basis is a known value", "china_world_share_basis = 'hearsay'"),
        ("china_value_share is in range", "china_value_share = 1.1, greater_china_value_share = 1.0"),
        ("greater China is no less than China", "greater_china_value_share = 0, china_value_share = 0.5"),
        ("china_weight_share is in range", "china_weight_share = 1.1"),
        ("greater_china_value_share is in range", "greater_china_value_share = 1.1"),
        *((f"{share} is in range", f"{share} = -0.1") for share in CHINA_SHARES),
        # a share below 0 is also less than what it holds
        ("through China is no less than from China", "china_origin_share = 1"),
        ("what is hidden is the difference", "china_hidden_share = 1"),
        ("china_world_share is in range", "china_world_share = 2"),
        ("china_control_severity is in range", "china_control_severity = 2"),
        ("china_control_severity_current is in range", "china_control_severity_current = 2"),
        ("china_dependence_score is in range", "china_dependence_score = -1"),
        (
            "china_dependence_score_current_controls is in range",
            "china_dependence_score_current_controls = -1",
        ),
        (
            "score is no more than exposure",
            "china_dependence_score = 99, china_value_share = 0.5, china_weight_share = 0.5, china_via_share = 0.5",
        ),
        ("a missing score has a reason", "china_dependence_score = null"),
        ("a world share has a basis", "china_world_share_basis = null"),
        where="missing_reason is null and china_world_share is not null and china_via_share < 0.9",
    ),
    update(
        "marts.china_dependence",
        ("a missing score has a reason", "missing_reason = 'no reason'"),
        where="importer_iso3 = 'IND'",
    ),
    Break(
        "marts.china_dependence",
        ("China supplies somebody",),
        "update marts.china_dependence set china_value_share = 0, china_weight_share = 0,"
        " china_hidden_share = china_via_share, china_dependence_score = 0, china_dependence_score_current_controls = 0"
        " where year = 2020 and importer_iso3 != 'CHN'",
    ),
    update(
        "marts.countries",
        ("iso3 has three capitals", "iso3 = '276'"),
        ("country has a name", "country_name = ''"),
        ("greater China is three", "is_china_group = true"),
        where="iso3 not in ('CHN', 'HKG', 'MAC', 'IND', 'XXX')",
    ),
    Break(
        "marts.countries",
        ("the countries of the question are there",),
        "delete from marts.countries where iso3 = 'IND'",
    ),
    Break(
        "marts.countries",
        ("the countries of the question are there",),
        "update marts.countries set is_group = true where iso3 = 'DEU'",
    ),
    update(
        "marts.export_controls",
        ("iso3 has three capitals", "iso3 = ''"),
        UNKNOWN_MINERAL,
        ("measure is a known value", "measure = 'frown'"),
        ("source is there", "source = null"),
        ("severity is in range", "severity = 1.1"),
        ("a measure that can act has a start and a severity", "severity = null"),
        ("a date is read where one is written", "effective_to = '2030', effective_to_date = null"),
        ("targets are countries", "target_countries = 'USA, JPN'"),
        where="can_act",
    ),
    update(
        "marts.flow_accounting",
        ("flow_count is in range", "flow_count = -1"),
        ("trade_value_usd is in range", "trade_value_usd = -1"),
        ("value is known where rows were loaded", "trade_value_usd = null"),
        ("used rows are the published ones", "disposition = 'superseded_vintage'"),
    ),
    Break(
        "marts.flow_accounting",
        ("hs6_code has six digits",),
        "insert into marts.flow_accounting"
        " select * replace ('28053' as hs6_code, 'parent_mineral' as disposition) from marts.flow_accounting limit 1",
    ),
    update(
        "marts.latest_risk",
        ("risk_score_current_controls is in range", "risk_score_current_controls = 101"),
        ("china_dependence_score is in range", "china_dependence_score = -1"),
        ("china_value_share is in range", "china_value_share = 1.1"),
        ("hhi_value is in range", "hhi_value = 1.1"),
        ("a score comes with its story", "risk_rank = null, rank_p05 = null, rank_p95 = null"),
        ("the same score as elsewhere", "risk_score = risk_score / 2"),
        ("china_world_share is in range", "china_world_share = 1.1"),
        where="risk_score is not null",
    ),
    Break(
        "marts.latest_risk",
        (
            "top1_share is in range",
            "completeness is in range",
            "net_import_reliance is in range",
            "the figures of the bottleneck stage",
        ),
        "update marts.latest_risk set top1_share = 0, completeness = 0, net_import_reliance = 1.1"
        " where mineral_id = 'copper'",
    ),
    update(
        "marts.latest_risk",
        ("the figures of the bottleneck stage", "net_import_reliance = 0.123"),
        ("the figures of the bottleneck stage", "top_supplier_iso3 = 'ISL'"),
        ("the figures of the bottleneck stage", "supplier_count = supplier_count + 1"),
        ("the figures of the bottleneck stage", "completeness = completeness - 0.01"),
        where="risk_score is not null",
    ),
    Break(
        "marts.latest_risk",
        ("risk_score is in range", "the same score as elsewhere"),
        "update marts.latest_risk set risk_score = 101 where mineral_id = 'copper'",
    ),
    Break(
        "marts.latest_risk",
        ("one row a mineral",),
        "delete from marts.latest_risk where mineral_id = 'germanium'",
    ),
    Break(
        "marts.latest_risk",
        ("one row a mineral",),
        "insert into marts.latest_risk from marts.latest_risk limit 1",
    ),
    Break(
        "marts.latest_risk",
        ("one country and year", "the same score as elsewhere"),
        "update marts.latest_risk set year = 1999 where mineral_id = 'copper'",
    ),
    Break(
        "marts.latest_risk",
        ("no score is not no risk",),
        "update marts.latest_risk set stages_missing = null, missing_reasons = null where mineral_id = 'germanium'",
    ),
    update(
        "marts.mineral_end_uses",
        ("use_share is in range", "use_share = -0.001"),
        where="use_share = 0 and mineral_id = 'indium'",
    ),
    Break(
        "marts.mineral_end_uses",
        UNKNOWN_MINERAL[:1],
        "update marts.mineral_end_uses set mineral_id = 'unobtainium' where mineral_id = 'bismuth'",
    ),
    Break(
        "marts.mineral_end_uses",
        ("uses of a mineral sum to about 1",),
        "update marts.mineral_end_uses set use_share = use_share / 2 where mineral_id = 'bismuth'",
    ),
    update(
        "marts.mineral_products",
        SHORT_HS6,
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("confidence is a known value", "confidence = 'sure'"),
        ("content_fraction is in range", "content_low = -1, content_fraction = 0, content_high = 1"),
        ("source is there", "source = null"),
        ("content lies between its bounds", "content_low = 0.5, content_fraction = 0.4, content_high = 0.6"),
    ),
    update(
        "marts.mineral_risk",
        ("risk_score_current_controls is in range", "risk_score_current_controls = 101"),
        ("china_dependence_score is in range", "china_dependence_score = -1"),
        ("band fits the score", "risk_band = 'fine'"),
        ("the worst stage decides", "bottleneck_stage = 'scrap'"),
        ("a score has a rank", "risk_rank = null"),
        ("a stage covered in part is a scored one", "stages_covered_in_part = 'scrap'"),
        where="risk_score is not null",
    ),
    update(
        "marts.mineral_risk",
        UNKNOWN_MINERAL,
        (
            "no score is not no risk",
            "stages_missing = null, missing_reasons = null, stages_immaterial = null, stages_without_imports = null",
        ),
        ("a missing stage has a reason", "missing_reasons = null"),
        where="risk_score is null and stages_missing is not null",
    ),
    Break(
        "marts.mineral_risk",
        ("risk_score is in range", "band fits the score", "the worst stage decides"),
        "update marts.mineral_risk set risk_score = -1 where mineral_id = 'copper' and importer_iso3 = 'IND'",
    ),
    update(
        "marts.minerals",
        ("mineral_name is there", "mineral_name = null"),
        ("is_india_critical is there", "is_india_critical = null, is_eu_critical = true"),
        ("is_eu_critical is there", "is_eu_critical = null, is_us_critical = true"),
        ("is_us_critical is there", "is_us_critical = null, is_eu_critical = true"),
        ("mineral_id can stand in a file name", "mineral_id = '../Gold'"),
        ("a parent has no parent", "parent_mineral_id = 'unobtainium'"),
        (
            "somebody calls a mineral critical",
            "is_india_critical = false, is_eu_critical = false, is_us_critical = false, parent_mineral_id = null",
        ),
    ),
    update(
        "marts.risk_components",
        ("weight is in range", "weight = 0"),
        ("component is one of the method", "component_id = 'gut_feeling'"),
        ("component_score is in range", "component_score = 101"),
        where="raw_value is not null",
    ),
    update(
        "marts.risk_components",
        ("missing is not zero", "component_score = 0, contribution = 0"),
        where="component_id = 'import_reliance'",
    ),
    update(
        "marts.risk_components",
        ("contributions sum to the score", "contribution = contribution + 0.00001"),
        where="component_id = 'china_dependence' and raw_value > 0",
    ),
    Break(
        "marts.risk_components",
        ("contribution is in range", "contributions sum to the score"),
        "update marts.risk_components set contribution = -1 where importer_iso3 = 'IND' and year = 2020"
        " and component_id = 'china_dependence' and mineral_id = 'copper'",
    ),
    update(
        "marts.risk_scores",
        ("importer_iso3 has three capitals", "importer_iso3 = 'India'"),
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("risk_score_current_controls is in range", "risk_score_current_controls = 100.5"),
        ("completeness is there", "completeness = null"),
        ("completeness is in range", "completeness = 1.1"),
        ("band fits the score", "risk_band = 'fine'"),
        ("a score rests on enough", "completeness = 0.69"),
        ("a missing score has a reason", "risk_score = null, risk_band = null, missing_components = null"),
        ("material scores have ranks", "risk_rank = 1000, risk_score = 0, risk_band = 'low'"),
        where="risk_score is not null and not is_material and mineral_id = 'lithium'",
    ),
    update("marts.risk_scores", ("material scores have ranks", "risk_rank = null"), where="risk_rank = 2"),
    Break(
        "marts.risk_scores",
        ("risk_score is in range", "band fits the score"),
        "update marts.risk_scores set risk_score = 120 where risk_rank is null and risk_score is not null",
    ),
    *(
        first_cell(
            "marts.risk_score_changes", setting, check, keys=CELL, where=f"year > {FIRST_YEAR} and score_change > 1"
        )
        for check, setting in (
            ("importer_iso3 has three capitals", "importer_iso3 = 'India'"),
            UNKNOWN_MINERAL,
            UNKNOWN_STAGE,
            # a change that the scores do not have: none, and one that nobody knows
            (
                "the change is that of the published scores",
                "score_change = 0, contribution_change = 0, risk_change = 0, coverage_change = 0",
            ),
            (
                "the change is that of the published scores",
                "score_change = null, contribution_change = null, risk_change = null, coverage_change = null,"
                " coverage_reason = 'no_score_in_2020: gut_feeling'",
            ),
        )
    ),
    first_cell(
        "marts.risk_score_changes",
        "score_change = null, contribution_change = null, risk_change = null, coverage_change = null,"
        " coverage_reason = 'no_score_in_2020: '",
        "coverage has a reason",
        "the change is that of the published scores",
        keys=CELL,
        where=f"year > {FIRST_YEAR}",
    ),
    update(
        "marts.risk_score_changes",
        ("the years are consecutive", "previous_year = previous_year - 1"),
        where=f"year = {FIRST_YEAR}",
    ),
    update("marts.risk_score_changes", ("the years are consecutive", "previous_year = null")),
    update(
        "marts.risk_score_changes",
        ("contributions sum to the change", "risk_change = risk_change + 0.00001"),
        ("contributions sum to the change", "coverage_change = null"),
        where="score_change is not null and coverage_reason is null",
    ),
    update(
        "marts.risk_score_changes",
        (
            "contributions sum to the change",
            "contribution_change = contribution_change + 0.00001, risk_change = risk_change + 0.00001",
        ),
        where="score_change is not null",
    ),
    update(
        "marts.risk_score_changes",
        ("coverage has a reason", "coverage_reason = null"),
        ("coverage has a reason", "coverage_reason = 'no_score_in_2020: gut_feeling'"),
        where="coverage_change > 1",
    ),
    Break(
        "marts.risk_score_changes",
        ("contribution_change is in range", "contributions sum to the change"),
        "update marts.risk_score_changes set contribution_change = 101 where rowid = 0",
    ),
    Break(
        "marts.risk_score_changes",
        ("risk_change is in range", "coverage_change is in range"),
        "update marts.risk_score_changes set risk_change = 101, coverage_change = contribution_change - 101"
        " where rowid = (select min(rowid) from marts.risk_score_changes"
        " where coverage_change != 0 and contribution_change < 0)",
    ),
    # of both years only the earlier one is restricted
    Break(
        "marts.risk_score_changes",
        ("restricted rows stay",),
        "insert into staging.stg_landing__vintages"
        " select * replace ('secret' as source_id, false as is_redistributable)"
        " from staging.stg_landing__vintages limit 1;"
        " update intermediate.int_import_cells set source_id = 'secret' where year = 2022;"
        " update marts.risk_score_changes set is_redistributable = false where year = 2022",
    ),
    Break(
        "marts.risk_scores",
        ("a higher score has a lower rank",),
        "update marts.risk_scores set risk_rank = 1000 - risk_rank where importer_iso3 = 'IND' and year = 2020",
    ),
    Break(
        "marts.risk_scores",
        ("number of importers holds",),
        "delete from marts.risk_scores where year = 2020 and importer_iso3 > 'D' and importer_iso3 != 'IND'",
    ),
    Break(
        "marts.risk_scores",
        ("India's scored cells hold",),
        "update marts.risk_scores set is_material = false, risk_rank = null, rank_p05 = null, rank_p95 = null"
        " where importer_iso3 = 'IND' and year = 2020",
    ),
    update(
        "marts.supplier_concentration",
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("import_value_usd is in range", "import_value_usd = 0"),
        ("net_weight_kg is in range", "net_weight_kg = -1"),
        ("hhi_weight is in range", "hhi_weight = 1.5"),
        ("weight_coverage_share is in range", "weight_coverage_share = 1.2"),
        ("low and high enclose the index", "hhi_low = 1"),
        ("no index means no named supplier", "top_supplier_iso3 = null"),
        ("three supply no less than one", "top3_share = 0"),
        ("effective suppliers are the index turned over", "effective_suppliers = 1000"),
        ("covered_code_share is there", "covered_code_share = null"),
        ("covered_code_share is in range", "covered_code_share = 0"),
        where="supplier_count between 3 and 20 and hhi_value < 0.9",
    ),
    Break(
        "marts.supplier_concentration",
        ("index lies between its bounds", "supplier_count is in range"),
        "update marts.supplier_concentration set supplier_count = 301 where importer_iso3 = 'IND' and year = 2020;"
        "update marts.supplier_concentration set supplier_count = 1"
        " where importer_iso3 = 'IND' and year = 2021 and supplier_count > 1 and unspecified_share = 0",
    ),
    Break(
        "marts.supplier_concentration",
        (
            "hhi_value is in range",
            "index lies between its bounds",
            "low and high enclose the index",
            "top1_share is in range",
            "three supply no less than one",
        ),
        "update marts.supplier_concentration"
        " set hhi_value = 1.5, effective_suppliers = 1 / 1.5::double, top1_share = 1.5"
        " where importer_iso3 = 'IND' and year = 2020",
    ),
    Break(
        "marts.supplier_concentration",
        ("unspecified_share is in range",),
        "update marts.supplier_concentration set unspecified_share = -0.1, supplier_count = 300"
        " where importer_iso3 = 'IND' and year = 2020",
    ),
    first_cell("marts.supplier_shares", "mineral_id = 'unobtainium'", UNKNOWN_MINERAL[0], keys=CELL),
    first_cell("marts.supplier_shares", "importer_iso3 = 'India'", "importer_iso3 has three capitals", keys=CELL),
    update(
        "marts.supplier_shares",
        ("supplier_iso3 has three capitals", "supplier_iso3 = 'China'"),
        ("import_value_usd is in range", "import_value_usd = 0"),
        ("net_weight_kg is in range", "net_weight_kg = -1"),
        ("the unspecified supplier has no rank", "supplier_rank = null"),
        ("value_share sums to 1", "value_share = value_share - 0.00001"),
        ("weight_share sums to 1", "weight_share = weight_share - 0.00001"),
        where="supplier_rank = 1 and weight_share > 0.5",
    ),
    Break(
        "marts.supplier_shares",
        (
            "value_share is in range",
            "value_share sums to 1",
            "weight_share is in range",
            "weight_share sums to 1",
        ),
        "update marts.supplier_shares set value_share = 1.1, weight_share = -0.1"
        " where importer_iso3 = 'IND' and year = 2020 and supplier_rank = 1 and weight_share is not null",
    ),
    update(
        "marts.trade_agreements",
        ("source is there", "source = null"),
        ("confidence is a known value", "confidence = 'sure'"),
        ("in_force_from_precision is a known value", "in_force_from_precision = 'century'"),
        ("party_iso3 has three capitals", "party_iso3 = 'India'"),
        ("nobody agrees with oneself", "partner_iso3 = party_iso3"),
        ("partner is a country or several", "partner_iso3 = 'Chile'"),
        ("a date is read where one is written", "in_force_from_date = null, in_force_from_precision = null"),
        ("what is not in force has no start", "status = 'announced'"),
        where="in_force_from is not null",
    ),
    update(
        "marts.trade_flows",
        ("importer_iso3 has three capitals", "importer_iso3 = '699'"),
        ("supplier_iso3 has three capitals", "supplier_iso3 = null"),
        SHORT_HS6,
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("valuation_basis is a known value", "valuation_basis = 'guess'"),
        ("trade_value_usd is in range", "trade_value_usd = 0"),
        ("net_weight_kg is in range", "net_weight_kg = -1"),
        ("content_kg is in range", "content_kg = -1"),
    ),
    Break(
        "marts.trade_flows",
        ("trade of all minerals holds",),
        "update marts.trade_flows set trade_value_usd = trade_value_usd * 4 where year = 2024",
    ),
    update(
        "marts.world_shares",
        ("country_iso3 has three capitals", "country_iso3 = ''"),
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("basis is a known value", "basis = 'hearsay'"),
        ("world shares sum to at most 1", "world_share = 1"),
        ("world_share is in range", "world_share = -0.1"),
        where="basis = 'exports' and country_iso3 != 'CHN' and world_share between 0.1 and 0.5",
    ),
    update(
        "marts.world_shares",
        ("production shares sum to 1", "world_share = world_share - 0.00001"),
        where="basis = 'production' and world_share > 0.1 and country_iso3 != 'CHN'",
    ),
    update(
        "marts.world_shares", ("a missing share is a withheld figure", "world_share = null"), where="basis = 'exports'"
    ),
    Break(
        "marts.world_shares",
        ("China's world share moves moderately",),
        "update marts.world_shares set world_share = if(country_iso3 = 'CHN', 0.95, world_share / 100)"
        " where mineral_id = 'copper' and stage = 'ore' and year = 2020",
    ),
]

# What is known of every country: no figure of it is the sum of others.
UNWEIGHED = "imports_t is null and exports_t is null"
KNOWN = "net_import_reliance_low = {}, net_import_reliance = {}, net_import_reliance_high = {}, missing_reason = null"

MARTS += [
    update(
        "marts.import_reliance",
        ("country_iso3 has three capitals", "country_iso3 = 'Chile'"),
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("production_t is in range", "production_t = -1"),
        ("imports_t is in range", "imports_t = -1"),
        ("exports_t is in range", "exports_t = -1"),
        ("net_import_reliance is in range", KNOWN.format(1, 1.1, 1)),
        ("net_import_reliance_low is in range", KNOWN.format(-0.1, 0, 0)),
        ("net_import_reliance_high is in range", KNOWN.format(0, 0, 1.1)),
        ("covered_code_share is in range", "covered_code_share = 0"),
        ("import_weight_coverage_share is in range", "import_weight_coverage_share = 1.1"),
        ("export_weight_coverage_share is in range", "export_weight_coverage_share = 1.1"),
        where=UNWEIGHED,
    ),
    update(
        "marts.import_reliance",
        ("reliance is net imports over consumption", "net_import_reliance = net_import_reliance * 0.99"),
        ("reliance is net imports over consumption", "apparent_consumption_t = apparent_consumption_t + 1"),
        where="apparent_consumption_t > 10 and net_import_reliance between 0.1 and 0.9",
    ),
    Break(
        "marts.import_reliance",
        ("a group's imports_t is within its members'", "a group's exports_t is within its members'"),
        "update marts.import_reliance set imports_t = imports_t * 10, exports_t = exports_t * 10"
        " where country_iso3 = 'EUU' and apparent_consumption_t is null and year = 2020",
    ),
    Break(
        "marts.import_reliance",
        ("a country sells what it has",),
        "update marts.import_reliance set exports_t = 100 * production_t"
        " where country_iso3 = 'CHL' and mineral_id = 'copper' and stage = 'ore'",
    ),
    Break(
        "marts.import_reliance",
        ("number of known reliances holds",),
        "delete from marts.import_reliance where year = 2022 and net_import_reliance is not null"
        " and country_iso3 not in (select member_iso3 from seeds.seed_country_groups)",
    ),
    *(
        first_cell("marts.risk_methods", setting, check, "the same figures as elsewhere", keys=CELL)
        for check, setting in (
            ("importer_iso3 has three capitals", "importer_iso3 = 'India'"),
            UNKNOWN_MINERAL,
            UNKNOWN_STAGE,
        )
    ),
    *(
        update(
            "marts.risk_methods",
            *(("value is in its method's range", f"value = {value}") for value in values),
            where=f"method_id = '{method}' and value is not null",
        )
        for method, values in (
            ("eu_supply_risk", (-0.1, 13.1)),
            ("eu_supply_risk_global", (-0.1, 13.1)),
            ("eu_supply_risk_import", (-0.1, 13.1)),
            ("geopolrisk", (-0.1, 1.1)),
            ("hhi_governance", (0, 10.1)),
            ("geodep", (-1, 2.5, 4)),
            ("crma_65", (-0.1, "'nan'")),
        )
    ),
    # what another table publishes differs from it as well
    *(
        Break(
            "marts.risk_methods",
            ("value is in its method's range", "the same figures as elsewhere"),
            f"update marts.risk_methods set value = {value} where method_id = '{method}' and year = 2024",
        )
        for method, value in (("cdi_1", 0), ("top3_share", 1.1), ("n_minus_1", 0), ("net_import_reliance", 1.1))
    ),
    update("marts.risk_methods", ("value is in its method's range", "method_id = 'gut_feeling'")),
    *(
        update("marts.risk_methods", ("the same figures as elsewhere", "value = null"), where=f"method_id = '{method}'")
        for method in ("cdi_1", "top3_share")
    ),
    Break(
        "marts.risk_methods",
        ("part of known and complete values holds",),
        "update marts.risk_methods set value = null where method_id = 'geodep' and year = 2022",
    ),
    Break(
        "marts.risk_methods",
        ("part of known and complete values holds",),
        "update marts.risk_methods set is_complete = false where method_id = 'geodep' and year = 2022",
    ),
    Break(
        "marts.risk_methods",
        ("consumption is more than a remainder",),
        "update marts.risk_methods set value = 11 where method_id = 'crma_65' and importer_iso3 = 'IND'",
    ),
    update(
        "marts.risk_method_definitions",
        ("higher_is_riskier is there", "higher_is_riskier = null"),
        ("a method says what it is", "method_name = null"),
        ("a method says what it is", "definition = ' '"),
        ("a method says what it is", "unit = ''"),
        ("a method says what it is", "source = null"),
        ("a method has values", "method_id = 'gut_feeling'"),
    ),
    update(
        "marts.risk_component_definitions",
        ("weight is in range", "weight = 0"),
        ("is_required is there", "is_required = null"),
        ("a component says what it is", "component_name = ''"),
        ("a component says what it is", "raw_value_unit = null"),
        ("a component says what it is", "description = ' '"),
    ),
    update(
        "marts.method_thresholds",
        ("value is there", "value = null"),
        ("a threshold says what it is", "unit = ''"),
        ("a threshold says what it is", "reason = null"),
        ("a threshold says what it is", "source = ' '"),
    ),
    update(
        "marts.supplier_controls",
        ("a measure is the supplier's own", "control_id = 'XC999'"),
    ),
    Break(
        "marts.supplier_controls",
        ("a severity has a measure",),
        "delete from marts.supplier_controls where (year, importer_iso3, mineral_id, stage, supplier_iso3) in ("
        "select (year, importer_iso3, mineral_id, stage, supplier_iso3) from marts.supplier_shares"
        " where control_severity > 0 order by all limit 1)",
    ),
    update("marts.missing_reasons", ("a reason is a sentence", "explanation = 'unknown'")),
    first_cell(
        "marts.sector_exposure",
        "importer_iso3 = 'Aruba', weighted_risk_score = null",
        "importer_iso3 has three capitals",
        keys="year, importer_iso3",
        where="importer_iso3 = 'ABW'",
    ),
    update(
        "marts.sector_exposure",
        ("coverage_share is there", "coverage_share = null"),
        ("coverage_share is in range", "coverage_share = 1.1"),
        ("minerals_used is in range", "minerals_used = 0"),
        ("minerals_on_basket_codes is in range", "minerals_on_basket_codes = -1"),
        ("minerals_without_end_use is in range", "minerals_without_end_use = -1"),
        ("sector is one of the end uses", "sector = null"),
        ("minerals at high risk are named", "minerals_at_high_risk = 1"),
        ("minerals at high risk are named", "minerals_at_high_risk = 1, high_risk_minerals = 'tin'"),
        where="year = 2024 and weighted_risk_score is null",
    ),
    Break(
        "marts.sector_exposure",
        ("sectors of a year are complete",),
        "delete from marts.sector_exposure where year = 2015 and importer_iso3 = 'IND' and sector = 'other'",
    ),
    Break(
        "marts.sector_exposure",
        ("minerals_at_high_risk is in range", "minerals at high risk are named"),
        "update marts.sector_exposure set minerals_at_high_risk = -1 where year = 2015",
    ),
    Break(
        "marts.sector_exposure",
        ("weighted_risk_score is in range", "score is a mean of the minerals' scores"),
        "update marts.sector_exposure set weighted_risk_score = 101 where year = 2020 and importer_iso3 = 'IND'",
    ),
    Break(
        "marts.sector_exposure",
        ("coverage of sectors holds",),
        "update marts.sector_exposure set coverage_share = coverage_share / 10 where year = 2022",
    ),
    # small islands that supply nothing
    update(
        "marts.governance",
        ("country_iso3 has three capitals", "country_iso3 = 'Tonga'"),
        ("governance_risk_standard_error is in range", "governance_risk_standard_error = 0"),
        ("political_instability is in range", "political_instability = 1.1"),
        ("political_instability_standard_error is in range", "political_instability_standard_error = 0"),
        ("estimate is recent", "governance_year = year + 1"),
        ("a country has both figures", "governance_risk = null"),
        ("a country has both figures", "political_instability = null"),
        where="country_iso3 in ('TON', 'TUV')",
    ),
    Break(
        "marts.governance",
        ("governance_risk is in range", "governance risk moves moderately"),
        "update marts.governance set governance_risk = 10.5 where country_iso3 = 'TON' and year = 2020",
    ),
    Break(
        "marts.governance",
        ("estimate is recent",),
        "update marts.governance set governance_age_years = 3, governance_year = year - 3 where country_iso3 = 'TON'",
    ),
    Break(
        "marts.governance",
        ("who supplies has an estimate",),
        "delete from marts.governance where year = 2022 and country_iso3 = 'CHL'",
    ),
    *(
        Break(
            "marts.world_supply",
            (check, "figures rest on the published shares"),
            f"update marts.world_supply set {setting} where rowid = (select min(rowid) from marts.world_supply)",
        )
        for check, setting in (UNKNOWN_MINERAL, UNKNOWN_STAGE, ("basis is a known value", "basis = 'hearsay'"))
    ),
    update(
        "marts.world_supply",
        ("figures rest on the published shares", "basis_detail = 'another table'"),
        ("n_minus_1 is in range", "n_minus_1 = 0"),
        ("a missing figure has a reason", "n_minus_1 = null, missing_inputs = null"),
        ("the largest producer has the largest share", "largest_producer_iso3 = 'ISL'"),
        ("supply without the largest has a largest", "n_minus_1 = 0.5, basis = 'exports'"),
        where="n_minus_1 is not null",
    ),
    Break(
        "marts.world_supply",
        ("governance_weighted_hhi is in range", "governance adds no concentration"),
        "update marts.world_supply set governance_weighted_hhi = 10.5 where mineral_id = 'copper'",
    ),
    Break(
        "marts.world_supply",
        ("top3_share is in range",),
        "update marts.world_supply set top3_share = 1.1 where top3_share > 0.9",
    ),
    Break(
        "marts.world_supply",
        ("three supply no less than one", "share of the largest three moves moderately"),
        "update marts.world_supply set top3_share = 0.01 where basis = 'exports' and year = 2021",
    ),
]


# World Mining Data is never bundled: its tables are empty until a case fills them with made-up rows.
def wmd_break(*checks: str, rows: int = 1, **changes: str) -> Break:
    """Put rows of World Mining Data into raw that the checks must notice; a change is SQL for a column."""
    cells = {
        "commodity": "'Copper'", "Country": "'Chile'", "Country_Code": "'152'", "Country_ISO": "'CHL'",
        "unit": "'metr. t'", "data_source": "'r'", "year": "'2022'", "production": "'10.0'",
        "vintage_id": "(select any_value(vintage_id) from raw.landed_vintages)", "source_file": "'wmd.csv'",
    }  # fmt: skip
    values = ", ".join((cells | changes).values())
    return Break("raw.world_mining_data", checks, f"insert into raw.world_mining_data values {f'({values}), ' * rows}")


def staged_wmd_break(check: str, *rows: str) -> Break:
    """Put rows of World Mining Data into staging: country, is it the total, reported number."""
    table = "staging.stg_world_mining_data__production"
    filled = " ".join(
        f"insert into {table} by name select 'V' as vintage_id, 'Copper' as commodity, 2022 as year, *"
        f" from (values ({row})) as staged (country_name, is_total, reported_number);"
        for row in rows
    )
    return Break(table, (check,), filled)


COPPER = "commodity = 'Copper' and edition = 'MCS2026' and statistic = 'production' and country not like 'World%'"
# without a single figure: what is changed there changes no sum
GERMANIUM = "series_id = 'germanium_refinery' and country_kind = 'country'"
# with a total that is only a bound: no sum to compare with
NICKEL = "series_id = 'nickel_mine' and statistic = 'reserves' and year = 2025"

PRODUCTION = [
    update(
        "raw.usgs_figures",
        ("edition and line are named", "file_row = 'x'"),
        ("statistic is production or reserves", "statistic = 'capacity'"),
        ("year has four digits", "year = '2025.0'"),
        ("year is one of the edition", "year = '2022'"),
        ("year is one of the edition", "year = '2027'"),
        ("country is known", "country = 'Atlantis'"),
        ("value is a number or a known symbol", "value = 'plenty'"),
        ("unit is the series' own", "unit = 'kilograms'"),
        ("file and vintage are named", "source_file = ' '"),
        where=COPPER,
    ),
    update(
        "raw.usgs_figures",
        *(
            ("value is a number or a known symbol", f"value = '{value}'")
            for value in ("1,23", "330 - 390", "1e309", "-5", "nan", "w", "1234567890123", "5 510", "0.1234567")
        ),
        where=COPPER,
    ),
    update("raw.usgs_figures", ("statistic is production or reserves", "statistic = null"), where=COPPER),
    update("raw.usgs_figures", ("year has four digits", "year = null"), where=COPPER),
    update("raw.usgs_figures", ("country is known", "country = null"), where=COPPER),
    update("raw.usgs_figures", ("unit is the series' own", "unit = null"), where=COPPER),
    update("raw.usgs_figures", ("file and vintage are named", "vintage_id = 'never landed'"), where=COPPER),
    Break(
        "raw.usgs_figures",
        ("edition has all its series",),
        "delete from raw.usgs_figures where commodity = 'Gallium' and edition = 'MCS2026'",
    ),
    Break(
        "raw.usgs_figures",
        ("edition has series",),
        "insert into raw.usgs_figures"
        " select * replace ('MCS2027' as edition, '2026' as year) from raw.usgs_figures limit 1",
    ),
    Break(
        "raw.usgs_figures",
        ("edition and line are named", "edition has series"),
        "insert into raw.usgs_figures select * replace ('2027' as edition) from raw.usgs_figures limit 1",
    ),
    Break(
        "raw.usgs_figures",
        ("figure is there once",),
        f"insert into raw.usgs_figures select * from raw.usgs_figures where {COPPER} limit 1",
    ),
    Break(
        "raw.usgs_figures",
        ("every landed USGS file has rows",),
        f"insert into raw.landed_vintages values ('usgs', 'new', 'mcs2027', null, 'false', {NEWLY_LANDED})",
    ),
    Break("raw.usgs_figures", ("table has its columns",), "alter table raw.usgs_figures add column surprise varchar"),
    wmd_break("year has four digits", year="'22'"),
    wmd_break("year is no year to come", year="'2099'"),
    wmd_break("production is a number or blank", production="'1,178'"),
    wmd_break("data source is known", data_source="'x'"),
    wmd_break("data source is known", data_source="'nan'"),
    wmd_break("country is known", Country="'Atlantis'"),
    wmd_break("unit is the commodity's own", unit="'kg'"),
    wmd_break("figure is there once", rows=2),
    wmd_break("file and vintage are named", vintage_id="'never landed'"),
    wmd_break("file and vintage are named", source_file="null"),
    Break(
        "raw.world_mining_data",
        ("every landed file has rows",),
        f"insert into raw.landed_vintages values ('world_mining_data', 'new', 'd', null, 'false', {NEWLY_LANDED})",
    ),
    Break(
        "raw.world_mining_data",
        ("table has its columns",),
        "alter table raw.world_mining_data add column surprise varchar",
    ),
    update("staging.stg_usgs__figures", ("reported_number is in range", "reported_number = -1")),
    Break(
        "staging.stg_usgs__figures",
        ("production is mostly numbers",),
        "update staging.stg_usgs__figures set reported_number = null"
        " where edition = 'MCS2026' and statistic = 'production' and mod(file_row, 2) = 0",
    ),
    Break(
        "staging.stg_usgs__figures",
        ("an edition keeps its countries",),
        "delete from staging.stg_usgs__figures where edition = 'MCS2026' and year = 2025 and country_name > 'M'",
    ),
    staged_wmd_break("reported_number is in range", "'Chile', false, -1"),
    staged_wmd_break("production is mostly numbers", "'Chile', false, 1", "'Peru', false, null"),
    # tonnes under the heading of thousand tonnes, which the edition before tells
    Break(
        "staging.stg_usgs__figures",
        ("figures are of the size of those in other files",),
        "update staging.stg_usgs__figures set reported_number = reported_number * 1000"
        " where edition = 'MCS2026' and statistic = 'production' and commodity = 'Copper'",
    ),
    Break(
        "staging.stg_world_mining_data__production",
        ("figures are of the size of those in other files",),
        "insert into staging.stg_world_mining_data__production by name"
        " select vintage as vintage_id, 'w.csv' as source_file, 'Copper' as commodity, 'metr. t' as unit,"
        " 'C' || country as country_name, 2022 as year, false as is_total,"
        " if(vintage = 'later', 1000, 1) * (10 + country) as reported_number"
        " from range(5) countries (country), (values ('earlier'), ('later')) as vintages (vintage)",
    ),
    staged_wmd_break("countries add up to the total", "'Chile', false, 10", "'Total', true, 12"),
    update(
        "intermediate.int_production_figures",
        ("country_iso3 has three capitals", "country_iso3 = 'China'"),
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("statistic is a known value", "statistic = 'rumour'"),
        ("country_kind is a known value", "country_kind = 'unknown'"),
        ("quantity_basis is a known value", "quantity_basis = 'guess'"),
        ("missing_reason is a known value", "missing_reason = 'unknown_symbol'"),
        ("reported_t is in range", "reported_t = -1"),
        ("what is missing has a reason", "missing_reason = null"),
        where=GERMANIUM,
    ),
    update(
        "intermediate.int_production_figures",
        ("content lies between its bounds", "quantity_low_t = quantity_t + 1"),
        ("content lies between its bounds", "quantity_high_t = reported_t + 1"),
        where=f"{NICKEL} and country_kind = 'country'",
    ),
    Break(
        "intermediate.int_production_figures",
        ("one table speaks",),
        f"update intermediate.int_production_figures set is_speaking = false where {NICKEL}",
    ),
    Break(
        "intermediate.int_production_figures",
        ("one table speaks",),
        "update intermediate.int_production_figures set is_speaking = true"
        " where series_id = 'copper_mine' and statistic = 'production' and year = 2024 and edition = 'MCS2025'",
    ),
    # a figure too much, beyond what rounding explains, and a total that the countries do not reach
    Break(
        "intermediate.int_production_figures",
        ("countries add up to the printed total",),
        "update intermediate.int_production_figures set reported_t = 2 * reported_t"
        " where series_id = 'copper_mine' and statistic = 'production' and year = 2025 and country_iso3 = 'CHL'",
    ),
    Break(
        "intermediate.int_production_figures",
        ("countries add up to the printed total",),
        "update intermediate.int_production_figures set reported_t = 2 * reported_t"
        " where series_id = 'copper_mine' and statistic = 'production' and year = 2025 and country_iso3 = 'WLD'",
    ),
    # vanadium reserves: thousand tonnes that are printed as tonnes
    Break(
        "intermediate.int_production_figures",
        ("a series keeps its size",),
        "update intermediate.int_production_figures set quantity_low_t = quantity_low_t / 1000,"
        " quantity_t = quantity_t / 1000, quantity_high_t = quantity_high_t / 1000"
        " where series_id = 'vanadium_mine' and statistic = 'reserves' and edition = 'MCS2026'",
    ),
    update(
        "intermediate.int_production",
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("country_iso3 has three capitals", "country_iso3 = 'China'"),
        ("a world total is no country", "country_iso3 = 'WLD'"),
        ("what is missing has a reason", "missing_reason = null"),
        ("one table speaks", "edition = 'MCS1999'"),
        where="production_t is null",
    ),
    update(
        "intermediate.int_production",
        ("content lies between its bounds", "production_high_t = production_t - 1"),
        ("what is missing has a reason", "missing_reason = 'withheld'"),
        where="production_t > 1",
    ),
    Break(
        "intermediate.int_production",
        ("production_t is in range", "content lies between its bounds"),
        "update intermediate.int_production set production_t = -1 where country_iso3 = 'CHL' and production_t > 0",
    ),
    update(
        "intermediate.int_production_tables",
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        where="listed_production_t is null",
    ),
    update(
        "intermediate.int_production_tables",
        ("listed_production_t is in range", "listed_production_t = -1"),
        ("other_countries_share is in range", "other_countries_share = 1.5"),
        ("country_count is in range", "country_count = 300"),
        ("a table that has figures lists countries", "country_count = 0"),
        where="listed_production_t > 0",
    ),
    Break(
        "intermediate.int_production_tables",
        ("a mineral's table does not vanish",),
        "delete from intermediate.int_production_tables where mineral_id = 'tin' and year = 2024",
    ),
    update(
        "intermediate.int_production_rows_left_out",
        ("reason is a known value", "reason = 'dull'"),
        ("row_count is in range", "row_count = 0"),
        ("a series that is left out says why", "explanation = null"),
        where="reason = 'series_left_out'",
    ),
    update(
        "marts.production",
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("country_iso3 has three capitals", "country_iso3 = 'China'"),
        ("what is missing has a reason", "missing_reason = null"),
        ("every figure can be found in its source", "row_references = ''"),
        where="production_t is null",
    ),
    update(
        "marts.production",
        ("content lies between its bounds", "production_low_t = production_t + 1"),
        where="production_t > 1",
    ),
    Break(
        "marts.production",
        ("production_t is in range", "content lies between its bounds"),
        "update marts.production set production_t = -1 where country_iso3 = 'CHL' and production_t > 0",
    ),
    Break(
        "marts.production",
        ("a large producer stays one",),
        "update marts.production set production_low_t = production_low_t * 4, production_t = production_t * 4,"
        " production_high_t = production_high_t * 4, reported_t = reported_t * 4"
        " where mineral_id = 'copper' and stage = 'refined' and country_iso3 = 'CHN' and year = 2025",
    ),
    update(
        "marts.reserves",
        UNKNOWN_MINERAL,
        ("stage is a known value", "stage = 'refined'"),
        ("country_iso3 has three capitals", "country_iso3 = 'China'"),
        ("what is missing has a reason", "missing_reason = null"),
        ("every figure can be found in its source", "row_reference = null"),
        where="reserves_t is null",
    ),
    update(
        "marts.reserves",
        ("content lies between its bounds", "reserves_high_t = reserves_t - 1"),
        where="reserves_t > 1",
    ),
    Break(
        "marts.reserves",
        ("reserves_t is in range", "content lies between its bounds"),
        "update marts.reserves set reserves_t = -1 where country_iso3 = 'ZMB' and reserves_t > 0",
    ),
    Break(
        "marts.reserves",
        ("reserves last for years",),
        "update marts.reserves set reserves_low_t = reserves_low_t / 1000, reserves_t = reserves_t / 1000,"
        " reserves_high_t = reserves_high_t / 1000, reported_t = reported_t / 1000"
        " where mineral_id = 'vanadium' and year = 2025",
    ),
]

# What may leave is said of everything that rests on a source.
REDISTRIBUTION = {
    "restricted rows stay": (
        "china_behind_suppliers", "china_dependence", "flow_accounting", "import_reliance", "latest_risk",
        "mineral_risk", "production", "rank_sensitivity", "reliance_path_suppliers", "reliance_paths", "reserves",
        "risk_band_probabilities", "risk_components", "risk_methods", "risk_score_changes", "risk_scores",
        "scenario_results", "scenario_supplier_shares", "single_supplier_stops", "supplier_concentration",
        "supplier_controls", "supplier_shares", "supply_options", "traced_origins", "trade_flows",
        "untraceable_suppliers", "value_at_risk",
    ),
    "is_redistributable is there": ("sector_exposure", "world_shares", "world_supply"),
}  # fmt: skip
MARTS += [
    update(f"marts.{table}", (check, "is_redistributable = null"))
    for check, tables in REDISTRIBUTION.items()
    for table in tables
]

MINERAL = "year, importer_iso3, mineral_id"
NO_INTERVALS = "score_p05 = null, score_p95 = null, rank_p05 = null, rank_p95 = null"
RANKS = [
    Break(
        "intermediate.int_newest_complete_year",
        ("a finished year is a year of trade",),
        "update intermediate.int_newest_complete_year set year = 1999",
    ),
    *(
        update(
            f"marts.{table}",
            *(
                ("intervals run from low to high", setting)
                for setting in (
                    "rank_p05 = rank_p95 + 1",
                    "rank_p05 = 0",
                    "rank_p95 = null",
                    "score_p95 = score_p05 - 1",
                    "score_p95 = 101",
                    "score_p05 = null",
                    f"{NO_INTERVALS}, risk_band_probability = null",
                    "risk_band_probability = null",
                    "risk_band_probability = 1.1",
                )[: 5 if table == "latest_risk" else None]
            ),
            where="rank_p05 is not null and year = 2024",
        )
        for table in ("risk_scores", "mineral_risk", "latest_risk")
    ),
    *(
        first_cell(
            "marts.risk_band_probabilities", setting, check, "the own band is as probable as elsewhere", keys=CELL
        )
        for check, setting in (
            ("importer_iso3 has three capitals", "importer_iso3 = 'India'"),
            UNKNOWN_MINERAL,
            UNKNOWN_STAGE,
        )
    ),
    update(
        "marts.risk_band_probabilities",
        ("probability is there", "probability = null"),
        ("probability sums to 1", "probability = 0.5"),
        where="not is_own_band and probability = 0",
    ),
    Break(
        "marts.risk_band_probabilities",
        ("probability is in range", "probability sums to 1"),
        "update marts.risk_band_probabilities set probability = 1.5 where not is_own_band and probability = 0",
    ),
    Break(
        "marts.risk_band_probabilities",
        ("every band is told once",),
        "delete from marts.risk_band_probabilities where not is_own_band and probability = 0",
    ),
    Break(
        "marts.risk_band_probabilities",
        ("every band is told once", "the own band is as probable as elsewhere"),
        "update marts.risk_band_probabilities set is_own_band = false where importer_iso3 = 'IND'",
    ),
    Break(
        "marts.risk_band_probabilities",
        ("the own band is as probable as elsewhere",),
        "update marts.risk_scores set risk_band_probability = 0.123 where importer_iso3 = 'IND' and year = 2024",
    ),
    *(
        first_cell("marts.rank_sensitivity", setting, check, "what has a score is told", keys=MINERAL)
        for check, setting in (("importer_iso3 has three capitals", "importer_iso3 = 'India'"), UNKNOWN_MINERAL)
    ),
    update(
        "marts.rank_sensitivity",
        ("score_standard_deviation is there", "score_standard_deviation = null"),
        ("score_standard_deviation is in range", "score_standard_deviation = 51"),
        ("rank_standard_deviation is there", "rank_standard_deviation = null"),
        ("rank_standard_deviation is in range", "rank_standard_deviation = -1"),
        ("score_standard_deviation_of_all is in range", "score_standard_deviation_of_all = 51"),
        ("rank_standard_deviation_of_all is in range", "rank_standard_deviation_of_all = -1"),
        ("is_largest is there", "is_largest = null"),
        where="not is_largest and score_variance_share > 0 and rank_variance_share > 0",
    ),
    *(
        Break(
            "marts.rank_sensitivity",
            ("variance shares sum to 1",),
            f"update marts.rank_sensitivity set {share} = {share} / 2 where importer_iso3 = 'IND'",
        )
        for share in ("score_variance_share", "rank_variance_share")
    ),
    *(
        Break(
            "marts.rank_sensitivity",
            (f"{share} is in range", "variance shares sum to 1"),
            f"update marts.rank_sensitivity set {share} = 1.5 where {share} > 0",
        )
        for share in ("score_variance_share", "rank_variance_share")
    ),
    Break(
        "marts.rank_sensitivity",
        ("every uncertainty is told once",),
        "delete from marts.rank_sensitivity where not is_largest and score_variance_share = 0"
        " and coalesce(rank_variance_share, 0) = 0",
    ),
    first_cell("marts.rank_sensitivity", "is_largest = false", "one uncertainty is the largest", keys=MINERAL),
    Break(
        "marts.rank_sensitivity",
        ("one uncertainty is the largest",),
        "update marts.rank_sensitivity set rank_standard_deviation = 99"
        " where not is_largest and rank_variance_share > 0",
    ),
    Break(
        "marts.rank_sensitivity",
        ("what has a score is told",),
        "delete from marts.rank_sensitivity where importer_iso3 = 'IND' and mineral_id = 'copper'",
    ),
    Break(
        "marts.rank_sensitivity",
        ("an assumption matters",),
        "update marts.rank_sensitivity set rank_standard_deviation = 0 where importer_iso3 = 'IND' and year = 2024",
    ),
]

# --- marts of scenarios

COPPER_ORE = "mineral_id = 'copper' and stage = 'ore'"
CONGO = "scenario_id = 'drc_cobalt_quota'"
STOP = "scenario_id = 'china_full_export_stop'"
LACKING = f"{STOP} and mineral_id in ('bismuth', 'magnesium', 'rare_earths') and unmet_share > 0"
PATH_OF_COPPER = "scenario_id = 'copper_2047'"


def marked(table: str, *checks: str, setting: str, where: str) -> Break:
    """Spoil all rows of a table that match; all of the checks must notice."""
    return Break(table, checks, f"update {table} set {setting} where {where}")


BILL = "the bill is what others pay for the same goods"
MAGNETS = "mineral_id = 'rare_earths' and stage = 'product'"
SCENARIO_MARTS = [
    update(
        "marts.scenarios",
        ("importer_iso3 has three capitals", "importer_iso3 = 'India', refusal_reason = 'importer_buys_none'"),
        where=CONGO,
    ),
    # a headroom of its own, beside an end that the method gives
    update(
        "marts.scenarios",
        ("headroom_share lies within its range", "headroom_share = 0.3"),
        ("headroom_low_share is in range", "headroom_low_share = -0.1"),
        ("headroom_high_share is in range", "headroom_high_share = 20"),
        ("a scenario says what it asks and assumes", "title = ' '"),
        ("a scenario says what it asks and assumes", "assumptions = null"),
        ("a variant starts where its scenario does", "variant_of = 'nothing'"),
    ),
    *(
        marked("marts.scenarios", check, setting=setting, where=CONGO)
        for check, setting in (
            ("a scenario is answered or refused", "baseline_year = 2023"),
            (
                "a refusal names shocks of its scenario",
                "refused_shock_ids = 'SS020 SS001', refusal_reason = 'content_unknown'",
            ),
            ("a refusal names shocks of its scenario", "refused_shock_ids = 'SS020'"),
        )
    ),
    Break(
        "marts.scenarios",
        ("a variant starts where its scenario does",),
        "update marts.scenarios set baseline_year = 2023, refusal_reason = 'content_unknown'"
        " where scenario_id = 'chile_peru_copper_fta_small'",
    ),
    update(
        "marts.scenario_shocks",
        ("a shock is of a mineral and a stage", "mineral_id = 'unobtainium'"),
        ("a shock is of a mineral and a stage", "stage = null"),
        # percent where a share and a factor are meant
        ("fraction is in range", "fraction = 57.26"),
        ("factor is in range", "factor = 600"),
        ("quantity is in range", "quantity = 0"),
        ("a supplier is a known country", "supplier_iso3 = 'QQQ'"),
        ("no shock is older than its scenario", "from_year = 2020"),
    ),
    marked("marts.scenario_shocks", "a shock meets a market", setting="markets_met = 0", where="shock_id = 'SS011'"),
    *(
        marked(
            "marts.scenario_shocks", "the markets met are the markets told", setting=setting, where="shock_id = 'SS020'"
        )
        for setting in ("markets_met = 5", "markets_met = 1")
    ),
    # percent for a share, kilograms for tonnes, thousand dollars for dollars
    marked(
        "marts.scenario_results",
        "unmet_share is in range",
        "ranges run from low to high",
        "unmet_share is unmet_t of what is wanted",
        setting="unmet_share = 100 * unmet_share",
        where=LACKING,
    ),
    marked(
        "marts.scenario_results",
        "nothing is created or lost",
        setting="delivered_t = 1000 * delivered_t",
        where=LACKING,
    ),
    marked(
        "marts.scenario_results",
        "what is lost is the lacking part of what is withdrawn",
        "the extra cost is the bill less what was paid before",
        setting="withdrawn_value_usd = withdrawn_value_usd / 1000",
        where=LACKING,
    ),
    update(
        "marts.scenario_results",
        ("nothing is created or lost", "refilled_t = refilled_t * 1.001"),
        ("unmet_share is unmet_t of what is wanted", "unmet_share = unmet_share * 1.001"),
        ("ranges run from low to high", "unmet_t_low = unmet_t * 1.001"),
        where=LACKING,
    ),
    update(
        "marts.scenario_results",
        ("ranges run from low to high", "value_lost_usd_high = null"),
        ("ranges run from low to high", "replacement_extra_cost_usd_high = replacement_extra_cost_usd - 1"),
        where=f"{LACKING} and replacement_extra_cost_usd_high > replacement_extra_cost_usd",
    ),
    marked(
        "marts.scenario_results",
        "the extra cost is the bill less what was paid before",
        setting="replacement_extra_cost_usd = replacement_extra_cost_usd_high",
        where=f"{LACKING} and replacement_extra_cost_usd_high > replacement_extra_cost_usd",
    ),
    Break(
        "marts.scenario_results",
        ("what is lost is the lacking part of what is withdrawn",),
        "update marts.scenario_results set value_lost_usd = 2 * withdrawn_value_usd,"
        " value_lost_usd_high = 2 * withdrawn_value_usd,"
        " replacement_extra_cost_usd = replacement_bill_usd + withdrawn_value_usd,"
        f" replacement_extra_cost_usd_high = replacement_bill_usd + withdrawn_value_usd where {LACKING}",
    ),
    # null that is shown as 0, 0 that is shown as null, a score without what is lacking
    update(
        "marts.scenario_results",
        ("what cannot be worked out is null, not 0", "missing_reason = 'weights_missing'"),
        ("what cannot be worked out is null, not 0", "missing_reason = 'nothing_delivered'"),
        ("what cannot be worked out is null, not 0", "unmet_share = null"),
        ("what cannot be worked out is null, not 0", "unmet_share = null, value_lost_usd = null, unmet_t = null"),
        ("what cannot be worked out is null, not 0", "value_lost_usd = null"),
        (
            "what cannot be worked out is null, not 0",
            "import_value_usd_after = null, import_value_usd_change = null, is_shocked = true",
        ),
        ("what no shock meets stays as it is", "unmet_share = 0.1, unmet_share_high = 0.1"),
        ("what no shock meets stays as it is", "top_supplier_iso3_after = 'ATA'"),
        ("what no shock meets stays as it is", "hhi_value_after = 2, hhi_value_change = 2 - hhi_value_before"),
        where=f"{CONGO} and not is_shocked and mineral_id != 'copper' and hhi_value_before is not null",
    ),
    Break(
        "marts.scenario_results",
        ("a refused scenario says nothing",),
        f"update marts.scenarios set refusal_reason = 'content_unknown' where {CONGO}",
    ),
    *(
        Break("marts.scenario_results", ("before is what is published of the year",), sql)
        for sql in (
            f"update marts.risk_scores set risk_score = 0 where importer_iso3 = 'IND' and year = 2024 and {COPPER_ORE}",
            "update marts.supplier_concentration set top_supplier_iso3 = 'ATA'"
            f" where importer_iso3 = 'IND' and year = 2024 and {COPPER_ORE}",
            "update marts.china_dependence set china_via_share = null"
            f" where importer_iso3 = 'IND' and year = 2024 and {COPPER_ORE}",
            f"update marts.scenario_results set risk_rank_before = null, risk_rank_change = null where {COPPER_ORE}",
        )
    ),
    Break(
        "marts.scenario_results",
        ("every market of the importer is told",),
        f"delete from marts.scenario_results where {COPPER_ORE}",
    ),
    update(
        "marts.scenario_results",
        ("change is after less before", "risk_score_change = 0"),
        ("change is after less before", "risk_score_change = null"),
        ("change is after less before", "china_value_share_change = -china_value_share_change"),
        where=f"{STOP} and risk_score_change != 0 and china_value_share_change != 0",
    ),
    marked(
        "marts.scenario_results",
        "a higher score has a lower rank",
        setting="risk_rank_after = 99, risk_rank_change = 99 - risk_rank_before",
        where=f"{CONGO} and risk_rank_after = 1",
    ),
    marked(
        "marts.scenario_results",
        "a higher score has a lower rank",
        setting="risk_score_after = null, risk_score_change = null",
        where=f"{CONGO} and risk_rank_after = 2",
    ),
    marked(
        "marts.scenario_results",
        "risk_score_after is in range",
        setting="risk_score_after = 101, risk_score_change = 101 - risk_score_before",
        where=f"{CONGO} and risk_rank_after = 1",
    ),
    # who sells the importer nothing before, and is asked then
    update(
        "marts.scenario_supplier_shares",
        ("supplier_iso3 has three capitals", "supplier_iso3 = 'Chile'"),
        ("purchase_usd_per_t is in range", "purchase_usd_per_t = -1"),
        ("shares of a market sum to 1", "value_share_after = value_share_after - 0.00001"),
        where=f"{STOP} and value_share_before = 0 and value_share_after > 0.0001",
    ),
    *(
        marked("marts.scenario_supplier_shares", *checks, setting=setting, where=f"{STOP} and {COPPER_ORE}")
        for setting, checks in (
            ("value_share_after = 100 * value_share_after", ("shares of a market sum to 1",)),
            (
                "value_share_before = 0",
                ("shares of a market sum to 1", "before is what is published of the year"),
            ),
            ("import_value_usd_after = import_value_usd_after / 1000", ("suppliers add up to the market",)),
            ("delivered_t = 1000 * delivered_t", ("suppliers add up to the market",)),
            ("baseline_t = 1000 * baseline_t", ("suppliers add up to the market",)),
            ("exports_elsewhere_t = 0", ("exports elsewhere are those of the options",)),
        )
    ),
    *(
        Break("marts.scenario_supplier_shares", ("before is what is published of the year",), sql)
        for sql in (
            "update marts.supplier_shares set value_share = 0, weight_share = 0"
            f" where importer_iso3 = 'IND' and year = 2024 and {COPPER_ORE}",
            "update marts.supplier_shares set import_value_usd = import_value_usd / 1000"
            f" where importer_iso3 = 'IND' and year = 2024 and {COPPER_ORE}",
        )
    ),
    marked(
        "marts.scenario_supplier_shares",
        "exports_elsewhere_usd_per_t is in range",
        setting="exports_elsewhere_usd_per_t = 0",
        where=f"{CONGO} and is_shocked",
    ),
    *(
        marked(
            "marts.scenario_supplier_shares", BILL, setting=setting, where=f"{STOP} and {MAGNETS} and refilled_t > 1"
        )
        for setting in (
            # what the importer pays for a few kilograms; goods that came for nothing
            "exports_elsewhere_usd_per_t = 10 * exports_elsewhere_usd_per_t",
            "additional_t = 1000 * additional_t",
        )
    ),
    Break(
        "marts.scenario_supplier_shares",
        ("a cut takes what its shock says",),
        "update marts.scenario_shocks set fraction = 0.5 where shock_id = 'SS019'",
    ),
    marked(
        "marts.scenario_supplier_shares",
        "a cut takes what its shock says",
        setting="import_value_usd_after = 1",
        where=f"{STOP} and supplier_iso3 = 'CHN' and mineral_id = 'silicon'",
    ),
    Break(
        "marts.scenario_supplier_shares",
        ("who steps in turns round no more than its headroom",),
        f"update marts.scenarios set headroom_share = 0.05 where {STOP}",
    ),
    Break(
        "marts.scenario_supplier_shares",
        ("an agreement is kept",),
        "update marts.scenario_shocks set quantity = quantity / 1000 where shock_id = 'SS011'",
    ),
    marked(
        "marts.scenario_supplier_shares",
        "an agreement is kept",
        setting="agreed_t = delivered_t * 1.001",
        where="scenario_id = 'chile_peru_copper_fta_large' and supplier_iso3 = 'PER'",
    ),
    marked(
        "marts.scenario_supplier_shares",
        "an agreement is of what there is",
        "exports elsewhere are those of the options",
        setting="exports_elsewhere_t = exports_elsewhere_t / 1000",
        where="scenario_id = 'chile_peru_copper_fta_large' and supplier_iso3 = 'CHL'",
    ),
    update(
        "marts.reliance_paths",
        ("content_fraction is in range", "content_fraction = 30"),
        ("reliance is net imports over consumption", "imports_t = 1000 * imports_t"),
        ("reliance is net imports over consumption", "demand_t = demand_t + 1"),
        ("what is missing has a reason", "missing_reason = 'none_contained'"),
        ("what is missing has a reason", "net_import_reliance = null"),
        ("what is missing has a reason", "imports_t = null"),
        ("the largest supplier is part of the imports", "top_supplier_ratio = 2, is_within_single_country_cap = false"),
        (
            "the largest supplier is part of the imports",
            "is_within_single_country_cap = not is_within_single_country_cap",
        ),
        where=f"{PATH_OF_COPPER} and case_id = 'published' and year between 2025 and 2040",
    ),
    marked(
        "marts.reliance_paths",
        "net_import_reliance is in range",
        "reliance is net imports over consumption",
        setting="net_import_reliance = 100 * net_import_reliance",
        where=f"{PATH_OF_COPPER} and case_id = 'content low'",
    ),
    # 0.90 and 0.97 are solved for
    marked(
        "marts.reliance_paths",
        "a published figure is met",
        setting="published_net_import_reliance = 0.97001",
        where=f"{PATH_OF_COPPER} and case_id = 'published' and year = 2047",
    ),
    Break("marts.reliance_paths", ("a path has every year",), "delete from marts.reliance_paths where year = 2030"),
    Break("marts.reliance_paths", ("a path has every year",), "delete from marts.reliance_paths where year = 2024"),
    Break(
        "marts.reliance_paths",
        ("a path has every year",),
        "delete from marts.reliance_paths where year = 2047 and case_id = 'demand high'",
    ),
    *(
        Break(
            "marts.reliance_paths",
            ("low cases lie below high ones",),
            f"update marts.reliance_paths set case_id = if(case_id = '{low}', '{high}', '{low}')"
            f" where case_id in ('{low}', '{high}')",
        )
        for low, high in (
            ("demand low", "demand high"),
            ("content low", "content high"),
            ("content low", "content typical"),
        )
    ),
    marked(
        "marts.reliance_paths",
        "an agreement is kept on the way",
        setting="agreed_t = imports_t * 1.001",
        where="scenario_id = 'copper_2047_without_agreements' and year = 2030",
    ),
    update(
        "marts.reliance_path_suppliers",
        ("supplier_iso3 has three capitals", "supplier_iso3 = 'Chile'"),
        ("weight_share sums to 1", "weight_share = 0"),
        ("suppliers add up to the imports", "delivered_t = delivered_t / 1000"),
        where=f"{PATH_OF_COPPER} and supplier_iso3 = 'AUS' and year > 2026",
    ),
    Break(
        "marts.reliance_path_suppliers",
        ("weight_share is in range", "weight_share sums to 1"),
        "update marts.reliance_path_suppliers set weight_share = 100 * weight_share",
    ),
    Break(
        "marts.reliance_path_suppliers",
        ("suppliers add up to the imports",),
        "update marts.reliance_path_suppliers set agreed_t = 1 where supplier_iso3 = 'IDN'",
    ),
    Break(
        "marts.reliance_path_suppliers",
        ("an agreement is kept on the way", "suppliers add up to the imports"),
        "update marts.reliance_path_suppliers set agreed_t = delivered_t * 1.001 where agreed_t is not null",
    ),
    Break(
        "marts.reliance_path_suppliers",
        ("the largest supplier is that of the path",),
        f"update marts.reliance_paths set top_supplier_iso3 = 'AUS' where {PATH_OF_COPPER} and year = 2030",
    ),
    Break(
        "marts.single_supplier_stops",
        ("supplier_iso3 has three capitals", "every supplier's stop is told"),
        "update marts.single_supplier_stops set supplier_iso3 = 'China' where supplier_iso3 = 'CHN'",
    ),
    Break(
        "marts.single_supplier_stops",
        ("every supplier's stop is told",),
        "delete from marts.single_supplier_stops where importer_iso3 = 'IND' and supplier_iso3 = 'CHL'",
    ),
    marked(
        "marts.single_supplier_stops",
        "every supplier's stop is told",
        setting="withdrawn_value_usd = withdrawn_value_usd / 1000",
        where="unmet_t = 0 and importer_iso3 = 'IND'",
    ),
    update(
        "marts.single_supplier_stops",
        *(
            ("what is missing has a reason", f"{figure} = 0")
            for figure in ("unmet_share", "unmet_t", "value_lost_usd", "replacement_bill_usd")
        ),
        where="missing_reason = 'supplier_weight_missing'",
    ),
    update(
        "marts.single_supplier_stops",
        ("what is missing has a reason", "replacement_bill_usd = null"),
        ("nobody lacks more than the supplier sold", "unmet_share = 100 * unmet_share"),
        ("nobody lacks more than the supplier sold", "purchased_t = purchased_t / 1000"),
        ("others turn round their headroom, no more and no less", "substitutes_t = 1000 * substitutes_t"),
        where="unmet_t > 0 and substitutes_t > 0 and importer_iso3 != 'IND'",
    ),
    *(
        marked(
            "marts.single_supplier_stops",
            "a larger loss has a lower rank",
            setting=setting,
            where="importer_iso3 = 'IND'",
        )
        for setting in ("loss_rank = 1000 - loss_rank", "loss_rank = loss_rank + 1")
    ),
    Break(
        "marts.single_supplier_stops",
        ("a stop is the scenario of that stop",),
        f"update marts.scenario_results set unmet_share = 0.5 where {STOP} and mineral_id = 'cobalt'",
    ),
    update(
        "marts.supply_options",
        ("supplier_iso3 has three capitals", "supplier_iso3 = 'Chile'"),
        ("usd_per_t is in range", "usd_per_t = -1"),
        ("exports_elsewhere_t is in range", "exports_elsewhere_t = -1"),
        ("exports_elsewhere_value_usd is in range", "exports_elsewhere_value_usd = -1"),
        ("governance_risk is in range", "governance_risk = 11"),
        ("control_severity is in range", "control_severity = 30"),
        ("control_severity_current is in range", "control_severity_current = 30"),
        ("nobody is an option for oneself", "supplier_iso3 = importer_iso3"),
        ("what is unknown is not 0", "usd_per_t = null"),
        where="purchased_value_usd = 0 and exports_elsewhere_t > 0",
    ),
    update(
        "marts.supply_options",
        ("nobody is an option for oneself", "supplier_iso3 = 'DEU'"),
        where="importer_iso3 = 'EUU' and purchased_value_usd = 0",
    ),
    *(
        first_cell("marts.supply_options", setting, "what is unknown is not 0", keys=f"{CELL}, supplier_iso3")
        for setting in (
            "exports_elsewhere_value_usd = null",
            "exports_elsewhere_t = null, exports_elsewhere_value_usd = null",
        )
    ),
    marked(
        "marts.supply_options",
        "purchases are those of the year",
        "purchases and exports are in one unit",
        setting="purchased_value_usd = purchased_value_usd / 1000",
        where="importer_iso3 = 'IND'",
    ),
    Break(
        "marts.supply_options",
        ("purchases are those of the year",),
        "delete from marts.supply_options where importer_iso3 = 'IND' and purchased_value_usd > 0",
    ),
    marked(
        "marts.supply_options",
        "purchases and exports are in one unit",
        setting="purchased_t = 1000 * purchased_t",
        where=COPPER_ORE,
    ),
    *(
        marked("marts.value_at_risk", *checks, setting=setting, where=f"mineral_id = '{mineral}'")
        for mineral, setting, checks in (
            # percent for a share, thousand dollars for dollars
            ("all", "loss_probability = 100 * loss_probability", ("loss_probability is in range",)),
            (
                "all",
                "expected_loss_usd = expected_loss_usd / 1000",
                ("a rarer loss is no smaller", "all is between the largest mineral and their sum"),
            ),
            ("all", "value_at_risk_95_usd = value_at_risk_99_usd + 1", ("a rarer loss is no smaller",)),
            ("all", "expected_loss_usd = 2 * expected_loss_usd", ("all is between the largest mineral and their sum",)),
            ("fluorspar", "loss_probability = 0", ("what is lost is as probable as it is told",)),
            ("phosphorus", "value_at_risk_99_usd = 0", ("what is lost is as probable as it is told",)),
            ("copper", "expected_loss_usd = -0.001", ("expected_loss_usd is in range", "a rarer loss is no smaller")),
            ("copper", "draw_count = 100", ("the draws are as many as the method says",)),
        )
    ),
    Break(
        "marts.value_at_risk",
        ("all is between the largest mineral and their sum",),
        "delete from marts.value_at_risk where mineral_id = 'all'",
    ),
    Break(
        "marts.value_at_risk",
        ("a mineral whose stops are known is told",),
        "delete from marts.value_at_risk where mineral_id = 'copper'",
    ),
    Break(
        "marts.value_at_risk",
        ("no more is lost than is bought",),
        "insert into marts.supplier_concentration select * replace ('magnesium' as mineral_id, 1 as import_value_usd)"
        f" from marts.supplier_concentration where importer_iso3 = 'IND' and year = 2024 and {COPPER_ORE}",
    ),
]

# Scenarios: what they start from, what they ask, what becomes of it.
NOT_BOUGHT = (
    "importer_iso3 = 'USA' and elsewhere_value_usd > 1000 and (supplier_iso3, hs6_code) not in ("
    "select (supplier_iso3, hs6_code) from intermediate.int_baseline_flows where importer_iso3 = 'USA' and year = 2024)"
)
MAGNETS_AT_HOME = "scenario_id = 'india_magnet_scheme' and missing_reason is null"
# its purchases are not in the trade of the few minerals
MAGNESIUM = f"{STOP} and mineral_id = 'magnesium' and content_reading = 'high'"
TYPICAL = "case_id = 'headroom typical, content typical'"
ROOMY = "case_id = 'headroom high, content high'"
SHOCKED = "scenario_id = 'indonesia_concentrate_stop' and mineral_id = 'copper' and stage = 'ore'"
TWICE_THE_CONTENT = (
    "content_low_kg = 2 * content_low_kg, content_kg = 2 * content_kg, content_high_kg = 2 * content_high_kg"
)


def first_row(table: str, setting: str, *checks: str, where: str = "true") -> Break:
    """Spoil one row, which several checks must notice."""
    row = f"select min(rowid) from {table} where {where}"
    return Break(table, checks, f"update {table} set {setting} where rowid = ({row})")


def without(table: str, check: str, where: str) -> Break:
    """Take one row away."""
    return Break(table, (check,), f"delete from {table} where rowid = (select min(rowid) from {table} where {where})")


INTERMEDIATE += [
    without("intermediate.int_trade_flows", "what happened and scenarios are told whole", "scenario_id = 'baseline'"),
    update(
        "intermediate.int_trade_flows",
        ("what happened and scenarios are told whole", "scenario_id = 'hearsay'"),
        where="scenario_id != 'baseline'",
    ),
    Break(
        "intermediate.int_trade_flows",
        ("what happened and scenarios are told whole",),
        "insert into intermediate.int_trade_flows"
        " select * replace ('hearsay' as scenario_id) from intermediate.int_trade_flows limit 1",
    ),
    update(
        "intermediate.int_contained_exports",
        ("country_iso3 has three capitals", "country_iso3 = '842'"),
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("export_value_usd is in range", "export_value_usd = -1"),
        ("exports_low_t is in range", "exports_low_t = -1"),
        ("exports_t lies within its range", "exports_low_t = exports_high_t + 1"),
        ("covered_code_share is in range", "covered_code_share = 0"),
        ("export_weight_coverage_share is in range", "export_weight_coverage_share = 1.5"),
        ("tonnes are known where enough is weighed", "exports_low_t = null, exports_t = null, exports_high_t = null"),
        ("tonnes are known where enough is weighed", "export_weight_coverage_share = 0.79"),
        ("tonnes are known where enough is weighed", "export_weight_coverage_share = null"),
        ("tonnes are known where enough is weighed", "export_value_usd = 0"),
        where="country_iso3 = 'USA' and exports_t > 1",
    ),
    Break(
        "intermediate.int_contained_exports",
        ("a group's export_value_usd is within its members'",),
        "update intermediate.int_contained_exports set export_value_usd = 10 * export_value_usd"
        " where country_iso3 = 'EUU' and mineral_id = 'copper' and year = 2020",
    ),
    Break(
        "intermediate.int_contained_exports",
        ("a group's exports_t is within its members'",),
        "update intermediate.int_contained_exports set exports_t = 10 * exports_t, exports_high_t = 10 * exports_high_t"
        " where country_iso3 = 'EUU' and mineral_id = 'copper' and year = 2020",
    ),
    *(
        # one measure each, announced on a day of its own
        update("intermediate.int_control_announcements", *settings, where="supplier_iso3 in ('MYS', 'VNM', 'ZAF')")
        for settings in (
            [UNKNOWN_MINERAL, UNKNOWN_STAGE, ("supplier_iso3 has three capitals", "supplier_iso3 = 'Malaysia'")],
            [
                ("supply_cut_share is in range", "supply_cut_share = 0"),
                ("announcements are of the last years", "effective_from_date = '2010-01-01'"),
                ("announcements are of the last years", "effective_from_date = '2099-01-01'"),
            ],
            [
                ("a mineral is held back for a first time once", "is_first_of_mineral = false"),
                ("an announcement is of one country and day", "announcement_id = null"),
            ],
        )
    ),
    Break(
        "intermediate.int_control_announcements",
        ("an announcement is of one country and day",),
        "update intermediate.int_control_announcements set announcement_id = 'all at once'"
        " where supplier_iso3 in ('MYS', 'VNM')",
    ),
    Break(
        "intermediate.int_control_announcements",
        ("a mineral is held back for a first time once",),
        "update intermediate.int_control_announcements set is_first_of_mineral = true"
        " where supplier_iso3 = 'CHN' and mineral_id = 'rare_earths'",
    ),
    *(
        first_row("intermediate.int_control_draws", setting, check, "what is held back was announced or is exported")
        for check, setting in (("supplier_iso3 has three capitals", "supplier_iso3 = 'China'"), UNKNOWN_MINERAL)
    ),
    update(
        "intermediate.int_control_draws",
        UNKNOWN_STAGE,
        ("supply_cut_share is in range", "supply_cut_share = 1.5"),
        ("draws are numbered from 0", "draw = -1"),
        ("draws are numbered from 0", "draw = 10000"),
        ("draws are numbered from 0", "draw = null"),
        # nobody sells from there
        ("what is held back was announced or is exported", "supplier_iso3 = 'ATA'"),
    ),
    Break(
        "intermediate.int_control_draws",
        ("a measure is drawn once",),
        "insert into intermediate.int_control_draws from intermediate.int_control_draws limit 1",
    ),
    Break(
        "intermediate.int_control_draws",
        ("countries announce as often as they did",),
        "delete from intermediate.int_control_draws where supplier_iso3 = 'IDN' and draw < 1000",
    ),
    update(
        "intermediate.int_exports_elsewhere",
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("suppliers are others", "importer_iso3 = supplier_iso3"),
        ("exports are known of a country", "is_known_for_all_importers = false"),
        ("exports are known of a country", "is_known_for_all_importers = null"),
        ("exports are known of a country", "elsewhere_value_usd = null"),
        ("exports are known of a country", "elsewhere_net_weight_kg = null"),
        ("exports go to the importer or elsewhere", "elsewhere_value_usd = 2 * elsewhere_value_usd"),
        ("exports go to the importer or elsewhere", "elsewhere_net_weight_kg = 2 * elsewhere_net_weight_kg"),
        ("exports go to the importer or elsewhere", "elsewhere_net_weight_kg = 0"),
        ("exports go to the importer or elsewhere", "supplier_iso3 = 'ATA'"),
        where=NOT_BOUGHT,
    ),
    update(
        "intermediate.int_exports_elsewhere",
        ("suppliers are others", "importer_iso3 = 'EUU'"),
        where=f"{NOT_BOUGHT} and supplier_iso3 = 'DEU'",
    ),
    *(
        first_row("intermediate.int_exports_elsewhere", setting, check, "exports go to the importer or elsewhere")
        for check, setting in (
            SHORT_HS6,
            ("elsewhere_value_usd is in range", "elsewhere_value_usd = -1"),
            ("elsewhere_net_weight_kg is in range", "elsewhere_net_weight_kg = -1"),
        )
    ),
    update(
        "intermediate.int_supply_options",
        ("supplier_iso3 has three capitals", "supplier_iso3 = '156'"),
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("suppliers are others", "supplier_iso3 = importer_iso3"),
        ("suppliers are others", "importer_iso3 = 'EUU', supplier_iso3 = 'DEU'"),
        ("elsewhere_low_t is in range", "elsewhere_low_t = -1"),
        ("elsewhere_t lies within its range", "elsewhere_low_t = elsewhere_high_t + 1"),
        ("content is no more than weight", "elsewhere_high_t = 2 * elsewhere_gross_t"),
        ("sales to others are known of a whole market", "elsewhere_value_usd = null"),
        where="importer_iso3 = 'USA' and purchased_value_usd = 0 and elsewhere_t > 1",
    ),
    update(
        "intermediate.int_supply_options",
        ("purchased_low_t is in range", "purchased_low_t = -1"),
        ("purchased_t lies within its range", "purchased_low_t = purchased_high_t + 1"),
        ("content is no more than weight", "purchased_high_t = 2 * purchased_gross_t"),
        ("purchases are those of the market", "purchased_value_usd = 1.01 * purchased_value_usd"),
        where="importer_iso3 = 'USA' and mineral_id = 'copper' and stage = 'ore' and purchased_t > 1",
    ),
    update(
        "intermediate.int_supply_options",
        ("purchases are those of the market", "purchased_t = purchased_low_t"),
        where="importer_iso3 = 'USA' and mineral_id = 'copper' and stage = 'ore' and purchased_t > 1",
    ),
    Break(
        "intermediate.int_supply_options",
        ("sales to others are known of a whole market",),
        "update intermediate.int_supply_options set exports_are_known = false"
        " where importer_iso3 = 'USA' and supplier_iso3 = 'CHL'",
    ),
    update(
        "intermediate.int_scenarios",
        ("importer_iso3 has three capitals", "importer_iso3 = 'India'"),
        ("headroom_low_share is in range", "headroom_low_share = -0.1"),
        ("headroom_high_share is in range", "headroom_high_share = 1.1"),
        ("headroom_share lies within its range", "headroom_share = 0.3"),
        ("headroom_share lies within its range", "headroom_high_share = null"),
        ("a scenario starts from a finished year", "baseline_year = 2999"),
        ("a scenario starts from a finished year", "baseline_year = null"),
        ("every scenario that is asked is there", "scenario_id = 'hearsay'"),
    ),
    without("intermediate.int_scenarios", "every scenario that is asked is there", "true"),
    update(
        "intermediate.int_scenario_shocks",
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("a shock is the one that was written", "supplier_iso3 = 'RUS'"),
        ("a shock is the one that was written", "shock_id = 'SS999'"),
        ("a shock is the one that was written", "fraction = 0.5"),
        where=STOP,
    ),
    update(
        "intermediate.int_scenario_shocks",
        ("factor_low is in range", "factor_low = 0"),
        ("factor lies within its range", "factor_low = factor_high + 1"),
        ("factor lies within its range", "factor_high = null"),
        where="shock_type = 'demand_growth'",
    ),
    *(
        first_row(
            "intermediate.int_scenario_shocks", setting, check, "a shock is the one that was written", where=where
        )
        for check, setting, where in (
            ("shock_type is a known value", "shock_type = 'shrug'", STOP),
            ("fraction is in range", "fraction = 1.1", STOP),
            ("quantity is in range", "quantity = 0", "shock_type = 'fixed_quantity'"),
        )
    ),
    without("intermediate.int_scenario_shocks", "every shock meets a market", "shock_id = 'SS019'"),
    first_row(
        "intermediate.int_scenario_cases",
        "case_group = 'middle'",
        "case_group is a known value",
        "every scenario starts in nine readings",
        where="case_group = 'start'",
    ),
    update(
        "intermediate.int_scenario_cases",
        ("headroom_reading is a known value", "headroom_reading = 'dull'"),
        ("content_reading is a known value", "content_reading = 'dull'"),
        ("demand_reading is a known value", "demand_reading = 'dull'"),
        ("a start is in full and a path is not", "is_in_full = true"),
        ("a start is in full and a path is not", "is_in_full = null"),
        where="case_group = 'path'",
    ),
    update(
        "intermediate.int_scenario_cases",
        ("no two cases read alike", "content_reading = 'high'"),
        where="case_id = 'content low'",
    ),
    without(
        "intermediate.int_scenario_cases",
        "every scenario starts in nine readings",
        f"{STOP} and case_id = 'headroom low, content low'",
    ),
    without("intermediate.int_scenario_cases", "a path goes through every year", "case_group = 'path' and year = 2030"),
    update(
        "intermediate.int_scenario_importers",
        ("importer_iso3 has three capitals", "importer_iso3 = 'India'"),
        ("a scenario tells of its own importer and year", "scenario_id = 'hearsay'"),
        # years that are cut away: nobody misses them
        where="scenario_id = 'baseline' and year = 2016",
    ),
    *(
        Break(
            "intermediate.int_scenario_importers",
            ("a scenario tells of its own importer and year",),
            f"insert into intermediate.int_scenario_importers by name"
            f" select 'drc_cobalt_quota' as scenario_id, {year} as year, '{importer}' as importer_iso3",
        )
        for year, importer in ((2023, "IND"), (2024, "JPN"))
    ),
    *(
        without("intermediate.int_scenario_importers", "whoever trades is told of", who)
        for who in ("importer_iso3 = 'JPN' and year = 2023", "scenario_id = 'drc_cobalt_quota'")
    ),
    Break(
        "intermediate.int_scenario_refusals",
        ("no scenario is refused",),
        "insert into intermediate.int_scenario_refusals"
        " values ('chile_peru_copper_fta', 'SS011 SS012', 'agreements_above_demand', 250000, 237331)",
    ),
    *(
        first_row(
            "intermediate.int_scenario_markets",
            setting,
            check,
            "what a shock meets is read in three ways",
            where=MAGNESIUM,
        )
        for check, setting in (UNKNOWN_MINERAL, UNKNOWN_STAGE)
    ),
    *(
        update("intermediate.int_scenario_markets", (check, setting), where=MAGNESIUM)
        for check, setting in (
            ("missing_reason is a known value", "missing_reason = 'fog'"),
            ("purchased_value_usd is in range", "purchased_value_usd = 0"),
            ("published_content_scale is in range", "published_content_scale = -1"),
            ("content_value_share is in range", "content_value_share = 1.1"),
            ("exports_t is in range", "exports_t = -1"),
            ("production_t is in range", "production_t = -1"),
            ("bought_typical_t lies within its range", "bought_low_t = bought_high_t + 1"),
            ("what is worked out can be counted", "purchased_t = 0"),
            ("what is worked out can be counted", "purchased_t = null"),
            ("what is worked out can be counted", "content_value_share = 0.79"),
            ("what is worked out can be counted", "exports_are_known = false"),
            ("what is worked out can be counted", "grows_with_consumption = true, exports_t = null"),
        )
    ),
    without("intermediate.int_scenario_markets", "what a shock meets is read in three ways", MAGNESIUM),
    update(
        "intermediate.int_scenario_markets",
        ("purchases are those of the importer", "bought_typical_t = bought_low_t"),
        ("purchases are those of the importer", "purchased_value_usd = 1.01 * purchased_value_usd"),
        where=SHOCKED,
    ),
    update(
        "intermediate.int_scenario_markets",
        ("the published reliance is met", "production_t = 2 * production_t"),
        ("the solved content is one that the goods can have", "bought_high_t = bought_typical_t"),
        where="published_baseline_reliance is not null and content_reading = 'typical'",
    ),
    *(
        first_row("intermediate.int_scenario_cells", setting, check, "every market is asked in every case", where=STOP)
        for check, setting in (UNKNOWN_MINERAL, UNKNOWN_STAGE)
    ),
    update(
        "intermediate.int_scenario_cells",
        ("headroom_share is in range", "headroom_share = 1.1"),
        ("content_scale is in range", "content_scale = 0"),
        ("what is worked out has a demand", "baseline_t = 0"),
        ("what is worked out has a demand", "demand_change_t = -baseline_t"),
        ("what is worked out has a demand", "demand_change_t = null"),
        ("what is worked out has a demand", "home_supply_t = null"),
        ("what is worked out has a demand", "home_supply_t = -1"),
        ("what is worked out has a demand", "headroom_share = null"),
        where=f"{MAGNETS_AT_HOME} and demand_change_t > 0",
    ),
    update(
        "intermediate.int_scenario_cells",
        ("nothing is asked where no shock asks it", "demand_change_t = 1"),
        ("nothing is asked where no shock asks it", "home_supply_t = 1"),
        where=STOP,
    ),
    without("intermediate.int_scenario_cells", "every market is asked in every case", MAGNETS_AT_HOME),
    Break(
        "intermediate.int_scenario_cells",
        ("every market is asked in every case",),
        "insert into intermediate.int_scenario_cells"
        f" select * replace (2031 as year) from intermediate.int_scenario_cells where {STOP} limit 1",
    ),
    update(
        "intermediate.int_scenario_supplies",
        ("supplier_iso3 has three capitals", "supplier_iso3 = 'Laos'"),
        ("suppliers are others", "supplier_iso3 = importer_iso3"),
        ("baseline_t is in range", "baseline_t = -1e-12"),
        ("elsewhere_t is in range", "elsewhere_t = -1, elsewhere_usd_per_t = null"),
        ("agreed_t is in range", "agreed_t = 0"),
        ("elsewhere_usd_per_t is in range", "elsewhere_usd_per_t = 0"),
        ("suppliers make up the market", "baseline_t = 0.01 * cell_baseline_t, purchase_usd_per_t = 1"),
        ("who can deliver has a price", "elsewhere_usd_per_t = null"),
        ("who can deliver has a price", "purchase_usd_per_t = 1"),
        ("cuts are those of the shocks", "cut_share = 0.1"),
        where=f"{STOP} and baseline_t = 0 and elsewhere_t > 1 and supplier_iso3 != 'CHN'",
    ),
    update(
        "intermediate.int_scenario_supplies",
        ("purchase_usd_per_t is in range", "purchase_usd_per_t = 0"),
        ("who can deliver has a price", "purchase_usd_per_t = null"),
        where="baseline_t > 1",
    ),
    update(
        "intermediate.int_scenario_supplies",
        ("cuts are those of the shocks", "cut_share = 0"),
        ("cuts are those of the shocks", "cut_share = null"),
        where=f"{STOP} and supplier_iso3 = 'CHN'",
    ),
    Break(
        "intermediate.int_scenario_supplies",
        ("suppliers make up the market",),
        f"delete from intermediate.int_scenario_supplies where {SHOCKED} and {TYPICAL}",
    ),
    update(
        "intermediate.int_scenario_deliveries",
        ("no quantity is negative", "withdrawn_t = -1"),
        ("no quantity is negative", "contracted_t = null"),
        ("no quantity is negative", "additional_t = 1.01 * delivered_t"),
        ("nothing is created or lost", "delivered_t = 1.01 * delivered_t"),
        ("who stands in stays within its headroom", "refilled_t = 0.11 * elsewhere_t"),
        where=f"{STOP} and {TYPICAL} and delivered_t > 100 and refilled_t > 1 and cut_share = 0",
    ),
    without(
        "intermediate.int_scenario_deliveries",
        "who sells is asked to deliver",
        f"{STOP} and delivered_t + ordered_t = 0",
    ),
    update(
        "intermediate.int_scenario_deliveries",
        ("who is cut delivers what the cut leaves", "refilled_t = 0.001"),
        where=f"{ROOMY} and cut_share > 0 and elsewhere_t > 1",
    ),
    update(
        "intermediate.int_scenario_deliveries",
        ("what is agreed is ordered", "agreed_t = 1.01 * ordered_t"),
        where="agreed_t > 1",
    ),
    update(
        "intermediate.int_scenario_balances",
        ("unmet_share is in range", "unmet_share = 1.1"),
        ("replacement_bill_usd is in range", "replacement_bill_usd = -1"),
        ("every market has its balance or a reason", "missing_reason = 'weights_missing'"),
        ("every market has its balance or a reason", "delivered_t = null"),
        ("every market has its balance or a reason", "importer_iso3 = null"),
        ("what is lost is worth what was cut", "value_lost_usd = 1000 * value_lost_usd"),
        ("what is lost is worth what was cut", "value_lost_usd = 0"),
        where=f"{STOP} and unmet_t > 1",
    ),
    update(
        "intermediate.int_scenario_balances",
        ("every market has its balance or a reason", "delivered_t = 0"),
        where="missing_reason is not null",
    ),
    without("intermediate.int_scenario_balances", "every market has its balance or a reason", STOP),
    update(
        "intermediate.int_scenario_balances",
        ("more headroom leaves no more unmet", "unmet_t = 2 * unmet_t, value_lost_usd = 2 * value_lost_usd"),
        where=f"{STOP} and mineral_id = 'magnesium' and case_id = 'headroom high, content typical'",
    ),
    update(
        "intermediate.int_scenario_flows",
        ("trade_value_usd is in range", "trade_value_usd = 0"),
        ("content_kg lies within its range", "content_low_kg = content_kg + 1"),
        ("content_kg lies within its range", "content_high_kg = null"),
        ("suppliers are others", "supplier_iso3 = importer_iso3"),
        ("flows are those of the scenario's importer and year", "importer_iso3 = 'JPN'"),
        ("flows are those of the scenario's importer and year", "year = 2023"),
        where=SHOCKED,
    ),
    *(
        update(
            "intermediate.int_scenario_flows",
            ("markets that no shock meets are as they were", setting),
            where="scenario_id = 'indonesia_concentrate_stop' and mineral_id = 'cobalt'",
        )
        for setting in ("trade_value_usd = 1.01 * trade_value_usd", "valuation_basis = null")
    ),
    without(
        "intermediate.int_scenario_flows",
        "markets that no shock meets are as they were",
        "scenario_id = 'indonesia_concentrate_stop' and mineral_id = 'cobalt'",
    ),
    Break(
        "intermediate.int_scenario_flows",
        ("shocked markets hold what is delivered",),
        f"update intermediate.int_scenario_flows set {TWICE_THE_CONTENT} where {SHOCKED} and supplier_iso3 = 'CHL'",
    ),
    Break(
        "intermediate.int_scenario_flows",
        ("shocked markets hold what is delivered",),
        f"delete from intermediate.int_scenario_flows where {SHOCKED}",
    ),
    # half of the sales is left
    Break(
        "intermediate.int_scenario_flows",
        ("who is cut sells no more than the cut leaves",),
        "update intermediate.int_scenario_flows set trade_value_usd = 1.01 * trade_value_usd"
        " where scenario_id = 'china_magnet_licences_2025' and mineral_id = 'rare_earths' and supplier_iso3 = 'CHN'",
    ),
]
# End of the scenarios.

BREAKS = [*RAW, *STAGING, *INTERMEDIATE, *MARTS, *PRODUCTION, *RANKS, *SCENARIO_MARTS]

# --- several sources and vintages, as tests/several_sources.py lands them

# exports of Hong Kong: World, and India as its only partner
HONG_KONG = "reporterCode = '344'"
HONG_KONG_TO_INDIA = f"{HONG_KONG} and partnerCode = '699'"


def hong_kong(*checks: str, setting: str, where: str = HONG_KONG) -> Break:
    """Spoil both records of Hong Kong's exports, so that World is as spoilt as its partner, or one of them."""
    return Break("raw.comtrade_trade", checks, f"update raw.comtrade_trade set {setting} where {where}")


COMTRADE = [
    Break("raw.comtrade_trade", ("table has its columns",), "alter table raw.comtrade_trade add column surprise int"),
    hong_kong("record is of goods", setting="typeCode = 'S'"),
    hong_kong("period fits its frequency", setting="refYear = '1999'"),
    hong_kong("period is no year to come", setting="period = '2099'"),
    hong_kong("flow is known", setting="flowCode = 'Z'"),
    hong_kong("reporter is a known country", setting="reporterCode = '9999'"),
    hong_kong("partner is a known country", setting="partnerCode = '9999'", where=HONG_KONG_TO_INDIA),
    hong_kong("reporter's letters are the seed's", setting="reporterISO = 'XYZ'"),
    hong_kong("value is a number", setting="primaryValue = '1,234.5'", where=HONG_KONG_TO_INDIA),
    hong_kong("other figure is a number or blank", setting="netWgt = 'much'"),
    hong_kong("estimated is true or false", setting="isNetWgtEstimated = 'perhaps'"),
    hong_kong("value is the valuation's", setting="fobvalue = '1'"),
    Break(
        "raw.comtrade_trade",
        ("record is there once",),
        "insert into raw.comtrade_trade select records.* replace ('2100' as motCode)"
        f" from raw.comtrade_trade as records, range(2) where {HONG_KONG_TO_INDIA}",
    ),
    Break(
        "raw.comtrade_trade", ("World has its partners",), f"delete from raw.comtrade_trade where {HONG_KONG_TO_INDIA}"
    ),
    Break(
        "raw.comtrade_trade",
        ("partners have their World",),
        f"delete from raw.comtrade_trade where {HONG_KONG} and partnerCode = '0'",
    ),
    hong_kong(
        "World is the sum of its partners",
        "World is nearly the sum of its partners",
        setting="primaryValue = '1', fobvalue = null",
        where=HONG_KONG_TO_INDIA,
    ),
    # 1 % less than World
    hong_kong(
        "World is nearly the sum of its partners",
        setting="primaryValue = '1980000', fobvalue = null",
        where=HONG_KONG_TO_INDIA,
    ),
    hong_kong("file, record and vintage are named", setting="source_file = ' '"),
    Break(
        "raw.comtrade_trade",
        ("every landed file of UN Comtrade has rows",),
        f"insert into raw.landed_vintages values ('comtrade', 'new', 'later', null, 'false', {NEWLY_LANDED})",
    ),
    update(
        "staging.stg_comtrade__trade_flows",
        ("trade_value_usd is in range", "trade_value_usd = -1"),
        ("month is in range", "month = 13"),
    ),
    # thirty flows of 1 USD per kg in a year, of 1000 in the next
    Break(
        "staging.stg_comtrade__trade_flows",
        ("value per kilogram keeps its size",),
        "insert into staging.stg_comtrade__trade_flows"
        " select flows.* replace (years.year as year, years.value as trade_value_usd, 1 as net_weight_kg)"
        " from (from staging.stg_comtrade__trade_flows where reporter_code = '344' and partner_code = '699') as flows,"
        " range(31), (values (2027, 1), (2028, 1000)) as years (year, value)",
    ),
    # thirty flows of 1 USD per kg in one file, of 1000 in another
    Break(
        "staging.stg_comtrade__trade_flows",
        ("value per kilogram is that of other files",),
        "insert into staging.stg_comtrade__trade_flows"
        " select flows.* replace (2027 as year, files.value as trade_value_usd, 1 as net_weight_kg,"
        " files.vintage_id as vintage_id)"
        " from (from staging.stg_comtrade__trade_flows where reporter_code = '344' and partner_code = '699') as flows,"
        " range(31), ("
        "   select vintage_id, if(dataset = 'india', 1, 1000) as value from staging.stg_landing__vintages"
        "   where source_id = 'comtrade' and is_newest"
        " ) as files",
    ),
    update(
        "intermediate.int_comtrade_records",
        SHORT_HS6,
        ("frequency is a known value", "frequency = 'weekly'"),
        ("valuation_basis is a known value", "valuation_basis = 'guess'"),
        ("net_weight_kg is in range", "net_weight_kg = -1"),
        ("exclusion_reason is a known value", "exclusion_reason = 'dull'"),
        ("countries are resolved", "reporter_iso3 = null"),
        ("HS revision is known", "hs_revision = null"),
        ("what counts is an import in total", "exclusion_reason = null"),
        where="exclusion_reason = 'control_total'",
    ),
    Break(
        "intermediate.int_comtrade_records",
        ("a month does not count beside its year",),
        "update intermediate.int_comtrade_records set frequency = 'monthly'"
        " where year = 2025 and partner_code = '152' and exclusion_reason is null",
    ),
    Break(
        "intermediate.int_comtrade_records",
        ("a month does not count beside its year",),
        "update intermediate.int_comtrade_records set vintage_id = 'another'"
        " where year = 2025 and partner_code = '152' and exclusion_reason is null",
    ),
    update(
        "intermediate.int_comtrade_flows",
        ("importer_iso3 has three capitals", "importer_iso3 = 'India'"),
        ("supplier_iso3 has three capitals", "supplier_iso3 = null"),
        ("net_weight_kg is in range", "net_weight_kg = -1"),
        ("months_covered is in range", "months_covered = 13"),
        ("months_covered is there", "months_covered = null"),
        ("valuation_basis is a known value", "valuation_basis = 'guess'"),
        ("every record that counts is in a flow", "row_count = row_count + 1"),
    ),
    all_rows(
        "intermediate.int_comtrade_flows",
        SHORT_HS6,
        ("trade_value_usd is in range", "trade_value_usd = -1"),
        ("every record that counts is in a flow", "row_count = 0"),
    ),
]

TRADESTAT = [
    Break(
        "raw.tradestat_figures", ("table has its columns",), "alter table raw.tradestat_figures add column surprise int"
    ),
    update(
        "raw.tradestat_figures",
        ("record_number has digits", "record_number = 'x'"),
        ("database has meidb or eidb", "database = 'meidc'"),
        ("flow has import or export", "flow = 'both'"),
        ("hs_code has 2, 4, 6 or 8 digits", "hs_code = '282'"),
        ("measure has usd_million or quantity", "measure = 'rs_crore'"),
        ("row_kind has country, total, india_total or share", "row_kind = 'growth'"),
        ("period_kind has a month, a financial year or a year to date", "period_kind = 'week'"),
        ("report_date has a day as in 2026-01-27", "report_date = 'today'"),
        ("is_current_period has true or false", "is_current_period = 'perhaps'"),
        ("period is whole months that are over", "period_start = '2025-01-02'"),
        ("status is known", "status = 'rumoured'"),
        ("quantity has a unit", "quantity_unit = 'KGS'"),
        ("value is a number or blank", "value = 'plenty'"),
        ("country is known", "country = 'ATLANTIS'"),
        ("file and vintage are named", "source_file = ' '"),
        where="measure = 'usd_million' and row_kind != 'country'",
    ),
    Break(
        "raw.tradestat_figures",
        ("figure is there once",),
        "insert into raw.tradestat_figures"
        " select * replace ('999' as record_number) from raw.tradestat_figures limit 1",
    ),
    Break(
        "raw.tradestat_figures",
        ("record is there once",),
        "update raw.tradestat_figures set record_number = '2' where record_number = '1'",
    ),
    Break(
        "raw.tradestat_figures",
        ("every landed report has rows",),
        f"insert into raw.landed_vintages values ('tradestat', 'new', 'later', null, 'false', {NEWLY_LANDED})",
    ),
    update(
        "staging.stg_tradestat__figures",
        ("trade_value_usd is in range", "trade_value_usd = -1"),
        ("quantity is in range", "quantity = -1"),
        ("share_pct is in range", "share_pct = 101"),
        where="row_kind = 'india_total'",
    ),
    update(
        "staging.stg_tradestat__figures",
        ("countries add up to the total", "trade_value_usd = trade_value_usd + 1000000"),
        where="row_kind = 'total' and measure = 'usd_million'",
    ),
    update(
        "intermediate.int_tradestat_figures",
        ("hs6_code has 2, 4 or 6 digits", "hs6_code = '282'"),
        ("exclusion_reason is a known value", "exclusion_reason = 'dull'"),
        ("what counts is an import of a calendar year", "exclusion_reason = null"),
        where="exclusion_reason = 'control_total'",
    ),
    update(
        "intermediate.int_tradestat_figures",
        ("countries are resolved", "supplier_iso3 = null"),
        ("one report speaks", "exclusion_reason = null"),
        where="exclusion_reason = 'month_beside_its_year' and country_name = 'FINLAND'",
    ),
    all_rows(
        "intermediate.int_tradestat_flows",
        SHORT_HS6,
        ("importer_iso3 has three capitals", "importer_iso3 = 'India'"),
        ("supplier_iso3 has three capitals", "supplier_iso3 = null"),
        ("trade_value_usd is in range", "trade_value_usd = -1"),
        ("net_weight_kg is in range", "net_weight_kg = -1"),
        ("months_covered is in range", "months_covered = 13"),
        ("valuation_basis is a known value", "valuation_basis = 'guess'"),
        ("every figure that counts is in a flow", "row_count = 0"),
    ),
    update(
        "intermediate.int_tradestat_flows",
        ("months_covered is there", "months_covered = null"),
        ("every figure that counts is in a flow", "row_count = row_count + 1"),
    ),
]

SEVERAL_SOURCES = [
    Break(
        "staging.stg_landing__unnamed_codes",
        ("code is named by no seed",),
        "insert into staging.stg_landing__unnamed_codes"
        " values ('comtrade', 'vintage', 'india.json', 'H6', '283691', 1)",
    ),
    all_rows(
        "intermediate.int_goods",
        ("goods_hs6_code has six digits", "goods_hs6_code = '28053'"),
        ("goods_hs_revision is a known value", "goods_hs_revision = 'HS99'"),
    ),
    Break(
        "intermediate.int_goods",
        (SHORT_HS6[0], "every code is of some goods"),
        "update intermediate.int_goods set hs6_code = '28053' where hs6_code = '282200'",
    ),
    Break(
        "intermediate.int_goods",
        ("every code is of some goods",),
        "insert into intermediate.int_goods from intermediate.int_goods limit 1",
    ),
    all_rows(
        "intermediate.int_source_years",
        ("importer_iso3 has three capitals", "importer_iso3 = 'India'"),
        ("months_covered is in range", "months_covered = 13"),
        ("importer_count is in range", "importer_count = 0"),
        ("importer_share is in range", "importer_share = 0"),
        ("value_share is in range", "value_share = 0"),
    ),
    all_rows("intermediate.int_source_years", ("months_covered is there", "months_covered = null")),
    all_rows(
        "intermediate.int_source_years",
        ("an unfinished year is provisional", "is_provisional = false"),
        where="months_covered < 12",
    ),
    all_rows(
        "intermediate.int_source_years",
        ("it is known whether the newest year is whole", "is_provisional = null"),
        where="months_covered = 12",
    ),
    update(
        "intermediate.int_world_provenance",
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("is_redistributable is there", "is_redistributable = null"),
    ),
    update(
        "intermediate.int_cell_provenance",
        ("country_iso3 has three capitals", "country_iso3 = 'India'"),
        UNKNOWN_MINERAL,
        UNKNOWN_STAGE,
        ("months_covered is in range", "months_covered = 13"),
        ("restricted rows stay", "is_redistributable = null"),
        ("trade has a source", "source_id = null"),
        where="source_id = 'baci'",
    ),
    all_rows(
        "intermediate.int_cell_provenance",
        ("restricted rows stay", "is_redistributable = true"),
        ("an unfinished year is provisional", "is_provisional = false"),
        where="source_id != 'baci' and year = 2026",
    ),
    update(
        "intermediate.int_vintages",
        ("newest_year_months is in range", "newest_year_months = 13"),
        ("rows_loaded is in range", "rows_loaded = 0"),
        ("a vintage says its terms", "licence = ' '"),
        ("a vintage says its terms", "is_redistributable = null"),
        ("the newest period had begun", "newest_period_end = '2027-12-31'"),
    ),
    Break(
        "intermediate.int_vintages",
        ("every landed vintage is there",),
        "delete from intermediate.int_vintages where source_id = 'wgi'",
    ),
    Break(
        "intermediate.int_vintages",
        ("every landed vintage is there",),
        "update raw.landed_vintages set vintage_id = 'another' where source_id = 'wgi'",
    ),
    all_rows(
        "intermediate.int_trade_revisions",
        SHORT_HS6,
        ("importer_iso3 has three capitals", "importer_iso3 = 'India'"),
        ("supplier_iso3 has three capitals", "supplier_iso3 = null"),
        ("declared_by is a known value", "declared_by = 'hearsay'"),
        ("change_type is a known value", "change_type = 'dull'"),
        ("change is after minus before", "trade_value_change_usd = 1"),
        ("the newer vintage is the newest", "vintage_id = previous_vintage_id"),
    ),
    *(
        all_rows("intermediate.int_trade_revisions", ("a change is one", setting), where=f"change_type = '{change}'")
        for change, setting in (
            ("added", "change_type = 'deleted'"),
            ("deleted", "change_type = 'added'"),
            ("revised", "change_type = 'added'"),
        )
    ),
    Break(
        "intermediate.int_trade_revisions",
        ("little is deleted",),
        "update intermediate.int_trade_revisions set previous_trade_value_usd = 60000000,"
        " trade_value_change_usd = -60000000 where change_type = 'deleted'",
    ),
    update(
        "intermediate.int_source_disagreements",
        SHORT_HS6,
        ("importer_iso3 has three capitals", "importer_iso3 = 'India'"),
        ("supplier_iso3 has three capitals", "supplier_iso3 = null"),
        ("comparison is a known value", "comparison = 'dull'"),
        ("two sides are compared", "second_source_id = first_source_id"),
        ("difference is second minus first", "difference_usd = 2 * difference_usd"),
        ("difference is no trifle", "difference_share = 0.2"),
        ("transit hubs are those of the seed", "is_through_transit_hub = true"),
        where="comparison = 'two_sources'",
    ),
    update(
        "intermediate.int_source_disagreements",
        ("difference_share is in range", "difference_share = 1.5"),
        ("two sides are compared", "first_source_id = 'baci'"),
        where="comparison = 'mirror'",
    ),
    all_rows(
        "marts.trade_revisions",
        SHORT_HS6,
        ("importer_iso3 has three capitals", "importer_iso3 = 'India'"),
        ("supplier_iso3 has three capitals", "supplier_iso3 = null"),
        ("change_type is a known value", "change_type = 'dull'"),
        ("restricted rows stay", "is_redistributable = null"),
        ("a vintage that added and deleted is known", "vintage_id = 'never landed'"),
    ),
    all_rows(
        "marts.source_disagreements",
        SHORT_HS6,
        ("importer_iso3 has three capitals", "importer_iso3 = 'India'"),
        ("supplier_iso3 has three capitals", "supplier_iso3 = null"),
        ("comparison is a known value", "comparison = 'dull'"),
        ("difference_share is in range", "difference_share = 1.5"),
        ("restricted rows stay", "is_redistributable = null"),
    ),
    *(
        all_rows(table, ("restricted rows stay", "is_redistributable = true"))
        for table in ("marts.trade_revisions", "marts.source_disagreements")
    ),
]

BREAKS_OF_SEVERAL_SOURCES = [*COMTRADE, *TRADESTAT, *SEVERAL_SOURCES]


@pytest.fixture(scope="session")
def small_database(built_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built database cut down to a few codes and minerals: whole series, little to copy."""
    small = tmp_path_factory.mktemp("expectations") / "small.duckdb"
    with connect(small) as connection:
        connection.execute(f"attach '{built_database}' as built (read_only)")
        columns = connection.execute(
            "select schema_name, table_name, list(column_name) from duckdb_columns()"
            " where database_name = 'built' and schema_name in ('seeds', 'raw', 'staging', 'intermediate', 'marts')"
            " group by all"
        ).fetchall()
        for schema, table, names in columns:
            kept = "true"
            code = "k" if table.startswith("baci_") else "hs6_code"
            year = "t" if table.startswith("baci_") else "year"
            if schema != "seeds" and table not in ("int_mineral_products", "mineral_products", "int_goods"):
                if code in names:
                    kept = f"{code} in {CODES}"
                    if year in names:
                        kept += f" and ({year}::integer >= {FIRST_YEAR} or {code} = '811230')"
                    if table in WHOLE_FOR_SCENARIOS:
                        scenarios = "select (importer_iso3, baseline_year) from built.intermediate.int_scenarios"
                        kept += f" or (importer_iso3, year) in ({scenarios})"
                elif table in WITHOUT_OTHER_MINERALS:
                    kept = f"mineral_id in {MINERALS}"
                    if year in names:
                        kept += f" and year >= {FIRST_YEAR}"
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(
                f"create table {schema}.{table} as from built.{schema}.{table} where {kept} order by all"
            )
        connection.execute("detach built")
        # the account of all rows has no years to cut: it is drawn up again
        connection.execute(
            "update intermediate.int_flow_accounting as account set flow_count = ("
            " select count(*) from intermediate.int_reported_flows as flows"
            " where flows.hs_revision = account.hs_revision and flows.hs6_code = account.hs6_code)"
            " where disposition = 'used'"
        )
        # and so are the sectors, whose other minerals are gone
        connection.execute(
            "update marts.sector_exposure as exposure set weighted_risk_score = drawn.score,"
            " coverage_share = if(drawn.score is null, 0, 0.5), minerals_at_high_risk = 0, high_risk_minerals = null"
            " from ("
            " select sectors.year, sectors.importer_iso3, sectors.sector, avg(risks.risk_score) as score"
            " from marts.sector_exposure as sectors"
            " left join marts.mineral_end_uses as uses on sectors.sector = uses.sector and uses.use_share > 0"
            " left join marts.mineral_risk as risks on sectors.year = risks.year"
            " and sectors.importer_iso3 = risks.importer_iso3 and uses.mineral_id = risks.mineral_id"
            " group by all"
            " ) as drawn"
            " where exposure.year = drawn.year and exposure.importer_iso3 = drawn.importer_iso3"
            " and exposure.sector = drawn.sector"
        )
    return small


@pytest.fixture
def spoil(small_database: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that hands out a copy of the small database after a statement has run on it."""
    return lambda sql: spoiled(small_database, sql, tmp_path)


def spoiled(database: Path, sql: str, folder: Path) -> Path:
    """Return a copy of a database after a statement has run on it."""
    copy = folder / "spoiled.duckdb"
    shutil.copyfile(database, copy)
    with connect(copy) as connection:
        connection.execute(sql)
    return copy


def not_passed(results: list[CheckResult]) -> dict[str, str]:
    return {result.check_name: result.status for result in results if result.status != "passed"}


@pytest.fixture(scope="session")
def whole_run(built_database: Path, tmp_path_factory: pytest.TempPathFactory) -> list[CheckResult]:
    """The results of all suites on the real data."""
    # a copy: another test of this process may hold the original open
    copy = tmp_path_factory.mktemp("whole") / "built.duckdb"
    shutil.copyfile(built_database, copy)
    return [result for layer in expectations.LAYERS for result in validate(copy, layer)]


def test_the_real_data_passes_every_suite(whole_run: list[CheckResult]) -> None:
    stopping = [result for result in whole_run if result.status in ("failed", "errored")]
    assert stopping == []
    assert len(whole_run) == sum(len(suite) for layer in expectations.LAYERS for suite in suites(layer).values())
    assert all(result.tool == "gx" and result.observed and result.expected for result in whole_run)


def test_a_large_move_of_a_total_warns_and_stops_nothing(whole_run: list[CheckResult]) -> None:
    warned = [result for result in whole_run if result.status == "warned"]
    moves = [result for result in warned if result.check_name == "trade value of a code moves moderately"]
    assert [result.table_name for result in moves] == ["stg_baci__trade_flows"]
    # lithium carbonate, the steepest move in the data
    assert "hs6_code=283691, year=2022, factor=6.69" in moves[0].observed


def test_loops_without_a_producer_warn_by_name_and_stop_nothing(whole_run: list[CheckResult]) -> None:
    warned = [result for result in whole_run if result.check_name == "supply reaches a producer"]
    assert [(result.table_name, result.status) for result in warned] == [("int_origin_mixes", "warned")]
    assert "found=2017 manganese ore MLI NER; 2023 tin ore GUY TTO" in warned[0].observed


def test_every_table_has_a_suite_and_every_suite_a_table(built_database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "built.duckdb"
    shutil.copyfile(built_database, copy)
    with connect(copy, read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables()"
            " where schema_name in ('raw', 'staging', 'intermediate', 'marts')"
        ).fetchall()
    guarded = [(layer, table) for layer in expectations.LAYERS for table in suites(layer)]
    assert sorted(guarded) == sorted(tables)


ByTable = dict[tuple[str, str], dict[str, str]]


@pytest.fixture(scope="session")
def unspoiled(small_database: Path) -> ByTable:
    """What does not pass in the small database as it is: warnings, by table."""
    return not_passed_by_table(small_database)


@pytest.fixture(scope="session")
def unspoiled_several(several_sources: Refreshed) -> ByTable:
    """What does not pass of several sources as it is: warnings, by table."""
    return not_passed_by_table(several_sources.build)


def not_passed_by_table(database: Path) -> ByTable:
    """Return every check of a database that did not pass, with its status, by table."""
    by_table: dict[tuple[str, str], list[CheckResult]] = {}
    for layer in expectations.LAYERS:
        for result in validate(database, layer):
            by_table.setdefault((layer, result.table_name), []).append(result)
    return {table: not_passed(results) for table, results in by_table.items()}


@pytest.mark.parametrize("found", ["unspoiled", "unspoiled_several"])
def test_what_is_not_spoiled_passes_every_suite(found: str, request: pytest.FixtureRequest) -> None:
    # else a case below could fail for a reason of its own
    by_table: ByTable = request.getfixturevalue(found)
    assert {status for statuses in by_table.values() for status in statuses.values()} <= {"warned"}


def each(cases: list[Break]) -> pytest.MarkDecorator:
    """Return the mark that runs a test with each case."""
    ids = [f"{case.table}-{number}-{case.checks[0]}" for number, case in enumerate(cases)]
    return pytest.mark.parametrize("case", cases, ids=ids)


@each(BREAKS)
def test_a_spoiled_table_is_noticed(case: Break, small_database: Path, unspoiled: ByTable, tmp_path: Path) -> None:
    assert_noticed(case, small_database, unspoiled, tmp_path)


@each(BREAKS_OF_SEVERAL_SOURCES)
def test_a_spoiled_table_of_several_sources_is_noticed(
    case: Break, several_sources: Refreshed, unspoiled_several: ByTable, tmp_path: Path
) -> None:
    assert_noticed(case, several_sources.build, unspoiled_several, tmp_path)


def assert_noticed(case: Break, database: Path, unspoiled: ByTable, folder: Path) -> None:
    """Expect what a case spoils to be noticed by its checks and no others."""
    copy = spoiled(database, case.sql, folder)
    results = validate(copy, case.layer, [case.name])
    copy.unlink()  # hundreds of them would fill a small disk
    observed = {result.check_name: result.observed for result in results if result.status != "passed"}
    noticed = set(observed) - (set(unspoiled[case.layer, case.name]) - set(case.checks))
    assert noticed == set(case.checks), observed
    for check, times in Counter(case.checks).items():
        # several ways to break one check: each of them is noticed
        assert times == 1 or observed[check].startswith(f"{times} rows, first: ")


def test_every_check_has_been_seen_to_fail() -> None:
    from expectations.rules import check_name  # here, so that collecting tests does not import Great Expectations

    cases = [*BREAKS, *BREAKS_OF_SEVERAL_SOURCES]
    noticed = {(case.layer, case.name, check) for case in cases for check in case.checks}
    unseen = [
        (layer, table, check_name(expectation))
        for layer in expectations.LAYERS
        for table, suite in suites(layer).items()
        for expectation in suite
        if check_name(expectation) != "table has rows"  # the test below
        and (layer, table, check_name(expectation)) not in noticed
    ]
    assert unseen == []


@pytest.mark.parametrize("layer", expectations.LAYERS)
def test_an_empty_table_fails_unless_it_may_be_empty(layer: str, spoil: Callable[[str], Path]) -> None:
    tables = list(suites(layer))
    database = spoil(";".join(f"delete from {layer}.{table}" for table in tables))
    rows = {
        result.table_name: result.status
        for result in validate(database, layer)
        if result.check_name == "table has rows"
    }
    may_be_empty = {"unnamed_codes", "stg_landing__unnamed_codes"}
    # optional, never bundled; rows may all be of use
    may_be_empty |= {"world_mining_data", "stg_world_mining_data__production", "int_production_rows_left_out"}
    # where nobody ingested them, or no file a second time
    may_be_empty |= {"comtrade_trade", "stg_comtrade__trade_flows", "int_comtrade_records", "int_comtrade_flows"}
    may_be_empty |= {"tradestat_figures", "stg_tradestat__figures", "int_tradestat_figures", "int_tradestat_flows"}
    # while there is one year only
    may_be_empty |= {"risk_score_changes"}
    # where all supply reaches a producer
    may_be_empty |= {"untraceable_suppliers"}
    # where nothing has a score
    may_be_empty |= {"rank_sensitivity", "risk_band_probabilities"}
    may_be_empty |= {"int_trade_revisions", "trade_revisions", "int_source_disagreements", "source_disagreements"}
    # where the seeds ask nothing
    may_be_empty |= {"scenarios", "scenario_shocks", "scenario_results", "scenario_supplier_shares"}
    may_be_empty |= {"reliance_paths", "reliance_path_suppliers"}
    may_be_empty |= {table for table in tables if table.startswith("int_scenario")} - {"int_scenario_importers"}
    # where nobody holds anything back
    may_be_empty |= {"int_control_announcements", "int_control_draws"}
    # while no year is finished; a supplier that is not told is noticed by a check of its own
    may_be_empty |= {"single_supplier_stops", "supply_options", "value_at_risk"}
    may_be_empty |= {"int_exports_elsewhere", "int_supply_options"}
    assert rows == dict.fromkeys([table for table in tables if table not in may_be_empty], "failed")


def test_what_rests_on_a_restricted_source_may_not_leave(spoil: Callable[[str], Path]) -> None:
    database = spoil(
        "update staging.stg_landing__vintages set is_redistributable = false where source_id in ('baci', 'usgs')"
    )
    check = "restricted rows stay"
    tables = {
        (result.table_name, result.status) for result in validate(database, "marts") if result.check_name == check
    }
    empty = {("trade_revisions", "passed"), ("source_disagreements", "passed")}
    assert tables == {(table, "failed") for table in REDISTRIBUTION[check]} | empty


def test_a_list_of_unnamed_codes_may_be_empty(spoil: Callable[[str], Path]) -> None:
    database = spoil("delete from raw.unnamed_codes; delete from staging.stg_landing__unnamed_codes")
    assert not_passed(validate(database, "raw", ["unnamed_codes"])) == {}
    assert not_passed(validate(database, "staging", ["stg_landing__unnamed_codes"])) == {}


def test_a_quantity_may_be_missing_in_any_of_its_forms(spoil: Callable[[str], Path]) -> None:
    forms = ["NA", "         NA", "", "  ", None, "12.345", "  3", "0.000"]
    changes = [
        f"update raw.baci_trade set q = {_literal(form)} where mod(rowid, {len(forms)}) = {number}"
        for number, form in enumerate(forms)
    ]
    assert not_passed(validate(spoil(";".join(changes)), "raw", ["baci_trade"])) == {}


@pytest.mark.parametrize("seeds", ["typed", "all text"])
def test_country_codes_are_known_whether_seeds_are_typed_or_text(seeds: str, spoil: Callable[[str], Path]) -> None:
    as_text = "create or replace table seeds.seed_countries as select columns(*)::varchar from seeds.seed_countries"
    database = spoil(as_text if seeds == "all text" else "select 1")
    assert not_passed(validate(database, "raw", ["baci_trade", "baci_world_exports"])) == {}


def test_a_yearly_file_with_rows_of_its_year_passes(spoil: Callable[[str], Path]) -> None:
    database = spoil("update raw.baci_trade set source_file = 'BACI_HS92_Y' || t || '_V202601.csv'")
    assert not_passed(validate(database, "raw", ["baci_trade"])) == {}


def test_the_first_unexpected_row_can_be_found_in_its_file(spoil: Callable[[str], Path]) -> None:
    database = spoil(
        "update raw.baci_trade set v = 'many', source_file = 'BACI_HS92_Y2020_V202601.csv'"
        " where rowid = (select rowid from raw.baci_trade where t = '2020' and k = '810600' and j = '699' limit 1)"
    )
    result = next(found for found in validate(database, "raw", ["baci_trade"]) if found.status == "failed")
    assert result.check_name == "value is a positive number"
    assert result.observed.startswith("1 row, first: source_file=BACI_HS92_Y2020_V202601.csv, t=2020, i=")
    assert "j=699, k=810600, v=many, q=" in result.observed
    assert result.unexpected_row is not None
    assert result.unexpected_row["v"] == "many"
    assert "plain digits" in result.expected


def test_what_a_publisher_wrote_stays_on_one_line(spoil: Callable[[str], Path]) -> None:
    database = spoil("update raw.baci_trade set k = 'a' || chr(10) || repeat('b', 10000) where i = '156'")
    for result in validate(database, "raw", ["baci_trade"]):
        assert result.observed.isprintable()
        assert len(result.observed) < 1000


def test_a_value_check_tells_how_many_and_shows_two(spoil: Callable[[str], Path]) -> None:
    database = spoil("update marts.risk_scores set risk_score_current_controls = 101 where importer_iso3 = 'IND'")
    result = next(found for found in validate(database, "marts", ["risk_scores"]) if found.status == "failed")
    assert result.check_name == "risk_score_current_controls is in range"
    count, _, examples = result.observed.partition(" of ")
    assert int(count) > 2
    assert examples.endswith(": 101.0, 101.0")
    assert result.expected == "every risk_score_current_controls that is known is at least 0.0 and at most 100.0"


def test_germanium_may_vanish_because_it_was_hardly_there(small_database: Path) -> None:
    with connect(small_database, read_only=True) as connection:
        years = connection.execute(
            "select year, count(*) from intermediate.int_reported_flows"
            " where hs6_code = '811230' group by all order by all"
        ).fetchall()
    assert years == [(2015, 6), (2016, 3)]
    results = validate(small_database, "intermediate", ["int_reported_flows", "int_baseline_flows"])
    # weights that the publisher got wrong are told of there
    assert set(not_passed(results)) <= {"no odd price carries the world's weight"}


def test_a_refused_scenario_is_named(spoil: Callable[[str], Path]) -> None:
    case = next(case for case in BREAKS if case.name == "int_scenario_refusals")
    (result,) = validate(spoil(case.sql), "intermediate", [case.name])
    assert (result.status, result.observed) == (
        "warned",
        "1 row, first: scenario_id=chile_peru_copper_fta, shock_id=SS011 SS012, reason=agreements_above_demand,"
        " found_t=250000.0, allowed_t=237331.0",
    )


def test_a_scenario_of_a_group_is_not_measured_by_its_members(spoil: Callable[[str], Path]) -> None:
    table = "intermediate.int_contained_trade"
    database = spoil(
        f"insert into {table} select * replace ('of_a_group' as scenario_id) from {table}"
        " where scenario_id = 'baseline' and country_iso3 = 'EUU' and year = 2020"
    )
    found = not_passed(validate(database, "intermediate", ["int_contained_trade"]))
    assert set(found.values()) <= {"warned"}


def test_a_check_that_could_not_run_is_errored(spoil: Callable[[str], Path]) -> None:
    results = validate(spoil("drop table seeds.seed_countries"), "raw", ["baci_trade"])
    assert not_passed(results) == {
        "exporter is a known country": "errored",
        "importer is a known country": "errored",
    }
    assert "seed_countries does not exist" in next(found.observed for found in results if found.status == "errored")


def test_a_threshold_that_the_seed_lacks_is_an_error_and_no_pass(spoil: Callable[[str], Path]) -> None:
    database = spoil("delete from seeds.seed_thresholds where threshold_id = 'completeness_share'")
    assert not_passed(validate(database, "marts", ["risk_scores"])) == {"a score rests on enough": "errored"}


def test_a_missing_table_is_errored(spoil: Callable[[str], Path]) -> None:
    results = validate(spoil("drop table marts.latest_risk"), "marts", ["latest_risk"])
    assert not_passed(results) == {"table is there": "errored"}


def test_a_table_without_a_suite_is_errored(small_database: Path) -> None:
    assert not_passed(validate(small_database, "raw", ["gold"])) == {"table has a suite": "errored"}


def test_an_empty_suite_is_errored(small_database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expectations, "suites", lambda layer: {"baci_trade": []})
    assert not_passed(validate(small_database, "raw")) == {"suite has checks": "errored"}


def test_a_suite_that_evaluated_nothing_is_errored(small_database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from great_expectations.datasource.fluent.interfaces import Batch

    class NothingRan:
        results: tuple[Any, ...] = ()

    monkeypatch.setattr(Batch, "validate", lambda *_, **__: NothingRan())
    results = validate(small_database, "raw", ["unnamed_codes"])
    assert {result.status for result in results} == {"errored"}
    assert len(results) == len(suites("raw")["unnamed_codes"])


def test_two_checks_of_one_name_are_refused(small_database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from expectations.rules import not_empty

    monkeypatch.setattr(expectations, "suites", lambda layer: {"baci_trade": [not_empty(), not_empty()]})
    with pytest.raises(ValueError, match="two checks are called table has rows"):
        validate(small_database, "raw")


def test_an_unknown_layer_and_a_missing_file_are_refused(small_database: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no layer 'gold'"):
        validate(small_database, "gold")
    with pytest.raises(FileNotFoundError, match="there is no database"):
        validate(tmp_path / "nowhere.duckdb", "raw")
    assert not (tmp_path / "nowhere.duckdb").exists()


def test_another_process_can_write_afterwards(spoil: Callable[[str], Path], tmp_path: Path) -> None:
    database = spoil("select 1")
    # one check fails, one errors: neither may leave a cursor behind
    with connect(database) as connection:
        connection.execute("update raw.baci_trade set v = 'many' where k = '810600'; drop table seeds.seed_countries")
    assert len(not_passed(validate(database, "raw", ["baci_trade"]))) == 3
    assert can_be_written(database)
    with connect(database) as connection:
        assert connection.execute("select one from written").fetchone() == (1,)


def test_a_path_with_odd_characters_is_a_path(small_database: Path, tmp_path: Path) -> None:
    folder = tmp_path / "what? $HOME %20 #1"
    folder.mkdir()
    shutil.copyfile(small_database, folder / "a b.duckdb")
    assert not_passed(validate(folder / "a b.duckdb", "raw", ["landed_vintages"])) == {}


def test_nothing_reaches_the_screen(spoil: Callable[[str], Path]) -> None:
    # a process of its own: Great Expectations is most talkative when it is imported
    script = (
        "import logging, os, pathlib, expectations; logging.basicConfig(level=logging.INFO);"
        f"found = expectations.validate(pathlib.Path({str(spoil('drop table seeds.seed_countries'))!r}), 'raw');"
        # past the interpreter's farewell, in which duckdb lists what it takes for leaks
        "os._exit(len([result for result in found if result.status == 'errored']))"
    )
    outcome = subprocess.run(
        [sys.executable, "-W", "always", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[1],
    )
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (7, "", "")


def test_a_result_that_is_still_held_does_not_keep_the_file_locked(spoil: Callable[[str], Path]) -> None:
    from expectations.duckdb_dialect import Dialect

    database = spoil("select 1")
    connection = Dialect().connect(database=str(database), read_only=True)
    held = [connection.cursor(), connection.cursor()]
    for number, cursor in enumerate(held):
        cursor.execute(f"select {number}")
    # each cursor has a result of its own
    assert [cursor.fetchone() for cursor in held] == [(0,), (1,)]
    connection.close()
    assert can_be_written(database)


def can_be_written(database: Path) -> bool:
    """Return whether another process can write to a database."""
    script = f"import duckdb; duckdb.connect({str(database)!r}).execute('create table written as select 1 as one')"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).returncode == 0


def test_importing_the_room_imports_no_great_expectations() -> None:
    script = "import sys, expectations; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False, cwd=Path(__file__).parents[1]).returncode == 0
