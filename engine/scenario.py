"""A scenario: book, path, venue and seed in one frozen value that the page, the command line and a file share."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from typing import Any, NamedTuple

from engine.arrays import Floats
from engine.book import Book
from engine.drawing.book_settings import INITIAL_OVER_MAINTENANCE, BookModel, Brackets, Position
from engine.drawing.books import draw_book
from engine.drawing.path_settings import PathModel
from engine.drawing.paths import one_path
from engine.errors import Checker, InputError, wrong_input
from engine.offset_rules import tree_of, with_part
from engine.own_book import OwnBook
from engine.run_inputs import least_bytes
from engine.simulation import Run, simulate
from engine.venue import Venue

VERSION = 1
DEEPEST = 8  # a row of a table is at the fourth level of a document
SECTIONS = ("book", "path", "venue")
SETTABLE = (*SECTIONS, "past")
DEFAULT_PAST = PathModel(minutes_per_step=15.0, n_steps=384)  # what a setting of a past changes where there is none yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything that one run depends on.

    Parameters
    ----------
    book : BookModel
        How traders are drawn. Its maintenance rate is the venue's: see `book_model`.
    positions : tuple of Position
        Named positions, put into the drawn book.
    path : PathModel
    venue : Venue
    past : PathModel or None
        Where the price was before: the drawn book then has a past, see draw_book; it ends at the book's entry price.
        None: entries are spread around one price.
    own : OwnBook or None
        A book of one's own in place of drawn traders, see with_own_book; `book` then says its open interest, its price
        and its contract, and draws nobody.
    seed : int
    name : str
        Which preset it began as, for people only.
    """

    venue: Venue
    book: BookModel = field(default_factory=BookModel)
    path: PathModel = field(default_factory=PathModel)
    positions: tuple[Position, ...] = ()
    past: PathModel | None = None
    own: OwnBook | None = None
    seed: int = 0
    name: str = "custom"

    def __post_init__(self) -> None:
        """Validate the seed; the parts have validated themselves."""
        check = Checker()
        if self.past is not None and not isinstance(self.past, PathModel):
            check.add("past", "an engine.PathModel or None", self.past)
        if self.own is not None:
            check.choice("own", self.own.contract, (self.book.contract,))
            check.whole("book.n_traders", self.book.n_traders, least=0, most=0)
        check.whole("seed", self.seed, least=0, most=2**31 - 1)
        check.text("name", self.name)
        check.raise_if_any()

    @property
    def book_model(self) -> BookModel:
        """The settings that traders are drawn with: entries are placed where the venue's margin leaves them solvent."""
        rate = min(self.venue.maintenance_rate, 0.5)
        most = 1.0 / (INITIAL_OVER_MAINTENANCE * rate) if rate > 0 else math.inf
        floor = min(self.book.leverage_floor, most)
        return replace(self.book, maintenance_rate=rate, leverage_floor=floor)

    @property
    def open_interest(self) -> float:
        """Open interest of one side in the settlement currency: USD (linear) or coin (inverse)."""
        if self.book.contract == "inverse":
            return self.book.open_interest / self.book.entry_price
        return self.book.open_interest

    @property
    def initial_price(self) -> float:
        """The price that a path without prices of its own starts at, USD per coin."""
        return self.book.entry_price if self.path.initial_price is None else self.path.initial_price


class RunSize(NamedTuple):
    """How much one run of a scenario is, known before it runs."""

    n_traders: int
    n_steps: int  # of the path, and of the past where the book has one
    n_bytes: int  # that its arrays take from the start; a log that outgrows its room comes on top

    @property
    def trader_steps(self) -> int:
        """The work: traders times steps."""
        return self.n_traders * self.n_steps


def run_size(scenario: Scenario) -> RunSize:
    """Return how much one run of a scenario is, without drawing anything.

    Examples
    --------
    >>> size = run_size(Scenario(venue=Venue(depth=1e6)))
    >>> size.n_traders, size.n_steps, size.trader_steps
    (2000, 288, 576000)
    """
    n_traders = (scenario.own or scenario.book).n_traders + len(scenario.positions)
    n_past = 0 if scenario.past is None else scenario.past.n_steps
    n_bytes = least_bytes(n_traders, scenario.path.n_steps, scenario.venue) + 2 * 8 * n_past
    return RunSize(n_traders, scenario.path.n_steps + n_past, n_bytes)


