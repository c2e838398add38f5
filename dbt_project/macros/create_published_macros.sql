{#
    The SQL macros of the published file. Models call the scalar ones, so each formula exists once.
    A null in gives a null out, never a zero. They must run on DuckDB 1.1.3 as well as 2.0.
#}
{% macro create_scalar_macros() %}

    -- Herfindahl-Hirschman index of a list of shares (0-1), on 0-1.
    create or replace macro main.hhi(shares) as
        case
            when shares is null or len(shares) = 0 or len(list_filter(shares, lambda share: share is null)) > 0 then null
            else list_sum(list_transform(shares, lambda share: cast(share as double) * cast(share as double)))
        end;

    -- Governance risk 0 (best) to 10 from a WGI estimate (about -2.5 to 2.5): the scaling of the EU criticality studies.
    create or replace macro main.governance_risk_0_10(estimate) as
        case when estimate is null then null else greatest(0, least(10, 2 * (2.5 - cast(estimate as double)))) end;


    -- Political instability 0 (best) to 1 from the WGI estimate of political stability: the scaling of GeoPolRisk.
    create or replace macro main.political_instability_0_1(estimate) as
        case when estimate is null then null else greatest(0, least(1, (2.5 - cast(estimate as double)) / 5)) end;

    -- Net import reliance (0-1) from contained tonnes: nothing is relied on where exports are no less than imports.
    create or replace macro main.net_import_reliance(production, imports, exports) as
        case
            when production is null or imports is null or exports is null then null
            when production < 0 or imports < 0 or exports < 0 then null
            when imports <= exports then 0.0
            else (cast(imports as double) - cast(exports as double))
                / (cast(production as double) + cast(imports as double) - cast(exports as double))
        end;

    -- Supply risk of the EU criticality studies. With one side known, give it as both: the import reliance cancels out.
    create or replace macro main.eu_supply_risk(hhi_global, hhi_import, import_reliance, eol_rir, si_sr) as
        (
            cast(hhi_global as double) * cast(import_reliance as double) / 2
            + cast(hhi_import as double) * (1 - cast(import_reliance as double) / 2)
        ) * (1 - cast(eol_rir as double)) * cast(si_sr as double);

    -- GeoPolRisk score from the concentration of world production and tonnes weighed by political instability (0-1).
    create or replace macro main.geopolrisk_score(
        hhi_production, governance_weighted_imports_t, imports_t, production_t
    ) as
        cast(hhi_production as double) * cast(governance_weighted_imports_t as double)
        / nullif(cast(production_t as double) + cast(imports_t as double), 0);

    -- Dependence on China (0-100): exposure (the largest known China share) times leverage (China's world share and the
    -- severity of its export controls). The three weights stand in marts.method_thresholds.
    create or replace macro main.china_dependence_score(
        exposure_share, world_share, control_severity, exposure_weight, world_share_weight, control_weight
    ) as
        100 * cast(exposure_share as double) * (
            cast(exposure_weight as double)
            + cast(world_share_weight as double) * cast(world_share as double)
            + cast(control_weight as double) * cast(control_severity as double)
        );

    -- A component's score (0-100): its raw value between the goalposts of marts.risk_component_definitions, clipped.
    create or replace macro main.goalpost_score(raw_value, goalpost_0, goalpost_100) as
        case
            when raw_value is null or goalpost_0 is null or goalpost_100 is null then null
            else 100 * greatest(0.0, least(
                1.0,
                (cast(raw_value as double) - cast(goalpost_0 as double))
                / (cast(goalpost_100 as double) - cast(goalpost_0 as double))
            ))
        end;

    -- Part of their exports to others that suppliers turn round to an importer that is short of something: as much as it
    -- lacks, and no more than their headroom (0-1) allows. Nobody to ask is nothing.
    create or replace macro main.refill_share(shortfall, exports_elsewhere, headroom_share) as
        case
            when shortfall is null or exports_elsewhere is null or headroom_share is null then null
            when shortfall <= 0 or exports_elsewhere <= 0 then 0.0
            else least(
                cast(headroom_share as double), cast(shortfall as double) / cast(exports_elsewhere as double)
            )
        end;

    -- What nobody can replace of a shortfall: nothing where the headroom of the others is enough.
    create or replace macro main.unmet_amount(shortfall, exports_elsewhere, headroom_share) as
        case
            when shortfall is null or exports_elsewhere is null or headroom_share is null then null
            when shortfall <= 0 then 0.0
            else greatest(
                0.0,
                cast(shortfall as double) - cast(headroom_share as double) * greatest(cast(exports_elsewhere as double), 0.0)
            )
        end;

{% endmacro %}


{# Suppliers of one importer and mineral in one year, largest first. #}
{% macro create_suppliers_macro() %}

    create or replace macro main.suppliers(importer, mineral, year) as table
        select
            shares.stage,
            shares.supplier_rank,
            shares.supplier_iso3,
            shares.import_value_usd,
            shares.net_weight_kg,
            shares.value_share,
            shares.weight_share
        from marts.supplier_shares as shares
        where shares.importer_iso3 = importer and shares.mineral_id = mineral and shares.year = year
        order by shares.stage, shares.import_value_usd desc, shares.supplier_iso3

{% endmacro %}


{# Scores of one importer in one year, riskiest first. #}
{% macro create_risk_macro() %}

    create or replace macro main.risk(importer, year) as table
        select
            scores.risk_rank,
            scores.mineral_id,
            scores.stage,
            scores.risk_score,
            scores.risk_score_current_controls,
            scores.risk_band,
            scores.top_driver,
            scores.completeness,
            scores.missing_components
        from marts.risk_scores as scores
        where scores.importer_iso3 = importer and scores.year = year and scores.is_material
        order by scores.risk_rank nulls last, scores.mineral_id, scores.stage

{% endmacro %}
