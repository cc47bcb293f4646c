"""Liquidation and bankruptcy prices as Binance, Bybit and Kraken state them.

Sources, read 2026-11-20: https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93 (numbers as held in
freqtrade/freqtrade c9ae5e1e9ff2, tests/exchange/test_binance.py); https://help.bybit.com/hc/en-us/articles/
900000031623-What-is-Auto-Deleveraging-ADL-; https://support.kraken.com/hc/en-us/articles/
360022835671-Equity-Protection-Process (stored page).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from tests.reference.venues.exact import require, side_sign


class Position(NamedTuple):
    """A linear position: signed size, entry and mark price, maintenance rate and amount of its bracket."""

    size: float
    entry: float
    mark: float
    maintenance_rate: float
    maintenance_amount: float


def binance(*, wallet: float, position: Position, others: Sequence[Position] = ()) -> float:
    """Return the price at which the whole wallet no longer covers maintenance: cross, or isolated without others.

    0 for a long that can never be liquidated, and for a short that is due at every price.

    Parameters
    ----------
    wallet : float
        Wallet balance (cross) or isolated margin, USD.
    position : Position
        The one asked for; its mark does not enter.
    others : sequence of Position
        The other positions of a cross wallet, held at their marks.

    Notes
    -----
    (WB - TMM + UPNL + cum - s Q E) / (Q mmr - s Q).
    """
    sign, size = side_sign(position.size), abs(position.size)
    require("binance", above_zero={"entry": position.entry}, fractions={"rate": position.maintenance_rate})
    maintenance = sum(abs(o.size) * o.mark * o.maintenance_rate - o.maintenance_amount for o in others)
    profit = sum(other.size * (other.mark - other.entry) for other in others)
    top = wallet - maintenance + profit + position.maintenance_amount - sign * size * position.entry
    return max(0.0, top / (size * (position.maintenance_rate - sign)))


def bybit_inverse(*, side: str | float, entry: float, leverage: float, maintenance_rate: float = 0.0) -> float:
    """Return E L / (L + 1 - m L) for a long, E L / (L - 1 + m L) for a short: maintenance on the value at entry.

    With rate 0 it is the bankruptcy price. Infinite where a short is never due.
    """
    require("bybit_inverse", above_zero={"entry": entry, "leverage": leverage})
    below = leverage + side_sign(side) * (1 - maintenance_rate * leverage)
    return entry * leverage / below if below > 0 else math.inf


def kraken_inverse(
    *, side: str | float, contracts: float, entry: float, margin_coin: float, maintenance_rate: float = 0.0
) -> float:
    """Return (1 + m) q / (q / e + c) for a long, (1 - m) q / (q / e - c) for a short: maintenance at the mark.

    With rate 0 it is the price of zero equity. Fixing maintenance at entry does not give the venue's own number.
    """
    require("kraken_inverse", above_zero={"contracts": contracts, "entry": entry})
    sign = side_sign(side)
    below = contracts / entry + sign * margin_coin
    return (1 + sign * maintenance_rate) * contracts / below if below > 0 else math.inf
