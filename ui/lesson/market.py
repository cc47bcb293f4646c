"""The market of the lesson: a dozen traders by letter, and its runs; every figure is read off one of them."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from engine import Book, Position, Run, Venue, bankruptcy_price, liquidation_price, load_preset, simulate
from ui.frame.formats import MINUS, SPACE

PRESET = "dozen"
START = 100.0  # USD per coin: where everybody entered
CALM_START = (START, 97.0)  # closing prices before a jump
DEEP: dict[str, Any] = {"depth": math.inf}  # a market that no sale moves


@lru_cache(maxsize=1)
def positions() -> dict[str, Position]:
    """Return the dozen by letter."""
    return {position.trader_id: position for position in load_preset(PRESET).scenario.positions}


def letters() -> tuple[str, ...]:
    """Return the letters, longs first."""
    return tuple(positions())


def longs() -> tuple[str, ...]:
    """Return the letters of those who bet on a rise."""
    return tuple(name for name, position in positions().items() if position.size > 0)


def shorts() -> tuple[str, ...]:
    """Return the letters of those who bet on a fall."""
    return tuple(name for name, position in positions().items() if position.size < 0)


def book_of(traders: tuple[Position, ...]) -> Book:
    """Return the book of some positions, as they are."""
    return Book(
        size=[each.size for each in traders],
        entry_price=[each.entry_price for each in traders],
        collateral=[each.margin(is_inverse=False) for each in traders],
        trader_id=[each.trader_id for each in traders],
    )


def of(names: str) -> tuple[Position, ...]:
    """Return positions of the dozen by their letters: "AG"."""
    return tuple(positions()[name] for name in names)


@lru_cache(maxsize=4096)
def run(
    prices: tuple[float, ...], names: str = "", extra: tuple[Position, ...] = (), jumps: bool = False, **settings: Any
) -> Run:
    """Return the run of some of the dozen, all without `names`, along closing prices; the venue's, but for `settings`.

    The price moves from close to close without a gap, or `jumps`: every step opens at its close. Losses are shared at
    the end.
    """
    own = of(names) if names or extra else tuple(positions().values())
    venue = replace(base_venue(), **{"settlement_interval": len(prices) - 1, **settings})
    return simulate(book=book_of((*own, *extra)), prices=prices, opens=prices if jumps else None, venue=venue)


def base_venue() -> Venue:
    """Return the venue of the dozen as the sandbox opens it."""
    return load_preset(PRESET).scenario.venue


def base_path() -> tuple[float, ...]:
    """Return the closing prices of the dozen's own story."""
    path = load_preset(PRESET).scenario.path
    return tuple(float(np.interp(step, *zip(*path.points, strict=True))) for step in range(path.n_steps + 1))


def at(done: Run, name: str) -> int:
    """Return where a trader stands in a run's arrays."""
    assert done.book.trader_id is not None
    return list(done.book.trader_id).index(name)


def gain(done: Run, name: str) -> float:
    """Return what a trader has more than it put in, before charges."""
    return float(done.profit[at(done, name)])


def charged(done: Run, name: str) -> float:
    """Return what a trader pays for others: charged, or given up by being closed early."""
    trader = at(done, name)
    early = done.trades[(done.trades["trader"] == trader) & (done.trades["against"] >= 0)]
    return (
        float(done.charge[trader]) if not early.size else max(float(early["charge"].sum()), float(done.charge[trader]))
    )


def missing(done: Run) -> dict[str, float]:
    """Return what each bankrupt trader left unpaid, by letter, where it left anything."""
    found: dict[str, float] = {}
    for trade in done.trades:
        if trade["deficit"] > 0:
            name = done.book.label(int(trade["trader"]))
            found[name] = found.get(name, 0.0) + float(trade["deficit"])
    return found


def out(name: str) -> float:
    """Return the price at which the venue sells a trader's position, its liquidation price."""
    return float(liquidation_price(book=book_of(of(name)), venue=base_venue())[0])


def gone(name: str) -> float:
    """Return the price at which nothing of a trader's margin is left, its bankruptcy price."""
    return float(bankruptcy_price(book=book_of(of(name)))[0])


def dollars(amount: float) -> str:
    """Return money of this small market: $60, $8.72, -$15."""
    text = f"{abs(amount):,.2f}"
    text = text.removesuffix(".00")
    return f"{MINUS if amount < 0 and text.strip('0.,') else ''}${text}"


def coins(number: float) -> str:
    """Return a number of coins: 10 coins, 1 coin."""
    return f"{number:g}{SPACE}coin{'' if number == 1 else 's'}"
