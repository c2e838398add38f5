"""What the meaning of publishers' country codes must hold."""

from expectations.rules import iso3, no_rows, not_empty

SHOWN = "country_code, iso3, valid_from_year, valid_to_year"

SUITE = [
    not_empty(),
    iso3("iso3", SHOWN),
    no_rows(
        "code is valid in some year",
        "a code's first year is not after its last",
        f"select {SHOWN} from batch where not valid_from_year <= valid_to_year",
    ),
    no_rows(
        "groups and only groups are unspecified",
        "a group of countries becomes XXX, a country never does",
        f"select {SHOWN}, is_group from batch where is_group is distinct from (iso3 = 'XXX')",
    ),
    no_rows(
        "China and India resolve",
        "BACI's 156 is CHN and 699 is IND, today too",
        """
        select wanted.country_code, wanted.iso3
        from (values ('156', 'CHN'), ('699', 'IND')) as wanted (country_code, iso3)
        where not exists (
            select 1 from batch
            where batch.country_code = wanted.country_code
                and batch.iso3 = wanted.iso3
                and batch.valid_to_year = 9999
        )
        """,
    ),
]
