"""Injective: a market in deficit is settled with every winner's profit cut by one rate, then payouts.

Sources, read 2026-11-20: InjectiveFoundation/injective-core, snapshot c7b042e2b880, injective-chain/modules/exchange/
keeper/{markets_settlement,derivative_liquidations}.go. There are no public tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tests.reference.venues.exact import require, side_sign


class Settled(NamedTuple):
    """One position: the entry price that the haircut moves it to, profit before and after; quote currency."""

    entry: float
    profit_before: float
    profit_after: float


def settle(
    *, quantities: Sequence[float], entries: Sequence[float], price: float, deficit: float
) -> tuple[list[Settled], float]:
    """Return every position at the shifted entry, and the part of the deficit that profits could not cover.

    Parameters
    ----------
    quantities : sequence of float
        Signed, + long.
    entries : sequence of float
    price : float
        Settlement price, > 0.
    deficit : float
        After available funds and the insurance fund, >= 0.

    Notes
    -----
    entry' = entry + d (settle - entry) / sum(positive profits) for winners, d at most that sum: profits keep the share
    1 - d / sum. Losers are unchanged.
    """
    require("settle", above_zero={"price": price}, not_negative={"deficit": deficit})
    profits = [size * (price - entry) for size, entry in zip(quantities, entries, strict=True)]
    total = sum(max(profit, 0.0) for profit in profits)
    rate = min(1.0, deficit / total) if total > 0 else 0.0
    settled = []
    for size, entry, profit in zip(quantities, entries, profits, strict=True):
        side_sign(size)
        shifted = entry + rate * (price - entry) if profit > 0 else entry
        settled.append(Settled(shifted, profit, size * (price - shifted)))
    return settled, max(0.0, deficit - total)


def cut_payouts(*, payouts: Sequence[float], profits: Sequence[float], deficit: float) -> list[float]:
    """Return positive payouts after a deficit larger than all profits: the margins pay the rest by one rate.

    Notes
    -----
    payout without profit, times 1 - (d - profits) / (payouts - profits); zero when that is not enough either.
    """
    require("cut_payouts", not_negative={"deficit": deficit})
    gains = [max(0.0, profit) for profit in profits]
    rest = [max(0.0, payout) - gain for payout, gain in zip(payouts, gains, strict=True)]
    over, base = max(0.0, deficit - sum(gains)), sum(max(0.0, value) for value in rest)
    rate = min(1.0, over / base) if base > 0 else 0.0
    return [max(0.0, value) * (1 - rate) for value in rest]


def fund_shares(*, deposit: float, total_shares: float, fund: float) -> float:
    """Return the shares that a deposit into a market's insurance fund buys: deposit * shares / balance."""
    require("fund_shares", above_zero={"deposit": deposit, "fund": fund, "total_shares": total_shares})
    return deposit * total_shares / fund
