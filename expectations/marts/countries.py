"""What would be implausible to publish as the list of countries."""

from expectations.rules import iso3, no_rows, not_empty

SUITE = [
    not_empty(),
    iso3("iso3", "iso3, country_name"),
    no_rows(
        "country has a name",
        "country_name is never blank, and has no blanks around it",
        """
        select iso3, country_name from batch
        where coalesce(trim(country_name), '') = '' or country_name != trim(country_name)
        """,
    ),
    no_rows(
        "the countries of the question are there",
        "CHN, HKG, MAC and IND are countries, and EUU and XXX are the groups",
        """
        select wanted.iso3, wanted.is_group, batch.country_name, batch.is_group as found_is_group
        from (
            values ('CHN', false), ('HKG', false), ('MAC', false), ('IND', false), ('EUU', true), ('XXX', true)
        ) as wanted (iso3, is_group)
        full join batch on wanted.iso3 = batch.iso3
        where (wanted.iso3 is not null and wanted.is_group is distinct from batch.is_group)
            or (wanted.iso3 is null and batch.is_group is distinct from false)
        """,
    ),
    no_rows(
        "greater China is three",
        "is_china_group marks CHN, HKG and MAC and nobody else",
        """
        select iso3, country_name, is_china_group from batch
        where is_china_group is distinct from (iso3 in ('CHN', 'HKG', 'MAC'))
        """,
    ),
]