@lru_cache(maxsize=16)
def cached_book(
    model: BookModel,
    positions: tuple[Position, ...],
    seed: int,
    past: PathModel | None = None,
    brackets: Brackets = (),
    maintenance_basis: str = "mark",
) -> Book:
    """Return the drawn book of these settings; the same object for the same settings, so that its order is kept."""
    return draw_book(
        model=model, seed=seed, extra=positions, past=past, brackets=brackets, maintenance_basis=maintenance_basis
    )


def scenario_book(scenario: Scenario) -> Book:
    """Return the book of a scenario; of its venue it depends on the margin rules alone."""
    if scenario.own is not None:
        return scenario.own.with_positions(scenario.positions)
    model, past, venue = scenario.book_model, scenario.past, scenario.venue
    if past is None:
        return cached_book(model, scenario.positions, scenario.seed)
    return cached_book(model, scenario.positions, scenario.seed, past, venue.brackets, venue.maintenance_basis)


def scenario_path(scenario: Scenario) -> tuple[Floats, Floats]:
    """Return where each step of a scenario's reference path closes and opens, (n_steps + 1,), read-only, USD a coin."""
    return one_path(scenario.path, scenario.initial_price, scenario.seed)


def run_scenario(scenario: Scenario) -> Run:
    """Return the run of a scenario."""
    closes, opens = scenario_path(scenario)
    return simulate(book=scenario_book(scenario), prices=closes, opens=opens, venue=scenario.venue)


def with_depth(path: PathModel, depth: float) -> PathModel:
    """Return the path with another largest fall (share of the first price): scripted, or waypoints scaled in log."""
    check = Checker("path")
    check.number("crash_depth", depth, least=0, most=0.999)
    check.raise_if_any()
    if path.model == "crash":
        return replace(path, crash_depth=depth)
    if path.model != "waypoints" or not path.points or fall_of(path) <= 0:
        return path
    first = path.points[0][1]
    factor = math.log1p(-depth) / math.log1p(-fall_of(path))
    points = tuple((step, first * (price / first) ** factor) for step, price in path.points)
    return replace(path, points=points)


def fall_of(path: PathModel) -> float:
    """Return the largest scripted fall below the first price, as a share of it; 0 for random models."""
    if path.model == "crash":
        return path.crash_depth
    if path.model == "waypoints" and path.points:
        return max(0.0, 1.0 - min(price for _, price in path.points) / path.points[0][1])
    return 0.0


def with_values(scenario: Scenario, values: Mapping[str, object]) -> Scenario:
    """Return the scenario with settings replaced by dotted name, e.g. {"venue.fund": 1e6, "seed": 3}.

    Values may be text, as they come from a command line or a link. {"past": None} takes the past away; a field of a
    past that is not there changes DEFAULT_PAST. All violations are raised as one InputError.
    """
    return _with_parsed(
        scenario, {name: value if name == "name" else parse_value(value) for name, value in values.items()}
    )


def _with_parsed(scenario: Scenario, values: Mapping[str, object]) -> Scenario:
    changes: dict[str, dict[str, object]] = {section: {} for section in SETTABLE}
    check = Checker()
    top: dict[str, object] = {}
    for name, value in values.items():
        section, _, key = name.partition(".")
        if not key and section in ("seed", "name"):
            top[section] = value
        elif name == "past" and value is None:
            top["past"] = None
        elif section in SETTABLE and key.split(".")[0] in {f.name for f in fields(_part(scenario, section))}:
            _put(check, name, changes[section], key, value, _part(scenario, section))
        else:
            check.add("setting", "seed, name, or a field of book, path, past or venue", name)
    check.raise_if_any()
    return _rebuilt(scenario, changes, top)


def _part(scenario: Scenario, section: str) -> Any:
    part = getattr(scenario, section)
    return DEFAULT_PAST if part is None else part


def _put(check: Checker, name: str, changes: dict[str, object], key: str, value: object, owner: object) -> None:
    first, *parts = key.split(".")
    known = changes.get(first, getattr(owner, first))
    changes[first] = with_part(check, name, tree_of(known), parts, value)


def _rebuilt(scenario: Scenario, changes: dict[str, dict[str, object]], top: dict[str, object]) -> Scenario:
    violations: list[tuple[str, str]] = []
    parts: dict[str, Any] = dict(top)
    for section, values in changes.items():
        if not values:
            continue
        try:
            parts[section] = replace(_part(scenario, section), **values)
        except InputError as error:
            violations += _named(section, error)
        except TypeError:
            violations += [
                (name, f"{section}.{name} must be of the right type, was {v!r}") for name, v in values.items()
            ]
    if violations:
        raise InputError(violations)
    return replace(scenario, **parts) if parts else scenario


