"""How large a fund has to be, for a target or to cover k traders, and what traders have to pay in to fill it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from engine.book import Book
from engine.errors import Checker
from engine.kernel.state import Floats
from engine.margin import equity
from engine.montecarlo.risk import (
    Chance,
    Estimated,
    certain,
    check_level,
    expected_shortfall,
    mean,
    probability,
    stacked,
    value_at_risk,
)
from engine.montecarlo.runs import fund_requirements
from engine.montecarlo.study import Study
from engine.montecarlo.workspace import Progress
from engine.rare_events.plans import DegenerateWeightsError, TiltPlan, WeightReport, plan_tilts
from engine.rare_events.tilts import OWN_FIELDS
from engine.streams import Stream, stream

FEWEST_TAIL_PATHS = 10
WHEN_RARE = "when_rare"


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class FundSizes:
    """What fund a venue needs, in the settlement currency, each with its standard error.

    Parameters
    ----------
    target, level : float
        Probability of a shortfall asked for, and the level of `value_at_risk` and `expected_shortfall`.
    needs, weights : (n_paths,)
        Fund that each path needs (`fund_requirements`), and its likelihood ratio.
    behind : float
        Venue capital and backstop, which pay when the fund is empty: a path is short when its need exceeds both.
    is_exact : bool
        One path is the answer, and errors are 0.
    importance : WeightReport or None
        What the weights of the paths that need this fund or more are worth; None for plain Monte Carlo.
    refused : str
        Why plain paths were drawn where importance sampling should have been; empty otherwise.
    """

    target: float
    level: float
    needs: Floats
    weights: Floats
    behind: float
    is_exact: bool = False
    importance: WeightReport | None = None
    refused: str = ""

    @property
    def n_paths(self) -> int:
        """How many paths ran."""
        return int(self.needs.size)

    @property
    def fund(self) -> Estimated:
        """The smallest fund whose probability of a shortfall is at most the target."""
        return self.size(self.target)

    @property
    def value_at_risk(self) -> Estimated:
        """The fund that pays all but the worst 1 - level of the paths."""
        return self._beyond(value_at_risk(self.needs, self.level, self.weights))

    @property
    def expected_shortfall(self) -> Estimated:
        """The mean need of the worst 1 - level of the paths, less what pays behind the fund."""
        return self._beyond(expected_shortfall(self.needs, self.level, self.weights))

    def size(self, target: float) -> Estimated:
        """Return the smallest fund whose probability of a shortfall is at most `target`.

        A target that so many paths cannot show, 0 or less than one path, gives their largest need with an infinite
        error; `caution` says so. A target of 1 gives 0.
        """
        if target >= 1.0:
            return Estimated(0.0, 0.0)
        if target <= 0.0:
            return self._beyond(Estimated(float(self.needs.max()), math.inf))
        return self._beyond(value_at_risk(self.needs, 1.0 - target, self.weights))

    def shortfall_probability(self, fund: float) -> Chance:
        """Return the probability of a shortfall with a fund of this size."""
        found = probability(self.needs > fund + self.behind, self.weights)
        return certain(found) if self.is_exact else found

    def curve(self, funds: ArrayLike) -> Chance:
        """Return the probability of a shortfall for every fund, arrays (k,); one set of paths, so it only falls."""
        return stacked([self.shortfall_probability(float(fund)) for fund in np.atleast_1d(np.asarray(funds))])

    @property
    def caution(self) -> str:
        """A sentence where the paths cannot show the target, so that `fund` has an infinite error; else empty."""
        if math.isfinite(self.fund.stderr):
            return ""
        if self.target <= 0.0:
            return "no number of paths shows a chance of 0; this is the largest need seen"
        if not self.needs.any():
            return f"none of {self.n_paths} paths needs a fund"
        return f"{self.n_paths} paths cannot show a chance of {self.target:g}: it takes {4.0 / self.target:,.0f}"

    def of_usable_share(self, share: float) -> FundSizes:
        """Return the sizes where only a share of a fund, 0 < share <= 1, may be used."""
        Checker().number("share", share, above=0, most=1).raise_if_any()
        return replace(self, needs=self.needs / share, behind=self.behind / share)

    def _beyond(self, found: Estimated) -> Estimated:
        return Estimated(max(found.value - self.behind, 0.0), 0.0 if self.is_exact else found.stderr)


def size_fund(
    study: Study,
    *,
    target: float = 0.01,
    level: float = 0.99,
    importance: TiltPlan | bool | str = False,
    progress: Progress | None = None,
) -> FundSizes:
    """Return the fund that a venue needs; its own fund does not matter, all else does.

    Parameters
    ----------
    study : Study
    target : float
        Probability of a shortfall, 0 <= target <= 1.
    level : float
        Of VaR and ES, 0 <= level < 1.
    importance : bool, "when_rare" or TiltPlan
        False: plain paths. True, or a plan: importance sampling of the paths that need more than the fund of the
        target, or an error. "when_rare": importance sampling where plain paths cannot show the target (`is_rare`),
        plain paths else and where the likelihood ratios are worth too little; `refused` then says why.
    progress : callable or None
        As in `estimate`.

    Raises
    ------
    InputError
        Among others for a venue with a drawdown limit: what such a fund can pay is a share of its size, so its need is
        not a number of the path; use `solve_setting` with "fund".
    DegenerateWeightsError
        With importance sampling asked for, when the weights of the paths that need the fund rest on too few of them.

    Notes
    -----
    One run for all sizes (`fund_requirements`): prices move by liquidations, and the fund's size touches none before
    the first shortfall, with auto-deleveraging too. The smallest fund is an order statistic of the needs, VaR at
    1 - target.

    Examples
    --------
    >>> import engine
    >>> book = engine.Book(size=[3.0], entry_price=[100.0], collateral=[30.0])
    >>> fall = engine.PathModel(model="array", prices=(100.0, 80.0), n_steps=1, gap_steps=(1,))
    >>> study = engine.Study(book=book, venue=engine.Venue(depth=float("inf")), model=fall)
    >>> round(size_fund(study).fund.value, 2)  # bankrupt at 90, and the price jumps to 80
    30.0
    """
    check = Checker()
    check.number("target", target, least=0, most=1)
    check_level(check, "level", level)
    if not isinstance(importance, bool | TiltPlan) and importance != WHEN_RARE:
        check.add("importance", f"a bool, {WHEN_RARE!r} or an engine.TiltPlan", importance)
    if study.venue.fund_tiers:
        check.add("venue.fund_tiers", "empty to size a fund by its needs", study.venue.fund_tiers)
    if study.venue.fund_max_drawdown < 1:
        check.add("venue.fund_max_drawdown", "1 to size a fund by its needs", study.venue.fund_max_drawdown)
    if study.venue.fund_position_limit < math.inf:
        check.add("venue.fund_position_limit", "infinity to size a fund by its needs", study.venue.fund_position_limit)
    check.raise_if_any()
    plan = importance if isinstance(importance, TiltPlan) else None
    if importance is True or (importance == WHEN_RARE and is_rare(study, target)):
        try:
            plan = plan_tilts(study, target=target)
            return _sized(study, target, level, plan, progress)
        except DegenerateWeightsError as error:
            if importance is True:
                raise
            return replace(_sized(study, target, level, None, progress), refused=str(error))
    return _sized(study, target, level, plan, progress)


def is_rare(study: Study, target: float) -> bool:
    """Return whether fewer than FEWEST_TAIL_PATHS plain paths would be short, and the price model can be tilted."""
    can_be_tilted = study.model.model in OWN_FIELDS and study.model.level > 0
    return can_be_tilted and 0.0 < target * study.n_paths < FEWEST_TAIL_PATHS


def _sized(study: Study, target: float, level: float, plan: TiltPlan | None, progress: Progress | None) -> FundSizes:
    venue = study.venue
    needs, weights = fund_requirements(study.sampled(plan, progress=progress))
    sizes = FundSizes(
        target=target,
        level=level,
        needs=needs,
        weights=weights,
        behind=venue.venue_capital + venue.backstop,
        is_exact=study.is_certain,
    )
    if plan is None or not 0.0 < target < 1.0:
        return sizes
    is_tail = needs >= sizes.fund.value + sizes.behind
    report = plan.report(weights, is_tail, probability(is_tail, weights))
    return replace(sizes, importance=report)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ContributionRate:
    """A levy on traded notional that fills a fund, as fractions of notional.

    `reach` gets the fund to its target by the end of the horizon in a share `confidence` of the histories; `hold` pays
    for what the fund loses on average and so keeps it there; `probability_empty` is the chance that a fund filled at
    `reach` was empty on the way.
    """

    reach: Estimated
    hold: Estimated
    probability_empty: Estimated


def contribution_rate(
    *,
    net_payouts: ArrayLike,
    traded_notional: float,
    target_fund: float,
    n_periods: int,
    fund: float = 0.0,
    confidence: float = 0.95,
    n_histories: int = 4000,
    seed: int = 0,
) -> ContributionRate:
    """Return the contribution per unit of traded notional that reaches and holds a target fund.

    Parameters
    ----------
    net_payouts : (n_paths,)
        What the fund paid less what it took in (fees, margin left by liquidations) over one period, settlement
        currency: of an estimate on a venue whose fund suffices, `venue.fund - est.paths["fund"]`.
    traded_notional : float
        Per period, > 0.
    target_fund, fund : float
        Target and start, >= 0.
    n_periods : int
        Length of the horizon in periods, >= 1.
    confidence : float
        Share of the histories that reach the target, 0 < confidence < 1.
    n_histories, seed
        Histories put together from the given periods at random, each period on its own.

    Notes
    -----
    History h ends at fund + n rate traded - sum(net payouts), so it reaches the target from the rate
    (target - fund + sum) / (n traded) on; `reach` is the quantile of that over histories, not less than 0. A fund that
    is empty pays nothing further; the share of histories in which that happens is `probability_empty`.
    """
    check = Checker()
    payouts = np.asarray(net_payouts, dtype=np.float64).ravel()
    check.array("net_payouts", payouts)
    if payouts.size == 0:
        check.add("net_payouts", "at least one number", [])
    check.number("traded_notional", traded_notional, above=0)
    check.number("target_fund", target_fund, least=0)
    check.number("fund", fund, least=0)
    check.whole("n_periods", n_periods, least=1, most=100_000)
    check.number("confidence", confidence, above=0)
    if isinstance(confidence, int | float) and confidence >= 1:
        check.add("confidence", "< 1", confidence)
    check.whole("n_histories", n_histories, least=2, most=10_000_000)
    check.raise_if_any()
    rng = stream(seed, Stream.RESAMPLING)
    lost, worst = np.zeros(n_histories), np.full(n_histories, -np.inf)
    order = rng.integers(0, payouts.size, (n_periods, n_histories))
    for period in range(n_periods):
        lost += payouts[order[period]]
        np.maximum(worst, (lost - fund) / (period + 1), out=worst)  # the rate at which this moment is survived
    needed = np.maximum((target_fund - fund + lost) / n_periods, 0.0)
    reach = value_at_risk(needed, confidence)
    hold = mean(payouts)
    return ContributionRate(
        reach=Estimated(reach.value / traded_notional, math.hypot(reach.stderr, hold.stderr) / traded_notional),
        hold=Estimated(max(hold.value, 0.0) / traded_notional, hold.stderr / traded_notional),
        probability_empty=probability(worst > reach.value),
    )
