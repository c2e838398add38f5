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
        select batch.source_file, named.hs_revision, batch.hs6_code, batch.flow_count
        from batch
        -- UN Comtrade calls HS 2022 H6
        left join seeds.seed_hs_revisions as revisions on batch.hs_revision = revisions.comtrade_classification
        inner join named
            on coalesce(revisions.hs_revision, batch.hs_revision) = named.hs_revision
            and batch.hs6_code = named.hs6_code
        """,
    ),
]
