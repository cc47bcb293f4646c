"""GMX v2: liquidity providers are the counterparty; traders' profit is capped, and deleveraged above a factor.

Sources, read 2026-11-20: gmx-io/gmx-synthetics, snapshot a5c0c8835182, contracts/market/MarketUtils.sol,
adl/AdlUtils.sol, exchange/AdlHandler.sol, position/{PositionUtils,DecreasePositionCollateralUtils}.sol with their
tests. All amounts in USD.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tests.reference.venues.exact import require


class Adl(NamedTuple):
    """One deleveraging order: the profit factor before and after, size left, profit paid, whether it is accepted."""

    factor_before: float
    factor_after: float
    size_left: float
    profit_paid: float
    is_accepted: bool


class Check(NamedTuple):
    """A liquidation check: profit, collateral left after it, and whether the position is liquidatable."""

    profit: float
    remaining: float
    is_liquidatable: bool


class InsolventClose(NamedTuple):
    """Closing a position that cannot pay its costs; the pool's change, what was collected and what was not."""

    can_close: bool
    trader_receives: float
    pool_change: float
    funding_paid: float
    funding_unpaid: float


def profit(*, size_usd: float, size_tokens: float, price: float, is_long: bool = True) -> float:
    """Return the profit of a position: tokens * price - size for a long, the opposite for a short."""
    gain = size_tokens * price - size_usd
    return gain if is_long else -gain


def profit_factor(*, side_profit: float, pool_side: float) -> float:
    """Return profit of one side's traders / value of that side of the pool (without profit), signed."""
    require("profit_factor", above_zero={"pool_side": pool_side})
    return side_profit / pool_side


def is_deleveraging_enabled(*, factor: float, max_factor: float) -> bool:
    """Return whether deleveraging is on: the factor is above its limit, strictly."""
    return factor > max_factor


def capped_profit(*, own_profit: float, side_profit: float, pool_side: float, max_factor: float) -> float:
    """Return what a closing trader is paid: profit * min(side profit, cap) / side profit, cap = factor * pool side.

    A loss is never capped. The cap is that of the moment, so the order of closing matters.

    Examples
    --------
    >>> capped_profit(own_profit=125000, side_profit=250000, pool_side=1e6, max_factor=0.07)
    35000.0
    """
    require("capped_profit", not_negative={"pool_side": pool_side, "max_factor": max_factor})
    if own_profit <= 0 or side_profit <= 0:
        return own_profit
    return own_profit * min(side_profit, max_factor * pool_side) / side_profit


def close_in_order(
    *, profits: Sequence[float], pool_side: float, max_factor: float, is_one_token: bool = False
) -> list[float]:
    """Return what each trader of one side is paid when they close one after the other.

    Parameters
    ----------
    profits : sequence of float
        Full profit of each, in the order of closing.
    pool_side : float
        Value of this side of the pool before.
    max_factor : float
        Highest profit of all, as a fraction of the pool side.
    is_one_token : bool
        Both sides of the pool are the same token, so that half of every payment falls on either.
    """
    left, paid = list(profits), []
    pool, share = pool_side, 0.5 if is_one_token else 1.0
    for own in profits:
        side = sum(left)
        paid.append(capped_profit(own_profit=own, side_profit=side, pool_side=pool, max_factor=max_factor))
        left.pop(0)
        pool -= share * paid[-1]
    return paid


def pool_value(*, pool: float, pending_profit: float, pool_side: float, max_factor: float) -> float:
    """Return the liquidity providers' value: pool - min(pending profit, factor * pool side); losses count in full."""
    return pool - min(pending_profit, max_factor * pool_side)


def deleverage(
    *, side_profit: float, pool_side: float, size_usd: float, close_usd: float, max_factor: float, min_factor: float
) -> Adl:
    """Return the result of closing `close_usd` of a position whose profit is `side_profit` (alone on its side).

    Notes
    -----
    The keeper chooses account and size. Accepted when the factor was above `max_factor` before, is lower after, and
    did not fall below `min_factor`.
    """
    require("deleverage", above_zero={"size_usd": size_usd, "pool_side": pool_side})
    before = profit_factor(side_profit=side_profit, pool_side=pool_side)
    closed = min(close_usd, size_usd)
    paid = side_profit * closed / size_usd
    after = (side_profit - paid) / (pool_side - paid)
    is_accepted = is_deleveraging_enabled(factor=before, max_factor=max_factor) and min_factor <= after < before
    return Adl(before, after, size_usd - closed if is_accepted else size_usd, paid if is_accepted else 0.0, is_accepted)


def check_liquidation(
    *,
    collateral: float,
    profit: float,
    size_usd: float,
    fees: float = 0.0,
    price_impact: float = 0.0,
    min_collateral_factor: float = 0.01,
    min_collateral: float = 0.0,
) -> Check:
    """Return whether a position may be liquidated.

    Notes
    -----
    remaining = collateral + profit + min(0, impact) - fees; liquidatable when remaining is <= 0, below
    `min_collateral`, or below `min_collateral_factor` * size.
    """
    remaining = collateral + profit + min(0.0, price_impact) - fees
    is_short = remaining <= 0 or remaining < min_collateral or remaining < min_collateral_factor * size_usd
    return Check(profit, remaining, is_short)


def close_insolvent(*, collateral: float, profit: float, funding_due: float) -> InsolventClose:
    """Return what happens to a position whose funding exceeds what it has, when it is liquidated.

    Notes
    -----
    A normal close reverts when it cannot pay. In a liquidation the pool pays the profit (or takes the loss), all of
    it goes to funding claims, and what is missing is never collected: it falls on those who are owed funding.
    """
    has = collateral + max(profit, 0.0)
    lost = min(max(-profit, 0.0), max(collateral - funding_due, 0.0))
    paid = min(funding_due, has)
    can_close = collateral + profit - funding_due >= 0
    receives = max(collateral + profit - funding_due, 0.0)
    return InsolventClose(can_close, receives, lost - max(profit, 0.0), paid, funding_due - paid)
