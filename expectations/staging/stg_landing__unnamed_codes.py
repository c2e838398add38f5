"""What a code that was left in landing must not be: one that counts."""

from expectations.rules import no_rows

SUITE = [
    no_rows(
        "code is named by no seed",
        "no row was left in landing whose code seed_mineral_products names in the same revision",
        """
        with named as (
            select 'HS92' as hs_revision, hs6_hs92 as hs6_code from seeds.seed_mineral_products
            union
            select 'HS17' as hs_revision, hs6_hs17 as hs6_code from seeds.seed_mineral_products
            union
            select 'HS22' as hs_revision, hs6_hs22 as hs6_code from seeds.seed_mineral_products
        )
        select batch.source_file, vintages.hs_revision, batch.hs6_code, batch.flow_count
        from batch
        inner join staging.stg_landing__vintages as vintages on batch.vintage_id = vintages.vintage_id
        inner join named on vintages.hs_revision = named.hs_revision and batch.hs6_code = named.hs6_code
        """,
    ),
]
