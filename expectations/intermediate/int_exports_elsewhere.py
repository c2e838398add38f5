"""What would make it implausible from where a shortfall could be filled."""

from expectations.rules import STAGES, between, hs6, known_minerals, no_rows, one_of, suppliers_are_others

SHOWN = "year, importer_iso3, mineral_id, stage, hs_revision, hs6_code, supplier_iso3"

# empty while no year is finished
SUITE = [
    hs6(SHOWN),
    known_minerals(SHOWN),
    one_of("stage", STAGES),
    between("elsewhere_value_usd", 0, None),
    between("elsewhere_net_weight_kg", 0, None),
    suppliers_are_others(SHOWN),
    no_rows(
        "exports are known of a country",
        "value and weight are known where an exporter is named, and no group or unspecified origin is one; none is"
        " named where a code is not known for all importers",
        f"""
        select {SHOWN}, is_known_for_all_importers, elsewhere_value_usd, elsewhere_net_weight_kg from batch
        where (supplier_iso3 is null) != (elsewhere_value_usd is null)
            or (supplier_iso3 is null) != (elsewhere_net_weight_kg is null)
            or not coalesce(is_known_for_all_importers or supplier_iso3 is null, false)
            or supplier_iso3 = 'XXX'
            or supplier_iso3 in (select group_iso3 from seeds.seed_country_groups)
        """,
    ),
    no_rows(
        "exports go to the importer or elsewhere",
        "what a country sells elsewhere is no more than its exports of the code, and no less than these without what"
        " the importer buys",
        f"""
        with purchases as (
            select {SHOWN}, sum(weighed_value_usd) as bought_usd, sum(net_weight_kg) as bought_kg
            from intermediate.int_baseline_flows group by all
        )
        select
            {SHOWN}, elsewhere_value_usd, exports.weighed_value_usd, bought_usd,
            elsewhere_net_weight_kg, exports.net_weight_kg, bought_kg
        from batch
        left join purchases using ({SHOWN})
        left join intermediate.int_exports as exports
            on batch.year = exports.year
            and batch.hs_revision = exports.hs_revision
            and batch.hs6_code = exports.hs6_code
            and batch.supplier_iso3 = exports.country_iso3
        where batch.supplier_iso3 is not null
            and not coalesce(
                elsewhere_value_usd
                    between exports.weighed_value_usd - coalesce(bought_usd, 0) and exports.weighed_value_usd
                and elsewhere_net_weight_kg
                    between exports.net_weight_kg - coalesce(bought_kg, 0) and exports.net_weight_kg,
                -- what is unknown is another rule's business
                exports.country_iso3 is not null
            )
        """,
    ),
]
