"""Accounts of a real day in several markets: each coin's drawn traders, some of them one account, and a portfolio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.book import Book
from engine.drawing.day_books import DayBooks

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


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
    """A portfolio as it stands in a day's book: (K,) each, USD at the day's first price; `entry` over that price.

    `cash` is its account's; isolated where `collateral` is given for each leg instead.
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


def day_accounts(books: Sequence[DayBooks], day: int, own: OwnRows, others: Others) -> Book:
    """Return the book of one day at prices relative to the day's first: the portfolio's legs, then everybody else.

    The portfolio is account 0; isolated, its legs are the first of the accounts of one position. Everybody else margins
    all positions together, with the collateral that the traders of each coin have for theirs as cash.
    """
    columns = {
        name: np.concatenate([getattr(book, name)[day] for book in books]).astype(np.float64)
        for name in ("size", "entry", "collateral", "rate", "amount")
    }
    owner = account_owners([book.size[day] for book in books], [book.n_long for book in books], others)
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
        maintenance_rate=np.concatenate((own.rate[legs], columns["rate"])),
        maintenance_amount=np.concatenate((own.amount[legs], columns["amount"])),
        account=np.concatenate((mine, owner if is_isolated else owner + 1)),
        market=np.concatenate((legs, market)),
        cash=cash if is_isolated else np.concatenate(([own.cash], cash)),
    )
