"""Who causes a venue's losses, and who pays: component ES, Shapley shares of a fund, the cross-subsidy matrix."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.drawing.blocks import BLOCK, draw_block
from engine.drawing.gaps import new_opens
from engine.errors import Checker
from engine.kernel.cascade import run_path
from engine.kernel.state import DELEVERAGED, Floats, PricePath, Rows
from engine.ledger import settle_accounts
from engine.montecarlo.groups import Grouping, group_traders
from engine.montecarlo.many_paths import run_many
from engine.montecarlo.risk import Estimated, check_level, expected_shortfall, mean_of
from engine.montecarlo.study import Study
from engine.run_inputs import copy_rows, prepare

MOST_PLAYERS = 12  # 4096 coalitions
Coalition = NDArray[np.bool_]
LAYERS = ("insurance fund", "venue capital", "backstop", "unfunded")


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class SystemicReport:
    """Causes and payers; money in the settlement currency, g groups, n_paths paths.

    Parameters
    ----------
    total
        Expected Shortfall of the losses that all traders together cause, at `level`.
    group_component, group_charge : (g,)
        Component ES: each group's mean loss in that tail, adding up to `total`; and what it is charged there.
    labels, payers : of the rows and of the columns of `matrix`
        Groups, and groups with the layers after them.
    matrix : (g, g + 4)
        Cross-subsidies: expected money per path that a payer gave for losses that a group caused. Rows add up to what
        the group causes, columns to what the payer pays.
    caused_by_group : (n_paths, g)
        Loss that each group caused on each path.
    margin_share : (g,)
        Share of all collateral that each group has posted.
    """

    level: float
    total: Estimated
    labels: tuple[str, ...]
    payers: tuple[str, ...]
    group_component: Estimated
    group_charge: Estimated
    matrix: Estimated
    caused_by_group: Floats
    margin_share: Floats


def systemic_report(study: Study, *, groups: str = "leverage", level: float = 0.99) -> SystemicReport:
    """Return who causes and who pays the losses of a venue, on the paths of `estimate`.

    Parameters
    ----------
    study : Study
        Paths with a loss run a second time, with the log of every forced trade.
    groups : {"leverage", "size", "side"}
        How traders are grouped (`group_traders`).
    level : float
        Of the tail, 0 <= level < 1.

    Notes
    -----
    A trader causes the deficits of its forced trades, and what its position lacked when it was deleveraged. Component
    ES is E[loss_i | total loss in its tail], with the fraction of the atom that ES takes (Euler: the parts add up).
    Within a path money is alike: each payer gave to each cause in proportion to what was caused.
    """
    check = Checker()
    check_level(check, "level", level)
    check.raise_if_any()
    grouping = group_traders(study.book, groups)
    return _report(study, grouping, level)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class ContributionShares:
    """Who should fill the fund, by three measures, beside who pays today; shares of groups, (g,), each of sum 1.

    All 0 where there is nothing to share: no collateral, no loss, or nobody charged.

    Parameters
    ----------
    labels : (g,)
        The groups.
    by_margin
        Share of the collateral.
    by_cause
        Share of the Expected Shortfall of losses that the group causes (component ES, Euler).
    by_shapley
        Share of the Shapley value: what a group adds to that Expected Shortfall, over all orders of joining.
    paid_today
        Share of what traders are charged in the same tail.
    """

    labels: tuple[str, ...]
    by_margin: Floats
    by_cause: Floats
    by_shapley: Floats
    paid_today: Floats


def contribution_shares(report: SystemicReport) -> ContributionShares:
    """Return who should contribute to the fund: groups' shares by margin, by cause and by Shapley value.

    Notes
    -----
    Of at most 12 groups (`shapley_value`). A coalition of groups is worth the Expected Shortfall, at the report's
    level, of what its members caused.

    Examples
    --------
    >>> import engine
    >>> book = engine.draw_book(model=engine.BookModel(n_traders=50, entry_price=100.0), seed=1)
    >>> path = engine.PathModel(volatility=3.0, n_steps=24)
    >>> study = engine.Study(book=book, venue=engine.Venue(depth=1e7), model=path, n_paths=50)
    >>> shares = contribution_shares(engine.systemic_report(study, groups="side"))
    >>> shares.labels, round(float(shares.by_shapley.sum()), 6)
    (('longs', 'shorts'), 1.0)
    """
    losses = report.caused_by_group

    def worth(coalition: Any) -> float:
        return float(expected_shortfall(losses[:, coalition].sum(axis=1), report.level).value)

    shapley = shapley_value(value=worth, n_players=losses.shape[1])
    return ContributionShares(
        labels=report.labels,
        by_margin=report.margin_share,
        by_cause=_of_sum_one(report.group_component.value),
        by_shapley=_of_sum_one(shapley),
        paid_today=_of_sum_one(np.maximum(report.group_charge.value, 0.0)),
    )


def _of_sum_one(values: Floats) -> Floats:
    total = float(values.sum())
    return np.asarray(values / total if total > 0.0 else np.zeros_like(values))


def _report(study: Study, grouping: Grouping, level: float) -> SystemicReport:
    index, n_groups, n_paths = grouping.index, len(grouping.labels), study.n_run
    caused, paid = np.zeros((n_paths, n_groups)), np.zeros((n_paths, n_groups + len(LAYERS)))
    for account in losing_accounts(study):
        layers = (account.fund_paid, account.venue_paid, account.backstop_paid, account.unfunded)
        caused[account.path] = np.bincount(index, account.caused, n_groups)
        paid[account.path] = np.append(np.bincount(index, account.charged, n_groups), layers)
    total = caused.sum(axis=1)
    share = tail_weights(total, level)
    ratio = np.divide(caused, total[:, None], out=np.zeros_like(caused), where=total[:, None] > 0.0)
    flows = ratio[:, :, None] * paid[:, None, :]
    return SystemicReport(
        level=level,
        total=expected_shortfall(total, level),
        labels=grouping.labels,
        payers=(*grouping.labels, *LAYERS),
        group_component=_tail_mean(caused, share),
        group_charge=_tail_mean(paid[:, :n_groups], share),
        matrix=mean_of(flows.sum(axis=0), (flows * flows).sum(axis=0), n_paths),
        caused_by_group=caused,
        margin_share=_of_sum_one(np.asarray(np.bincount(index, study.book.collateral, n_groups), dtype=np.float64)),
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


def shapley_value(*, value: Callable[[Coalition], float], n_players: int) -> Floats:
    """Return each player's Shapley value, (n_players,), from the worth of all coalitions.

    Parameters
    ----------
    value : callable
        What a coalition is worth, any unit; a coalition is (n_players,) booleans, and nobody is worth 0.
    n_players : int
        1 to 12: there are 2^n coalitions.

    Notes
    -----
    The mean over orders of value(those before i and i) - value(those before i). In every order the parts add up to the
    value of all, so the shares do too.

    Examples
    --------
    >>> costs = np.array([10.0, 30.0])
    >>> shapley_value(value=lambda inside: costs[inside].max(), n_players=2).tolist()
    [5.0, 25.0]
    """
    Checker().whole("n_players", n_players, least=1, most=MOST_PLAYERS).raise_if_any()
    members = (np.arange(1 << n_players)[:, None] >> np.arange(n_players)) & 1 == 1
    worth = np.array([0.0, *(value(row) for row in members[1:])])
    count = members.sum(axis=1)
    chance = np.array([1.0 / (n_players * math.comb(n_players - 1, k)) for k in range(n_players)])  # k others before
    parts = np.empty(n_players)
    for player in range(n_players):
        without = np.flatnonzero(~members[:, player])
        parts[player] = float(chance[count[without]] @ (worth[without | (1 << player)] - worth[without]))
    return parts


@dataclass(frozen=True, slots=True)
class PathAccount:
    """One path: what each trader caused and paid, and what each layer paid; settlement currency.

    `caused` (n,) is each trader's hole: deficits of its forced trades, and what a position that was deleveraged lacked
    at the mark. `charged` (n,) is signed. `fund_paid`, `venue_paid`, `backstop_paid`, `unfunded` are sums.
    """

    path: int
    caused: Floats
    charged: Floats
    fund_paid: float
    venue_paid: float
    backstop_paid: float
    unfunded: float


def losing_accounts(study: Study) -> Iterator[PathAccount]:
    """Yield the accounts of the paths of a study that have a loss, in rising order."""
    totals = run_many(study.request())
    return account_for(study, np.flatnonzero((totals.paths["deficit"] > 0.0) | (totals.paths["is_short"] > 0)))


def account_for(study: Study, paths: NDArray[np.int64]) -> Iterator[PathAccount]:
    """Yield the accounts of some of the paths of a study, in rising order; `paths` are their numbers.

    Raises ConservationError when the ledger of a path does not add up.
    """
    book, venue = study.book, study.venue
    inputs = prepare(book, venue)
    buffers, state = inputs.new_run(study.model.n_steps, 2 * book.n_traders + 1024, 0)
    opening = state.copy()
    for number, path in _paths(study, np.unique(paths)):
        while True:
            copy_rows(inputs.opening.positions, buffers.positions)
            buffers.claim[:], state[:] = 0.0, opening
            buffers.steps.view(np.float64)[:] = 0.0
            run_path(path, buffers, state[0], inputs.venue_record[0], inputs.policy[0])
            if state["n_events"][0] <= buffers.events.size:
                break
            buffers = buffers._replace(events=np.empty(int(state["n_events"][0]), buffers.events.dtype))
        settle_accounts(book=book, venue=venue, prices=path.closes, buffers=buffers, state=state[0])
        yield _read(number, buffers.events[: int(state["n_events"][0])], buffers.positions, buffers.steps)


def _paths(study: Study, paths: NDArray[np.int64]) -> Iterator[tuple[int, PricePath]]:
    model = study.model
    for block in np.unique(paths // BLOCK):
        rows = paths[paths // BLOCK == block] % BLOCK
        n_paths = int(rows.max()) + 1
        closes, opens = np.empty((n_paths, model.n_steps + 1)), new_opens(model=model, n_paths=n_paths)
        draw_block(model=model, initial_price=study.start, seed=study.seed, block=int(block), out=closes, opens=opens)
        for row in rows:
            yield int(block * BLOCK + row), PricePath(closes[row], opens[row])


def _read(path: int, events: Rows, positions: Rows, steps: Rows) -> PathAccount:
    paid = {name: float(steps[name].sum()) for name in ("fund_paid", "venue_paid", "backstop_paid", "unfunded")}
    return PathAccount(
        path=path, caused=left_to_others(events, positions.size), charged=positions["charge"].copy(), **paid
    )


def left_to_others(events: Rows, n_traders: int) -> Floats:
    """Return what each trader's forced closings lacked, (n,): deficits, and what a deleveraged position lacked."""
    is_default = events["kind"] == DELEVERAGED
    hole = np.where(is_default, np.maximum(-events["equity"], 0.0), events["deficit"])
    return np.asarray(np.bincount(events["trader"], hole, n_traders), dtype=np.float64)
