"""What must hold of the way from a code of any HS revision to the codes that are mapped."""

from expectations.rules import hs6, no_rows, not_empty, one_of, positive

SHOWN = "from_hs_revision, from_hs6_code, to_hs_revision, to_hs6_code, weight, hs_conversion"

SUITE = [
    not_empty(),
    hs6(SHOWN, "from_hs6_code"),
    hs6(SHOWN, "to_hs6_code"),
    positive("weight", 1),
    one_of("hs_conversion", ("none", "exact", "split")),
    no_rows(
        "the parts of a code are the whole of it",
        "the weights of a code sum to exactly 1",
        """
        select from_hs_revision, from_hs6_code, sum(weight) as weight_sum
        from batch
        group by from_hs_revision, from_hs6_code
        having weight_sum is distinct from 1
        """,
    ),
    no_rows(
        "what is converted becomes a mapped revision",
        "from_hs_revision is known, and to_hs_revision is one that seed_hs_revisions says is mapped",
        f"""
        select {SHOWN} from batch
        where from_hs_revision not in (select hs_revision from seeds.seed_hs_revisions)
            or to_hs_revision not in (select hs_revision from seeds.seed_hs_revisions where is_mapped)
        """,
    ),
    no_rows(
        "hs_conversion says what happened",
        "a code of a mapped revision is itself, an exact one has weight 1, a split one less",
        f"""
        select {SHOWN} from batch
        where (hs_conversion = 'none')
            != (from_hs_revision = to_hs_revision and from_hs6_code = to_hs6_code)
            or (hs_conversion = 'split') != (weight < 1)
        """,
    ),
    no_rows(
        "a code in use is itself",
        "every code of int_mineral_products has a row",
        """
        select hs_revision, hs6_code from intermediate.int_mineral_products
        where (hs_revision, hs6_code) not in (select (from_hs_revision, from_hs6_code) from batch)
        """,
    ),
]
