"""Accounts and markets of the oracle of docs/MODEL.md section 8, one account at a time: lists, loops, no speed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.model.oracle_state import DUST, Calls, OrderBook, as_compared, most_asked, price_on_line, scaled, value


@dataclass
class Leg:
    """One position of an account."""

    place: int  # row of the book
    market: Market
    side: int
    size: float  # unsigned
    entry: float
    lines: tuple[tuple[float, float], ...]
    stop: float
    opening: float
    stop_waits: bool = False
    taken: float = 0.0  # signed size that auto-deleveraging closed


@dataclass
class Holder:
    """An account, or a position in isolated margin, which is one of its own."""

    index: int
    cash: float
    is_isolated: bool
    legs: list[Leg]
    opening: float
    wallet: float = 0.0
    charge: float = 0.0
    claim: float = 0.0
    base: float = 0.0
    liquidated_at: int = -1
    turns: int = 0
    in_liquidation: bool = False
    waits_with: Leg | None = None
    naked: float = 0.0
    adl_closed: float = 0.0
    adl_cost: float = 0.0  # without what the closed part earns by the end's marks
    holdings: list[Holding] = field(default_factory=list)
    proceeds: float = 0.0  # of sold collateral

    @property
    def is_open(self) -> list[Leg]:
        return [leg for leg in self.legs if leg.size > 0]


@dataclass
class Holding:
    """Units of an asset that an account has."""

    asset: Market
    units: float


@dataclass
class Market(OrderBook):
    """One contract, or one asset: its book, its makers, its share of the residual."""

    index: int
    setting: Any
    contract: str
    reference: float
    flow: float = 0.0
    depth: float = 0.0
    multiplier: float = 1.0
    variance: float = 0.0
    usual: float = 0.0
    halted_until: int = -1
    previous_mark: float = 0.0
    maker_size: float = 0.0
    maker_cost: float = 0.0
    residual: dict[int, float] = field(default_factory=lambda: {1: 0.0, -1: 0.0})

    @property
    def law(self) -> Any:
        return self.setting

    @property
    def unit(self) -> float:
        """f of the mark."""
        return value(self.contract, self.mark)


@dataclass
class Entry:
    """Who waits in a queue: an account with its lead, or with a stop."""

    holder: Holder
    leg: Leg
    is_stop: bool
    key: float = 0.0


@dataclass
class World(Calls):
    """Everything at one moment."""

    venue: Any
    contract: str
    markets: list[Market]
    holders: list[Holder]
    queues: dict[tuple[int, int], list[Entry]]
    fund: float
    venue_capital: float
    backstop: float
    backstop_kept: float
    fund_ends: list[float]
    assets: list[Market]
    unfunded: float = 0.0
    fund_position: float = 0.0
    step: int = 0
    deficit: float = 0.0
    n_events: int = 0


def notional(leg: Leg) -> float:
    return leg.size * abs(leg.market.unit)


def profit(leg: Leg, at: float | None = None) -> float:
    unit = leg.market.unit if at is None else at
    return leg.side * leg.size * (unit - value(leg.market.contract, leg.entry))


def worth(holder: Holder) -> float:
    """Value of all units, without haircuts."""
    return sum(held.units * held.asset.mark for held in holder.holdings)


def counted(holder: Holder) -> float:
    """What of the units counts as margin."""
    return sum((1 - held.asset.setting.haircut) * held.units * held.asset.mark for held in holder.holdings)


def margin(holder: Holder) -> float:
    """Cash, unrealized profit and units without haircuts, the wallet apart."""
    return holder.cash + sum(profit(leg) for leg in holder.is_open) + worth(holder)


def earned(holder: Holder) -> float:
    """Cash, wallet and unrealized profit, what sold units brought left out."""
    return holder.wallet + margin(holder) - worth(holder) - holder.proceeds


def equity(holder: Holder) -> float:
    return holder.wallet + margin(holder)


def requirement(world: World, leg: Leg, factor: float = 1.0) -> float:
    basis = value(world.contract, leg.entry) if world.venue.maintenance_basis == "entry" else leg.market.unit
    return most_asked(leg.lines, leg.size * abs(basis), leg.market.multiplier * factor)


def target(world: World, holder: Holder) -> float:
    return float(world.venue.liquidation_target) if holder.in_liquidation else 1.0


def liquidation_price(world: World, holder: Holder, leg: Leg) -> float:
    """All other marks as they are: the first that is met of the prices that each row of margin gives."""
    factor = target(world, holder)
    others = [other for other in holder.is_open if other is not leg]
    free = holder.cash + counted(holder) + sum(profit(other) - requirement(world, other, factor) for other in others)
    times, own = leg.market.multiplier * factor, (world.contract, leg.side * leg.size, leg.entry)
    if world.venue.maintenance_basis == "entry":
        prices = [price_on_line(*own, free - requirement(world, leg, factor), 0.0, 0.0)]
    else:
        prices = [price_on_line(*own, free, scaled(m, times), times * a) for m, a in leg.lines]
        prices.append(price_on_line(*own, free, 0.0, 0.0))
    return max(prices) if leg.side > 0 else min(prices)


def is_reached(world: World, leg: Leg, price: float) -> bool:
    mark = leg.market.mark
    return not world.is_above(mark * leg.side, price * leg.side, mark)


def can_trade(world: World, leg: Leg) -> bool:
    return leg.size > 0 and world.step > leg.market.halted_until


def mixed(h: int, part: int) -> int:
    """SplitMix64's finalizer of h + (part + 1) G."""
    mask = 2**64 - 1
    h = (h + (part + 1) * 0x9E3779B97F4A7C15) & mask
    h = ((h ^ (h >> 30)) * 0xBF58476D1CE4E5B9) & mask
    h = ((h ^ (h >> 27)) * 0x94D049BB133111EB) & mask
    return h ^ (h >> 31)


def lead(world: World, holder: Holder) -> Leg | None:
    """The leg that leads, of those that can be traded; the first market among equals."""
    legs = [leg for leg in holder.legs if can_trade(world, leg)]
    if not legs:
        return None
    order = world.venue.liquidation_order
    if order == "random":
        h = 0
        for part in (world.venue.liquidation_seed, holder.index, world.step, holder.turns):
            h = mixed(h, part)
        return legs[h % len(legs)]
    keys = [as_compared(profit(leg) if order == "largest_loss" else -notional(leg)) for leg in legs]
    best = min(range(len(legs)), key=lambda i: (keys[i], i))
    for i, key in enumerate(keys):
        if i != best:
            world.note_order(key, keys[best], notional(legs[i]))
    return legs[best]


def part_to_close(world: World, holder: Holder, leg: Leg, *, is_stop: bool) -> float:
    part = world.venue.liquidation_fraction
    least = max(leg.market.setting.min_size, DUST * leg.opening)
    if part == 1 or is_stop or not world.is_above(leg.size * (1 - part), least, leg.size):
        return 1.0
    return float(part) if world.is_above(margin(holder), 0.0, notional(leg)) else 1.0
