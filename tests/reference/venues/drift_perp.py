"""Drift v2: one liquidator's call on a perpetual position, from shortage to transfer.

Sources, read 2026-11-20: drift-labs/protocol-v2, snapshot 0ae3e3b1db78, programs/drift/src/controller/liquidation.rs
(liquidate_perp) with its tests.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

from tests.reference.venues import drift
from tests.reference.venues.exact import MICRO, Number, ceil_to, exact, floor_to


class PerpMarket(NamedTuple):
    """Parameters of the venue, fractions; `step` is the smallest size, in base."""

    maintenance_rate: Number
    buffer: Number
    liquidator_fee: Number = 0
    max_insurance_fee: Number = 0
    step: Number = 0.01
    initial_share: Number = 1
    duration_slots: int = 0


class Liquidated(NamedTuple):
    """One call; base signed, quote signed USD, the fee to the insurance fund and the margin freed in USD."""

    base: Fraction
    quote: Fraction
    liquidator_base: Fraction = Fraction(0)
    liquidator_quote: Fraction = Fraction(0)
    fee_rate: Fraction = Fraction(0)
    fee: Fraction = Fraction(0)
    freed: Fraction = Fraction(0)
    share: Fraction = Fraction(0)
    is_over: bool = True


def _sized(
    market: PerpMarket, *, shortage: Fraction, base: Number, price: Number, share: Fraction, most: Number
) -> tuple[Fraction, Fraction, bool]:
    """Return (fee rate of the fund, size to transfer, whether it covers the shortage)."""
    fee_rate = drift.perp_insurance_fee(
        shortage=shortage,
        base=base,
        price=price,
        margin_rate=exact(market.maintenance_rate) + exact(market.buffer),
        liquidator_fee=market.liquidator_fee,
        max_fee=market.max_insurance_fee,
    )
    needed = drift.base_to_cover(
        shortage=shortage,
        margin_rate=exact(market.maintenance_rate) + exact(market.buffer),
        liquidator_fee=market.liquidator_fee,
        insurance_fee=fee_rate,
        price=price,
    )
    size = abs(exact(base))
    if most != math.inf:
        size = min(size, max(exact(most), exact(market.step)))
    if isinstance(needed, float):
        return fee_rate, size, False
    size = min(size, ceil_to(needed * share, market.step))
    return fee_rate, size, size >= needed


def liquidate(
    *,
    market: PerpMarket,
    base: Number,
    quote: Number,
    deposit: Number,
    price: Number,
    max_base: Number = math.inf,
    slots_elapsed: int = 0,
    freed: Number = 0,
) -> Liquidated:
    """Return the position after one call of a liquidator, and what the liquidator and the insurance fund got.

    Parameters
    ----------
    market : PerpMarket
    base, quote : number
        The position: signed size and signed quote amount.
    deposit, price : number
        Collateral and oracle price, USD.
    max_base : number
        Most that the liquidator takes, base, > 0.
    slots_elapsed : int
        Since liquidation began.
    freed : number
        Margin freed by the calls before, USD.

    Notes
    -----
    Base moves at P (1 - l) for a long, P (1 + l) for a short; the fund's fee comes out of the position on top. The
    size is `base_to_cover` times the share allowed now, raised to a step. Liquidation is over when the size covers the
    shortage, else `freed` grows by the fall of the shortage.
    """
    terms = {"deposit": deposit, "price": price, "maintenance_rate": market.maintenance_rate, "buffer": market.buffer}
    before = drift.margin(base=base, quote=quote, **terms).shortage
    if before == 0:
        return Liquidated(exact(base), exact(quote))
    share = drift.share_to_liquidate(
        shortage=before,
        slots_elapsed=slots_elapsed,
        initial_share=market.initial_share,
        duration_slots=market.duration_slots,
        freed=freed,
    )
    fee_rate, size, is_over = _sized(market, shortage=before, base=base, price=price, share=share, most=max_base)
    sign = 1 if base > 0 else -1
    worth = floor_to(size * exact(price), MICRO)
    paid = sign * floor_to(worth * (1 - sign * exact(market.liquidator_fee)), MICRO)
    fee = floor_to(worth * fee_rate, MICRO)
    left = (exact(base) - sign * size, exact(quote) + paid - fee)
    after = drift.margin(base=left[0], quote=left[1], **terms).shortage
    total = Fraction(0) if is_over else exact(freed) + max(Fraction(0), before - after)
    return Liquidated(*left, sign * size, -paid, fee_rate, fee, total, share, is_over)
