"""What would be implausible to publish on the dashboard table."""

from expectations.rules import (
    between,
    from_restricted_cell,
    intervals_hold,
    no_rows,
    not_empty,
    positive,
    restricted_rows_stay,
)

SHOWN = "mineral_id, importer_iso3, year, risk_score"

SUITE = [
    not_empty(),
    between("risk_score", 0, 100),
    between("risk_score_current_controls", 0, 100),
    between("china_dependence_score", 0, 100),
    between("china_value_share", 0, 1),
    between("hhi_value", 0, 1),
    between("china_world_share", 0, 1),
    between("net_import_reliance", 0, 1),
    positive("top1_share", 1),
    positive("completeness", 1),
    intervals_hold(SHOWN),
    restricted_rows_stay(SHOWN, from_restricted_cell(stage="")),
    no_rows(
        "one row a mineral",
        "every mineral that is no parent of others has exactly one row",
        """
        with wanted as (
            select mineral_id from marts.minerals
            where mineral_id not in (
                select parent_mineral_id from marts.minerals where parent_mineral_id is not null
            )
        )
        select
            coalesce(wanted.mineral_id, batch.mineral_id) as mineral_id,
            count(batch.mineral_id) as row_count,
            if(wanted.mineral_id is null, 'a parent or unknown', 'a mineral') as what
        from wanted
        full join batch on wanted.mineral_id = batch.mineral_id
        group by all
        having count(batch.mineral_id) != 1 or wanted.mineral_id is null
        """,
    ),
    no_rows(
        "one country and year",
        "all rows are of one importer and one year",
        """
        select min(importer_iso3) as importer, max(importer_iso3) as other_importer,
            min(year) as year, max(year) as other_year
        from batch
        having count(distinct (importer_iso3, year)) != 1
        """,
    ),
    no_rows(
        "no score is not no risk",
        "a mineral without a score says which stages are missing and why, or nothing material is imported",
        """
        select batch.mineral_id, batch.importer_iso3, batch.year, batch.stages_missing, batch.missing_reasons
        from batch
        where batch.risk_score is null
            and (batch.stages_missing is null or batch.missing_reasons is null)
            and not exists (
                select 1 from marts.mineral_risk as known
                where known.mineral_id = batch.mineral_id
                    and known.importer_iso3 = batch.importer_iso3
                    and known.year = batch.year
                    and coalesce(known.stages_immaterial, known.stages_without_imports) is not null
            )
        """,
    ),
    no_rows(
        "a score comes with its story",
        "a score has a band, a rank, a bottleneck stage, a driver, an index and a value; no score has none of them",
        f"""
        select {SHOWN}, risk_band, risk_rank, bottleneck_stage, top_driver, completeness, hhi_value, import_value_usd
        from batch
        where (risk_score is null) != (risk_band is null)
            or (risk_score is null) != (risk_rank is null)
            or (risk_score is null) != (bottleneck_stage is null)
            or (risk_score is null) != (stages_scored is null)
            or (risk_score is null) != (top_driver is null)
            or (risk_score is null) != (completeness is null)
            or (risk_score is null) != (hhi_value is null)
            or (risk_score is null) != (import_value_usd is null)
        """,
    ),
    no_rows(
        "the same score as elsewhere",
        "the score is that of marts.mineral_risk",
        """
        select mineral_id, importer_iso3, year, batch.risk_score, mineral_risk.risk_score as score_elsewhere
        from batch
        left join marts.mineral_risk as mineral_risk using (year, importer_iso3, mineral_id)
        where batch.risk_score is distinct from mineral_risk.risk_score
        """,
    ),
    no_rows(
        "the figures of the bottleneck stage",
        "suppliers, reliance and completeness are those that other tables publish of the bottleneck stage",
        """
        select
            batch.mineral_id, batch.importer_iso3, batch.year, batch.bottleneck_stage,
            batch.top_supplier_iso3, batch.top1_share, concentration.top1_share as top1_share_elsewhere,
            batch.net_import_reliance, reliance.net_import_reliance as reliance_elsewhere,
            batch.completeness, scores.completeness as completeness_elsewhere
        from batch
        inner join marts.supplier_concentration as concentration
            on batch.year = concentration.year
            and batch.importer_iso3 = concentration.importer_iso3
            and batch.mineral_id = concentration.mineral_id
            and batch.bottleneck_stage = concentration.stage
        left join marts.risk_scores as scores
            on batch.year = scores.year
            and batch.importer_iso3 = scores.importer_iso3
            and batch.mineral_id = scores.mineral_id
            and batch.bottleneck_stage = scores.stage
        left join marts.import_reliance as reliance
            on batch.year = reliance.year
            and batch.importer_iso3 = reliance.country_iso3
            and batch.mineral_id = reliance.mineral_id
            and batch.bottleneck_stage = reliance.stage
        where batch.top_supplier_iso3 is distinct from concentration.top_supplier_iso3
            or batch.top1_share is distinct from concentration.top1_share
            or batch.supplier_count is distinct from concentration.supplier_count
            or batch.completeness is distinct from scores.completeness
            or batch.net_import_reliance is distinct from reliance.net_import_reliance
        """,
    ),
]
