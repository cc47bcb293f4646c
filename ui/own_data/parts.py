"""What was read from the session's files, and the presets that are made of it. No Streamlit here."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import engine
from engine import (
    Book,
    BookFile,
    InputError,
    OwnBook,
    Preset,
    PriceFile,
    Table,
    Venue,
    VenuePreset,
    liquidation_price,
    load_preset,
    load_venue_preset,
)
from ui.frame.formats import counted, duration
from ui.settings.market import OPEN_INTEREST, PRICE
from ui.settings.own import FilePart, OwnData

Floats = NDArray[np.float64]

BASE = "cascade"  # whose crash and venue stand where a session has none of its own
MOST_POSITIONS = 1_000_000
DIGITS = 4
NOTHING = Table(file="", kind="", columns={}, rows=np.empty(0, dtype=np.int64))


MOVES = np.linspace(0.0, 0.5, 201)  # of the price, against a position


@dataclass(frozen=True, eq=False, slots=True)
class Reach:
    """Share of each side's size that each of MOVES forces out, None for a side without positions, and from where."""

    price: float
    longs: Floats | None
    shorts: Floats | None


def reach_of(book: Book, mark: float) -> Reach:
    """Return whom a move at once forces out, by own margin alone, at the model market's maintenance rate."""
    price = mark if math.isfinite(mark) and mark > 0 else book.mean_entry_price
    venue = Venue(depth=math.inf, maintenance_rate=load_preset(BASE).scenario.venue.maintenance_rate)
    at, size = liquidation_price(book=book, venue=venue), np.abs(book.size)
    shares: list[Floats | None] = []
    for side in (1.0, -1.0):
        own = book.size * side > 0
        distance = side * (1.0 - at[own] / price)  # a move of this much against it
        order = np.argsort(distance)
        total = np.concatenate([[0.0], np.cumsum(size[own][order])])
        reached = total[np.searchsorted(distance[order], MOVES, side="right")]
        shares.append(reached / total[-1] if total[-1] > 0 else None)
    return Reach(price, *shares)


@dataclass(slots=True, weakref_slot=True)
class BookPart(FilePart):
    """A file of positions, what was said of it by hand, and what it was understood as."""

    table: Table
    options: dict[str, Any] = field(default_factory=dict)
    found: BookFile | None = None
    refused: tuple[str, ...] = ()
    reach: Reach | None = None

    def read(self) -> None:
        """Understand the table under the options."""
        self.found, self.reach, self.refused = None, None, ()
        try:
            if self.table.n_rows > MOST_POSITIONS:
                text = f"{self.table.file} has {self.table.n_rows:,} rows, {MOST_POSITIONS:,} at most are taken here"
                raise InputError([("file", f"{text}; the command line takes more")])
            self.found = engine.read_book(self.table, **self.options)
            if self.found.book is not None:
                self.reach = reach_of(self.found.book, self.found.mark_price)
        except InputError as error:
            self.refused = error.violations

    def drop(self) -> None:
        """Let go of the positions."""
        self.table, self.found, self.reach = NOTHING, None, None

    @property
    def is_ready(self) -> bool:
        """Whether there is a book."""
        return self.found is not None and self.found.book is not None


@dataclass(slots=True, weakref_slot=True)
class PricePart(FilePart):
    """A file of prices, what was said of it by hand, and what it was understood as."""

    table: Table
    options: dict[str, Any] = field(default_factory=dict)
    found: PriceFile | None = None
    refused: tuple[str, ...] = ()

    def read(self) -> None:
        """Understand the table under the options."""
        self.found, self.refused = None, ()
        try:
            self.found = engine.read_prices(self.table, **self.options)
        except InputError as error:
            self.refused = error.violations

    def drop(self) -> None:
        """Let go of the prices."""
        self.table, self.found = NOTHING, None

    @property
    def is_ready(self) -> bool:
        """Whether there is a path."""
        return self.found is not None


@dataclass(slots=True)
class VenuePart:
    """A venue's file, a margin table that was given beside it, and what they were understood as."""

    file: str
    text: str
    brackets: tuple[tuple[float, float, float], ...] = ()
    found: VenuePreset | None = None
    refused: tuple[str, ...] = ()

    def read(self) -> None:
        """Understand the file with its table."""
        self.found, self.refused = None, ()
        try:
            self.found = engine.read_venue(self.saved.encode(), file=self.file, name=engine.own_name())
        except InputError as error:
            self.refused = error.violations

    @property
    def saved(self) -> str:
        """The file as it is saved: with the table in it."""
        return engine.with_table(self.text, self.brackets)


