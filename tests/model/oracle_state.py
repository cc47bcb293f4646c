"""The parties of the oracle, and docs/MODEL.md section 2 for one trader."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

# A position that is cut again and again would be cut for ever without a minimum size: what is below this fraction of
# the opening size counts as nothing left.
DUST = 1e-12
LARGEST_RATE = 0.999


@dataclass
class Trader:
    """One isolated position and the wallet beside it."""

    index: int
    size: float
    entry: float
    collateral: float
    lines: tuple[tuple[float, float], ...]  # rate and amount of each row that the requirement may follow
    stop: float
    opening_size: float
    opening_collateral: float
    opening_side: int
    wallet: float = 0.0
    charge: float = 0.0
    claim: float = 0.0
    base: float = 0.0  # total equity at the last settlement, after its charges
    record: float = 1.0
    weight: float = 0.0  # of contributions, where the book brings it
    contribution: float = 0.0
    liquidated_at: int = -1


class OrderBook:
    """The prices of a book and its walk, of what has a law of impact, a contract, a reference, a flow and a depth."""

    law: Any
    contract: str
    reference: float
    flow: float
    depth: float

    @property
    def x(self) -> float:
        return displacement(self.law, self.flow)

    @property
    def book_price(self) -> float:
        return self.reference * math.exp(self.x)

    @property
    def mark(self) -> float:
        return self.mark_at(self.reference)

    def mark_at(self, reference: float) -> float:
        return reference * math.exp((1 - self.law.index_weight) * self.x)

    def walk(self, side: int, size: float) -> tuple[float, float]:
        """f(fill) of an order that closes so much of a position of a side, and the flow (linear law: x) after it."""
        usd = size * self.book_price if self.contract == "linear" else size
        if self.law.impact != "linear":
            after = self.flow - side * usd / self.depth
            per_unit = mean_over_flow(self.contract, self.law, self.flow, after)
            return (per_unit * self.reference if self.contract == "linear" else per_unit / self.reference), after
        v = min(0.01 * usd * (1 + self.law.thinning * 100 * abs(self.x)) / self.depth, 1.0)
        after = min(max(self.x - side * v, -3.0), 3.0)
        down, up = (-math.expm1(-v) / v, math.expm1(v) / v) if v > 0 else (1.0, 1.0)
        if self.contract == "linear":
            return self.book_price * (down if side > 0 else up), after
        return -(up if side > 0 else down) / self.book_price, after


@dataclass
class Calls:
    """How close decisions were to going the other way."""

    closest: float = field(default=math.inf, kw_only=True)  # the nearest of them, as a fraction

    def is_above(self, one: float, other: float, scale: float) -> bool:
        """Decide whether one > other, and note how close a call it was."""
        if math.isfinite(scale) and scale > 0:
            self.closest = min(self.closest, abs(one - other) / scale)
        return one > other

    def note_order(self, one: float, other: float, scale: float) -> None:
        """Note how close a call the order of two numbers is; what is equal but for rounding is a tie, and no call."""
        if abs(one - other) > 1e-13 * scale:
            self.is_above(one, other, scale)


@dataclass
class State(Calls, OrderBook):
    """Every party's money, and the market."""

    contract: str
    venue: Any
    traders: list[Trader]
    reference: float
    flow: float = 0.0  # u, net forced buying in units of the depth; under the linear law x itself
    depth: float = 0.0  # of this step
    maker_size: float = 0.0
    maker_cost: float = 0.0
    fund: float = 0.0
    fund_position: float = 0.0  # what it has taken over and not worked off, signed
    venue_capital: float = 0.0
    members: float = 0.0  # the default fund's contributions
    assessments: float = 0.0
    vault: float = 0.0
    vault_kept: float = 0.0  # the part of a liquidity pool that is out of reach
    unfunded: float = 0.0
    residual: dict[int, float] = field(default_factory=lambda: {1: 0.0, -1: 0.0})  # R by side of the bankrupt
    fund_ends: list[float] = field(default_factory=list)  # balances at the end of the steps so far, the start first
    deficit: float = 0.0  # arising in this step
    step: int = 0
    previous_mark: float = 0.0  # at the end of the step before
    multiplier: float = 1.0
    variance: float = 0.0  # of the mark's log returns, up to the step before
    price_band: float = math.inf
    first: float = 0.0  # price
    open_interest: float = 0.0  # half of all notionals at the first price
    halted_until: int = -1
    met: float = math.nan  # the trigger that the reference was moved to last
    mark_range: tuple[float, float] = (0.0, 0.0)  # of this step
    x_range: tuple[float, float] = (0.0, 0.0)
    n_events: int = 0  # entries of the log so far (orders, counterparties, halts): a scan starts from there

    @property
    def law(self) -> Any:
        return self.venue

    def note_prices(self, *, is_first: bool = False) -> None:
        """Widen this step's ranges of mark and displacement, or begin them."""
        if is_first:
            self.mark_range, self.x_range = (self.mark, self.mark), (self.x, self.x)
        self.mark_range = (min(self.mark_range[0], self.mark), max(self.mark_range[1], self.mark))
        self.x_range = (min(self.x_range[0], self.x), max(self.x_range[1], self.x))


