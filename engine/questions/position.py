"""The hidden cost of a position: what a trader may have to give up when others go bankrupt."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.book import Book
from engine.drawing.path_settings import MINUTES_PER_YEAR, PathModel
from engine.errors import Checker, require_choice
from engine.kernel.state import Floats
from engine.margin import liquidation_price, maintenance_requirement, notional
from engine.montecarlo.estimates import Estimate
from engine.montecarlo.risk import Estimated, certain, expected_shortfall, mean, probability, ratio_of
from engine.montecarlo.runs import estimate_study
from engine.montecarlo.study import Study
from engine.montecarlo.workspace import Progress

SIDES = {"long": 1.0, "short": -1.0}
MOVED_SHARE = 4  # a first move is looked at on every fourth path
LEAST_LEVERAGE, MOST_LEVERAGE = 1.0, 125.0
LEAST_FUND = 0.0025  # of open interest: what a fund of nothing is raised to


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionSpec:
    """A position to be looked at.

    Parameters
    ----------
    side : {"long", "short"}
    size : float
        > 0, coins (linear) or USD contracts (inverse).
    leverage : float
        Notional at entry over collateral, > 0 and below what the venue's maintenance margin allows.
    entry_price : float or None
        USD per coin; None: the price at which paths start.
    """

    side: str
    size: float
    leverage: float
    entry_price: float | None = None


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class PositionCost:
    """What a position has to expect, money in the settlement currency, each with its standard error.

    Parameters
    ----------
    cut_probability, liquidation_probability
        Chance of being charged or deleveraged for others, whatever that costs; chance of being forced out.
    shortfall_probability
        Chance that anybody has to pay.
    expected_charge, charge_given_cut
        Mean charge; its mean over the paths on which the position is cut (0 with an
        infinite error where it never is).
    share_of_gain
        Expected charge over expected gain E[max(profit before charges, 0)].
    expected_shortfall_95, expected_shortfall_99
        Mean charge (a gain counts as 0) in the worst 5 % and 1 % of the paths.
    notional, horizon_years, move : float
        At entry; length of the paths; the share of the price by which they move at first.
    liquidation_price : float
        USD per coin, infinity or 0 where there is none.
    is_lost : bool
        It is liquidated at once: its liquidation price is on the wrong side of the first price.
    charge, profit, is_cut : (n_paths,)
        On every path: the charge (signed), the profit before charges, and whether the position was cut.
    """

    cut_probability: Estimated
    liquidation_probability: Estimated
    shortfall_probability: Estimated
    expected_charge: Estimated
    charge_given_cut: Estimated
    share_of_gain: Estimated
    expected_shortfall_95: Estimated
    expected_shortfall_99: Estimated
    notional: float
    horizon_years: float
    move: float
    liquidation_price: float
    is_lost: bool
    charge: Floats
    profit: Floats
    is_cut: NDArray[np.bool_]

    @property
    def n_paths(self) -> int:
        """How many paths it was looked at on."""
        return int(self.charge.size)

    @property
    def charge_probability(self) -> Estimated:
        """Chance of a charge > 0."""
        found = probability(self.charge > 0.0)
        return certain(found) if self.expected_charge.stderr == 0.0 and self.n_paths == 1 else found

    @property
    def break_even_premium(self) -> Estimated:
        """Fraction of the notional for the horizon at which an insurance against charges costs what it pays."""
        return Estimated(self.expected_charge.value / self.notional, self.expected_charge.stderr / self.notional)

    @property
    def basis_points_per_year(self) -> Estimated:
        """Expected charge in 1/10,000 of the notional at entry, per year of 365 days."""
        factor = 1e4 / self.horizon_years
        return Estimated(factor * self.break_even_premium.value, factor * self.break_even_premium.stderr)


def position_cost(
    study: Study, position: PositionSpec, *, move: float = 0.0, progress: Progress | None = None
) -> PositionCost:
    """Return what it costs to be a winner among others' bankruptcies: a position placed in a venue's book.

    Parameters
    ----------
    study : Study
        The position comes after the book's own; paths start where they would without it.
    position : PositionSpec
    move : float
        Share of the price by which paths move within the first eighth of the horizon, > -1, every fourth of them; 0:
        the study's own paths.
    progress : callable or None
        As in `estimate`.

    Raises
    ------
    InputError
        Names field, bound and value of everything that is wrong.

    Examples
    --------
    >>> import engine
    >>> book = engine.Book(size=[3.0], entry_price=[100.0], collateral=[30.0])
    >>> fall = engine.PathModel(model="array", prices=(100.0, 80.0), n_steps=1, gap_steps=(1,))
    >>> study = engine.Study(book=book, venue=engine.Venue(depth=float("inf")), model=fall, n_paths=1)
    >>> cost = position_cost(study, PositionSpec(side="short", size=4.0, leverage=1.0))
    >>> round(cost.expected_charge.value, 2)  # the long is bankrupt at 90, and the price jumps to 80
    30.0
    """
    return trader_cost(place_position(study, position), trader=study.book.n_traders, move=move, progress=progress)


def trader_cost(study: Study, *, trader: int, move: float = 0.0, progress: Progress | None = None) -> PositionCost:
    """Return what a trader of the study's own book has to expect; `move` and `progress` as in `position_cost`."""
    check = Checker()
    check.number("move", move, above=-1)
    check.whole("trader", trader, least=0, most=study.book.n_traders - 1)
    check.raise_if_any()
    moved = after_move(study, move) if move else study
    found = estimate_study(moved, watch=(trader,), progress=progress)
    return _describe(found, study, trader, move)


