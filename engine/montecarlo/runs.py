"""Many paths: what a venue's losses are, each figure with its standard error, and the fund that each path requires."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from engine.book import Book
from engine.drawing.joint_settings import JointPathModel
from engine.drawing.path_settings import PathModel
from engine.errors import Checker, wrong_input
from engine.kernel.state import Floats
from engine.montecarlo.account_paths import estimate_accounts
from engine.montecarlo.estimates import Estimate, read_totals
from engine.montecarlo.many_paths import run_many
from engine.montecarlo.risk import check_level
from engine.montecarlo.study import Sampler, Study
from engine.montecarlo.workspace import Progress, Request
from engine.venue import Venue


def estimate(
    *,
    book: Book,
    venue: Venue,
    model: PathModel | JointPathModel,
    n_paths: int = 10_000,
    seed: int = 0,
    level: float = 0.99,
    n_threads: int | None = None,
    watch: Sequence[int] = (),
    importance: Sampler | None = None,
    progress: Progress | None = None,
) -> Estimate:
    """Return what a venue, its traders and its fund have to expect over many paths.

    Parameters
    ----------
    book, venue : Book, Venue
    model : PathModel or JointPathModel
        Where it has no initial price, paths start at the book's size-weighted mean entry price. A joint model goes with
        accounts in several markets, a coin a market; the estimate is then an AccountEstimate.
    n_paths : int
        1 or more; the first paths are the same whatever their number. With 1 path errors are infinite, unless the
        model has nothing random in it: then one path is the answer, and errors are 0.
    seed : int
        Of the paths: the same seed gives every venue and policy the same paths.
    level : float
        Of Value at Risk and Expected Shortfall, 0 <= level < 1.
    n_threads : int or None
        None: as many as this process has processors. No bit of the result depends on it.
    watch : traders
        Indices of traders whose charge is kept for every path.
    importance : TiltPlan or None
        None: plain Monte Carlo. A plan (engine.plan_tilts): importance sampling of the shortfall under its tilts.
    progress : callable or None
        Called with paths done and paths in all, in order; what it raises stops the run.

    Raises
    ------
    InputError
        Names field, bound and value of everything that is wrong.
    ConservationError
        When money appears or vanishes on a path.
    DegenerateWeightsError
        When the weights of importance sampling rest on too few paths with a shortfall; says why.

    Notes
    -----
    Streaming: memory grows with paths and with traders, not with their product. A trader's expected charge is
    sum(w charge) / n_paths over paths with likelihood ratios w, 1 in plain Monte Carlo; conditional means carry the
    error of the delta method, VaR that of order statistics, ES that of the mean excess over VaR.
    """
    if isinstance(model, JointPathModel):
        if importance is not None:
            raise wrong_input("importance", "left out with a JointPathModel", importance)
        return estimate_accounts(
            book=book,
            venue=venue,
            model=model,
            n_paths=n_paths,
            seed=seed,
            level=level,
            n_threads=n_threads,
            watch=watch,
            progress=progress,
        )
    study = Study(book=book, venue=venue, model=model, n_paths=n_paths, seed=seed, n_threads=n_threads)
    return estimate_study(study, level=level, watch=watch, importance=importance, progress=progress)


def estimate_study(
    study: Study,
    *,
    level: float = 0.99,
    watch: Sequence[int] = (),
    importance: Sampler | None = None,
    progress: Progress | None = None,
) -> Estimate:
    """Return the estimate of a study; level, watch, importance and progress as in `estimate`."""
    check = Checker()
    check_level(check, "level", level)
    for place, trader in enumerate(watch):
        check.whole(f"watch[{place}]", trader, least=0, most=study.book.n_traders - 1)
    check.raise_if_any()
    totals = run_many(study.sampled(importance, watch=tuple(watch), has_fund_paths=True, progress=progress))
    fields = read_totals(totals, study=study, level=level)
    is_short, chance = totals.paths["is_short"] > 0, fields["shortfall_probability"]
    return Estimate(
        importance=None if importance is None else importance.report(totals.weights, is_short, chance),
        n_paths=study.n_paths,
        is_exact=study.is_certain,
        paths=totals.paths,
        weights=totals.weights,
        watched=totals.watched,
        fund_steps=totals.fund_steps,
        fund_paths=totals.fund,
        **fields,
    )


WITHOUT_FUND = {"fund": 0.0, "fund_max_drawdown": 1.0, "venue_capital": math.inf}


def fund_requirements(request: Request) -> tuple[Floats, Floats]:
    """Return the fund that each path requires, in the settlement currency, and the weights; two (n_paths,) arrays.

    Notes
    -----
    Let D be the deficits and I the fund's income up to a moment of the path. A fund that starts at F has had F + I - D
    until it is short, so the path requires F = max(D - I), the largest over all moments. That is what a layer of
    endless capital behind an empty fund pays in all: the fund saves its income and the layer pays whenever it is empty.
    Up to the first shortfall nothing else depends on F: prices move by liquidations, and those by collateral, which no
    layer touches. (Losses shared and positions deleveraged move prices only afterwards.) So fund + venue capital +
    backstop falls short exactly when the requirement exceeds their sum, whatever the policy. A drawdown limit breaks
    the argument; the requirement is then that of a fund without one.
    """
    venue = replace(request.venue, policy="none", policy_options={}, offset_rules=None)
    totals = run_many(replace(request, venue=venue, changes=WITHOUT_FUND))
    required: Floats = totals.paths["venue_paid"].copy()
    return required, totals.weights


def capacity(venue: Venue) -> float:
    """Return what layers 2 to 4 can pay at most, before any income: fund, venue capital and backstop."""
    return venue.fund + venue.venue_capital + venue.backstop
