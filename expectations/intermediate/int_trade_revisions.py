"""What would make the list of what publishers changed implausible; empty until a file is landed a second time."""

from expectations.rules import hs6, iso3, no_rows, one_of

SHOWN = "source_id, dataset, period, importer_iso3, supplier_iso3, hs_revision, hs6_code, change_type"

# CEPII revises its last year every January; a file that lost a fifth of its value was more likely cut.
LARGEST_DELETED_SHARE = 0.2

SUITE = [
    hs6(SHOWN),
    iso3("importer_iso3", SHOWN),
    iso3("supplier_iso3", SHOWN),
    one_of("change_type", ("added", "revised", "deleted")),
    one_of("declared_by", ("reconciled", "importer", "exporter")),
    no_rows(
        "a change is one",
        "added has no figure before, deleted none after, revised both and not the same",
        f"""
        select {SHOWN}, previous_trade_value_usd, trade_value_usd, previous_net_weight_kg, net_weight_kg from batch
        where case change_type
            when 'added' then coalesce(previous_trade_value_usd, previous_net_weight_kg) is not null
            when 'deleted' then coalesce(trade_value_usd, net_weight_kg) is not null
            else trade_value_usd is not distinct from previous_trade_value_usd
                and net_weight_kg is not distinct from previous_net_weight_kg
        end
        """,
    ),
    no_rows(
        "change is after minus before",
        "trade_value_change_usd is what the change adds to a total",
        f"""
        select {SHOWN}, previous_trade_value_usd, trade_value_usd, trade_value_change_usd from batch
        where trade_value_change_usd != coalesce(trade_value_usd, 0) - coalesce(previous_trade_value_usd, 0)
        """,
    ),
    no_rows(
        "the newer vintage is the newest",
        "vintage_id is the newest vintage of its dataset, previous_vintage_id an older one",
        f"""
        select {SHOWN}, previous_vintage_id, vintage_id from batch
        where previous_vintage_id >= vintage_id
            or not exists (
                select 1 from staging.stg_landing__vintages as vintages
                where vintages.is_newest and vintages.vintage_id = batch.vintage_id
                    and vintages.source_id = batch.source_id and vintages.dataset = batch.dataset
            )
        """,
    ),
    no_rows(
        "little is deleted",
        f"less than {LARGEST_DELETED_SHARE:.0%} of the value of a dataset's vintage before is deleted",
        f"""
        with flows as (
            select vintage_id, trade_value_usd from staging.stg_baci__trade_flows
            union all
            select vintage_id, trade_value_usd from staging.stg_baci__world_exports
            union all
            select vintage_id, trade_value_usd from staging.stg_comtrade__trade_flows
            where partner_code != '0' and is_total_of_breakdown and flow_code in ('M', 'X')
            union all
            select vintage_id, trade_value_usd from staging.stg_tradestat__figures
            where row_kind = 'country' and is_current_period and length(hs_code) >= 6
        ),
        before as (select vintage_id, sum(trade_value_usd) as value_usd from flows group by all)
        select batch.source_id, batch.dataset, batch.previous_vintage_id, before.value_usd as value_usd_before,
            sum(batch.previous_trade_value_usd) as deleted_usd
        from batch
        inner join before on batch.previous_vintage_id = before.vintage_id
        where batch.change_type = 'deleted'
        group by all
        having sum(batch.previous_trade_value_usd) > {LARGEST_DELETED_SHARE} * before.value_usd
        """,
        severity="warning",
    ),
]
