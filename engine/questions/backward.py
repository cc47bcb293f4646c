"""Questions asked backward: which setting keeps the chance of losses under a target, and the largest crash survived."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from engine.book import Book
from engine.drawing.path_settings import PathModel
from engine.errors import Checker
from engine.kernel.state import Floats
from engine.margin import notional
from engine.montecarlo.groups import entry_leverage
from engine.montecarlo.many_paths import run_many
from engine.montecarlo.risk import Chance, certain, probability, stacked
from engine.montecarlo.runs import capacity, fund_requirements
from engine.montecarlo.study import Study
from engine.venue import Venue

MEASURES = ("haircut", "shortfall")
N_HALVINGS = 12
DEEPEST = 0.99  # crash that is tried, a share of the price
N_FIRST = 6  # points that show the curve before it is bracketed

Build = Callable[[Book, Venue, float], tuple[Book, Venue]]


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Solution:
    """A setting that keeps a probability at or under a target, and the curve on which it was found.

    Parameters
    ----------
    value : float or None
        The setting nearest to `loose`, the end that costs least, that keeps the target; None when no value up to
        `strict` does.
    probability
        At `value`, or at `strict` when there is none.
    settings, curve : (k,) rising settings, and the probabilities there with their errors
        All on the same paths.
    is_monotone : bool
        The curve falls from `loose` to `strict`, so that there is no second answer between its points.
    """

    value: float | None
    probability: Chance
    settings: Floats
    curve: Chance
    is_monotone: bool


def cap_leverage(book: Book, cap: float) -> Book:
    """Return the book with collateral added until no position has more leverage at entry than `cap`."""
    least = notional(book=book, price=book.entry_price) / cap
    return replace(book, collateral=np.maximum(book.collateral, least))


def _set_rate(book: Book, venue: Venue, value: float) -> tuple[Book, Venue]:
    plain = replace(book, maintenance_rate=None, maintenance_amount=None)
    return plain, replace(venue, maintenance_rate=value, brackets=())


SETTINGS: Mapping[str, Build] = MappingProxyType(
    {
        "leverage_cap": lambda book, venue, value: (cap_leverage(book, value), venue),
        "maintenance_rate": _set_rate,
        "depth": lambda book, venue, value: (book, replace(venue, depth=value)),
        "fund": lambda book, venue, value: (book, replace(venue, fund=value)),
    }
)


def solve_setting(
    study: Study,
    *,
    setting: str,
    target: float,
    loose: float | None = None,
    strict: float | None = None,
    measure: str = "shortfall",
) -> Solution:
    """Return the setting nearest to `loose` that keeps a probability at or under a target, by bracketing.

    Parameters
    ----------
    study : Study
        All settings see the same paths, so differences come from the setting.
    setting : {"leverage_cap", "maintenance_rate", "depth", "fund"}
        Positions above a cap bring more collateral; a rate is that of all positions.
    target : float
        Probability, 0 <= target <= 1.
    loose, strict : float or None
        The ends of the search, > 0 (a fund may be 0): the setting that costs least, and the most that is tried. A
        leverage cap falls from loose to strict; the others rise. None: from the study's own setting to a cap of 1, a
        rate of 0.5, a hundred times the depth, or a fund as large as the open interest.
    measure : {"shortfall", "haircut"}
        A residual after layers 2 to 4; any trader charged or deleveraged.

    Notes
    -----
    Six points spread evenly (in logarithm) show the curve; the first step from over to under the target is halved 12
    times.

    Examples
    --------
    >>> import engine
    >>> book = engine.draw_book(model=engine.BookModel(n_traders=50, entry_price=100.0), seed=1)
    >>> path = engine.PathModel(volatility=2.0, n_steps=24)
    >>> study = engine.Study(book=book, venue=engine.Venue(depth=1e7), model=path, n_paths=50)
    >>> solve_setting(study, setting="leverage_cap", target=0.0).probability.value
    0.0
    """
    check = Checker()
    check.choice("setting", setting, SETTINGS)
    check.choice("measure", measure, MEASURES)
    check.number("target", target, least=0, most=1)
    check.raise_if_any()
    ends = _ends(study, setting)
    loose, strict = (end if given is None else given for given, end in zip((loose, strict), ends, strict=True))
    is_log = setting != "fund"
    for name, end in (("loose", loose), ("strict", strict)):
        check.number(name, end, above=0.0 if is_log else None, least=None if is_log else 0.0)
    if loose == strict:
        check.add("strict", "different from loose", strict)
    check.raise_if_any()

    def chance(value: float) -> Chance:
        book, venue = SETTINGS[setting](study.book, study.venue, value)
        totals = run_many(replace(study.with_book(book), venue=venue).request())
        found = probability(totals.paths["n_cut" if measure == "haircut" else "is_short"] > 0)
        return certain(found) if study.is_certain else found

    return _bracket(chance, loose, strict, target, is_log=is_log)


def _ends(study: Study, setting: str) -> tuple[float, float]:
    """Return the study's own setting, and the strictest that is tried."""
    venue, book = study.venue, study.book
    if setting == "leverage_cap":
        leverage = entry_leverage(book)
        return float(leverage[np.isfinite(leverage)].max(initial=1.5)), 1.0
    if setting == "maintenance_rate":
        return max(venue.maintenance_rate, 1e-4), 0.5
    if setting == "depth":
        return venue.depth, 100.0 * venue.depth
    return venue.fund, max(float(notional(book=book, price=study.start).sum()), 2.0 * venue.fund)


