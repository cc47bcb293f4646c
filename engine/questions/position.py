"""The hidden cost of a position: what a trader may have to give up when others go bankrupt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.book import Book
from engine.drawing.path_settings import GIVEN_MODELS, MINUTES_PER_YEAR, PathModel
from engine.errors import Checker
from engine.kernel.state import Floats, Rows
from engine.margin import maintenance, notional
from engine.montecarlo.estimates import Estimate
from engine.montecarlo.risk import Estimated, expected_shortfall, mean, probability, ratio_of
from engine.montecarlo.runs import check_request, estimate
from engine.venue import Venue

SIDES = {"long": 1.0, "short": -1.0}
CRASH_SHARE = 4  # a crash is seen on every fourth path of the estimate


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class PositionCost:
    """What a position has to expect, money in the settlement currency, each with its standard error.

    Parameters
    ----------
    charge_probability, cut_probability, liquidation_probability
        Chance of being charged; of being charged or deleveraged; of being forced out.
    expected_charge, charge_given_charged
        Mean charge, and mean where there is one (0 where there never was).
    share_of_gain
        Expected charge over expected gain E[max(profit before charges, 0)].
    basis_points_per_year
        Expected charge in 1/10,000 of the notional at entry, per year of 365 days.
    expected_shortfall_95, expected_shortfall_99
        Mean charge in the worst 5 % and 1 % of the paths.
    break_even_premium
        Fraction of the notional for the horizon at which an insurance against charges costs what it pays.
    charge_in_fall, charge_in_rise
        Mean charge on paths that fall (rise) by `crash` within the first eighth of the horizon.
    expected_profit_before, expected_profit_after
        Mean gain in equity before and after charges.
    notional, horizon_years, crash : float
        At entry; length of the paths; the share of the price lost or gained.
    charge, profit : (n_paths,)
        On every path, profit before charges.
    """

    charge_probability: Estimated
    cut_probability: Estimated
    liquidation_probability: Estimated
    expected_charge: Estimated
    charge_given_charged: Estimated
    share_of_gain: Estimated
    basis_points_per_year: Estimated
    expected_shortfall_95: Estimated
    expected_shortfall_99: Estimated
    break_even_premium: Estimated
    charge_in_fall: Estimated
    charge_in_rise: Estimated
    expected_profit_before: Estimated
    expected_profit_after: Estimated
    notional: float
    horizon_years: float
    crash: float
    charge: Floats
    profit: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A position to be looked at; entry_price None: the price at which paths start."""

    side: str
    size: float
    leverage: float
    entry_price: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where positions are put, and on which paths they are looked at."""

    book: Book
    venue: Venue
    model: PathModel
    start: float
    n_paths: int
    seed: int
    n_threads: int | None

    def price(self, wanted: Wanted) -> float:
        """Return the entry price, USD per coin."""
        return self.start if wanted.entry_price is None else wanted.entry_price

    def estimate(self, wanted: Wanted, *, is_watched: bool = False) -> Estimate:
        """Return the estimate with the position at the end of the book."""
        placed = place_position(
            book=self.book,
            venue=self.venue,
            side=wanted.side,
            size=wanted.size,
            leverage=wanted.leverage,
            entry_price=self.price(wanted),
        )
        return estimate(
            book=placed,
            venue=self.venue,
            model=self.model if self.model.model in GIVEN_MODELS else replace(self.model, initial_price=self.start),
            n_paths=self.n_paths,
            seed=self.seed,
            n_threads=self.n_threads,
            watch=(self.book.n_traders,) if is_watched else (),
        )

    def charge(self, wanted: Wanted) -> Estimated:
        """Return the position's expected charge."""
        found = self.estimate(wanted).traders.charge
        return Estimated(float(found.value[-1]), float(found.stderr[-1]))

    def after_move(self, move: float) -> Place:
        """Return the same place on paths that move by a share of the price at first, and then go on."""
        path = PathModel(
            model="waypoints",
            points=((0, self.start), (max(self.model.n_steps // 8, 1), self.start * (1.0 + move))),
            n_steps=self.model.n_steps,
            minutes_per_step=self.model.minutes_per_step,
            volatility=self.model.volatility,
        )
        return replace(self, model=path, n_paths=max(self.n_paths // CRASH_SHARE, 1))


def position_cost(
    *,
    side: str,
    size: float,
    leverage: float,
    book: Book,
    venue: Venue,
    model: PathModel,
    entry_price: float | None = None,
    crash: float = 0.2,
    n_paths: int = 2_000,
    seed: int = 0,
    n_threads: int | None = None,
) -> PositionCost:
    """Return what it costs to be a winner among others' bankruptcies: a position placed in a venue's book.

    Parameters
    ----------
    side : {"long", "short"}
    size : float
        > 0, coins (linear) or USD contracts (inverse).
    leverage : float
        Notional at entry over collateral, > 0 and below what the venue's maintenance margin allows.
    book, venue, model, n_paths, seed, n_threads
        As in `estimate`. The position comes after the book's own; paths start where they would without it.
    entry_price : float or None
        USD per coin; None: the price at which paths start.
    crash : float
        Fall and rise for `charge_in_fall` and `charge_in_rise`, 0 < crash < 1.

    Raises
    ------
    InputError
        Names field, bound and value of everything that is wrong.
    """
    place = make_place(book=book, venue=venue, model=model, n_paths=n_paths, seed=seed, n_threads=n_threads)
    check = Checker()
    check.number("crash", crash, above=0, most=0.99)
    check.raise_if_any()
    wanted = Wanted(side=side, size=size, leverage=leverage, entry_price=entry_price)
    est = place.estimate(wanted, is_watched=True)
    moves = [place.after_move(move).charge(wanted) for move in (-crash, crash)]
    value = size / place.price(wanted) if book.is_inverse else size * place.price(wanted)
    years = model.n_steps * model.minutes_per_step / MINUTES_PER_YEAR
    return _describe(est.watched[:, 0], est.is_exact, moves, value, years, crash)


def make_place(*, book: Book, venue: Venue, model: PathModel, n_paths: int, seed: int, n_threads: int | None) -> Place:
    """Return a checked place; paths start where they would without a further position."""
    start = check_request(book=book, venue=venue, model=model, n_paths=n_paths, seed=seed, n_threads=n_threads)
    return Place(book=book, venue=venue, model=model, start=start, n_paths=n_paths, seed=seed, n_threads=n_threads)


def place_position(*, book: Book, venue: Venue, side: str, size: float, leverage: float, entry_price: float) -> Book:
    """Return the book with one more position at its end; too much leverage for the maintenance margin is refused."""
    check = Checker("position")
    check.choice("side", side, SIDES)
    check.number("size", size, above=0)
    check.number("leverage", leverage, above=0)
    check.number("entry_price", entry_price, above=0)
    check.raise_if_any()
    value = size / entry_price if book.is_inverse else size * entry_price
    rates = {"maintenance_rate": book.maintenance_rate, "maintenance_amount": book.maintenance_amount}
    placed = Book(
        size=np.append(book.size, SIDES[side] * size),
        entry_price=np.append(book.entry_price, entry_price),
        collateral=np.append(book.collateral, value / leverage),
        stop_price=None if book.stop_price is None else np.append(book.stop_price, np.nan),
        contract=book.contract,
        **{name: None if x is None else np.append(x, float(np.median(x))) for name, x in rates.items()},
    )
    rate, amount = maintenance(book=placed, venue=venue)
    needed = float(rate[-1] * notional(book=placed, price=entry_price)[-1] - amount[-1])
    if needed > 0 and value / leverage <= needed:
        check.add("leverage", f"< {value / needed:g}, or the position is liquidated at once", leverage)
    check.raise_if_any()
    return placed


def _describe(
    rows: Rows, is_exact: bool, moves: Sequence[Estimated], value: float, years: float, crash: float
) -> PositionCost:
    charge, profit = rows["charge"].copy(), rows["profit"].copy()
    hit, cost = charge > 0.0, mean(charge)
    parts = {
        "charge_probability": probability(hit),
        "cut_probability": probability(rows["is_cut"]),
        "liquidation_probability": probability(rows["forced_at"] >= 0),
        "expected_charge": cost,
        "charge_given_charged": _ratio(np.maximum(charge, 0.0), hit.astype(np.float64)),
        "share_of_gain": _ratio(charge, np.maximum(profit, 0.0)),
        "basis_points_per_year": Estimated(*(1e4 * x / value / years for x in (cost.value, cost.stderr))),
        "expected_shortfall_95": expected_shortfall(charge, 0.95),
        "expected_shortfall_99": expected_shortfall(charge, 0.99),
        "break_even_premium": Estimated(cost.value / value, cost.stderr / value),
        "expected_profit_before": mean(profit),
        "expected_profit_after": mean(profit - charge),
    }
    if is_exact:
        parts = {name: Estimated(part.value, 0.0) for name, part in parts.items()}
    return PositionCost(
        **parts,
        charge_in_fall=moves[0],
        charge_in_rise=moves[1],
        notional=value,
        horizon_years=years,
        crash=crash,
        charge=charge,
        profit=profit,
    )


def _ratio(x: Floats, y: Floats) -> Estimated:
    return ratio_of(x.sum(), (x * x).sum(), y.sum(), (y * y).sum(), (x * y).sum())
