"""Mango v4: a liquidator takes over base at the oracle price less both fees.

Source, read 2026-11-20: blockworks-foundation/mango-v4, snapshot 1303a4a16228, programs/mango-v4/src/instructions/
perp_liq_base_or_positive_pnl.rs with its tests.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from tests.reference.venues.exact import Number, exact, require


class BaseLiquidation(NamedTuple):
    """Quote of the liquidator and of the account (+ received), and the platform's fee."""

    liquidator_quote: Fraction
    account_quote: Fraction
    platform_fee: Fraction


def liquidate_base(
    *, base: Number, price: Number, liquidation_fee: Number, platform_fee: Number = 0
) -> BaseLiquidation:
    """Return the quote that changes hands when a liquidator takes over base; base signed as the account holds it.

    Notes
    -----
    A long is sold at P (1 - l - p) and bought at P (1 - l); a short is bought back at P (1 + l + p) and taken over at
    P (1 + l). The platform keeps p.
    """
    require("liquidate_base", not_negative={"price": price, "liquidation_fee": liquidation_fee})
    worth, sign = abs(exact(base)) * exact(price), 1 if base > 0 else -1
    fee = worth * exact(platform_fee)
    liquidator = -sign * worth * (1 - sign * exact(liquidation_fee))
    return BaseLiquidation(liquidator, -liquidator - fee, fee)