def after_move(study: Study, move: float) -> Study:
    """Return the study of paths that move by a share of the price at first, and then go on; a fourth as many."""
    model = PathModel(
        model="waypoints",
        points=((0, study.start), (max(study.model.n_steps // 8, 1), study.start * (1.0 + move))),
        n_steps=study.model.n_steps,
        minutes_per_step=study.model.minutes_per_step,
        volatility=study.model.volatility,
    )
    return replace(study, model=model, n_paths=max(study.n_paths // MOVED_SHARE, 1))


def place_position(study: Study, position: PositionSpec) -> Study:
    """Return the study with one more position at the end of its book, on the same paths.

    Raises
    ------
    InputError
        Among others for more leverage than the maintenance margin allows.
    """
    book = study.book
    entry_price = study.start if position.entry_price is None else position.entry_price
    check = Checker("position")
    check.choice("side", position.side, SIDES)
    check.number("size", position.size, above=0)
    check.number("leverage", position.leverage, above=0)
    check.number("entry_price", entry_price, above=0)
    check.raise_if_any()
    value = position.size / entry_price if book.is_inverse else position.size * entry_price
    names = ("maintenance_rate", "maintenance_amount", "contribution_weight")
    typical = {name: getattr(book, name) for name in names}
    placed = Book(
        size=np.append(book.size, SIDES[position.side] * position.size),
        entry_price=np.append(book.entry_price, entry_price),
        collateral=np.append(book.collateral, value / position.leverage),
        stop_price=None if book.stop_price is None else np.append(book.stop_price, np.nan),
        track_record=None if book.track_record is None else np.append(book.track_record, 1.0),
        contract=book.contract,
        **{name: None if x is None else np.append(x, float(np.median(x))) for name, x in typical.items()},
    )
    needed = float(maintenance_requirement(book=placed, venue=study.venue, price=entry_price)[-1])
    if needed > 0 and value / position.leverage <= needed:
        check.add("leverage", f"< {value / needed:g}, or the position is liquidated at once", position.leverage)
    check.raise_if_any()
    return study.with_book(placed)


def _describe(found: Estimate, study: Study, trader: int, move: float) -> PositionCost:
    rows, book = found.watched[:, 0], study.book
    charge, profit, is_cut = rows["charge"].copy(), rows["profit"].copy(), rows["is_cut"] > 0
    above = np.maximum(charge, 0.0)
    parts = {
        "cut_probability": probability(is_cut),
        "liquidation_probability": probability(rows["forced_at"] >= 0),
        "shortfall_probability": found.shortfall_probability,
        "expected_charge": mean(charge),
        "charge_given_cut": mean(charge[is_cut]) if is_cut.any() else Estimated(0.0, math.inf),
        "share_of_gain": _ratio(charge, np.maximum(profit, 0.0)),
        "expected_shortfall_95": expected_shortfall(above, 0.95),
        "expected_shortfall_99": expected_shortfall(above, 0.99),
    }
    if found.is_exact:
        parts = {name: Estimated(part.value, 0.0) for name, part in parts.items()}
    liquidation = float(liquidation_price(book=book, venue=study.venue)[trader])
    is_long = book.size[trader] > 0
    return PositionCost(
        **parts,
        notional=float(notional(book=book, price=book.entry_price)[trader]),
        horizon_years=study.model.n_steps * study.model.minutes_per_step / MINUTES_PER_YEAR,
        move=move,
        liquidation_price=liquidation,
        is_lost=bool(liquidation >= study.start if is_long else liquidation <= study.start),
        charge=charge,
        profit=profit,
        is_cut=is_cut,
    )


def _ratio(x: Floats, y: Floats) -> Estimated:
    return ratio_of(x.sum(), (x * x).sum(), y.sum(), (y * y).sum(), (x * y).sum())


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class CostReduction:
    """One of CHANGES of a position or of its market, and what it then costs; `is_halved`: at most half as much."""

    name: str
    cost: PositionCost
    is_halved: bool


CHANGES = (
    "half the leverage",
    "twice the leverage",
    "half the size",
    "the other side",
    "half the time",
    "twice the fund",
)


def change_position(study: Study, position: PositionSpec, name: str) -> tuple[Study, PositionSpec]:
    """Return a study and a position with one of CHANGES made.

    Leverage stays within 1 and 125; the other side has the same gain since entry; a fund that is less than 0.125 % of
    open interest becomes 0.25 % of it.
    """
    require_choice("name", name, CHANGES)
    venue, model = study.venue, study.model
    if name == "half the leverage":
        return study, replace(position, leverage=max(position.leverage / 2.0, LEAST_LEVERAGE))
    if name == "twice the leverage":
        return study, replace(position, leverage=min(position.leverage * 2.0, MOST_LEVERAGE))
    if name == "half the size":
        return study, replace(position, size=position.size / 2.0)
    if name == "half the time":
        return replace(study, model=replace(model, n_steps=max(model.n_steps // 2, 1))), position
    if name == "twice the fund":
        book = study.book
        open_interest = float(notional(book=book, price=study.start)[book.size > 0].sum())
        return replace(study, venue=replace(venue, fund=max(2.0 * venue.fund, LEAST_FUND * open_interest))), position
    other, entry = "short" if position.side == "long" else "long", position.entry_price
    if entry is not None:
        entry = study.start / (2.0 - study.start / entry)
    return study, replace(position, side=other, entry_price=entry)


def cost_reductions(study: Study, position: PositionSpec) -> tuple[CostReduction, ...]:
    """Return what each of CHANGES would make of the cost of a position.

    All on the same shocks. A change that cannot be (a book of longs only may refuse the other side) raises InputError.

    Examples
    --------
    >>> import engine
    >>> book = engine.draw_book(model=engine.BookModel(n_traders=50, entry_price=100.0), seed=1)
    >>> path = engine.PathModel(volatility=2.0, n_steps=24)
    >>> study = engine.Study(book=book, venue=engine.Venue(depth=1e7), model=path, n_paths=50)
    >>> position = PositionSpec(side="short", size=10.0, leverage=5.0)
    >>> [each.name for each in cost_reductions(study, position)][:2]
    ['half the leverage', 'twice the leverage']
    """
    half = 0.5 * position_cost(study, position).expected_charge.value
    costs = [(name, position_cost(*change_position(study, position, name))) for name in CHANGES]
    return tuple(
        CostReduction(name=name, cost=cost, is_halved=cost.expected_charge.value <= half) for name, cost in costs
    )
