"""HS revisions: a code becomes what the published tables say, nothing is lost on the way, and nothing is guessed."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import SHARED_DATA
from warehouse.paths import DBT_PROJECT

TABLES = SHARED_DATA / "hs_concordance"
needs_tables = pytest.mark.skipif(not TABLES.exists(), reason=f"the published tables are not here: {TABLES}")

YEARS = {"HS17": "2017", "HS92": "1992"}

Row = dict[str, str]
Link = tuple[str, str]


def seed(name: str) -> list[Row]:
    with (DBT_PROJECT / "seeds" / f"{name}.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


CONCORDANCE = seed("seed_hs_concordance")
REVISIONS = {row["hs_revision"]: row for row in seed("seed_hs_revisions")}
MAPPED = {name for name, row in REVISIONS.items() if row["is_mapped"] == "true"}
IN_USE = {
    revision: {row[f"hs6_{revision.lower()}"] for row in seed("seed_mineral_products")} - {""} for revision in MAPPED
}


def parts_by_code(rows: Iterable[Row]) -> dict[Link, list[Row]]:
    """The rows of each old code, in the order of the codes that it becomes."""
    parts: dict[Link, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["to_hs_revision"], row["to_hs6_code"])):
        parts[row["from_hs_revision"], row["from_hs6_code"]].append(row)
    return parts


PARTS = parts_by_code(CONCORDANCE)


def published(newer: str, older: str) -> dict[Link, str]:
    """The published relationship of each pair of codes of two revisions, seen from the newer one."""
    with (TABLES / f"hs{newer}_to_hs{older}.csv").open(newline="", encoding="utf-8") as stream:
        return {(row[f"hs{newer}"], row[f"hs{older}"]): row["relationship"] for row in csv.DictReader(stream)}


def heirs_of_whole_codes(newer: str, older: str) -> dict[str, set[str]]:
    """The newer codes that an older one became, for the older ones that share none of them with another."""
    table = published(newer, older)
    heirs: dict[str, set[str]] = defaultdict(set)
    origins: dict[str, set[str]] = defaultdict(set)
    for new, old in table:
        heirs[old].add(new)
        origins[new].add(old)
    return {old: news for old, news in heirs.items() if all(origins[new] == {old} for new in news)}


def converted(value: Decimal, parts: list[Row]) -> list[Decimal]:
    """The value of each part: what lies between two rounded ends of the whole, so that no part is negative."""
    ends = [Decimal(0)]
    for part in parts:
        ends.append(ends[-1] + Decimal(part["weight"]))
    rounded = [(value * end).quantize(Decimal("0.001"), rounding=ROUND_HALF_UP) for end in ends]
    return [end - start for start, end in pairwise(rounded)]


# splits are few among hundreds of codes, and where something can be lost
codes = st.sampled_from(sorted(code for code, parts in PARTS.items() if len(parts) > 1)) | st.sampled_from(
    sorted(PARTS)
)
# at most 18 digits, as the flows have them
values = st.decimals(min_value=0, max_value=Decimal("999999999999999.999"), places=3)


@given(flows=st.lists(st.tuples(codes, values), max_size=30))
def test_a_conversion_conserves_the_total(flows: list[tuple[Link, Decimal]]) -> None:
    found = sum((part for code, value in flows for part in converted(value, PARTS[code])), Decimal(0))
    assert abs(found - sum((value for _, value in flows), Decimal(0))) <= Decimal("1e-9")


@given(code=codes, value=values)
def test_every_part_is_its_weight_of_the_whole_but_for_rounding(code: Link, value: Decimal) -> None:
    parts = PARTS[code]
    for part, found in zip(parts, converted(value, parts), strict=True):
        assert found >= 0
        assert abs(found - value * Decimal(part["weight"])) <= Decimal("0.001")


def test_a_split_by_hand() -> None:
    # halves of 0.001: the ends 0, 0.0005 and 0.001 are rounded to 0, 0.001 and 0.001
    assert converted(Decimal("0.001"), PARTS["HS12", "310310"]) == [Decimal("0.001"), 0]
    # fifths of 10.001: the ends 2.0002, 4.0004, 6.0006 and 8.0008 are rounded to 2.000, 4.000, 6.001 and 8.001
    fifths = [Decimal(part) for part in ("2.000", "2.000", "2.001", "2.000", "2.000")]
    assert converted(Decimal("10.001"), PARTS["HS12", "854810"]) == fifths


def test_the_weights_of_a_code_sum_to_exactly_1() -> None:
    assert {
        code: total for code, parts in PARTS.items() if (total := sum(Decimal(p["weight"]) for p in parts)) != 1
    } == {}
    assert all(Decimal(row["weight"]) > 0 for row in CONCORDANCE)


def test_a_code_is_split_only_towards_a_newer_revision_and_says_so() -> None:
    for (revision, _), parts in PARTS.items():
        (target,) = {part["to_hs_revision"] for part in parts}
        is_older = int(REVISIONS[target]["in_force_from_year"]) < int(REVISIONS[revision]["in_force_from_year"])
        assert len(parts) == 1 or not is_older
        for part in parts:
            assert (part["is_split"] == "true") == (len(parts) > 1)
            assert (part["relationship"] in {"1:n", "n:n"}) == (len(parts) > 1)
            assert part["weight_basis"]


def test_a_conversion_leads_from_a_revision_that_is_not_mapped_to_one_that_is() -> None:
    assert {row["from_hs_revision"] for row in CONCORDANCE} == set(REVISIONS) - MAPPED
    assert {row["to_hs_revision"] for row in CONCORDANCE} <= MAPPED


def test_every_old_code_becomes_at_least_one_code_in_use() -> None:
    useless = [
        c for c, parts in PARTS.items() if not any(p["to_hs6_code"] in IN_USE[p["to_hs_revision"]] for p in parts)
    ]
    assert useless == []


@needs_tables
def test_hs12_becomes_hs17_as_the_published_table_says() -> None:
    table = published("2017", "2012")
    relevant = {old for new, old in table if new in IN_USE["HS17"]}
    # the table looks from the newer revision to the older one: a merger there is a split here
    seen_from_older = {"1:1": "1:1", "n:1": "1:n", "1:n": "n:1", "n:n": "n:n"}
    expected = {(old, new): seen_from_older[relation] for (new, old), relation in table.items() if old in relevant}
    rows = [row for row in CONCORDANCE if row["from_hs_revision"] == "HS12"]
    assert {row["to_hs_revision"] for row in rows} == {"HS17"}
    assert {(row["from_hs6_code"], row["to_hs6_code"]): row["relationship"] for row in rows} == expected
    assert {row["to_hs6_code"] for row in rows} >= IN_USE["HS17"] & {new for new, _ in table}


@needs_tables
@pytest.mark.parametrize("revision", ["HS96", "HS02", "HS07"])
def test_revisions_between_have_the_codes_that_are_the_same_before_and_after_and_no_other(revision: str) -> None:
    # the same goods in every year whose tables there are: the same codes of HS22 hold them, wholly, and nothing else
    parts = [heirs_of_whole_codes("2022", older) for older in ("1992", "2012", "2017")]
    between = heirs_of_whole_codes("2017", "2012")
    unchanged = {
        code
        for code in IN_USE["HS92"]
        if code in parts[0] and all(part.get(code) == parts[0][code] for part in parts) and between.get(code) == {code}
    }
    rows = [row for row in CONCORDANCE if row["from_hs_revision"] == revision]
    assert {row["from_hs6_code"] for row in rows} == unchanged
    for row in rows:
        assert (row["to_hs_revision"], row["to_hs6_code"]) == ("HS92", row["from_hs6_code"])
        assert (row["relationship"], row["weight"]) == ("1:1", "1")
        is_itself_in_hs22 = parts[0][row["from_hs6_code"]] == {row["from_hs6_code"]}
        assert row["weight_basis"] == (
            "unchanged in 1992, 2012, 2017 and 2022" if is_itself_in_hs22 else "unchanged in 1992, 2012 and 2017"
        )


def listed_overlaps(newer: str, older: str) -> set[Link]:
    return {
        (row["hs6_code"], row["other_hs6_code"])
        for row in seed("seed_hs_overlaps")
        if (row["hs_revision"], row["other_hs_revision"]) == (newer, older)
    }


def of_use(links: Iterable[Link], newer: str, older: str) -> set[Link]:
    return {(new, old) for new, old in links if new in IN_USE[newer] and old in IN_USE[older] and new != old}


@needs_tables
@pytest.mark.parametrize("older", ["HS17", "HS92"])
def test_overlaps_of_hs22_are_all_that_the_published_tables_relate(older: str) -> None:
    table = published("2022", YEARS[older])
    assert listed_overlaps("HS22", older) == of_use(table, "HS22", older)


@needs_tables
def test_overlaps_of_hs17_and_hs92_are_those_that_an_hs22_code_proves() -> None:
    # An HS22 code that lies within one code of a revision shares all its goods with it; one that lies in several of
    # both (electrical waste lies in nearly every electrical article) proves nothing.
    in_hs17: dict[str, set[str]] = defaultdict(set)
    in_hs92: dict[str, set[str]] = defaultdict(set)
    for new, old in published("2022", "2017"):
        in_hs17[new].add(old)
    for new, old in published("2022", "1992"):
        in_hs92[new].add(old)
    proven = {
        (hs17, hs92)
        for new in in_hs17
        if len(in_hs17[new]) == 1 or len(in_hs92[new]) == 1
        for hs17 in in_hs17[new]
        for hs92 in in_hs92[new]
    }
    # HS22 811269 merged the cadmium that HS17 and HS92 have apart, unwrought (8107 20, 8107 10) and articles (8107 90)
    proven |= {("810720", "810710"), ("810790", "810790")}
    assert listed_overlaps("HS17", "HS92") == of_use(proven, "HS17", "HS92")
    assert [code for code in sorted(IN_USE["HS17"] & IN_USE["HS92"]) if (code, code) not in proven] == []


@needs_tables
@pytest.mark.parametrize("older", ["HS17", "HS92"])
def test_the_same_digits_in_hs22_share_goods(older: str) -> None:
    table = published("2022", YEARS[older])
    assert [code for code in sorted(IN_USE["HS22"] & IN_USE[older]) if (code, code) not in table] == []
