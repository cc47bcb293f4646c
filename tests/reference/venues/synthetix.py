"""Synthetix v3: perpetual margin and liquidation window, minimum credit, and liquidation of liquidity providers.

Sources, read 2026-11-20: Synthetixio/synthetix-v3, snapshot 23585f73c76d, markets/perps-market/contracts/modules/
LiquidationModule.sol and storage/*, protocol/synthetix/contracts/modules/core/LiquidationModule.sol with their tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tests.reference.venues.exact import require, require_same_length


class Params(NamedTuple):
    """Margin parameters of one market; `skew_scale` in base, the rest fractions or USD."""

    skew_scale: float
    initial_fraction: float
    minimum_ratio: float
    maintenance_scalar: float
    minimum_margin: float = 0.0


class AccountMargin(NamedTuple):
    """Profit by market, available margin, maintenance requirement, and whether the account is liquidatable; USD."""

    profits: list[float]
    available: float
    maintenance: float
    is_liquidatable: bool


class Redistribution(NamedTuple):
    """Liquidation of one provider: what the others of the vault take over, per unit of their shares."""

    collateral_to_others: float
    debt_to_others: float
    reward: float


def fill_price(*, price: float, size: float, skew: float, skew_scale: float) -> float:
    """Return the fill price of an order: P * (1 + (skew + size / 2) / skew scale), sizes signed."""
    require("fill_price", above_zero={"skew_scale": skew_scale})
    return price * (1 + (skew + size / 2) / skew_scale)


def maintenance_margin(*, size: float, price: float, params: Params) -> float:
    """Return (|size| / skew scale * imf + minimum ratio) * scalar * notional + minimum margin, USD."""
    ratio = abs(size) / params.skew_scale * params.initial_fraction + params.minimum_ratio
    return ratio * params.maintenance_scalar * abs(size) * price + params.minimum_margin


def account_margin(
    *,
    collateral: float,
    sizes: Sequence[float],
    entries: Sequence[float],
    prices: Sequence[float],
    params: Sequence[Params],
    liquidation_reward: float = 0.0,
) -> AccountMargin:
    """Return available margin of an account over several markets, and whether it is liquidatable.

    Notes
    -----
    available = collateral + sum(size * (price - entry)); liquidatable when available < maintenance + reward. The
    whole margin is then seized for the market's liquidity providers.
    """
    require_same_length("account_margin", sizes=list(sizes), entries=list(entries), prices=list(prices))
    profits = [size * (price - entry) for size, entry, price in zip(sizes, entries, prices, strict=True)]
    available = collateral + sum(profits)
    needed = sum(maintenance_margin(size=s, price=p, params=m) for s, p, m in zip(sizes, prices, params, strict=True))
    return AccountMargin(profits, available, needed, available < needed + liquidation_reward)


def window_capacity(
    *, maker_fee: float, taker_fee: float, skew_scale: float, multiplier: float, window_seconds: float
) -> float:
    """Return the base that may be liquidated per window: (maker + taker) * skew scale * multiplier * seconds."""
    return (maker_fee + taker_fee) * skew_scale * multiplier * window_seconds


def liquidate_in_window(
    *,
    capacity: float,
    window_seconds: float,
    used: Sequence[tuple[float, float]],
    sizes: dict[str, float],
    calls: Sequence[tuple[float, str]],
) -> list[dict[str, float]]:
    """Return what the called account has left after each call, base.

    Parameters
    ----------
    capacity : float
        Base per window, shared by all accounts of the market.
    window_seconds : float
    used : sequence of (time, base)
        Liquidated before.
    sizes : dict of account to unsigned size
    calls : sequence of (time, account)
        In order of time.

    Notes
    -----
    A call takes min(size, capacity - what was liquidated later than time - window).
    """
    require("liquidate_in_window", not_negative={"capacity": capacity}, above_zero={"window_seconds": window_seconds})
    done, left, after = list(used), dict(sizes), []
    for time, who in calls:
        recent = sum(amount for when, amount in done if when > time - window_seconds)
        taken = min(left[who], max(0.0, capacity - recent))
        if taken > 0:
            done.append((time, taken))
        left[who] -= taken
        after.append({who: left[who]})
    return after


def minimum_credit(*, positions: Sequence[tuple[float, float, float]], margin: float = 0.0) -> float:
    """Return the credit that the market must keep: margin + sum(locked ratio * |size| * price), USD.

    `positions` holds (signed size, price, locked ratio).
    """
    return margin + sum(ratio * abs(size) * price for size, price, ratio in positions)


def liquidate_provider(*, collateral: float, debt: float, reward: float) -> Redistribution:
    """Return what a liquidated provider leaves to the rest of its vault, pro rata to shares: collateral and debt."""
    require("liquidate_provider", not_negative={"collateral": collateral, "reward": reward})
    kept = min(reward, collateral)
    return Redistribution(collateral - kept, debt, kept)


def liquidate_vault(*, collateral: float, debt: float, paid: float) -> float:
    """Return the collateral sold when `paid` of a vault's debt is repaid: collateral * paid / debt."""
    require("liquidate_vault", above_zero={"debt": debt}, not_negative={"paid": paid, "collateral": collateral})
    return collateral * min(paid, debt) / debt
