"""Many paths: probabilities, expectations and tails of a venue's losses, each with its standard error (section 6)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.book import Book
from engine.drawing.path_settings import GIVEN_MODELS
from engine.drawing.paths import BLOCK, PathModel, draw_block, first_price
from engine.errors import Checker
from engine.kernel.state import Floats, Table
from engine.margin import notional
from engine.montecarlo.estimates import Estimate, read_totals
from engine.montecarlo.groups import Groups, group_traders
from engine.montecarlo.many_paths import check_paths, run_many
from engine.montecarlo.risk import check_level
from engine.montecarlo.workspace import Progress, Request, Source
from engine.rare_events.importance import TiltPlan, tilted_source, weigh
from engine.rare_events.pilot import plan_tilts
from engine.venue import Venue

_ONES = np.ones(BLOCK)


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
    start = check_request(book=book, venue=venue, model=model, n_paths=n_paths, seed=seed, n_threads=n_threads)
    check = Checker()
    check_importance(check, importance, model)
    check_level(check, "level", level)
    for place, trader in enumerate(watch):
        check.whole(f"watch[{place}]", trader, least=0, most=book.n_traders - 1)
    check.raise_if_any()
    groupings = group_traders(book, groups)
    source, plan = chosen_source(
        importance, book=book, venue=venue, model=model, start=start, seed=seed, n_threads=n_threads
    )
    totals = run_many(
        Request(
            book=book,
            venue=venue,
            source=source,
            n_steps=model.n_steps,
            n_paths=1 if is_certain(model) else n_paths,
            first_price=start,
            groupings=groupings,
            watch=tuple(watch),
            has_fund_paths=True,
            n_threads=n_threads,
            progress=progress,
        )
    )
    fields = read_totals(
        totals,
        book=book,
        groupings=groupings,
        level=level,
        opening_notional=float(notional(book=book, price=start).sum()),
        n_asked=n_paths,
    )
    report = None
    if plan is not None:
        report = weigh(plan, totals.weights, totals.paths["is_short"], fields["shortfall_probability"])
    return Estimate(
        importance=report,
        n_paths=n_paths,
        seed=seed,
        level=level,
        is_exact=is_certain(model),
        paths=totals.paths,
        weights=totals.weights,
        watched=totals.watched,
        fund_steps=totals.fund_steps,
        fund_paths=totals.fund,
        **fields,
    )


def check_request(
    *, book: Book, venue: Venue, model: PathModel, n_paths: int, seed: int, n_threads: int | None
) -> float:
    """Return the price at which paths start, or raise one InputError with everything that is wrong."""
    check = Checker()
    for name, value, kind in (("book", book, Book), ("venue", venue, Venue), ("model", model, PathModel)):
        if not isinstance(value, kind):
            check.add(name, f"an engine.{kind.__name__}", value)
    check.whole("seed", seed, least=0)
    check_paths(check, n_paths, n_threads, model.n_steps if isinstance(model, PathModel) else 1)
    check.raise_if_any()
    given = model.model in GIVEN_MODELS or model.initial_price is not None
    return first_price(model, None if given else book.mean_entry_price)


def check_importance(check: Checker, importance: object, model: PathModel) -> None:
    """Require one of the ways to sample, and something random for a plan to tilt."""
    if importance is not None and not isinstance(importance, bool | TiltPlan):
        check.add("importance", "None, True or an engine.TiltPlan", importance)
    if isinstance(importance, TiltPlan) and is_certain(model):
        check.add("path.volatility", "> 0 for importance sampling", model.volatility)


def chosen_source(
    importance: TiltPlan | bool | None,
    *,
    book: Book,
    venue: Venue,
    model: PathModel,
    start: float,
    seed: int,
    n_threads: int | None,
) -> tuple[Source, TiltPlan | None]:
    """Return where paths come from, and the plan that they are tilted by, found by pilot runs if need be."""
    if importance is True:
        importance = plan_tilts(book=book, venue=venue, model=model, start=start, seed=seed, n_threads=n_threads)
    if isinstance(importance, TiltPlan):
        return tilted_source(importance, model, start, seed), importance
    return plain_source(model, start, seed), None


def is_certain(model: PathModel) -> bool:
    """Return whether a price model has nothing random in it, so that one path is every path."""
    has_jumps = model.model == "merton" and model.jump_intensity > 0
    return model.model == "array" or (model.volatility == 0 and not has_jumps)


def plain_source(model: PathModel, start: float, seed: int) -> Source:
    """Return the source of the paths of draw_paths for this seed, all of weight 1."""

    def fill(block: int, out: Table) -> Floats:
        draw_block(model=model, initial_price=start, seed=seed, block=block, out=out)
        return _ONES[: out.shape[0]]

    return fill
