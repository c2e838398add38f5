"""BACI (CEPII): bilateral trade flows, HS 6-digit, yearly; UN Comtrade's two sides reconciled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from flows.sources import BundledFile, Delivery, RawTable, Source, as_it_is
from flows.sources.archives import extract, is_zip
from warehouse.errors import InputRejected

ZIP_NAME = re.compile(r"BACI_(HS\d\d)_V(\d{6}[a-z]?)\.zip", re.IGNORECASE)
YEAR_FILE_NAME = re.compile(r"BACI_(HS\d\d)_Y(\d{4})_V(\d{6}[a-z]?)\.csv", re.IGNORECASE)
OPTIONS = {"hs_revision": re.compile(r"HS\d\d"), "covers_all_importers": re.compile(r"true|false")}
ENTERED_THE_PROJECT = datetime(2026, 11, 22, tzinfo=UTC)
BUNDLED_RELEASE = "202601"


def describe(file: Path, options: Mapping[str, str]) -> Delivery:
    """Tell what a BACI file is: CEPII's zip, one of its yearly CSVs, or a CSV that the options describe.

    Options: `hs_revision` (HS92, HS17 …) and `covers_all_importers` (true or false), both needed where the
    file does not carry CEPII's name.

    Raises:
        InputRejected: neither name nor options tell the HS revision, or an option is unknown.
    """
    for name, value in options.items():
        if name not in OPTIONS or not OPTIONS[name].fullmatch(value):
            raise InputRejected(
                f"baci: option {name}={value} is not known;"
                " expected hs_revision=HS17 or covers_all_importers=true|false"
            )
    named = ZIP_NAME.fullmatch(file.name) or YEAR_FILE_NAME.fullmatch(file.name)
    if named and options.get("hs_revision", named[1].upper()) != named[1].upper():
        raise InputRejected(
            f"{file.name}: its name says {named[1].upper()}, the option {options['hs_revision']}; which?"
        )
    if match := ZIP_NAME.fullmatch(file.name):
        if "covers_all_importers" in options:
            raise InputRejected(f"{file.name}: CEPII's zip covers all importers; leave covers_all_importers out")
        revision, release = match[1].upper(), match[2].lower()
        parameters = {"hs_revision": revision, "baci_release": release}
        return Delivery(revision.lower(), f"BACI {revision} V{release}", True, parameters)
    if match := YEAR_FILE_NAME.fullmatch(file.name):
        revision, year, release = match[1].upper(), match[2], match[3].lower()
        parameters = {"hs_revision": revision, "baci_release": release, "year": year}
        covers_all = options.get("covers_all_importers", "true") == "true"
        dataset = f"{revision}_{year}" if covers_all else f"{revision}_{year}_some_importers"
        return Delivery(dataset.lower(), f"BACI {revision} {year} V{release}", covers_all, parameters)
    if set(options) != set(OPTIONS):
        raise InputRejected(
            f"{file.name}: expected a name as CEPII gives it (BACI_HS17_V202601.zip, BACI_HS17_Y2024_V202601.csv);"
            " for another file say --option hs_revision=HS17 --option covers_all_importers=true|false"
        )
    revision = options["hs_revision"]
    return Delivery(
        f"{revision.lower()}_{file.stem.lower()}",
        f"BACI {revision}, {file.name}",
        options["covers_all_importers"] == "true",
        {"hs_revision": revision},
    )


def unpack(file: Path, scratch: Path, parameters: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Yield the yearly CSVs of a zip, or the file itself."""
    if is_zip(file):
        archive = ZIP_NAME.fullmatch(file.name)
        for readable, name in extract(file, YEAR_FILE_NAME, scratch):
            member = YEAR_FILE_NAME.fullmatch(name)
            if archive and member and (member[1], member[3]) != (archive[1], archive[2]):
                raise InputRejected(
                    f"{file.name}: {name}: expected members of {archive[1]} V{archive[2]}, as the archive is named,"
                    f" found {member[1]} V{member[3]}; download it again"
                )
            yield readable, name
    else:
        yield from as_it_is(file, scratch, parameters)


SOURCE = Source(
    source_id="baci",
    publisher="CEPII",
    licence="Etalab Open Licence 2.0",
    is_redistributable=True,
    credit="Gaulier and Zignago, BACI: International Trade Database at the Product-Level, CEPII working paper 2010-23",
    url="https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37",
    tables=(
        RawTable("baci_trade", ("t", "i", "j", "k", "v", "q"), code_column="k", year_column="t"),
        RawTable("baci_world_exports", ("t", "i", "k", "v", "q", "n_importers"), code_column="k", year_column="t"),
    ),
    bundled=(
        BundledFile(
            "baci_hs92_2015_2024.parquet",
            ENTERED_THE_PROJECT,
            Delivery(
                "hs92_extract",
                "BACI HS92 2015-2024, 39 codes",
                True,
                {"hs_revision": "HS92", "baci_release": BUNDLED_RELEASE},
            ),
        ),
        BundledFile(
            "baci_hs17_2024_india.csv",
            ENTERED_THE_PROJECT,
            Delivery(
                "hs17_extract_india",
                "BACI HS17 2024, India, 12 codes",
                False,
                {"hs_revision": "HS17", "baci_release": BUNDLED_RELEASE},
            ),
        ),
        BundledFile(
            "baci_hs17_2024_world_exports.csv",
            ENTERED_THE_PROJECT,
            Delivery(
                "hs17_world_exports",
                "BACI HS17 2024, exports by exporter, 12 codes",
                True,
                {"hs_revision": "HS17", "baci_release": BUNDLED_RELEASE},
            ),
        ),
    ),
    describe=describe,
    unpack=unpack,
    has_trade_flows=True,
)