def as_compared(number: float) -> float:
    """A number as orders compare it: 33 binary digits of it."""
    if not math.isfinite(number):
        return number
    digits, exponent = math.frexp(number)
    return math.ldexp(round(math.ldexp(digits, 33)), exponent - 33)


# section 2: one trader


def value(contract: str, price: float) -> float:
    """f(P), the value of one unit of size."""
    return price if contract == "linear" else -1.0 / price


def notional(contract: str, size: float, price: float) -> float:
    return abs(size) * price if contract == "linear" else abs(size) / price


def position_equity(contract: str, trader: Trader, price: float) -> float:
    """Collateral and unrealized profit, the wallet apart: what the position's margin is measured on."""
    return trader.collateral + trader.size * (value(contract, price) - value(contract, trader.entry))


def total_equity(contract: str, trader: Trader, price: float) -> float:
    return trader.wallet + position_equity(contract, trader, price)


def scaled(rate: float, multiplier: float) -> float:
    return rate if multiplier == 1 else min(rate * multiplier, LARGEST_RATE)


def most_asked(lines: tuple[tuple[float, float], ...], exposure: float, multiplier: float) -> float:
    """The most that any row asks for, and never below 0."""
    return max(0.0, *(scaled(m, multiplier) * exposure - multiplier * a for m, a in lines))


def requirement(contract: str, venue: Any, trader: Trader, price: float, multiplier: float) -> float:
    """Maintenance on the notional at the mark, or at entry."""
    exposure = notional(contract, trader.size, trader.entry if venue.maintenance_basis == "entry" else price)
    return most_asked(trader.lines, exposure, multiplier)


def price_on_line(contract: str, size: float, e: float, c: float, m: float, a: float) -> float:
    """Where c + profit since e meets m notional - a: 0 for a long that never gets there, inf for a short."""
    q = abs(size)
    if contract == "linear":
        price = (e * q - c - a) / (q * (1 - m)) if size > 0 else (e * q + c + a) / (q * (1 + m))
        return max(price, 0.0)  # a short that paid its collateral away and more is below the line at any price
    left = c + a + q / e if size > 0 else q / e - c - a
    return (1 + math.copysign(m, size)) * q / left if left > 0 else math.inf  # and so is such a long in coins


def liquidation_price(contract: str, venue: Any, trader: Trader, multiplier: float) -> float:
    """Where equity meets the requirement: the first that is met of what each row gives, and of the bankruptcy price."""
    own = (contract, trader.size, trader.entry, trader.collateral)
    if venue.maintenance_basis == "entry":  # an amount of money that does not move with the mark
        return price_on_line(*own, 0.0, -requirement(contract, venue, trader, 0.0, multiplier))
    prices = [price_on_line(*own, scaled(m, multiplier), multiplier * a) for m, a in trader.lines]
    prices.append(price_on_line(*own, 0.0, 0.0))
    return max(prices) if trader.size > 0 else min(prices)


def trigger(state: State, trader: Trader) -> tuple[float, bool]:
    """The price that forces this position out, and whether it is the stop that does."""
    price = liquidation_price(state.contract, state.venue, trader, state.multiplier)
    if not math.isnan(trader.stop) and (trader.stop > price if trader.size > 0 else trader.stop < price):
        return trader.stop, True
    return price, False


# section 3: the impact law


def displacement(venue: Any, flow: float) -> float:
    """x of the net forced flow u."""
    if venue.impact == "linear":
        return flow
    size = abs(flow)
    grown = 0.01 * size if size <= 1 else 0.01 * (2 * math.sqrt(size) - 1)
    return math.copysign(min(grown, 3.0), flow)


NODES, WEIGHTS = (part.tolist() for part in np.polynomial.legendre.leggauss(24))


def mean_over_flow(contract: str, venue: Any, before: float, after: float) -> float:
    """Mean of f(exp(x(u))) over a stretch of flow, by Gauss' rule on pieces in which the law is smooth."""
    edges = [1.0]
    while edges[-1] < 150.5**2:
        edges.append(min(2 * edges[-1], 150.5**2))  # x reaches 3 at sqrt(u) = 150.5
    low, high = min(before, after), max(before, after)
    if high == low:
        return value(contract, math.exp(displacement(venue, low)))
    points = [low, *(e for e in sorted([*edges, *(-edge for edge in edges)]) if low < e < high), high]
    total = 0.0
    for left, right in pairwise(points):
        half, middle = (right - left) / 2, (right + left) / 2
        values = [value(contract, math.exp(displacement(venue, middle + half * node))) for node in NODES]
        total += half / (high - low) * sum(w * v for w, v in zip(WEIGHTS, values, strict=True))
    return total


def trade_with_makers(state: State, size: float, fill_value: float) -> None:
    """Market makers take the same size at the same fill."""
    state.maker_size += size
    state.maker_cost += size * fill_value
