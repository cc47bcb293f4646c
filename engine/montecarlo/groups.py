"""Groups of traders: by leverage, size or side, or by labels that the caller brings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.book import Book
from engine.errors import Checker
from engine.margin import notional

Ints = NDArray[np.int32]

LEVERAGE_EDGES = (3.0, 5.0, 10.0, 25.0, 50.0)
SIZE_SHARES = (0.01, 0.1, 0.5)
GROUPINGS = ("leverage", "size", "side")

Groups = Iterable[str] | Mapping[str, Sequence[object] | NDArray[np.generic]]


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Grouping:
    """Traders put into groups: `labels` of the groups, and each trader's row in them, (n,)."""

    name: str
    labels: tuple[str, ...]
    index: Ints


def group_traders(book: Book, groups: Groups) -> tuple[Grouping, ...]:
    """Return groupings of a book's traders.

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
                made.append(_BUILDERS[name](book))
    check.raise_if_any()
    return tuple(made)


def entry_leverage(book: Book) -> NDArray[np.float64]:
    """Return notional at entry over collateral, (n,); infinity without collateral."""
    value = notional(book=book, price=book.entry_price)
    return np.divide(value, book.collateral, out=np.full(value.size, np.inf), where=book.collateral > 0)


def _occupied(name: str, labels: Sequence[str], index: ArrayLike) -> Grouping:
    """Return the grouping without its empty groups."""
    used, rows = np.unique(np.asarray(index), return_inverse=True)
    return Grouping(name=name, labels=tuple(labels[k] for k in used), index=rows.astype(np.int32))


def _by_leverage(book: Book) -> Grouping:
    edges = LEVERAGE_EDGES
    labels = [
        f"to {edges[0]:g}x",
        *(f"{low:g}x to {high:g}x" for low, high in pairwise(edges)),
        f"over {edges[-1]:g}x",
    ]
    return _occupied("leverage", labels, np.searchsorted(edges, entry_leverage(book) * (1 - 1e-12), side="left"))


def _by_size(book: Book) -> Grouping:
    n = book.n_traders
    place = np.empty(n)
    place[np.argsort(-notional(book=book, price=book.entry_price), kind="stable")] = (np.arange(n) + 0.5) / n
    labels = ["largest 1 %", "next 9 %", "next 40 %", "smaller half"]
    return _occupied("size", labels, np.searchsorted(SIZE_SHARES, place, side="left"))


def _by_side(book: Book) -> Grouping:
    return _occupied("side", ["long", "short"], np.where(book.size > 0, 0, 1))


_BUILDERS = {"leverage": _by_leverage, "size": _by_size, "side": _by_side}