def make(data: OwnData) -> str:
    """Make the session's presets anew from its files; return why they cannot be, empty where they can."""
    data.begin_anew()
    book, prices = data.parts.get("book"), data.parts.get("prices")
    venue: VenuePart | None = data.parts.get("venue")
    if venue is not None and venue.found is not None:
        data.venue = venue.found.name
        data.kept.names.append(venue.found.name)
        engine.keep_venue(venue.found)
    if engine.is_own(data.parts.get("rules")) and data.parts["rules"] != data.venue:
        data.parts["rules"] = data.venue
    found = book.found if book is not None and book.is_ready else None
    path = prices.found if prices is not None and prices.is_ready else None
    if found is None and path is None:
        return ""
    own = None if found is None else engine.own_book(found)
    try:
        preset = preset_of(engine.own_name(), own, found, path, data.parts.get("rules", ""))
    except InputError as error:
        return "; ".join(error.violations)
    data.preset = preset.name
    data.kept.names.append(preset.name)
    engine.keep_preset(preset)
    if own is not None:
        data.kept.books.append(own)
        if own.contract == "linear":
            data.market_book = OwnBook(engine.scaled_book(own, price=PRICE, open_interest=OPEN_INTEREST), price=PRICE)
            data.kept.books.append(data.market_book)
    return ""


def preset_of(
    name: str, own: OwnBook | None, book: BookFile | None, prices: PriceFile | None, rules: str = ""
) -> Preset:
    """Return the preset of a book, of prices, or of both, under a venue's rules or those of the model market."""
    base = load_preset(BASE)
    scenario = base.scenario if own is None else engine.with_own_book(base.scenario, own)
    if prices is not None:
        scenario = engine.with_own_prices(scenario, prices.path)
    if rules:
        scenario = engine.apply_venue(load_venue_preset(rules), scenario)
    scenario = replace(scenario, name=name)
    first = scenario.initial_price if prices is None else float(prices.prices[0])
    files = [file.file for file in (book, prices) if file is not None]
    return Preset(
        name=name,
        title=f"My {'book' if prices is None else 'prices' if book is None else 'book and prices'}: {', '.join(files)}",
        date="" if prices is None else prices.start[:10],
        summary=_summary(own, prices, rules),
        status="own file",
        currency=_currency(book) if own is not None and own.contract == "inverse" else "USD",
        quote_currency="USD",
        price_digits=min(max(0, DIGITS - 1 - math.floor(math.log10(first))), 8),
        time_labels=_labels(scenario.path.n_steps, scenario.path.minutes_per_step, prices),
        last_step_minutes=0.0,
        sources=(),
        assumptions=_assumptions(own, book, prices, rules),
        recorded=(),
        variants=(),
        scenario=scenario,
    )


def _currency(book: BookFile | None) -> str:
    """Return the coin that a market's name begins with, "coin" where none does."""
    symbol = "" if book is None else book.symbol
    for end in ("USD_PERP", "-USD-SWAP", "/USD", "USD"):
        head = symbol.partition(end)[0]
        if head and head != symbol and head.isalnum():
            return head
    return "coin"


def _summary(own: OwnBook | None, prices: PriceFile | None, rules: str) -> str:
    who = "Drawn traders" if own is None else counted(own.n_traders, "position") + " of your file"
    where = "the model crash of 9 %" if prices is None else f"the prices of {prices.file}"
    venue = load_venue_preset(rules).title if rules else "a model venue that shares losses pro rata to profit"
    return f"{who}, on {where}, under the rules of {venue}."


def _labels(n_steps: int, minutes: float, prices: PriceFile | None) -> tuple[tuple[int, str], ...]:
    start = "start" if prices is None or not prices.start else f"{prices.start[:16]} UTC"
    return ((0, start), (n_steps, duration(n_steps * minutes)))


def _assumptions(own: OwnBook | None, book: BookFile | None, prices: PriceFile | None, rules: str) -> tuple[str, ...]:
    said = [*(book.understood if book else ()), *(prices.understood if prices else ())]
    if own is not None:
        said.append("Fund and depth are the model market's shares of open interest (0.2 % and 1 %); sliders move them.")
    if prices is None:
        said.append("The price is the model market's: 9 % down in an hour, then a fifth of that regained.")
    if not rules:
        said.append("The venue is the model market's, its margin 0.5 %, its losses shared by all winners at the end.")
    return tuple(said)
