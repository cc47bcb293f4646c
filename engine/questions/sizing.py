"""How large a fund has to be: for a target probability of a shortfall, as VaR and ES, and to cover k traders."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from engine.book import Book
from engine.drawing.path_settings import PathModel
from engine.errors import Checker
from engine.kernel.state import Floats
from engine.margin import equity
from engine.montecarlo.fund_requirement import run_needs
from engine.montecarlo.risk import Estimated, check_level, expected_shortfall, probability, value_at_risk
from engine.montecarlo.runs import check_importance, check_request, chosen_source, is_certain
from engine.montecarlo.workspace import Progress, Request
from engine.rare_events.importance import TiltPlan, WeightReport, weigh
from engine.venue import Venue


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class FundSizes:
    """What fund a venue needs, in the settlement currency, each with its standard error.

    Parameters
    ----------
    target, level : float
        Probability of a shortfall asked for, and the level of `value_at_risk` and `expected_shortfall`.
    fund
        The smallest fund whose probability of a shortfall is at most the target. A target of 0 gives the largest need
        of all paths with an infinite error: no number of paths shows more. A target of 1 gives 0.
    value_at_risk, expected_shortfall
        The fund that pays all but the worst 1 - level of the paths; the mean need in those, less the lower layers.
    needs, weights : (n_paths,)
        Fund that each path needs (many.needs), and its likelihood ratio.
    behind : float
        Venue capital and backstop, which pay when the fund is empty: a path is short when its need exceeds both.
    importance : WeightReport or None
        What the weights of the paths that need this fund or more are worth; None for plain Monte Carlo.
    """

    target: float
    level: float
    fund: Estimated
    value_at_risk: Estimated
    expected_shortfall: Estimated
    needs: Floats
    weights: Floats
    behind: float
    importance: WeightReport | None = None

    def shortfall_probability(self, fund: float) -> Estimated:
        """Return the probability of a shortfall with a fund of this size."""
        return probability(self.needs > fund + self.behind, self.weights)

    def curve(self, funds: ArrayLike) -> Estimated:
        """Return the probability of a shortfall for every fund, arrays (k,); one set of paths, so it only falls."""
        points = [self.shortfall_probability(float(fund)) for fund in np.atleast_1d(np.asarray(funds))]
        return Estimated(np.array([p.value for p in points]), np.array([p.stderr for p in points]))


def size_fund(
    *,
    book: Book,
    venue: Venue,
    model: PathModel,
    target: float = 0.01,
    level: float = 0.99,
    n_paths: int = 10_000,
    seed: int = 0,
    n_threads: int | None = None,
    importance: TiltPlan | bool | None = None,
    progress: Progress | None = None,
) -> FundSizes:
    """Return the fund that a venue needs; its own fund does not matter, all else does.

    Parameters
    ----------
    book, venue, model, n_paths, seed, n_threads, importance, progress
        As in `estimate`, on the same paths. Importance sampling looks for paths that need more than the venue's layers.
    target : float
        Probability of a shortfall, 0 <= target <= 1.
    level : float
        Of VaR and ES, 0 <= level < 1.

    Raises
    ------
    InputError
        Among others for a venue with a drawdown limit: what such a fund can pay is a share of its size, so its need is
        not a number of the path; use `solve_setting` with "fund".
    DegenerateWeightsError
        When the weights of the paths that need the fund rest on too few of them.

    Notes
    -----
    One run for all sizes (many.needs): prices move by liquidations, and the fund's size touches none before the first
    shortfall, with auto-deleveraging too. The smallest fund is an order statistic of the needs, VaR at 1 - target.
    """
    start = check_request(book=book, venue=venue, model=model, n_paths=n_paths, seed=seed, n_threads=n_threads)
    check = Checker()
    check.number("target", target, least=0, most=1)
    check_level(check, "level", level)
    check_importance(check, importance, model)
    if venue.fund_max_drawdown < 1:
        check.add("venue.fund_max_drawdown", "1 to size a fund by its needs", venue.fund_max_drawdown)
    check.raise_if_any()
    source, plan = chosen_source(
        importance, book=book, venue=venue, model=model, start=start, seed=seed, n_threads=n_threads
    )
    needs, weights = run_needs(
        Request(
            book=book,
            venue=venue,
            source=source,
            n_steps=model.n_steps,
            n_paths=1 if is_certain(model) else n_paths,
            first_price=start,
            n_threads=n_threads,
            progress=progress,
        )
    )
    behind = venue.venue_capital + venue.backstop
    exact = is_certain(model)
    found = {
        "fund": _smallest_fund(needs, weights, target),
        "value_at_risk": value_at_risk(needs, level, weights),
        "expected_shortfall": expected_shortfall(needs, level, weights),
    }
    report = None
    if plan is not None and 0.0 < target < 1.0:
        is_tail = needs >= found["fund"].value
        report = weigh(plan, weights, is_tail, probability(is_tail, weights))
    return FundSizes(
        importance=report,
        target=target,
        level=level,
        needs=needs,
        weights=weights,
        behind=behind,
        **{name: Estimated(max(x.value - behind, 0.0), 0.0 if exact else x.stderr) for name, x in found.items()},
    )


def _smallest_fund(needs: Floats, weights: Floats, target: float) -> Estimated:
    if target >= 1.0:
        return Estimated(0.0, 0.0)
    if target <= 0.0:
        return Estimated(float(needs.max()), math.inf)
    return value_at_risk(needs, 1.0 - target, weights)


def cover(
    *, book: Book, k: int = 2, shocks: Sequence[float] = (-0.3, -0.2, -0.1, 0.1, 0.2, 0.3), price: float
) -> float:
    """Return the fund that covers the k traders with the largest holes in the worst of some shocks ("cover 2").

    Parameters
    ----------
    book : Book
    price : float
        Price that the shocks start from, USD per coin.
    k : int
        >= 1.
    shocks : fractions
        Moves of the price, > -1: -0.3 is a fall by 30 %.

    Notes
    -----
    A trader's hole is max(-equity, 0) at the shocked price, as in the stress tests of clearing houses (EMIR article 42:
    the two largest members): positions fall to that price at once, and nobody is liquidated on the way.
    """
    check = Checker()
    check.whole("k", k, least=1)
    check.number("price", price, above=0)
    for place, shock in enumerate(shocks):
        check.number(f"shocks[{place}]", shock, above=-1)
    if not len(shocks):
        check.add("shocks", "at least one", shocks)
    check.raise_if_any()
    largest = 0.0
    for shock in shocks:
        holes = np.maximum(-equity(book=book, price=price * (1.0 + shock)), 0.0)
        largest = max(largest, float(np.sort(holes)[-k:].sum()))
    return largest
