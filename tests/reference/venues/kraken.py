"""Kraken Futures (Crypto Facilities): equity protection process of inverse contracts.

Source, read 2026-11-20: https://support.kraken.com/hc/en-us/articles/360022835671-Equity-Protection-Process (stored
page, cut off before the unwind). Liquidation at the zero-equity price, then assignment to volunteering liquidity
providers, then unwind against counterparties; what equity is left stays with the account.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from tests.reference.venues.exact import require, side_sign
from tests.reference.venues.sharing import pro_rata


class Prices(NamedTuple):
    """Value, initial and maintenance margin at entry in coin; liquidation and zero-equity price in USD."""

    value: float
    initial_margin: float
    maintenance_margin: float
    liquidation_price: float
    zero_equity_price: float


class Unwound(NamedTuple):
    """A size assigned to each provider and unwound against each counterparty, and what nobody took."""

    assigned: list[float]
    unwound: list[float]
    left: float


def prices(
    *,
    side: str | float,
    contracts: float,
    entry: float,
    margin_coin: float,
    initial_rate: float,
    maintenance_rate: float,
) -> Prices:
    """Return margins at entry, liquidation price and zero-equity price of an inverse position.

    Parameters
    ----------
    side : str
        long or short.
    contracts : float
        USD contracts, > 0.
    entry : float
        USD per coin, > 0.
    margin_coin : float
        Collateral of the account, coin.
    initial_rate, maintenance_rate : float
        Fractions of the position's value.

    Notes
    -----
    Maintenance is measured again at the mark: long (1 + m) q / (c + q / e), short (1 - m) q / (q / e - c), and the
    same with m = 0 for the zero-equity price. Fixing it at entry does not reproduce the venue's own number.
    """
    require("prices", above_zero={"contracts": contracts, "entry": entry}, not_negative={"margin_coin": margin_coin})
    sign, value = side_sign(side), contracts / entry
    below = value + sign * margin_coin

    def at(rate: float) -> float:
        return (1 + sign * rate) * contracts / below if below > 0 else math.inf

    return Prices(value, initial_rate * value, maintenance_rate * value, at(maintenance_rate), at(0.0))


def assign(*, size: float, capacities: Sequence[float], counterparties: Sequence[float]) -> Unwound:
    """Return a liquidated size assigned to providers pro rata to capacity, the rest unwound pro rata to position."""
    assigned = pro_rata(amount=size, caps=list(capacities))
    rest = max(0.0, size - sum(assigned))
    unwound = pro_rata(amount=rest, caps=list(counterparties))
    return Unwound(assigned, unwound, max(0.0, rest - sum(unwound)))
