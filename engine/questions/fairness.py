"""Who pays: how concentrated the charges of a run are, which groups bear them, and what the rule cost the market."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import Checker, require_choice
from engine.kernel.state import COUNTERPARTY, Floats
from engine.montecarlo.groups import GROUPINGS, RANKS, rank_groups
from engine.simulation import Run

BY = ("profit", "leverage", "size", "side")
NOT_COMPUTED = ("adl_profit", "first_adl_seconds", "loss", "oi_after", "venue_added")  # on record, not in a run


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
    profit = np.where(run.claim > 0.0, run.claim, gain_before_charges(run))
    taken = _taken(run)
    if taken.size:
        trader, realized = run.events["trader"][taken], run.events["realized"][taken]
        profit = np.maximum(profit, np.bincount(trader, realized, minlength=profit.size))
    return np.maximum(profit, 0.0)


def gain_before_charges(run: Run) -> Floats:
    """Return each trader's gain in equity before charges, (n,), signed, by the venue's profit base."""
    if run.venue.profit_base == "entry":
        return run.profit
    book, first = run.book, float(run.prices[0])
    if book.is_inverse:
        opening = book.collateral + book.size * (1.0 / book.entry_price - 1.0 / first)
    else:
        opening = book.collateral + book.size * (first - book.entry_price)
    return run.equity + run.charge - opening


def lost_shares(run: Run) -> Floats:
    """Return the share of its profit before charges that each trader was charged, (n,), also of who was closed early.

    NaN where something was charged and there was no profit, 0 where nothing was.
    """
    profit = profit_before_charges(run)
    none = np.where(run.charge > 0.0, np.nan, 0.0)
    return np.divide(run.charge, profit, out=none, where=profit > 0.0)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Winners:
    """Traders who had a profit before charges: their index, that profit, and the share of it that they lost, (k,)."""

    trader: NDArray[np.intp]
    profit: Floats
    rate: Floats


def winners(run: Run) -> Winners:
    """Return the winners of a run, by `profit_before_charges`."""
    profit = profit_before_charges(run)
    index = np.flatnonzero(profit > 0.0)
    own = profit[index]
    return Winners(trader=index, profit=own, rate=run.charge[index] / own)


def recorded_value(run: Run, key: str) -> float:
    """Return what a run gives for a figure on record (`Recorded.key`), in its unit; NaN for one of NOT_COMPUTED.

    Raises
    ------
    UnknownNameError
        For any other key.
    """
    events = run.events
    named = events["trader"] == run.book.n_traders - 1
    is_taken = events["against"] >= 0
    claimed = float(run.claim[run.charge > 0].sum())
    known = {
        "deficit": float(run.deficit.sum()),
        "deficit_named": float(events["deficit"][named].sum()),
        "fund_paid": float(run.fund_paid.sum()),
        "venue_paid": float(run.venue_paid.sum()),
        "charged": float(np.abs(run.charge).sum()),
        "haircut_rate": float(run.charge.sum()) / claimed if claimed > 0 else 0.0,
        "fund_low": float(run.fund.min()),
        "fund_end": float(run.fund[-1]),
        "forced": float(run.forced.sum()),
        "forced_usd": float(np.abs(events["size"]).sum()),
        "adl_notional": float((np.abs(events["size"]) * events["mark_before"])[is_taken].sum()),
        "unfunded": run.unfunded,
        "mark_low": float(run.mark_low.min()),
    }
    require_choice("recorded_value.key", key, (*known, *NOT_COMPUTED))
    return known.get(key, math.nan)


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
    """Return each trader's group, (n,), and the names of the groups, in their order, empty ones included.

    Parameters
    ----------
    run : Run
    by : {"profit", "leverage", "size", "side"}
        Rank by profit among winners (who has none comes first), or one of engine.montecarlo.groups.GROUPINGS.
    profit : (n,)
        Profit to rank by; not given: that of this run. Runs that are compared must share it.

    Raises
    ------
    InputError
        For an unknown grouping.
    """
    require_choice("group_of.by", by, BY)
    if by != "profit":
        index, labels = GROUPINGS[by]
        return index(run.book), labels
    own = profit_before_charges(run) if profit is None else profit
    return np.where(own > 0.0, 1 + rank_groups(own, own > 0.0), 0), ("no profit", *RANKS)


def group_shares(run: Run, by: str, profit: Floats | None = None) -> dict[str, float]:
    """Return the share of all charges that each group bears, by name; all 0 where nobody is charged."""
    group, names = group_of(run, by, profit)
    charge = np.maximum(run.charge, 0.0)
    total = float(charge.sum())
    paid = np.bincount(group, charge, minlength=len(names))
    return {name: float(amount / total) if total > 0.0 else 0.0 for name, amount in zip(names, paid, strict=True)}
