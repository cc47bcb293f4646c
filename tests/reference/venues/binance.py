"""Binance futures: tiered maintenance margin, cross and isolated liquidation price, deleveraging score.

Sources, read 2026-11-20: https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93 (numbers as held in
freqtrade/freqtrade c9ae5e1e9ff2, tests/exchange/test_binance.py),
https://www.binance.com/zh-CN/support/announcement/360033525471. Linear contracts, USD; maintenance amounts are the
brackets' deductions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.errors import Checker
from tests.reference.venues.exact import require, side_sign


class Position(NamedTuple):
    """A position: signed size, entry and mark price, maintenance rate and amount of its bracket."""

    size: float
    entry: float
    mark: float
    maintenance_rate: float
    maintenance_amount: float


def maintenance_margin(*, position: Position) -> float:
    """Return |size| * mark * rate - amount, USD."""
    return abs(position.size) * position.mark * position.maintenance_rate - position.maintenance_amount


def maintenance_amounts(*, floors: Sequence[float], rates: Sequence[float]) -> list[float]:
    """Return the deduction of each bracket: 0 for the first, then cum + floor * (rate - rate before)."""
    amounts = [0.0]
    for number in range(1, len(floors)):
        amounts.append(amounts[-1] + floors[number] * (rates[number] - rates[number - 1]))
    return amounts


def liquidation_price(
    *,
    wallet: float,
    position: Position,
    others: Sequence[Position] = (),
    other_maintenance: float | None = None,
    other_profit: float | None = None,
) -> float:
    """Return the price at which the whole wallet no longer covers maintenance: cross, or isolated without others.

    Parameters
    ----------
    wallet : float
        Wallet balance (cross) or isolated margin, USD.
    position : Position
        The one asked for; its mark does not enter.
    others : sequence of Position
        The other positions of a cross wallet, held at their marks.
    other_maintenance, other_profit : float, optional
        In place of `others`, their sums.

    Notes
    -----
    (WB - TMM + UPNL + cum - s Q E) / (Q mmr - s Q).
    """
    sign, size = side_sign(position.size), abs(position.size)
    require("liquidation_price", above_zero={"entry": position.entry}, fractions={"rate": position.maintenance_rate})
    if other_maintenance is None:
        other_maintenance = sum(maintenance_margin(position=other) for other in others)
    if other_profit is None:
        other_profit = sum(other.size * (other.mark - other.entry) for other in others)
    top = wallet - other_maintenance + other_profit + position.maintenance_amount - sign * size * position.entry
    return top / (size * (position.maintenance_rate - sign))


def deleveraging_score(*, unrealized: float, wallet: float, maintenance: float) -> float:
    """Return the rank score max(0, uPnL) / max(1, wallet) * maintenance / (wallet + uPnL), 0 without margin balance."""
    balance = wallet + unrealized
    ratio = maintenance / balance if balance > 0 else 0.0
    return max(0.0, unrealized) / max(1.0, wallet) * ratio


def quantile(*, rank: int, users: int) -> float:
    """Return the indicator's quantile: rank / users, rank from 1."""
    check = Checker("quantile")
    check.whole("users", users, least=1)
    check.whole("rank", rank, least=1, most=max(users, 1))
    check.raise_if_any()
    return rank / users
