"""Small markets in whole numbers, on which the laws of loss sharing are tried, and the changes that laws are about.

Every trader is a position marked at one price, so profit, equity, leverage and notional fit each other; the loss is
that of one bankrupt long of `bankrupt_size` coins whose bankruptcy price lies `loss` above the mark. Rules that share
money get the product as an amount; rules that close positions get the position.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from engine.kernel.state import Floats

MARK = 100.0
UNIT = 1e-3  # of money, in the change of the unit
_STREAM = 80  # of random numbers; see engine.streams


@dataclass(frozen=True, slots=True)
class Trader:
    """A position: signed size in coins, profit per coin, own money behind it, and whose it is."""

    name: str
    size: float
    gain: float
    collateral: float

    @property
    def profit(self) -> float:
        """Unrealized profit at the mark."""
        return abs(self.size) * self.gain

    @property
    def equity(self) -> float:
        """Own money and profit."""
        return self.collateral + self.profit


@dataclass(frozen=True, slots=True)
class Case:
    """A few traders and the loss of one bankrupt long; all money is in `unit`."""

    traders: tuple[Trader, ...]
    bankrupt_size: float
    loss: float
    unit: float = 1.0

    @property
    def deficit(self) -> float:
        """What has to be shared."""
        return self.bankrupt_size * self.loss * self.unit

    @property
    def weight(self) -> tuple[float, ...]:
        """How large the case is, for finding the smallest: traders, then the numbers, long ones last."""
        numbers = [n for t in self.traders for n in (abs(t.size), abs(t.gain), t.collateral)]
        numbers += [self.bankrupt_size, self.loss]
        fractions = sum(n != round(n) for n in numbers)
        return (float(len(self.traders)), float(fractions), sum(numbers))

    def column(self, name: str) -> Floats:
        """Return one column over the traders, (n,): size, gain, collateral, profit or equity; money in `unit`."""
        values = np.array([getattr(trader, name) for trader in self.traders], dtype=np.float64)
        return values if name == "size" else values * self.unit


def reverse(case: Case) -> Case | None:
    """The same traders in the opposite order."""
    return replace(case, traders=case.traders[::-1])


def halve(case: Case) -> Case | None:
    """The first trader splits its account into two, size and own money divided alike; the second goes to the end."""
    first = case.traders[0]
    half = replace(first, size=first.size / 2, collateral=first.collateral / 2)
    halves = (replace(half, name=f"{first.name}1"), replace(half, name=f"{first.name}2"))
    return replace(case, traders=(halves[0], *case.traders[1:], halves[1]))


def merge(case: Case) -> Case | None:
    """The first two traders, on one side and both winning or both losing, become one account."""
    a, b, *others = case.traders
    if a.size * b.size <= 0 or (a.gain > 0) != (b.gain > 0):
        return None
    size = a.size + b.size
    gain = (a.profit + b.profit) / abs(size)
    both = Trader(f"{a.name}{b.name}", size, gain, a.collateral + b.collateral)
    return replace(case, traders=(both, *others))


def rescale(case: Case) -> Case | None:
    """The same market with money counted in thousands."""
    return replace(case, unit=case.unit * UNIT)


def enlarge(case: Case) -> Case | None:
    """The bankrupt position is one coin larger."""
    return replace(case, bankrupt_size=case.bankrupt_size + 1)


def hedge(case: Case) -> Case | None:
    """The last trader holds an equal position on the other side too, entered at the same price."""
    last = case.traders[-1]
    if last.size == 0:
        return None
    own = max(last.collateral, abs(last.profit) + 1.0)
    legs = (replace(last, name=f"{last.name}1", collateral=own), Trader(f"{last.name}2", -last.size, -last.gain, own))
    return replace(case, traders=(*case.traders[:-1], *legs))


Change = Callable[[Case], Case | None]

_MENU = (  # size, profit per coin, own money
    (-2.0, 2.0, 4.0),
    (-2.0, 4.0, 1.0),
    (-4.0, 1.0, 1.0),
    (2.0, 1.0, 4.0),
    (-2.0, -1.0, 8.0),
)
_LOSSES = ((1.0, 2.0), (2.0, 2.0), (1.0, 5.0), (5.0, 2.0), (4.0, 4.0))
_NAMES = "ABCDEFGH"


@lru_cache(maxsize=4)
def law_cases(n_random: int = 90, seed: int = 0) -> tuple[Case, ...]:
    """Return the markets that laws are tried on, the smallest first: all triples of a menu, and drawn ones."""
    cases = []
    for index, triple in enumerate(itertools.product(_MENU, repeat=3)):
        traders = tuple(Trader(name, *row) for name, row in zip(_NAMES, triple, strict=False))
        cases.append(Case(traders, *_LOSSES[index % len(_LOSSES)]))
    generator = np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(_STREAM,))))
    cases += [draw_case(generator) for _ in range(n_random)]
    return tuple(sorted(cases, key=lambda case: case.weight))


def draw_case(generator: np.random.Generator) -> Case:
    """Return a random market of three or four solvent accounts in whole numbers: some equal, some without position."""
    traders: list[Trader] = []
    for index in range(int(generator.integers(3, 5))):
        trader = _draw_trader(generator, _NAMES[index])
        if generator.random() < 0.15:
            trader = Trader(trader.name, 0.0, 0.0, trader.collateral + 1.0)  # no position
        elif traders and generator.random() < 0.25:
            trader = replace(traders[-1], name=trader.name)  # equals
        elif traders and traders[-1].size != 0 and generator.random() < 0.4:
            side, wins = np.sign(traders[-1].size), traders[-1].gain > 0
            gain = abs(trader.gain) if wins else -abs(trader.gain)
            trader = _solvent(replace(trader, size=float(side) * abs(trader.size), gain=gain))
        traders.append(trader)
    return Case(tuple(traders), float(generator.integers(1, 9)), float(generator.integers(1, 7)))


def _draw_trader(generator: np.random.Generator, name: str) -> Trader:
    side = -1.0 if generator.random() < 0.7 else 1.0
    size = side * 2.0 * float(generator.integers(1, 5))
    gain = float(generator.choice([-3, -2, -1, 1, 1, 2, 3, 5, 8]))
    return _solvent(Trader(name, size, gain, float(generator.integers(0, 21))))


def _solvent(trader: Trader) -> Trader:
    return replace(trader, collateral=max(trader.collateral, 1.0 - trader.profit, 0.0))


def smaller(case: Case) -> Iterator[Case]:
    """Yield simpler markets: a trader fewer (never below three), or one number nearer to the smallest it can be."""
    n = len(case.traders)
    if n > 3:
        for index in range(n):
            rest = case.traders[:index] + case.traders[index + 1 :]
            yield replace(case, traders=tuple(replace(t, name=c) for t, c in zip(rest, _NAMES, strict=False)))
    for index, trader in enumerate(case.traders):
        for other in _smaller_traders(trader):
            yield replace(case, traders=(*case.traders[:index], other, *case.traders[index + 1 :]))
    for value in _nearer(case.bankrupt_size, 1.0):
        yield replace(case, bankrupt_size=value)
    for value in _nearer(case.loss, 1.0):
        yield replace(case, loss=value)


def _smaller_traders(trader: Trader) -> Iterator[Trader]:
    for size in _nearer(abs(trader.size), 2.0) if trader.size else ():
        yield _solvent(replace(trader, size=float(np.copysign(size, trader.size))))
    for gain in _nearer(abs(trader.gain), 1.0) if trader.size else ():
        yield _solvent(replace(trader, gain=float(np.copysign(gain, trader.gain))))
    for collateral in _nearer(trader.collateral, 1.0):
        other = replace(trader, collateral=collateral)
        if other.equity > 0:
            yield other


def _nearer(value: float, least: float) -> list[float]:
    return sorted({v for v in (least, float(np.floor((value + least) / 2)), value - 1.0) if least <= v < value})
