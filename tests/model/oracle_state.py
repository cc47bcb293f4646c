"""The parties of the oracle, and docs/MODEL.md section 2 for one trader."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

# A partially liquidated position keeps its leverage, so without a minimum size it would be cut for ever: what is below
# this fraction of the opening size counts as nothing left.
DUST = 1e-12


@dataclass
class Trader:
    """One isolated position and the wallet beside it."""

    index: int
    size: float
    entry: float
    collateral: float
    rate: float
    amount: float
    stop: float
    opening_size: float
    opening_collateral: float
    opening_side: int
    wallet: float = 0.0
    charge: float = 0.0
    claim: float = 0.0
    base: float = 0.0  # total equity at the last settlement, after its charges
    liquidated_at: int = -1


@dataclass
class State:
    """Every party's money, and the market."""

    contract: str
    venue: Any
    traders: list[Trader]
    reference: float
    x: float = 0.0
    maker_size: float = 0.0
    maker_cost: float = 0.0
    fund: float = 0.0
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
    halted_until: int = -1
    n_events: int = 0  # entries of the log so far (orders, counterparties, halts): a scan starts from there
    closest: float = math.inf  # the nearest that any decision came to going the other way, as a fraction

    @property
    def book_price(self) -> float:
        return self.reference * math.exp(self.x)

    @property
    def mark(self) -> float:
        return self.reference * math.exp((1 - self.venue.index_weight) * self.x)

    def is_above(self, one: float, other: float, scale: float) -> bool:
        """Decide whether one > other, and note how close a call it was."""
        if math.isfinite(scale) and scale > 0:
            self.closest = min(self.closest, abs(one - other) / scale)
        return one > other


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


def requirement(contract: str, venue: Any, trader: Trader, price: float, multiplier: float) -> float:
    """Maintenance on the notional at the mark, or at entry, less the bracket's amount; below 0 it asks for nothing."""
    at = trader.entry if venue.maintenance_basis == "entry" else price
    return max(trader.rate * multiplier * notional(contract, trader.size, at) - trader.amount, 0.0)


def liquidation_price(contract: str, venue: Any, trader: Trader, multiplier: float) -> float:
    """Where equity meets the maintenance requirement: 0 for a long that never gets there, inf for a short."""
    q, e, c, a, m = abs(trader.size), trader.entry, trader.collateral, trader.amount, trader.rate * multiplier
    if venue.maintenance_basis == "entry":  # an amount of money that does not move with the mark
        m, a = 0.0, a - m * notional(contract, q, e)
    if contract == "linear":
        price = (e * q - c - a) / (q * (1 - m)) if trader.size > 0 else (e * q + c + a) / (q * (1 + m))
    elif trader.size > 0:
        price = (1 + m) * q / (c + a + q / e)
    else:
        left = q / e - c - a
        price = (1 - m) * q / left if left > 0 else math.inf
    if trader.size > 0:
        return max(price, 0.0)
    return price if price > 0 else math.inf


def trigger(state: State, trader: Trader) -> tuple[float, bool]:
    """The price that forces this position out, and whether it is the stop that does."""
    price = liquidation_price(state.contract, state.venue, trader, state.multiplier)
    if not math.isnan(trader.stop) and (trader.stop > price if trader.size > 0 else trader.stop < price):
        return trader.stop, True
    return price, False


def trade_with_makers(state: State, size: float, fill_value: float) -> None:
    """Market makers take the same size at the same fill."""
    state.maker_size += size
    state.maker_cost += size * fill_value
