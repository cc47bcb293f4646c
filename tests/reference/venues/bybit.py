"""Bybit: bankruptcy and liquidation price of an inverse contract, and the drawdown trigger of a pool.

Sources, read 2026-11-20: https://help.bybit.com/hc/en-us/articles/900000031623-What-is-Auto-Deleveraging-ADL-;
https://bybit-exchange.github.io/docs/v5/market/adl-alert (repository commit 072c197d0, 2026-07-24). The rule text says
"less than" the threshold, the page's own example triggers at equality: at or below is what is implemented.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.reference.venues.exact import require, side_sign

PNL_RATIO_THRESHOLD = -0.30
STOP_RATIO = -0.25
MARK_DISTANCE = 0.05


class Trigger(NamedTuple):
    """The pool's state: drawdown ratio, whether deleveraging starts, what it absorbs, the ratio left, still needed."""

    pnl_ratio: float
    is_triggered: bool
    absorbs: float
    ratio_after: float
    is_above_stop: bool


def inverse_bankruptcy_price(*, side: str | float, entry: float, leverage: float) -> float:
    """Return the price at which an inverse contract's isolated margin is gone: E L / (L + 1), short E L / (L - 1).

    Infinite for a short at leverage 1 or less.
    """
    require("inverse_bankruptcy_price", above_zero={"entry": entry, "leverage": leverage})
    below = leverage + side_sign(side)
    return entry * leverage / below if below > 0 else float("inf")


def inverse_liquidation_price(
    *, side: str | float, entry: float, leverage: float, maintenance_rate: float = 0.005
) -> float:
    """Return E L / (L + 1 - mmr L) for a long, E L / (L - 1 + mmr L) for a short."""
    require("inverse_liquidation_price", above_zero={"entry": entry, "leverage": leverage})
    sign = side_sign(side)
    below = leverage + sign * (1 - maintenance_rate * leverage)
    return entry * leverage / below if below > 0 else float("inf")


def linear_bankruptcy_price(
    *, side: str | float, size: float, entry: float, margin: float, wallet: float = 0.0
) -> float:
    """Return (E Q - position margin - wallet) / Q for a long, with + for a short; at least 0."""
    require("linear_bankruptcy_price", above_zero={"size": size, "entry": entry})
    return max(0.0, entry - side_sign(side) * (margin + wallet) / size)


def close_price(*, bankruptcy_price: float, mark: float) -> float:
    """Return the deleveraging price: the bankruptcy price, the mark when they differ by more than 5 %."""
    require("close_price", above_zero={"mark": mark})
    return mark if abs(bankruptcy_price - mark) / mark > MARK_DISTANCE else bankruptcy_price


def drawdown_trigger(
    *,
    pool_max: float,
    pnl_now: float,
    pnl_max: float,
    balance: float,
    balance_threshold: float = 1.0,
    ratio_threshold: float = PNL_RATIO_THRESHOLD,
    stop_ratio: float = STOP_RATIO,
    is_own_pool: bool = False,
) -> Trigger:
    """Return whether a symbol's losses in 8 hours set off deleveraging, and what it takes over.

    Parameters
    ----------
    pool_max : float
        Highest balance of the pool in 8 hours, USD, > 0.
    pnl_now, pnl_max : float
        The symbol's profit and loss for the pool: now, and at its highest in 8 hours.
    balance, balance_threshold : float
        Balance of the pool (of the symbol's own pool where it was carved out), and the size from which the drawdown
        counts; the documents say 1, the live feed 10,000.
    ratio_threshold, stop_ratio : float
        Start at or below the first, end above the second.

    Notes
    -----
    ratio = (pnl now - pnl max) / pool max. Deleveraging absorbs only the part beyond the threshold. A pool without
    balance triggers in any case.
    """
    require("drawdown_trigger", above_zero={"pool_max": pool_max})
    ratio = (pnl_now - pnl_max) / pool_max
    is_drawn = not is_own_pool and balance > balance_threshold and ratio <= ratio_threshold
    is_triggered = is_drawn or balance <= 0
    absorbs = max(0.0, ratio_threshold - ratio) * pool_max if is_drawn else 0.0
    return Trigger(ratio, is_triggered, absorbs, ratio + absorbs / pool_max, ratio > stop_ratio and balance > 0)
