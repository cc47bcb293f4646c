"""The impact law: how far forced flow displaces the price, and the mean of f along one order's walk.

docs/MODEL.md section 3. The flow u is net forced buying in units of the depth, USD that move the price by 1 %. The
displacement x is 0.01 u for small flows and a square root beyond the measured depth; under the linear law the state is
x itself.
"""

from __future__ import annotations

import math

from engine.compile import inlined, inner
from engine.contracts import mean_growth, walk_value

SQUARE_ROOT = "square_root"
LINEAR_LAW = "linear"
IMPACT_LAWS = (SQUARE_ROOT, LINEAR_LAW)

PER_DEPTH = 0.01
LARGEST_IMPACT = 3.0
LARGEST_WALK = 1.0  # of one order under the linear law
LARGEST_FLOW = (0.5 * (LARGEST_IMPACT / PER_DEPTH + 1.0)) ** 2  # beyond it the displacement is the largest
SHORT = 0.5  # of z below: the closed form loses digits near 0


@inlined
def displacement(flow: float) -> float:
    """Return x(u) under the square-root law: sign(u) min(g(|u|), 3), g(a) = 0.01 a up to 1, 0.01 (2 sqrt(a) - 1)."""
    if abs(flow) <= 1.0:
        return PER_DEPTH * flow
    return math.copysign(min(PER_DEPTH * (2.0 * math.sqrt(abs(flow)) - 1.0), LARGEST_IMPACT), flow)


@inlined
def _first_moment(z: float) -> float:
    """Return the integral of y exp(z y) over [0, 1], (z exp(z) - expm1(z)) / z^2, by its series where z is small."""
    if abs(z) < SHORT:
        total, power, n = 0.5, 1.0, 1.0
        while True:
            power *= z / n
            term = power / (n + 2.0)
            total += term
            if abs(term) < 1e-17:
                return total
            n += 1.0
    return (z * math.exp(z) - math.expm1(z)) / (z * z)


@inlined
def _root_mean(a: float, b: float, k: float) -> float:
    """Return the mean of exp(k (x(u) - x(a))) over flows from a to b, both from 1 to the largest, in either order.

    With r = sqrt(u) the displacement is linear in r and du = 2 r dr; c = 0.02 k.
    """
    start, end = math.sqrt(a), math.sqrt(b)
    change = (b - a) / (start + end)
    z = 2.0 * PER_DEPTH * k * change
    return 2.0 * (start * mean_growth(z) + change * _first_moment(z)) / (start + end)


@inner
def _mean_over_edges(a: float, b: float, k: float) -> float:
    """Return the mean of exp(k (x(u) - x(a))) over flows from a to b, piece by piece between the edges of the law."""
    total, at, grown = 0.0, a, 1.0
    while at != b:
        stop = b
        for edge in (-LARGEST_FLOW, -1.0, 1.0, LARGEST_FLOW):
            if b > a and edge > at:
                stop = min(stop, edge)
            elif b < a and edge < at:
                stop = max(stop, edge)
        middle = 0.5 * (at + stop)
        mean = 1.0
        if abs(middle) <= 1.0:
            mean = mean_growth(PER_DEPTH * k * (stop - at))
        elif abs(middle) < LARGEST_FLOW:
            mean = _root_mean(abs(at), abs(stop), math.copysign(k, k * middle))
        total += grown * (stop - at) * mean
        grown *= math.exp(k * (displacement(stop) - displacement(at)))
        at = stop
    return total / (b - a)


@inlined
def mean_along(a: float, b: float, k: float) -> float:
    """Return the mean of exp(k (x(u) - x(a))) over flows from a to b, uniform in flow; k is 1 or -1."""
    least, most = min(abs(a), abs(b)), max(abs(a), abs(b))
    if most <= 1.0:
        return mean_growth(PER_DEPTH * k * (b - a))
    if least >= 1.0 and most <= LARGEST_FLOW and (a > 0.0) == (b > 0.0):
        return _root_mean(abs(a), abs(b), k if a > 0.0 else -k)
    return 1.0 if a == b else _mean_over_edges(a, b, k)


@inlined
def root_walk(book_price: float, flow: float, after: float, is_inverse: bool) -> float:
    """Return the mean of f over a walk of the order book under the square-root law.

    Parameters
    ----------
    book_price : float
        Price B = F exp(x(u)) before the order, USD per coin.
    flow, after : float
        u before and after the order, units of the depth of the moment.
    is_inverse : bool

    Notes
    -----
    docs/MODEL.md section 3: linear contracts the mean of F exp(x(u)), inverse ones that of -1 / (F exp(x(u))).
    """
    mean = mean_along(flow, after, -1.0 if is_inverse else 1.0)
    return -mean / book_price if is_inverse else book_price * mean


@inlined
def line_walk(
    book_price: float, impact: float, usd: float, depth: float, thinning: float, side: float, is_inverse: bool
) -> tuple[float, float]:
    """Return the mean of f over a walk under the linear law, and the displacement after it.

    Parameters
    ----------
    book_price, impact : float
        Price B and displacement x before the order.
    usd, depth, thinning : float
        Size of the order; USD that move the price by 1 % at x = 0, which 1 + thinning * 100 |x| divides.
    side : +1 for a sell, the closing of a long, -1 for a buy
    is_inverse : bool
    """
    thinner = 1.0 + thinning * 100.0 * abs(impact)
    walk = min(PER_DEPTH * usd * thinner / depth, LARGEST_WALK)
    after = min(max(impact - side * walk, -LARGEST_IMPACT), LARGEST_IMPACT)
    return walk_value(book_price, walk, side > 0.0, is_inverse), after
