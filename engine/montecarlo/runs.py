"""Many paths: probabilities, expectations and tails of a venue's losses, each with its standard error (section 6)."""

from __future__ import annotations

from collections.abc import Sequence

from engine.book import Book
from engine.drawing.path_settings import PathModel
from engine.errors import Checker
from engine.margin import notional
from engine.montecarlo.estimates import Estimate, read_totals
from engine.montecarlo.groups import Groups, group_traders
from engine.montecarlo.many_paths import run_many
from engine.montecarlo.risk import check_level
from engine.montecarlo.study import Sampler, Study
from engine.montecarlo.workspace import Progress
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
    importance: Sampler | None = None,
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
    study = Study(book=book, venue=venue, model=model, n_paths=n_paths, seed=seed, n_threads=n_threads)
    return estimate_study(study, level=level, groups=groups, watch=watch, importance=importance, progress=progress)


def estimate_study(
    study: Study,
    *,
    level: float = 0.99,
    groups: Groups = (),
    watch: Sequence[int] = (),
    importance: Sampler | None = None,
    progress: Progress | None = None,
) -> Estimate:
    """Return the estimate of a study; level, groups, watch, importance and progress as in `estimate`."""
    check = Checker()
    check_level(check, "level", level)
    for place, trader in enumerate(watch):
        check.whole(f"watch[{place}]", trader, least=0, most=study.book.n_traders - 1)
    check.raise_if_any()
    groupings = group_traders(study.book, groups)
    totals = run_many(
        study.sampled(importance, groupings=groupings, watch=tuple(watch), has_fund_paths=True, progress=progress)
    )
    fields = read_totals(
        totals,
        book=study.book,
        groupings=groupings,
        level=level,
        opening_notional=float(notional(book=study.book, price=study.start).sum()),
        n_asked=study.n_paths,
    )
    is_short, chance = totals.paths["is_short"] > 0, fields["shortfall_probability"]
    return Estimate(
        importance=None if importance is None else importance.report(totals.weights, is_short, chance),
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
