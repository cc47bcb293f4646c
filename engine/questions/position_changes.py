"""What a position would cost with another leverage, size, side or venue, and which of them halves the cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.book import Book
from engine.drawing.path_settings import PathModel
from engine.errors import Checker
from engine.montecarlo.risk import Estimated
from engine.questions.position import Wanted, make_place
from engine.venue import Venue

N_HALVINGS = 7
SMALLEST_SIZE = 0.05  # of the size asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Halving:
    """One way to pay less.

    Parameters
    ----------
    what : {"leverage", "size", "side", "venue"}
    value : float, str or None
        The changed setting; None where nothing within reach halves the cost.
    expected_charge
        With the change, or with the most of it that was tried.
    is_halved : bool
    """

    what: str
    value: float | str | None
    expected_charge: Estimated
    is_halved: bool


def what_halves(
    *,
    side: str,
    size: float,
    leverage: float,
    book: Book,
    venue: Venue,
    model: PathModel,
    entry_price: float | None = None,
    venues: Mapping[str, Venue] | None = None,
    least_leverage: float = 1.0,
    n_paths: int = 1_000,
    seed: int = 0,
    n_threads: int | None = None,
) -> tuple[Halving, ...]:
    """Return what would halve the expected charge of a position: leverage, size, the other side, another venue.

    Parameters
    ----------
    side, size, leverage, book, venue, model, entry_price, n_paths, seed, n_threads
        As in `position_cost`; every change sees the same paths.
    venues : mapping of a name to a venue
        Compared one by one.
    least_leverage : float
        The least that is tried, > 0.

    Notes
    -----
    Leverage and size are bisected for the largest value with at most half the charge, to 1 % of the range. As leverage
    falls collateral rises and the size stays.
    """
    place = make_place(book=book, venue=venue, model=model, n_paths=n_paths, seed=seed, n_threads=n_threads)
    check = Checker()
    check.number("least_leverage", least_leverage, above=0)
    check.raise_if_any()
    wanted = Wanted(side=side, size=size, leverage=leverage, entry_price=entry_price)
    half = 0.5 * place.charge(wanted).value

    def at_leverage(value: float) -> Estimated:
        return place.charge(replace(wanted, leverage=value))

    def at_size(value: float) -> Estimated:
        return place.charge(replace(wanted, size=value))

    found = [
        _largest_cheap("leverage", at_leverage, min(least_leverage, leverage), leverage, half),
        _largest_cheap("size", at_size, SMALLEST_SIZE * size, size, half),
    ]
    other = "short" if side == "long" else "long"
    costs = [("side", other, place.charge(replace(wanted, side=other)))]
    costs += [("venue", name, replace(place, venue=one).charge(wanted)) for name, one in (venues or {}).items()]
    found += [
        Halving(what=what, value=name, expected_charge=cost, is_halved=cost.value <= half) for what, name, cost in costs
    ]
    return tuple(found)


def cost_curve(
    *,
    over: str,
    values: Sequence[float],
    side: str,
    size: float,
    leverage: float,
    book: Book,
    venue: Venue,
    model: PathModel,
    entry_price: float | None = None,
    n_paths: int = 1_000,
    seed: int = 0,
    n_threads: int | None = None,
) -> Estimated:
    """Return the expected charge over a range of "leverage" or "size", arrays (k,), on the same paths."""
    place = make_place(book=book, venue=venue, model=model, n_paths=n_paths, seed=seed, n_threads=n_threads)
    check = Checker()
    check.choice("over", over, ("leverage", "size"))
    check.raise_if_any()
    wanted = Wanted(side=side, size=size, leverage=leverage, entry_price=entry_price)
    changed = [replace(wanted, **{over: float(value)}) for value in values]  # type: ignore[arg-type]
    points = [place.charge(one) for one in changed]
    return Estimated(np.array([p.value for p in points]), np.array([p.stderr for p in points]))


def _largest_cheap(what: str, charge: Callable[[float], Estimated], low: float, high: float, half: float) -> Halving:
    """Return the largest value between low and high whose charge is at most half."""
    best = charge(low)
    if best.value > half:
        return Halving(what=what, value=None, expected_charge=best, is_halved=False)
    for _ in range(N_HALVINGS):
        middle = 0.5 * (low + high)
        cost = charge(middle)
        if cost.value <= half:
            low, best = middle, cost
        else:
            high = middle
    return Halving(what=what, value=low, expected_charge=best, is_halved=True)
