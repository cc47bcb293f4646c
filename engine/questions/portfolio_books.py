"""Accounts of a real day in several markets: each coin's drawn traders, some of them one account, and a portfolio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.book import Book
from engine.drawing.day_books import DayBooks
from engine.errors import Checker
from engine.history import Whole
from engine.kernel.state import Floats
from engine.questions.position import SIDES

MARGINS = ("cross", "isolated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One position of a portfolio, as it stands at each day's first price: coin, side, USD notional > 0 then.

    `gain`, from -0.9 to 0.9: how far the price has gone its way since it was opened, as a share of the entry price.
    """

    coin: str
    side: str
    usd: float
    gain: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """Positions and what stands behind them.

    Parameters
    ----------
    legs : tuple of Leg
        At most one a coin.
    cash : float
        USD > 0 at each day's start, beside what the legs have gained or lost by then.
    margin : {"cross", "isolated"}
        "cross": all legs on all of the cash. "isolated": each leg on its share of it, by notional.

    Raises
    ------
    InputError
        With one sentence per violation.
    """

    legs: tuple[Leg, ...]
    cash: float
    margin: str = "cross"

    def __post_init__(self) -> None:
        """Validate every field."""
        check = Checker("portfolio")
        object.__setattr__(self, "legs", tuple(self.legs))
        seen: set[str] = set()
        if not self.legs:
            check.add("legs", "at least one", self.legs)
        for at, leg in enumerate(self.legs):
            check.choice(f"legs[{at}].side", leg.side, SIDES)
            check.number(f"legs[{at}].usd", leg.usd, above=0, most=1e15)
            check.number(f"legs[{at}].gain", leg.gain, least=-0.9, most=0.9)
            check.text(f"legs[{at}].coin", leg.coin)
            if leg.coin in seen:
                check.add(f"legs[{at}].coin", "in one leg alone: make the two legs one", leg.coin)
            seen.add(leg.coin)
        check.number("cash", self.cash, above=0, most=1e15)
        check.choice("margin", self.margin, MARGINS)
        check.raise_if_any()

    @property
    def coins(self) -> tuple[str, ...]:
        """The coins of the legs."""
        return tuple(leg.coin for leg in self.legs)

    @property
    def size(self) -> Floats:
        """Signed notional of each leg at a day's first price, (K,) USD."""
        return np.array([SIDES[leg.side] * leg.usd for leg in self.legs], dtype=np.float64)

    @property
    def entry(self) -> Floats:
        """Entry price of each leg over the day's first price, (K,)."""
        return np.array([1.0 / (1.0 + SIDES[leg.side] * leg.gain) for leg in self.legs])

    @property
    def gross(self) -> float:
        """Notional of all legs together, USD."""
        return float(np.abs(self.size).sum())

    @property
    def net(self) -> float:
        """Notional of the longs less that of the shorts, USD."""
        return float(self.size.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """What is assumed of the venue's other accounts, beside what is known of each coin's traders; fractions.

    Parameters
    ----------
    several_share : float
        Share of positions, by rank of size on each side, whose account holds all of the portfolio's coins.
    hedged_share : float
        Share of those accounts that stand against the first coin with all others; the rest are on one side.
    """

    several_share: float = 0.5
    hedged_share: float = 0.5


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class OwnRows:
    """A portfolio as it stands in the books of d days: (K,) each, USD at a day's first price; `entry` over that price.

    `rate` is (K, d). `cash` is its account's; isolated where `collateral` is given for each leg instead.
    """

    size: Floats
    entry: Floats
    rate: Floats
    amount: Floats
    cash: float
    collateral: Floats | None


def account_owners(sizes: Sequence[NDArray[np.float32]], n_long: Sequence[int], others: Others) -> Whole:
    """Return the account of every coin's positions one after the other, numbered from 0.

    Positions of a side are ranked by size; equal ranks of all coins are one account where the rank is chosen, long and
    short in turn. Ranks are chosen evenly, so that an account's legs are of like rank in their coins.
    """
    n_first, n_ranks = sizes[0].size, min(min(n, size.size - n) for size, n in zip(sizes, n_long, strict=True))
    rank = np.arange(n_ranks)
    chosen = _evenly(rank, others.several_share)
    is_hedged = np.zeros(n_ranks, np.bool_)
    is_hedged[chosen] = _evenly(np.arange(int(chosen.sum())), others.hedged_share)
    owners, following = [np.arange(n_first)], n_first
    first = _ranked(sizes[0], n_long[0])
    for size, n in zip(sizes[1:], n_long[1:], strict=True):
        own = following + np.arange(size.size)
        following += size.size
        here = _ranked(size, n)
        for side in (0, 1):
            at = here[side][:n_ranks]
            own[at[chosen & ~is_hedged]] = first[side][:n_ranks][chosen & ~is_hedged]
            own[at[chosen & is_hedged]] = first[1 - side][:n_ranks][chosen & is_hedged]
        owners.append(own)
    _, owner = np.unique(np.concatenate(owners), return_inverse=True)
    return np.asarray(owner, dtype=np.int64)


def _evenly(rank: Whole, share: float) -> NDArray[np.bool_]:
    """Return which ranks are chosen for a share of them, as far apart as can be."""
    return np.asarray(np.floor((rank + 1) * share + 1e-9) > np.floor(rank * share + 1e-9))


def _ranked(size: NDArray[np.float32], n_long: int) -> tuple[Whole, Whole]:
    """Return the places of the longs and of the shorts, the largest first."""
    longs = np.argsort(-size[:n_long], kind="stable")
    return longs, n_long + np.argsort(size[n_long:], kind="stable")


def day_accounts(books: Sequence[DayBooks], row: int, own: OwnRows, day: int, others: Others) -> Book:
    """Return the book of one day, a row of some books, at prices over the day's first: own legs, then everybody else.

    The portfolio is account 0; isolated, its legs are the first of the accounts of one position. Everybody else margins
    all positions together, with the collateral that the traders of each coin have for theirs as cash.
    """
    columns = {
        name: np.concatenate([getattr(book, name)[row] for book in books]).astype(np.float64)
        for name in ("size", "entry", "collateral", "rate", "amount")
    }
    owner = account_owners([book.size[row] for book in books], [book.n_long for book in books], others)
    cash = np.bincount(owner, columns["collateral"])
    n_legs, is_isolated = own.size.size, own.collateral is not None
    legs = np.flatnonzero(own.size)
    market = np.repeat(np.arange(n_legs), [book.size.shape[1] for book in books])
    mine = np.full(legs.size, -1 if is_isolated else 0)
    margin = np.zeros(legs.size) if own.collateral is None else own.collateral[legs]
    return Book(
        size=np.concatenate((own.size[legs], columns["size"])),
        entry_price=np.concatenate((own.entry[legs], columns["entry"])),
        collateral=np.concatenate((margin, np.zeros(owner.size))),
        maintenance_rate=np.concatenate((own.rate[legs, day], columns["rate"])),
        maintenance_amount=np.concatenate((own.amount[legs], columns["amount"])),
        account=np.concatenate((mine, owner if is_isolated else owner + 1)),
        market=np.concatenate((legs, market)),
        cash=cash if is_isolated else np.concatenate(([own.cash], cash)),
    )
