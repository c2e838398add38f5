"""What would be implausible to publish as China behind other suppliers."""

from expectations.rules import (
    STAGES,
    between,
    from_restricted_cell,
    iso3,
    known_minerals,
    no_rows,
    not_empty,
    one_of,
    restricted_rows_stay,
)

SHOWN = (
    "year, importer_iso3, mineral_id, stage, supplier_iso3, weight_share, supplier_china_via_share, china_hidden_share"
)

SUITE = [
    not_empty(),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    iso3("importer_iso3", SHOWN),
    iso3("supplier_iso3", SHOWN),
    between("weight_share", 0, 1),
    between("supplier_china_via_share", 0, 1),
    between("supplier_unresolved_share", 0, 1),
    restricted_rows_stay(SHOWN, from_restricted_cell()),
    no_rows(
        "China is not behind itself",
        "no supplier is China, the importer or unspecified",
        f"select {SHOWN} from batch where supplier_iso3 in ('CHN', 'XXX', importer_iso3)",
    ),
    no_rows(
        "what is hidden is a part of what is delivered",
        "china_hidden_share is weight_share times supplier_china_via_share",
        f"""
        select {SHOWN} from batch
        where abs(china_hidden_share - weight_share * supplier_china_via_share) >= 1e-12
            or (china_hidden_share is not null and (weight_share is null or supplier_china_via_share is null))
        """,
    ),
    no_rows(
        "what is known and what is not are parts of one supply",
        "supplier_china_via_share and supplier_unresolved_share sum to at most 1, both known or neither",
        f"""
        select {SHOWN}, supplier_unresolved_share from batch
        where supplier_china_via_share + supplier_unresolved_share > 1 + 1e-9
            or (supplier_china_via_share is null) != (supplier_unresolved_share is null)
        """,
    ),
]