def _bracket(
    chance: Callable[[float], Chance], loose: float, strict: float, target: float, *, is_log: bool
) -> Solution:
    """Search from loose to strict, first on a coarse grid, then by halving the first interval that crosses."""
    forward = np.geomspace(loose, strict, N_FIRST) if is_log else np.linspace(loose, strict, N_FIRST)
    known = {float(value): chance(float(value)) for value in forward}
    good = next((k for k, value in enumerate(forward) if known[float(value)].value <= target), None)
    best = None if good is None else float(forward[good])
    if good is not None and good > 0:
        over, under = float(forward[good - 1]), float(forward[good])
        for _ in range(N_HALVINGS):
            middle = math.sqrt(over * under) if is_log else 0.5 * (over + under)
            known[middle] = chance(middle)
            over, under = (over, middle) if known[middle].value <= target else (middle, under)
        best = under
    rising = sorted(known)
    curve = stacked([known[value] for value in rising])
    steps = np.diff(curve.value if loose < strict else curve.value[::-1])
    return Solution(
        value=best,
        probability=known[best if best is not None else float(forward[-1])],
        settings=np.array(rising),
        curve=curve,
        is_monotone=bool((steps <= 1e-12).all()),
    )


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class LargestCrash:
    """The largest crash that a venue's layers survive.

    `depth` is the share of the price lost, 0 when none is survived and 0.99 when all tried are; `depths` (k,) and
    `needs` (k,) are the curve: what fund each crash needs (settlement currency), against `capacity`.
    """

    depth: float
    depths: Floats
    needs: Floats
    capacity: float


def largest_crash(*, book: Book, venue: Venue, model: PathModel | None = None, n_depths: int = 40) -> LargestCrash:
    """Return the largest scripted crash without a shortfall.

    Parameters
    ----------
    book, venue : Book, Venue
    model : PathModel or None
        Of kind "crash"; its depth is what is searched, its volatility is taken as 0. None: a straight fall in log price
        over 36 steps, no recovery.
    n_depths : int
        Points of the curve, 2 to 1000; the first crossing is then halved 20 times.

    Notes
    -----
    A crash is survived when the fund that it needs (`fund_requirements`) is within the layers. Needs may fall with
    depth (a deeper fall liquidates more at worse prices, a shallower one may stop short of a large position): the
    answer is the first crossing from below.
    """
    shape = model or PathModel(model="crash", crash_start=0, crash_steps=36, n_steps=36, recovery=0.0)
    check = Checker()
    check.choice("model.model", shape.model, ("crash",))
    check.whole("n_depths", n_depths, least=2, most=1000)
    check.raise_if_any()
    study = Study(book=book, venue=venue, model=shape, n_paths=1, n_threads=1)
    able = capacity(venue)

    def needed(depth: float) -> float:
        crash = replace(shape, crash_depth=depth, volatility=0.0, drift=0.0)
        request = replace(study, model=replace(crash, initial_price=study.start)).request()
        return float(fund_requirements(request)[0][0])

    depths = np.linspace(0.0, DEEPEST, n_depths + 1)[1:]
    needs = np.array([needed(float(depth)) for depth in depths])
    fails = np.flatnonzero(needs > able)
    if fails.size == 0:
        return LargestCrash(depth=DEEPEST, depths=depths, needs=needs, capacity=able)
    high = float(depths[fails[0]])
    low = float(depths[fails[0] - 1]) if fails[0] > 0 else 0.0
    for _ in range(20):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if needed(middle) > able else (middle, high)
    return LargestCrash(depth=low, depths=depths, needs=needs, capacity=able)
