"""Who causes a venue's losses, and who pays for them: component ES, shares of a fund, the cross-subsidy matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.book import Book
from engine.drawing.path_settings import PathModel
from engine.errors import Checker
from engine.kernel.state import Floats
from engine.montecarlo.groups import Grouping, Groups, group_traders
from engine.montecarlo.many_paths import run_many
from engine.montecarlo.risk import Estimated, check_level, expected_shortfall
from engine.montecarlo.runs import check_request, is_certain, plain_source
from engine.montecarlo.workspace import Request
from engine.questions.attribution import account_for
from engine.questions.shapley import shapley_value
from engine.venue import Venue

LAYERS = ("insurance fund", "venue capital", "backstop", "unfunded")


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class SystemicReport:
    """Causes and payers; money in the settlement currency, n traders, g groups, n_paths paths.

    Parameters
    ----------
    total
        Expected Shortfall of the losses that all traders together cause, at `level`.
    component : (n,)
        Component ES: each trader's mean loss in that tail. They add up to `total`.
    group_component, group_charge : (g,)
        Component ES of groups, and what they are charged in the same tail.
    labels, payers : of the rows and of the columns of `matrix`
        Groups, and groups with the layers after them.
    matrix : (g, g + 4)
        Cross-subsidies: expected money per path that a payer gave for losses that a group caused. Rows add up to what
        the group causes, columns to what the payer pays.
    caused_by_group : (n_paths, g)
        Loss that each group caused on each path.
    """

    level: float
    total: Estimated
    component: Estimated
    labels: tuple[str, ...]
    payers: tuple[str, ...]
    group_component: Estimated
    group_charge: Estimated
    matrix: Estimated
    caused_by_group: Floats

    @property
    def component_share(self) -> Floats:
        """Each trader's share of the fund by component ES (Euler), (n,); zeros where nothing is caused."""
        total = float(self.component.value.sum())
        share: Floats = self.component.value / total if total > 0.0 else np.zeros_like(self.component.value)
        return share


@dataclass(slots=True)
class _Found:
    """What the paths with a loss had: their numbers, losses by trader (sparse), and sums by group and payer."""

    path: list[int]
    traders: list[Any]
    losses: list[Floats]
    by_group: list[Floats]
    by_payer: list[Floats]


def systemic_report(
    *,
    book: Book,
    venue: Venue,
    model: PathModel,
    groups: Groups = ("leverage",),
    level: float = 0.99,
    n_paths: int = 2_000,
    seed: int = 0,
    n_threads: int | None = None,
) -> SystemicReport:
    """Return who causes and who pays the losses of a venue, on the paths of `estimate`.

    Parameters
    ----------
    book, venue, model, n_paths, seed, n_threads
        As in `estimate`. Paths with a loss run a second time, with the log of every forced trade.
    groups : one name or a mapping with one entry
        How traders are grouped, see `estimate`.
    level : float
        Of the tail, 0 <= level < 1.

    Notes
    -----
    A trader causes the deficits of its forced trades, and what its position lacked when it was deleveraged. Component
    ES is E[loss_i | total loss in its tail], with the fraction of the atom that ES takes (Euler: the parts add up).
    Within a path money is alike: each payer gave to each cause in proportion to what was caused.
    """
    start = check_request(book=book, venue=venue, model=model, n_paths=n_paths, seed=seed, n_threads=n_threads)
    check = Checker()
    check_level(check, "level", level)
    groupings = group_traders(book, groups)
    if len(groupings) != 1:
        check.add("groups", "one grouping", tuple(one.name for one in groupings))
    check.raise_if_any()
    n_run = 1 if is_certain(model) else n_paths
    found = _run(book, venue, model, start, seed, n_run, n_threads, groupings[0])
    return _report(found, groupings[0], book.n_traders, n_run, level)


def margin_shares(*, book: Book) -> Floats:
    """Return each trader's share of a fund by initial margin posted, (n,), adding up to 1 (0 without any)."""
    total = float(book.collateral.sum())
    return np.asarray(book.collateral / total if total > 0.0 else np.zeros(book.n_traders))


