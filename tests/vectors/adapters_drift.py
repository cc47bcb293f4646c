"""Drift v2, liquidation: vectors to engine calls."""

from __future__ import annotations

import math
from typing import Any

from tests.reference.venues import drift, drift_perp
from tests.vectors.reading import Adapter, Inputs, Outputs

VENUE = "drift"


def base_to_cover(inputs: Inputs) -> Outputs:
    base = drift.base_to_cover(
        shortage=inputs.need("margin_shortage"),
        margin_rate=inputs.need("margin_ratio"),
        liquidator_fee=inputs.get_any("liquidation_fee", "liquidator_fee", default=0),
        insurance_fee=inputs.get_any("if_liquidation_fee", "if_fee", default=0),
        price=inputs.need("oracle_price"),
        quote_price=inputs.get_any("quote_oracle_price", default=1),
    )
    return {"base_to_cover": base}


def liability_to_cover(inputs: Inputs) -> Outputs:
    tokens = drift.liability_to_cover(
        shortage=inputs.need("margin_shortage"),
        asset_weight=inputs.need("asset_weight"),
        asset_multiplier=inputs.get_any("asset_liq_multiplier", default=1),
        liability_weight=inputs.need("liability_weight"),
        liability_multiplier=inputs.get_any("liability_liq_multiplier", default=1),
        liability_price=inputs.need("liability_price"),
        insurance_fee=inputs.get_any("if_liquidation_fee", "if_fee", default=0),
        decimals=inputs.get_any("liability_decimals", default=9),
    )
    return {"liability_transfer": tokens}


def liability_for_asset(inputs: Inputs) -> Outputs:
    tokens = drift.liability_for_asset(
        asset=inputs.need("asset_amount", "asset_transfer"),
        asset_price=inputs.get_any("asset_price", default=1),
        asset_multiplier=inputs.get_any("asset_liq_multiplier", default=1),
        liability_price=inputs.need("liability_price"),
        liability_multiplier=inputs.get_any("liability_liq_multiplier", default=1),
        decimals=inputs.get_any("liability_decimals", default=9),
    )
    return {"liability_transfer": tokens}


def asset_for_liability(inputs: Inputs) -> Outputs:
    tokens = drift.asset_for_liability(
        liability=inputs.need("liability_amount", "liability_transfer"),
        liability_price=inputs.need("liability_price"),
        liability_multiplier=inputs.get_any("liability_liq_multiplier", default=1),
        asset_price=inputs.get_any("asset_price", default=1),
        asset_multiplier=inputs.get_any("asset_liq_multiplier", default=1),
        asset_held=inputs.get_any("asset_amount", "asset_held"),
        decimals=inputs.get_any("asset_decimals", default=6),
    )
    return {"asset_transfer": tokens}


def perp_market(inputs: Inputs) -> drift_perp.PerpMarket:
    return drift_perp.PerpMarket(
        maintenance_rate=inputs.get_any("maint_ratio", "margin_ratio", default=0.05),
        buffer=inputs.get_any("margin_buffer", default=0),
        liquidator_fee=inputs.get_any("liquidator_fee", default=0),
        max_insurance_fee=inputs.get_any("max_if_fee", default=0),
        step=inputs.get_any("step_size", "order_step_size", default=0.01),
        initial_share=inputs.get_any("initial_pct", default=1),
        duration_slots=inputs.get_any("duration_slots", default=150),
    )


def at(value: Any, number: int) -> Any:
    """The entry for one call of several, or the one value for all calls."""
    return value[min(number, len(value) - 1)] if isinstance(value, list) else value


def liquidate(inputs: Inputs) -> list[drift_perp.Liquidated]:
    """Every call of the liquidator, one per slot that is given; slots count from 1, where liquidation began."""
    slots, calls = inputs.get_any("slots", "slot", default=1), []
    base, quote = inputs.need("base"), inputs.need("quote")
    freed = inputs.get_any("margin_freed", "already_freed", default=0)
    for number, slot in enumerate(slots if isinstance(slots, list) else [slots]):
        most = at(inputs.get_any("max_base", "liquidator_max_base", default=math.inf), number)
        call = drift_perp.liquidate(
            market=perp_market(inputs),
            base=base,
            quote=quote,
            deposit=inputs.get_any("deposit", default=0),
            price=at(inputs.need("oracle_price"), number),
            max_base=most,
            slots_elapsed=max(0, slot - inputs.get_any("start_slot", default=min(slot, 1))),
            freed=freed,
        )
        base, quote, freed = call.base, call.quote, call.freed
        calls.append(call)
    return calls


