"""Groups of traders: by leverage, size or side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from engine.book import Book
from engine.errors import require_choice
from engine.kernel.state import Floats
from engine.margin import notional

LEVERAGE_BORDERS = (5.0, 10.0, 25.0, 50.0)
LEVERAGE_LABELS = ("below 5x", "5x to 10x", "10x to 25x", "25x to 50x", "50x and more")
RANK_BORDERS = (0.5, 0.9)
RANKS = ("lower half", "next 40 %", "top 10 %")
SIDE_LABELS = ("longs", "shorts")


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Grouping:
    """Traders put into groups: `labels` of the groups, and each trader's row in them, (n,)."""

    labels: tuple[str, ...]
    index: NDArray[np.intp]


def group_traders(book: Book, groups: str) -> Grouping:
    """Return a book's traders by a name out of GROUPINGS, without groups that are empty; InputError for another name.

    "leverage" at entry, "size" by rank of the notional at entry, "side".
    """
    require_choice("groups", groups, GROUPINGS)
    rows_of, names = GROUPINGS[groups]
    used, rows = np.unique(rows_of(book), return_inverse=True)
    return Grouping(labels=tuple(names[k] for k in used), index=rows)


def entry_leverage(book: Book) -> Floats:
    """Return notional at entry over collateral, (n,); infinity without collateral."""
    value = notional(book=book, price=book.entry_price)
    return np.divide(value, book.collateral, out=np.full(value.size, np.inf), where=book.collateral > 0)


def rank_groups(values: Floats, among: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return 0, 1 or 2 (RANKS) by rank among those `among`, (n,); equals share the rank of the first of them."""
    ordered = np.sort(values[among])
    share = np.searchsorted(ordered, values, side="left") / max(ordered.size, 1)
    return np.searchsorted(RANK_BORDERS, share, side="right")


def leverage_groups(book: Book) -> NDArray[np.intp]:
    """Return each trader's row of LEVERAGE_LABELS, (n,), by leverage at entry; a border belongs to the group above."""
    return np.searchsorted(LEVERAGE_BORDERS, entry_leverage(book) * (1.0 + 1e-12), side="right")


def size_groups(book: Book) -> NDArray[np.intp]:
    """Return each trader's row of RANKS, (n,), by notional at entry."""
    return rank_groups(notional(book=book, price=book.entry_price), np.ones(book.n_traders, dtype=bool))


def side_groups(book: Book) -> NDArray[np.intp]:
    """Return each trader's row of SIDE_LABELS, (n,)."""
    return np.where(book.size > 0, 0, 1)


GROUPINGS: Mapping[str, tuple[Callable[[Book], NDArray[np.intp]], tuple[str, ...]]] = MappingProxyType(
    {"leverage": (leverage_groups, LEVERAGE_LABELS), "size": (size_groups, RANKS), "side": (side_groups, SIDE_LABELS)}
)