def shapley_shares(report: SystemicReport, *, n_orders: int = 400, seed: int = 0) -> Estimated:
    """Return each group's Shapley value of the losses' Expected Shortfall, settlement currency, (g,).

    A coalition is worth the ES of what its groups caused. The error is that of the drawn orders alone: the paths are
    the report's, and up to 12 groups all orders are taken.
    """
    losses = report.caused_by_group

    def worth(coalition: Any) -> float:
        return float(expected_shortfall(losses[:, coalition].sum(axis=1), report.level).value)

    return shapley_value(value=worth, n_players=losses.shape[1], n_orders=n_orders, seed=seed)


def _run(
    book: Book,
    venue: Venue,
    model: PathModel,
    start: float,
    seed: int,
    n_paths: int,
    n_threads: int | None,
    grouping: Grouping,
) -> _Found:
    totals = run_many(
        Request(
            book=book,
            venue=venue,
            source=plain_source(model, start, seed),
            n_steps=model.n_steps,
            n_paths=n_paths,
            first_price=start,
            n_threads=n_threads,
        )
    )
    losing = np.flatnonzero((totals.paths["deficit"] > 0.0) | (totals.paths["is_short"] > 0))
    found, n_groups = _Found([], [], [], [], []), len(grouping.labels)
    for account in account_for(book=book, venue=venue, model=model, start=start, seed=seed, paths=losing):
        who: Any = np.flatnonzero(account.caused)
        layers = (account.fund_paid, account.venue_paid, account.backstop_paid, account.unfunded)
        found.path.append(account.path)
        found.traders.append(who)
        found.losses.append(account.caused[who])
        found.by_group.append(np.asarray(np.bincount(grouping.index, account.caused, n_groups), dtype=np.float64))
        found.by_payer.append(np.append(np.bincount(grouping.index, account.charged, n_groups), layers))
    return found


def _report(found: _Found, grouping: Grouping, n_traders: int, n_paths: int, level: float) -> SystemicReport:
    n_groups = len(grouping.labels)
    caused, paid = np.zeros((n_paths, n_groups)), np.zeros((n_paths, n_groups + len(LAYERS)))
    if found.path:
        caused[found.path], paid[found.path] = np.array(found.by_group), np.array(found.by_payer)
    total = caused.sum(axis=1)
    share = tail_weights(total, level)
    component, square = np.zeros(n_traders), np.zeros(n_traders)
    for path, who, losses in zip(found.path, found.traders, found.losses, strict=True):
        component[who] += share[path] * losses
        square[who] += (share[path] * losses) ** 2
    ratio = np.divide(caused, total[:, None], out=np.zeros_like(caused), where=total[:, None] > 0.0)
    flows = ratio[:, :, None] * paid[:, None, :]
    return SystemicReport(
        level=level,
        total=expected_shortfall(total, level),
        component=Estimated(component, np.sqrt(np.maximum(square - component**2 / n_paths, 0.0))),
        labels=grouping.labels,
        payers=(*grouping.labels, *LAYERS),
        group_component=_tail_mean(caused, share),
        group_charge=_tail_mean(paid[:, :n_groups], share),
        matrix=_mean_of_rows(flows),
        caused_by_group=caused,
    )


def tail_weights(losses: Floats, level: float) -> Floats:
    """Return weights of sum 1 with which ES is the mean: 1 / (n (1 - a)) above VaR, at most that at VaR, else 0."""
    n, tail = losses.size, 1.0 - level
    order = np.argsort(-losses, kind="stable")
    above = int(np.searchsorted(np.arange(1, n + 1) / n, tail + 1e-12, side="right"))
    var = losses[order[min(above, n - 1)]]
    weights = np.where(losses > var, 1.0 / (n * tail), 0.0)
    is_at = losses == var
    weights[is_at] = max(1.0 - float(weights.sum()), 0.0) / int(is_at.sum())
    return np.asarray(weights)


def _tail_mean(values: Floats, weights: Floats) -> Estimated:
    """Return the weighted sums of the columns, with the error of a mean over the tail."""
    parts = weights[:, None] * values
    mean = parts.sum(axis=0)
    return Estimated(mean, np.sqrt(np.maximum((parts**2).sum(axis=0) - mean**2 / weights.size, 0.0)))


def _mean_of_rows(values: Floats) -> Estimated:
    n = values.shape[0]
    error = np.full(values.shape[1:], np.inf) if n == 1 else values.std(axis=0, ddof=1) / np.sqrt(n)
    return Estimated(values.mean(axis=0), error)