def perp_outputs(inputs: Inputs) -> Outputs:
    calls = liquidate(inputs)
    last, has_many = calls[-1], isinstance(inputs.get_any("slots", "slot"), list)

    def show(values: list[Any]) -> Any:
        return values if has_many else values[-1]

    liquidator = {
        "base": sum(call.liquidator_base for call in calls),
        "quote": sum(call.liquidator_quote for call in calls),
    }
    return {
        "user_after": {"base": last.base, "quote": last.quote},
        "liquidator_after": liquidator,
        "base_after": show([call.base for call in calls]),
        "quote_after": show([call.quote for call in calls]),
        "margin_freed": show([call.freed for call in calls]),
        "if_fee": sum(call.fee for call in calls),
        "if_fee_rate": show([call.fee_rate for call in calls]),
        "max_pct": show([call.share for call in calls]),
        "being_liquidated": not last.is_over,
        "base_transferred": liquidator["base"],
    }


def liquidation_schedule(inputs: Inputs) -> Outputs:
    if "base" in inputs:
        return perp_outputs(inputs)
    share = drift.share_to_liquidate(
        shortage=inputs.need("margin_shortage"),
        slots_elapsed=inputs.get_any("slots_elapsed", "slot", default=0),
        initial_share=inputs.get_any("initial_pct", default=0.1),
        duration_slots=inputs.get_any("duration_slots", default=150),
        freed=inputs.get_any("margin_freed", default=0),
        small_shortage=inputs.get_any("small_shortage_threshold", default=drift.SMALL_SHORTAGE),
    )
    return {"max_pct": share}


def insurance_fee(inputs: Inputs) -> Outputs:
    """The spot rule is told by its tokens, a whole liquidation by its quote amount, else it is the perpetual's rate."""
    if "quote" in inputs:
        return perp_outputs(inputs)
    if "token_amount" in inputs or "liability_weight" in inputs:
        fee = drift.spot_insurance_fee(
            shortage=inputs.need("margin_shortage"),
            tokens=inputs.need("token_amount"),
            price=inputs.need("oracle_price"),
            asset_weight=inputs.need("asset_weight"),
            asset_multiplier=inputs.get_any("asset_liq_multiplier", default=1),
            liability_weight=inputs.need("liability_weight"),
            liability_multiplier=inputs.get_any("liability_liq_multiplier", default=1),
            max_fee=inputs.need("max_if_fee"),
        )
    else:
        fee = drift.perp_insurance_fee(
            shortage=inputs.need("margin_shortage"),
            base=inputs.need("base", "base_asset_amount"),
            price=inputs.need("oracle_price"),
            margin_rate=inputs.need("margin_ratio"),
            liquidator_fee=inputs.get_any("liquidator_fee", default=0),
            max_fee=inputs.need("max_if_fee"),
            quote_price=inputs.get_any("quote_oracle_price", "quote_price", default=1),
        )
    return {"if_fee": fee}


def fee_ramp(inputs: Inputs) -> Outputs:
    fee = drift.liquidator_fee(
        base_fee=inputs.need("base_fee"),
        max_fee=inputs.need("max_fee"),
        slots_inactive=inputs.need("slots_since_last_active"),
        grace_slots=inputs.get_any("grace_slots", default=drift.GRACE_SLOTS),
        fee_per_slot=inputs.get_any("increase_per_slot", default=drift.FEE_PER_SLOT),
    )
    return {"fee": fee}


RULES: dict[str, Adapter] = {
    "base_to_cover_margin_shortage": base_to_cover,
    "liability_transfer_to_cover_margin_shortage": liability_to_cover,
    "liability_transfer_implied_by_asset": liability_for_asset,
    "asset_transfer_for_liability": asset_for_liability,
    "insurance_fee_on_liquidation": insurance_fee,
    "liquidation_fee_ramp": fee_ramp,
    "partial_liquidation_schedule": liquidation_schedule,
    "liquidate_position_transfer": perp_outputs,
}
