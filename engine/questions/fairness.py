"""Who pays: how concentrated the charges of a run are, which groups bear them, and what the rule cost the market."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import Checker
from engine.kernel.state import COUNTERPARTY
from engine.simulation import Run

Floats = NDArray[np.float64]

SHARES = (0.5, 0.9)  # borders of the groups by profit and by size: the lower half, the next 40 %, the top 10 %
RANKS = ("lower half", "next 40 %", "top 10 %")
LEVERAGES = (5.0, 10.0, 25.0)
LEVERAGE_NAMES = ("below 5x", "5x to 10x", "10x to 25x", "25x and more")
GROUPINGS = ("profit", "leverage", "size", "side")


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoPays:
    """The figures of a run that rules are compared by. Shares and rates are fractions, money in settlement currency.

    Parameters
    ----------
    deficit, unfunded : float
        What somebody had to pay, and what nobody paid.
    unfunded_share : float
        Unfunded over the deficit, 0 without one: the measure of solvency.
    charged : float
        What traders paid, gains of positions closed at a better price left out.
    largest_haircut : float
        Largest share of its profit that a winner paid.
    winners_hit : float
        Share of the winners who paid.
    gini : float
        Concentration of the charges over all winners: 0 all the same, towards 1 one pays all; NaN without charges.
    open_interest_destroyed, open_interest_kept : float
        Share of the traders' open positions, in size, that was closed by force, and the rest.
    forced_volume : float
        Notional of forced trades, positions closed against others included.
    closed_early : float
        The part of it that was closed against others.
    """

    deficit: float
    unfunded: float
    unfunded_share: float
    charged: float
    largest_haircut: float
    winners_hit: float
    gini: float
    open_interest_destroyed: float
    open_interest_kept: float
    forced_volume: float
    closed_early: float

    def values(self) -> dict[str, float]:
        """Return the figures by name."""
        return {f.name: float(getattr(self, f.name)) for f in fields(self)}


def gini(values: ArrayLike) -> float:
    """Return the Gini coefficient of values >= 0, (n,): 0 all equal, (n - 1) / n one has all; NaN where the sum is 0.

    Raises
    ------
    InputError
        For a negative or non-finite value, or none at all.

    Notes
    -----
    sum over i of (2 i - n - 1) x_i / (n sum x), x ascending, i from 1.
    """
    ordered = np.sort(_checked("gini", values))
    n, total = ordered.size, float(ordered.sum())
    if total <= 0.0:
        return float("nan")
    return float(((2.0 * np.arange(1, n + 1) - n - 1.0) * (ordered / total)).sum() / n)


def lorenz(values: ArrayLike) -> tuple[Floats, Floats]:
    """Return the Lorenz curve of values >= 0: share of the holders, smallest first, and what they hold together.

    Both have shape (n + 1,) and begin at 0; the second is all 0 where the sum is 0. Raises as `gini` does.
    """
    ordered = np.sort(_checked("lorenz", values))
    held = np.concatenate(([0.0], np.cumsum(ordered)))
    if held[-1] > 0.0:
        held = held / held[-1]
    return np.linspace(0.0, 1.0, held.size), held


def _checked(owner: str, values: ArrayLike) -> Floats:
    check = Checker(owner)
    array = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if array.ndim != 1 or array.size == 0:
        check.add("values", "an array of one dimension with at least one value", array.shape)
    else:
        check.array("values", array, least=0.0)
    check.raise_if_any()
    return array


def profit_before_charges(run: Run) -> Floats:
    """Return the profit that each trader's charge is measured against, (n,), at least 0.

    The claim of the settlements that shared a loss; for a trader without one its gain in equity before charges, since
    entry or since the first price, as the venue counts profit; for one whose position was closed against a bankrupt
    one, at least what this part had gained.
    """
    profit = np.where(run.claim > 0.0, run.claim, _gain(run))
    taken = _taken(run)
    if taken.size:
        trader, realized = run.events["trader"][taken], run.events["realized"][taken]
        profit = np.maximum(profit, np.bincount(trader, realized, minlength=profit.size))
    return np.maximum(profit, 0.0)


def _gain(run: Run) -> Floats:
    if run.venue.profit_base == "entry":
        return run.profit
    book, first = run.book, float(run.prices[0])
    if book.is_inverse:
        opening = book.collateral + book.size * (1.0 / book.entry_price - 1.0 / first)
    else:
        opening = book.collateral + book.size * (first - book.entry_price)
    return run.equity + run.charge - opening


def who_pays(run: Run) -> WhoPays:
    """Return the figures of a run that rules are compared by."""
    profit, charge = profit_before_charges(run), np.maximum(run.charge, 0.0)
    is_winner = profit > 0.0
    rate = charge[is_winner] / profit[is_winner]
    opened, still = float(np.abs(run.book.size).sum()), float(run.open_size.sum())
    closed_early = _closed_early(run)
    deficit = max(float(run.deficit.sum()), run.unfunded)
    kept = still / opened
    return WhoPays(
        deficit=deficit,
        unfunded=run.unfunded,
        unfunded_share=run.unfunded / deficit if deficit > 0.0 else 0.0,
        charged=float(charge.sum()),
        largest_haircut=float(rate.max(initial=0.0)),
        winners_hit=float((rate > 0.0).mean()) if rate.size else 0.0,
        gini=gini(charge[is_winner | (charge > 0.0)]) if charge.any() else float("nan"),
        open_interest_destroyed=1.0 - kept,
        open_interest_kept=kept,
        forced_volume=float(run.forced.sum()) + closed_early,
        closed_early=closed_early,
    )


def _closed_early(run: Run) -> float:
    taken = _taken(run)
    size, mark = np.abs(run.events["size"][taken]), run.events["mark_before"][taken]
    return float((size / mark if run.book.is_inverse else size * mark).sum())


def _taken(run: Run) -> NDArray[np.intp]:
    """Return which events closed a position against a bankrupt one: field by field, for there may be millions."""
    return np.flatnonzero(run.events["kind"] == COUNTERPARTY)


def group_of(run: Run, by: str, profit: Floats | None = None) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Return each trader's group, (n,), and the names of the groups, in their order.

    Parameters
    ----------
    run : Run
    by : {"profit", "leverage", "size", "side"}
        Rank by profit among winners (who has none comes first), leverage at entry, rank by position value, or side.
    profit : (n,)
        Profit to rank by; not given: that of this run. Runs that are compared must share it.

    Raises
    ------
    InputError
        For an unknown grouping.
    """
    check = Checker("group_of")
    check.choice("by", by, GROUPINGS)
    check.raise_if_any()
    book = run.book
    notional = np.abs(book.size) / book.entry_price if book.is_inverse else np.abs(book.size) * book.entry_price
    if by == "side":
        return (book.size < 0).astype(np.intp), ("longs", "shorts")
    if by == "leverage":
        with np.errstate(divide="ignore"):
            return np.searchsorted(LEVERAGES, notional / book.collateral, side="right"), LEVERAGE_NAMES
    if by == "size":
        return _ranked(notional, np.ones(notional.size, dtype=bool)), RANKS
    own = profit_before_charges(run) if profit is None else profit
    return np.where(own > 0.0, 1 + _ranked(own, own > 0.0), 0), ("no profit", *RANKS)


def _ranked(values: Floats, of: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return 0, 1 or 2 by rank among those `of`; equals share the rank of the first of them."""
    ordered = np.sort(values[of])
    share = np.searchsorted(ordered, values, side="left") / max(ordered.size, 1)
    return np.searchsorted(SHARES, share, side="right")


def group_shares(run: Run, by: str, profit: Floats | None = None) -> dict[str, float]:
    """Return the share of all charges that each group bears, by name; all 0 where nobody is charged."""
    group, names = group_of(run, by, profit)
    charge = np.maximum(run.charge, 0.0)
    total = float(charge.sum())
    paid = np.bincount(group, charge, minlength=len(names))
    return {name: float(amount / total) if total > 0.0 else 0.0 for name, amount in zip(names, paid, strict=True)}
