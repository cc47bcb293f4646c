"""The largest crash that a venue's layers survive."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.book import Book
from engine.drawing.path_settings import PathModel
from engine.errors import Checker
from engine.kernel.state import Floats
from engine.montecarlo.fund_requirement import capacity, fund_requirements
from engine.montecarlo.study import Study
from engine.venue import Venue


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


def largest_crash(
    *, book: Book, venue: Venue, model: PathModel | None = None, n_depths: int = 40, most: float = 0.99
) -> LargestCrash:
    """Return the largest scripted crash without a shortfall.

    Parameters
    ----------
    book, venue : Book, Venue
    model : PathModel or None
        Of kind "crash"; its depth is what is searched, its volatility is taken as 0. None: a straight fall in log price
        over 36 steps, no recovery.
    n_depths : int
        Points of the curve, 2 to 1000; the first crossing is then halved 20 times.
    most : float
        Deepest crash tried, 0 < most < 1.

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
    check.number("most", most, above=0, most=0.999)
    check.raise_if_any()
    study = Study(book=book, venue=venue, model=shape, n_paths=1, n_threads=1)
    able = capacity(venue)

    def needed(depth: float) -> float:
        crash = replace(shape, crash_depth=depth, volatility=0.0, drift=0.0)
        request = replace(study, model=replace(crash, initial_price=study.start)).request()
        return float(fund_requirements(request)[0][0])

    depths = np.linspace(0.0, most, n_depths + 1)[1:]
    needs = np.array([needed(float(depth)) for depth in depths])
    fails = np.flatnonzero(needs > able)
    if fails.size == 0:
        return LargestCrash(depth=most, depths=depths, needs=needs, capacity=able)
    high = float(depths[fails[0]])
    low = float(depths[fails[0] - 1]) if fails[0] > 0 else 0.0
    for _ in range(20):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if needed(middle) > able else (middle, high)
    return LargestCrash(depth=low, depths=depths, needs=needs, capacity=able)
