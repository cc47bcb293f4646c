"""Groups of traders: by leverage, size or side, or by labels that the caller brings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from engine.book import Book
from engine.errors import Checker
from engine.margin import notional

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

LEVERAGE_BORDERS = (5.0, 10.0, 25.0, 50.0)
LEVERAGE_LABELS = ("below 5x", "5x to 10x", "10x to 25x", "25x to 50x", "50x and more")
RANK_BORDERS = (0.5, 0.9)
RANKS = ("lower half", "next 40 %", "top 10 %")
SIDE_LABELS = ("longs", "shorts")

Groups = Iterable[str] | Mapping[str, Sequence[object] | NDArray[np.generic]]


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Grouping:
    """Traders put into groups: `labels` of the groups, and each trader's row in them, (n,)."""

    name: str
    labels: tuple[str, ...]
    index: Ints


def group_traders(book: Book, groups: Groups) -> tuple[Grouping, ...]:
    """Return groupings of a book's traders, without groups that are empty.

    Parameters
    ----------
    book : Book
    groups : names or mapping
        Names out of GROUPINGS: "leverage" at entry, "size" by rank of the notional at entry, "side". Or a mapping from
        a name of your own to n labels, one per trader.

    Raises
    ------
    InputError
        For a name that is not known and for labels of the wrong number.
    """
    check = Checker()
    made: list[Grouping] = []
    if isinstance(groups, Mapping):
        for name, labels in groups.items():
            column = np.asarray(labels, dtype=object).astype(str)
            if column.shape != (book.n_traders,):
                check.add(f"groups[{name!r}]", f"{book.n_traders} labels, one per trader", f"shape {column.shape}")
                continue
            known, index = np.unique(column, return_inverse=True)
            made.append(Grouping(name=str(name), labels=tuple(known.tolist()), index=index.astype(np.int32)))
    else:
        for name in (groups,) if isinstance(groups, str) else groups:
            check.choice("groups", name, GROUPINGS)
            if name in GROUPINGS:
                rows_of, names = GROUPINGS[name]
                used, rows = np.unique(rows_of(book), return_inverse=True)
                occupied = tuple(names[k] for k in used)
                made.append(Grouping(name=name, labels=occupied, index=rows.astype(np.int32)))
    check.raise_if_any()
    return tuple(made)


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
