"""Many paths: probabilities, expectations and tails of a venue's losses, each with its standard error (section 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.book import Book
from engine.drawing.path_settings import PathModel
from engine.errors import Checker
from engine.margin import notional
from engine.montecarlo.estimates import Estimate, read_totals
from engine.montecarlo.groups import Groups, group_traders
from engine.montecarlo.many_paths import run_many
from engine.montecarlo.risk import check_level
from engine.montecarlo.study import Study
from engine.montecarlo.workspace import Progress, Source
from engine.rare_events.importance import TiltPlan, tilted_source, weigh
from engine.rare_events.pilot import plan_tilts
from engine.venue import Venue


def estimate(
    *,
    book: Book,
    venue: Venue,
    model: PathModel,
    n_paths: int = 10_000,
    seed: int = 0,
    level: float = 0.99,
    n_threads: int | None = None,
    groups: Groups = (),
    watch: Sequence[int] = (),
    importance: TiltPlan | bool | None = None,
    progress: Progress | None = None,
) -> Estimate:
    """Return what a venue, its traders and its fund have to expect over many paths.

    Parameters
    ----------
    book, venue : Book, Venue
    model : PathModel
        Where it has no initial price, paths start at the book's size-weighted mean entry price.
    n_paths : int
        1 or more; the first paths are the same whatever their number. With 1 path errors are infinite, unless the
        model has nothing random in it: then one path is the answer, and errors are 0.
    seed : int
        Of the paths: the same seed gives every venue and policy the same paths.
    level : float
        Of Value at Risk and Expected Shortfall, 0 <= level < 1.
    n_threads : int or None
        None: as many as this process has processors. No bit of the result depends on it.
    groups : names or mapping
        Out of "leverage", "size", "side", or a mapping of a name to n labels.
    watch : traders
        Indices of traders whose charge is kept for every path.
    importance : True, TiltPlan or None
        None: plain Monte Carlo. True: importance sampling of the shortfall, under tilts that pilot runs choose. A plan:
        under those tilts.
    progress : callable or None
        Called with paths done and paths in all, in order; what it raises stops the run.

    Raises
    ------
    InputError
        Names field, bound and value of everything that is wrong.
    ConservationError
        When money appears or vanishes on a path.
    DegenerateWeightsError
        When importance sampling finds no shortfall, or its weights rest on too few paths; says why.

    Notes
    -----
    Streaming: memory grows with paths and with traders, not with their product. A trader's expected charge is
    sum(w charge) / n_paths over paths with likelihood ratios w, 1 in plain Monte Carlo; conditional means carry the
    error of the delta method, VaR that of order statistics, ES that of the mean excess over VaR.
    """
    study = Study(book=book, venue=venue, model=model, n_paths=n_paths, seed=seed, n_threads=n_threads)
    return estimate_study(study, level=level, groups=groups, watch=watch, importance=importance, progress=progress)


def estimate_study(
    study: Study,
    *,
    level: float = 0.99,
    groups: Groups = (),
    watch: Sequence[int] = (),
    importance: TiltPlan | bool | None = None,
    progress: Progress | None = None,
) -> Estimate:
    """Return the estimate of a study; level, groups, watch, importance and progress as in `estimate`."""
    check = Checker()
    check_importance(check, importance, study)
    check_level(check, "level", level)
    for place, trader in enumerate(watch):
        check.whole(f"watch[{place}]", trader, least=0, most=study.book.n_traders - 1)
    check.raise_if_any()
    groupings = group_traders(study.book, groups)
    source, plan = chosen_source(importance, study)
    request = study.request(groupings=groupings, watch=tuple(watch), has_fund_paths=True, progress=progress)
    totals = run_many(replace(request, source=source) if source is not None else request)
    fields = read_totals(
        totals,
        book=study.book,
        groupings=groupings,
        level=level,
        opening_notional=float(notional(book=study.book, price=study.start).sum()),
        n_asked=study.n_paths,
    )
    report = None
    if plan is not None:
        report = weigh(plan, totals.weights, totals.paths["is_short"], fields["shortfall_probability"])
    return Estimate(
        importance=report,
        n_paths=study.n_paths,
        seed=study.seed,
        level=level,
        is_exact=study.is_certain,
        paths=totals.paths,
        weights=totals.weights,
        watched=totals.watched,
        fund_steps=totals.fund_steps,
        fund_paths=totals.fund,
        **fields,
    )


def check_importance(check: Checker, importance: object, study: Study) -> None:
    """Require one of the ways to sample, and something random for a plan to tilt."""
    if importance is not None and not isinstance(importance, bool | TiltPlan):
        check.add("importance", "None, True or an engine.TiltPlan", importance)
    if isinstance(importance, TiltPlan) and study.is_certain:
        check.add("path.volatility", "> 0 for importance sampling", study.model.volatility)


def chosen_source(importance: TiltPlan | bool | None, study: Study) -> tuple[Source | None, TiltPlan | None]:
    """Return where paths come from (None: the plain source), and the plan that they are tilted by."""
    if importance is True:
        importance = plan_tilts(
            book=study.book,
            venue=study.venue,
            model=study.model,
            start=study.start,
            seed=study.seed,
            n_threads=study.n_threads,
        )
    if isinstance(importance, TiltPlan):
        return tilted_source(importance, study.model, study.start, study.seed), importance
    return None, None