def _named(section: str, error: InputError) -> list[tuple[str, str]]:
    """Return the violations of a section under its own name: a past is settings of a path."""
    if section != "past":
        return list(error.pairs)
    return [(f"past{name.removeprefix('path')}", f"past{text.removeprefix('path')}") for name, text in error.pairs]


def parse_value(value: object) -> object:
    """Return a number, boolean, list or mapping from text where it reads as one (JSON, and inf), else the value."""
    if not isinstance(value, str):
        return value
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):  # recursion: brackets within brackets, thousands of them
        return math.inf if value in ("inf", "Infinity") else value
    return value if _is_too_deep(parsed) else parsed


def _is_too_deep(value: object) -> bool:
    """Tell whether lists and objects lie deeper within one another than any setting has them."""
    level: list[object] = [value]
    for _ in range(DEEPEST):
        level = [
            item
            for part in level
            if isinstance(part, Mapping | list | tuple)
            for item in (part.values() if isinstance(part, Mapping) else part)
        ]
    return any(isinstance(part, Mapping | list | tuple) for part in level)


def to_document(scenario: Scenario) -> dict[str, object]:
    """Return a scenario as plain JSON-able values, infinities as text; `from_document` reads it back.

    Of a book of one's own it has the label: the positions stay in their file.
    """
    document: dict[str, object] = {"version": VERSION, "name": scenario.name, "seed": scenario.seed}
    document |= {} if scenario.own is None else {"own": scenario.own.label}
    for section in SETTABLE:
        part = getattr(scenario, section)
        values = None if part is None else {f.name: _plain(tree_of(getattr(part, f.name))) for f in fields(part)}
        document[section] = values
    document["positions"] = [
        {f.name: _plain(getattr(position, f.name)) for f in fields(position)} for position in scenario.positions
    ]
    return document


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return "inf" if value == math.inf else value


def from_document(document: object, own: OwnBook | None = None) -> Scenario:
    """Return the scenario of a document; a newer version, an unknown field or a wrong value is refused.

    `own` is the book of one's own that a document names.
    """
    if not isinstance(document, Mapping):
        raise wrong_input("scenario", "an object with version, book, path and venue", document)
    if _is_too_deep(document):
        raise wrong_input("scenario", f"nested at most {DEEPEST} deep", "deeper")
    check = Checker()
    if document.get("version") != VERSION:
        check.add("scenario.version", f"{VERSION}", document.get("version"))
    for name in document:
        if name not in ("version", "name", "seed", "positions", "own", *SETTABLE):
            check.add("scenario", "an object of version, name, seed, positions, own, book, path, past and venue", name)
    for section in SETTABLE:
        if section == "past" and document.get("past", None) is None:
            continue
        if not isinstance(document.get(section, {}), Mapping):
            check.add(f"scenario.{section}", "an object", document[section])
    if "own" in document and own is None:
        check.add("scenario.own", "given as a file of positions (--book), a document only names it", document["own"])
    if document.get("past") == {}:
        check.add("scenario.past", "null, or an object with fields", {})
    check.raise_if_any()
    blank = Scenario(venue=Venue(depth=math.inf))
    values = {
        f"{section}.{key}": _revived(value)
        for section in SETTABLE
        for key, value in (document.get(section) or {}).items()
    }
    values |= {key: document[key] for key in ("seed", "name") if key in document}
    scenario = _with_parsed(blank, values)
    return replace(
        scenario, positions=_positions(document.get("positions", [])), own=own if "own" in document else None
    )


def _revived(value: object) -> object:
    if isinstance(value, list):
        return tuple(_revived(item) for item in value)
    return math.inf if value == "inf" else value


def _positions(rows: object) -> tuple[Position, ...]:
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise wrong_input("scenario.positions", "a list of objects", rows)
    check = Checker("scenario")
    known = {f.name for f in fields(Position)}
    for row in rows:
        for key in sorted(set(row) - known):
            check.add("positions", f"objects of {', '.join(sorted(known))}", key)
        for key in sorted({"trader_id", "size", "entry_price"} - set(row)):
            check.add("positions", f"objects with {key}", row)
    check.raise_if_any()
    return tuple(Position(**row) for row in rows)
