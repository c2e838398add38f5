"""What must hold of the goods that codes of several revisions stand for."""

from expectations.rules import hs6, no_rows, not_empty, one_of

SHOWN = "hs_revision, hs6_code, goods_hs_revision, goods_hs6_code"

SUITE = [
    not_empty(),
    hs6(SHOWN),
    hs6(SHOWN, "goods_hs6_code"),
    one_of("goods_hs_revision", ("HS92", "HS17", "HS22")),
    no_rows(
        "every code is of some goods",
        "every code of a mineral has its goods, once",
        """
        select products.hs_revision, products.hs6_code, count(batch.hs6_code) as times
        from (select distinct hs_revision, hs6_code from intermediate.int_mineral_products) as products
        left join batch using (hs_revision, hs6_code)
        group by all
        having count(batch.hs6_code) != 1
        """,
    ),
]
