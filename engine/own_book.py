"""A book of one's own in a scenario, in place of drawn traders, and a price path of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.book import Book
from engine.contracts import INVERSE
from engine.drawing.blocks import first_price
from engine.drawing.book_settings import BookModel, Position
from engine.drawing.books import with_named
from engine.drawing.path_settings import PathModel
from engine.errors import Checker, InputError

if TYPE_CHECKING:
    from engine.scenario import Scenario
    from engine.venue import Venue

LEVERAGES = (0.01, 1e6)


class OwnBook:
    """A book that was given, as a setting of a scenario: equal to itself alone.

    Parameters
    ----------
    book : Book
    price : float or None
        USD per coin, > 0: where a path without prices of its own starts, and what open interest is valued at. None:
        the size-weighted mean entry price.
    label : str
        What sentences call it.

    Notes
    -----
    `end` lets go of its arrays, whatever still names it. Its `open_interest` is that of the larger side, USD.
    """

    __slots__ = ("__weakref__", "_book", "contract", "label", "leverage", "n_traders", "open_interest", "price")

    def __init__(self, book: Book, *, price: float | None = None, label: str = "my book") -> None:
        check = Checker("own")
        check.number("price", price, above=0, is_optional=True)
        check.text("label", label)
        check.raise_if_any()
        self._book: Book | None = book
        self.label, self.contract, self.n_traders = label, book.contract, book.n_traders
        self.price = book.mean_entry_price if price is None else float(price)
        unit = 1.0 if book.is_inverse else self.price
        longs, shorts = (float(np.sum(book.size, where=book.size * side > 0)) for side in (1.0, -1.0))
        self.open_interest = max(longs, -shorts) * unit
        size = np.abs(book.size)
        notional = size / book.entry_price if book.is_inverse else size * book.entry_price
        with np.errstate(divide="ignore"):
            self.leverage = float(np.clip(np.median(notional / book.collateral), *LEVERAGES))

    @property
    def book(self) -> Book:
        """The book; InputError once it has ended."""
        if self._book is None:
            raise InputError([("own", f"{self.label} has ended with its session: read the file again")])
        return self._book

    def end(self) -> None:
        """Let go of the positions."""
        self._book = None

    def with_positions(self, positions: Sequence[Position]) -> Book:
        """Return the book with named positions at its end."""
        if not positions:
            return self.book
        book = self.book
        arrays = with_named((book.size, book.entry_price, book.collateral, book.stop_price), positions, book.is_inverse)
        if book.maintenance_rate is not None:  # who has none of their own have the mean of the others'
            mean = np.full(len(positions), book.maintenance_rate.mean())
            arrays["maintenance_rate"] = np.append(book.maintenance_rate, mean)
        labels = [*map(str, range(book.n_traders))] if book.trader_id is None else book.trader_id.tolist()
        labels = [*labels, *(position.trader_id for position in positions)]
        return Book(trader_id=labels, contract=book.contract, **arrays)


def with_own_book(scenario: Scenario, own: OwnBook) -> Scenario:
    """Return the scenario with a book of one's own in place of its traders.

    Notes
    -----
    Fund, capital and backstop keep their shares of open interest, and so does the depth; margin table and least order
    keep their amounts in USD. Prices start at the book's: those of a replay are scaled. A past and named positions are
    those of the traders that go, and go with them.

    Examples
    --------
    >>> import engine
    >>> book = engine.load_book(b"size,entry_price,leverage\\n2,100,10\\n-2,100,5\\n", name="book.csv")
    >>> scenario = with_own_book(engine.load_preset("calm").scenario, OwnBook(book))
    >>> scenario.open_interest, engine.scenario_book(scenario).n_traders
    (200.0, 2)
    """
    model = BookModel(
        n_traders=0,
        open_interest=own.open_interest,
        entry_price=own.price,
        contract=own.contract,
        leverage=own.leverage,
        leverage_floor=min(1.0, own.leverage),
        maintenance_rate=0.0,
    )
    path = scenario.path
    if path.given_price is not None:
        factor = own.price / path.given_price
        points = tuple((step, factor * price) for step, price in path.points)
        path = replace(path, points=points, prices=tuple(factor * price for price in path.prices))
    else:
        path = replace(path, initial_price=None)
    after = replace(scenario, book=model, path=path, positions=(), past=None, own=own)
    return replace(after, venue=_scaled(scenario.venue, scenario, after))


def _scaled(venue: Venue, before: Scenario, after: Scenario) -> Venue:
    """Return a venue whose money is as large beside the open interest after as before."""
    money = after.open_interest / before.open_interest
    depth = after.book.open_interest / before.book.open_interest
    per_money = _usd_of_money(before) / _usd_of_money(after)
    per_size = _usd_of_size(before) / _usd_of_size(after)
    return replace(
        venue,
        fund=venue.fund * money,
        venue_capital=venue.venue_capital * money,
        default_fund=tuple(part * money for part in venue.default_fund),
        vault=venue.vault * money,
        fund_target=None if venue.fund_target is None else venue.fund_target * money,
        depth=venue.depth * depth,
        min_size=venue.min_size * per_size,
        brackets=tuple((floor * per_money, rate, amount * per_money) for floor, rate, amount in venue.brackets),
    )


def _usd_of_money(scenario: Scenario) -> float:
    return scenario.book.entry_price if scenario.book.contract == INVERSE else 1.0


def _usd_of_size(scenario: Scenario) -> float:
    return 1.0 if scenario.book.contract == INVERSE else scenario.book.entry_price


def with_own_prices(scenario: Scenario, path: PathModel) -> Scenario:
    """Return the scenario on a price path of one's own; steps of its venue become those of the path.

    Drawn traders then enter at the first price. Named positions have entry prices of their own: a scenario with some
    is refused.
    """
    if scenario.positions:
        reason = "prices must be those of the replay where positions have entry prices on record, were of a file"
        raise InputError([("prices", reason)])
    steps = scenario.path.minutes_per_step / path.minutes_per_step
    venue = scenario.venue
    changes: dict[str, Any] = {
        "impact_half_life": venue.impact_half_life * steps,
        "fund_position_half_life": venue.fund_position_half_life * steps,
        "halt_steps": round(venue.halt_steps * steps),
        "settlement_interval": max(1, min(round(venue.settlement_interval * steps), path.n_steps)),
    }
    if venue.fund_peak_window is not None:
        changes["fund_peak_window"] = max(1, round(venue.fund_peak_window * steps))
    if scenario.own is not None:
        return replace(scenario, path=path, venue=replace(venue, **changes))
    book = replace(scenario.book, entry_price=first_price(path))
    changes["min_size"] = venue.min_size * (
        1.0 if book.contract == INVERSE else scenario.book.entry_price / book.entry_price
    )
    return replace(scenario, book=book, path=path, past=None, venue=replace(venue, **changes))
