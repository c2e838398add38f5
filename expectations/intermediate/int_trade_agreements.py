"""What would make the agreements in force implausible."""

import great_expectations.expectations as gxe

from expectations.rules import iso3, no_rows, not_empty, positive

SHOWN = "year, importer_iso3, supplier_iso3, agreement_ids, in_force_share"

SUITE = [
    not_empty(),
    iso3("importer_iso3", SHOWN),
    iso3("supplier_iso3", SHOWN),
    positive("in_force_share", 1),
    gxe.ExpectColumnValuesToNotBeNull(column="in_force_share"),
    no_rows(
        "nobody agrees with oneself",
        "no supplier is the importer",
        f"select {SHOWN} from batch where supplier_iso3 = importer_iso3",
    ),
    no_rows(
        "agreements are those of the register",
        "every agreement is a row of the importer in the register, in force in the year",
        f"""
        with named as (select *, unnest(string_split(coalesce(agreement_ids, ''), ' ')) as agreement_id from batch)
        select {SHOWN}, agreement_id from named
        where not exists (
            select 1 from seeds.seed_trade_agreements as register
            where register.agreement_id = named.agreement_id
                and register.party_iso3 = named.importer_iso3
                and register.status = 'in_force'
                and cast(left(cast(register.in_force_from as varchar), 4) as integer) <= named.year
        )
        """,
    ),
    no_rows(
        "an agreement stays in force",
        "who has an agreement in one year has it for the whole of the next",
        f"""
        select {SHOWN} from batch as before
        where before.year + 1 in (select year from batch)
            and not exists (
                select 1 from batch as after
                where after.year = before.year + 1
                    and after.importer_iso3 = before.importer_iso3
                    and after.supplier_iso3 = before.supplier_iso3
                    and after.in_force_share = 1
            )
        """,
    ),
]
