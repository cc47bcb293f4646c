"""Drift v2: how much of a position is liquidated, at which fees, how fast, and the transfer itself.

Sources, read 2026-11-20: drift-labs/protocol-v2, snapshot 0ae3e3b1db78, programs/drift/src/math/liquidation.rs and
controller/liquidation.rs with their tests. Rates are multiples of 1e-6, USD of 1e-6, base of 1e-9, the share of a
liquidation of 1e-4.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

from tests.reference.venues.exact import MICRO, NANO, Number, ceil_to, exact, floor_to, require

GRACE_SLOTS = 1500
FEE_PER_SLOT = MICRO
INSURANCE_SHARE = Fraction(95, 100)
SMALL_SHORTAGE = 50
SHARE_STEP = Fraction(1, 10**4)
WEIGHT_STEP = Fraction(1, 10**5)


class Margin(NamedTuple):
    """One perpetual position: equity, requirement with buffer, and the shortage that liquidation removes, USD."""

    equity: Fraction
    requirement: Fraction
    shortage: Fraction


def margin(
    *, base: Number, quote: Number, deposit: Number, price: Number, maintenance_rate: Number, buffer: Number
) -> Margin:
    """Return equity and shortage of one position: max(0, MR + b |q| P - (TC + b min(pnl, 0))).

    Parameters
    ----------
    base, quote : number
        Signed size, and signed quote amount (minus the cost of a long).
    deposit : number
        Collateral, USD.
    price : number
        Oracle price, USD, >= 0.
    maintenance_rate, buffer : number
        Fractions; the buffer is what liquidation must reach beyond maintenance.
    """
    require("margin", not_negative={"price": price, "maintenance_rate": maintenance_rate, "buffer": buffer})
    profit = exact(base) * exact(price) + exact(quote)
    equity = exact(deposit) + profit
    needed = (exact(maintenance_rate) + exact(buffer)) * abs(exact(base)) * exact(price)
    shortage = needed - equity - exact(buffer) * min(profit, Fraction(0))
    return Margin(equity, needed, ceil_to(max(Fraction(0), shortage), MICRO))


def base_to_cover(
    *,
    shortage: Number,
    margin_rate: Number,
    liquidator_fee: Number,
    insurance_fee: Number,
    price: Number,
    quote_price: Number = 1,
) -> Fraction | float:
    """Return the base that removes the shortage, floored to 1e-9; infinite when no amount can.

    Notes
    -----
    shortage / (P Pq (m - l) - P f), m maintenance with buffer, l the liquidator's and f the fund's fee.
    """
    room = exact(price) * (exact(quote_price) * (exact(margin_rate) - exact(liquidator_fee)) - exact(insurance_fee))
    if margin_rate <= liquidator_fee or room <= 0:
        return math.inf
    return floor_to(exact(shortage) / room, NANO)


def liability_to_cover(
    *,
    shortage: Number,
    asset_weight: Number,
    asset_multiplier: Number,
    liability_weight: Number,
    liability_multiplier: Number,
    liability_price: Number,
    insurance_fee: Number = 0,
    decimals: int = 9,
) -> Fraction | float:
    """Return the borrowed tokens whose transfer removes the shortage, floored; infinite when no amount can.

    Notes
    -----
    shortage / (P (lw - aw am / lm) - P f lw). The weight aw am / lm is floored to 1e-5, as the venue carries it.
    """
    weight = floor_to(exact(asset_weight) * exact(asset_multiplier) / exact(liability_multiplier), WEIGHT_STEP)
    freed = exact(liability_weight) - weight - exact(insurance_fee) * exact(liability_weight)
    if exact(liability_weight) <= weight or freed <= 0:
        return math.inf
    return floor_to(exact(shortage) / (exact(liability_price) * freed), Fraction(1, 10**decimals))


def liability_for_asset(
    *,
    asset: Number,
    asset_price: Number,
    asset_multiplier: Number,
    liability_price: Number,
    liability_multiplier: Number,
    decimals: int = 9,
) -> Fraction:
    """Return the borrowed tokens that an amount of the asset pays for, raised: a Pa lm / (Pl am)."""
    require(
        "liability_for_asset", above_zero={"liability_price": liability_price, "asset_multiplier": asset_multiplier}
    )
    value = exact(asset) * exact(asset_price) * exact(liability_multiplier)
    return ceil_to(value / (exact(liability_price) * exact(asset_multiplier)), Fraction(1, 10**decimals))


def asset_for_liability(
    *,
    liability: Number,
    liability_price: Number,
    liability_multiplier: Number,
    asset_price: Number,
    asset_multiplier: Number,
    asset_held: Number | None = None,
    decimals: int = 6,
) -> Fraction:
    """Return the asset that the liquidator gets, floored; the whole holding when the rest is worth less than 1 USD."""
    require(
        "asset_for_liability", above_zero={"asset_price": asset_price, "liability_multiplier": liability_multiplier}
    )
    value = exact(liability) * exact(liability_price) * exact(asset_multiplier)
    paid = floor_to(value / (exact(asset_price) * exact(liability_multiplier)), Fraction(1, 10**decimals))
    if asset_held is not None and abs(exact(asset_held) - paid) * exact(asset_price) < 1:
        return exact(asset_held)
    return paid


def perp_insurance_fee(
    *,
    shortage: Number,
    base: Number,
    price: Number,
    margin_rate: Number,
    liquidator_fee: Number,
    max_fee: Number,
    quote_price: Number = 1,
) -> Fraction:
    """Return the fee rate of the insurance fund: what is left of the margin rate, times 0.95, at most `max_fee`.

    Notes
    -----
    min(max, floor(0.95 max(0, m - l - floor(shortage / (|q| P Pq))))), floors at 1e-6; 0 when the position has no
    value.
    """
    notional = abs(exact(base)) * exact(price) * exact(quote_price)
    if notional <= 0:
        return Fraction(0)
    left = exact(margin_rate) - exact(liquidator_fee) - floor_to(exact(shortage) / notional, MICRO)
    return min(exact(max_fee), floor_to(INSURANCE_SHARE * max(Fraction(0), left), MICRO))


def spot_insurance_fee(
    *,
    shortage: Number,
    tokens: Number,
    price: Number,
    asset_weight: Number,
    asset_multiplier: Number,
    liability_weight: Number,
    liability_multiplier: Number,
    max_fee: Number,
) -> Fraction:
    """Return the fee rate of the insurance fund on a borrow: [max(0, lw - aw am / lm) - shortage / (n P)] / lw.

    At most `max_fee`, at least 0, floored to 1e-6; 0 when the borrow has no value. There is no factor 0.95 here.
    """
    value = exact(tokens) * exact(price)
    if value <= 0 or liability_weight <= 0 or liability_multiplier <= 0:
        return Fraction(0)
    weight = exact(asset_weight) * exact(asset_multiplier) / exact(liability_multiplier)
    left = max(Fraction(0), exact(liability_weight) - weight) - exact(shortage) / value
    return min(exact(max_fee), floor_to(max(Fraction(0), left) / exact(liability_weight), MICRO))


def liquidator_fee(
    *,
    base_fee: Number,
    max_fee: Number,
    slots_inactive: int,
    grace_slots: int = GRACE_SLOTS,
    fee_per_slot: Number = FEE_PER_SLOT,
) -> Fraction:
    """Return the liquidator's fee: the base fee, after the grace period plus the increase for all slots elapsed."""
    if slots_inactive < grace_slots:
        return exact(base_fee)
    return min(exact(base_fee) + slots_inactive * exact(fee_per_slot), exact(max_fee))


def share_to_liquidate(
    *,
    shortage: Number,
    slots_elapsed: int = 0,
    initial_share: Number = 1,
    duration_slots: int = 0,
    freed: Number = 0,
    small_shortage: Number = SMALL_SHORTAGE,
) -> Fraction:
    """Return the share of `base_to_cover` that may be liquidated now, truncated to 1e-4; 1 for a shortage under 50 USD.

    Notes
    -----
    pct = min(1, initial + slots / duration); ((shortage + freed) pct - freed) / shortage, at least 0.
    """
    if shortage < small_shortage:
        return Fraction(1)
    elapsed = floor_to(Fraction(slots_elapsed, duration_slots), SHARE_STEP) if duration_slots else Fraction(1)
    allowed = min(Fraction(1), exact(initial_share) + elapsed)
    most = (exact(shortage) + exact(freed)) * allowed
    return floor_to(max(Fraction(0), most - exact(freed)) / exact(shortage), SHARE_STEP)
