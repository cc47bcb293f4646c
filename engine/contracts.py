"""Linear and inverse contracts: the value of one unit of size, notional, and the fill of an order that walks the book.

Both contract types run through the same formulas because a position is worth `size * (f(price) - f(entry))` in the
settlement currency, with f(P) = P (linear, USD) or f(P) = -1/P (inverse, coin). docs/MODEL.md section 2.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.compile import inlined

LINEAR = "linear"
INVERSE = "inverse"
CONTRACTS = (LINEAR, INVERSE)
SIDES = {"long": 1.0, "short": -1.0}
SHORT_WALK = 0.01

Prices = TypeVar("Prices", float, NDArray[np.float64])


@inlined
def unit_value(price: float, is_inverse: bool) -> float:
    """Return f(price), the value of one unit of size in the settlement currency."""
    return -1.0 / price if is_inverse else price


@inlined
def unit_price(value: float, is_inverse: bool) -> float:
    """Return the price whose f is `value`: the inverse function of `unit_value`."""
    return -1.0 / value if is_inverse else value


@inlined
def unit_notional(price: float, is_inverse: bool) -> float:
    """Return the notional of one unit of size in the settlement currency: P (linear) or 1/P (inverse)."""
    return 1.0 / price if is_inverse else price


def value_of(price: Prices, is_inverse: bool) -> Prices:
    """Return f(price) of a number or an array: `unit_value` for code that is not compiled.

    f is its own inverse for both contracts, so this is the price of a value, too.
    """
    return -1.0 / price if is_inverse else price


@inlined
def mean_growth(change: float) -> float:
    """Return (exp(u) - 1) / u, u a change of log price: the mean of exp over [0, u], 1 at 0.

    Most orders walk far less than 1 %, where seven terms of the series are exact to rounding and cost a fifth.
    """
    if abs(change) < SHORT_WALK:
        u = change
        return 1.0 + u * (1 / 2 + u * (1 / 6 + u * (1 / 24 + u * (1 / 120 + u * (1 / 720 + u * (1 / 5040))))))
    return math.expm1(change) / change


@inlined
def walk_value(book_price: float, impact: float, is_sell: bool, is_inverse: bool) -> float:
    """Return the mean of f over a walk of the order book, uniform in log price.

    Parameters
    ----------
    book_price : float
        Price B before the order, USD per coin.
    impact : float
        Length v >= 0 of the walk in log price: down to B exp(-v) for a sell, up to B exp(v) for a buy.
    is_sell, is_inverse : bool
        Direction of the order and type of the contract.

    Notes
    -----
    docs/MODEL.md section 3: linear B (1 - exp(-v)) / v or B (exp(v) - 1) / v; inverse the mean of -1/P over that walk.
    """
    if impact <= 0.0:
        return unit_value(book_price, is_inverse)
    mean = mean_growth(impact if is_sell == is_inverse else -impact)
    return -mean / book_price if is_inverse else book_price * mean
