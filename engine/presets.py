"""Presets on record, read from data/*.toml: replays, venues and clearing houses, by one reader.

Every table is read against the keys that it may have: a key that is unknown or missing is an error that names file and
key, and so is a value that the engine's settings refuse.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np

from engine.data_files import document_of, names_in, rows_of
from engine.drawing.book_settings import BookModel, Brackets, Position
from engine.drawing.path_settings import PathModel
from engine.errors import Checker, InputError, require_choice, wrong_input
from engine.scenario import Scenario, with_values
from engine.sharing.waterfall import Layer
from engine.venue import Venue

KINDS = ("exchange", "on-chain", "clearing house")
# presets that show one idea of loss sharing each, read like replays from data/ideas
IDEAS = ("loss-sharing", "loss-mutualization", "mutualization-fund", "offset-rules", "socialized-losses")

Table = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A figure on record: what it is, its value and unit, its source, and how near a replay must come to it.

    `low` and `high` are NaN, and `tolerance_reason` empty, where no replay is held to the figure; `outside` says why
    the replay misses it, where it does.
    """

    key: str
    label: str
    value: float
    unit: str
    status: str
    source: str
    note: str = ""
    low: float = math.nan
    high: float = math.nan
    tolerance_reason: str = ""
    outside: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A preset with a few settings moved, worth a look: `values` by dotted name, in the engine's units."""

    title: str
    summary: str
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A scenario with its story: `summary` says what happened, `recorded` what is known, `assumptions` what is not.

    `event` names the event on record (`load_event`), "" where it is none. `variants` are settings of it that are worth
    a look. `last_step_minutes` is the length of a last step that stands for a longer time than the others, 0 where it
    does not.
    """

    name: str
    title: str
    date: str
    summary: str
    status: str
    currency: str
    quote_currency: str
    price_digits: int
    time_labels: tuple[tuple[int, str], ...]
    last_step_minutes: float
    sources: tuple[str, ...]
    assumptions: tuple[str, ...]
    recorded: tuple[Recorded, ...]
    variants: tuple[Variant, ...]
    scenario: Scenario
    event: str = ""


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class VenuePreset:
    """A venue's rules as its documents give them; what they do not give is absent, never guessed.

    Parameters
    ----------
    name, title, kind, contract : str
        kind is "exchange", "on-chain" or "clearing house"; contract "linear", "inverse" or "" (a clearing house).
    as_of, date_read, currency : str
        State of the rules, the day the sources were read, and the currency of recorded amounts.
    settings : mapping
        Fields of `engine.Venue` that the sources give, policy and options included.
    brackets : tuple of (notional floor, rate, amount)
        Margin table in USD; empty where there is none.
    margin, fund, settlement : mapping
        The rules in words, and their numbers (`min_order_notional` in `currency`, `peak_window_hours`,
        `interval_hours`); `margin["default"]`, one of MARGIN_DEFAULTS, is what an account has unless it chooses, and
        missing where no source says so.
    waterfall : tuple of str
        Who pays, in order.
    layers : tuple of mapping
        For a clearing house: name, kind, and capacity or `contributions_total` where they are recorded.
    n_members : int
        Members of a clearing house, 0 where not recorded.
    sources, unverified, not_recorded : tuple of str
        Addresses; fields that no source confirms; fields that were not found.
    closed : mapping
        `until` when the rules were in force, `why` they are not any more, and the `source` of it; empty where they are.
    note : str
    """

    name: str
    title: str
    kind: str
    contract: str
    as_of: str
    date_read: str
    currency: str
    settings: Mapping[str, Any]
    brackets: Brackets
    margin: Mapping[str, Any]
    fund: Mapping[str, Any]
    settlement: Mapping[str, Any]
    waterfall: tuple[str, ...]
    layers: tuple[Mapping[str, Any], ...]
    n_members: int
    sources: tuple[str, ...]
    unverified: tuple[str, ...]
    not_recorded: tuple[str, ...]
    closed: Mapping[str, str]
    note: str

    @property
    def policy(self) -> str:
        """Name of the policy that the venue shares losses by, after its layers."""
        if any(layer["kind"] == "vm_gains_haircut" for layer in self.layers):
            return "profit_prorata"  # over one margin call a gains haircut is that; the members stand above it
        return str(self.settings["policy"])

    @property
    def contributions_total(self) -> float:
        """What all members contributed, in `currency`; 0 where not recorded."""
        return sum(float(layer.get("contributions_total", 0.0)) for layer in self.layers)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class ClearingHouse:
    """A default on record: the layers in the order on record, amounts in its currency, and the figures on record.

    `own` names the layer that is the clearing house's own capital, `members` the one that members pay, `event` the
    event on record.
    """

    name: str
    title: str
    date: str
    summary: str
    currency: str
    sources: tuple[str, ...]
    assumptions: tuple[str, ...]
    recorded: tuple[Recorded, ...]
    loss: float
    n_members: int
    layers: tuple[Layer, ...]
    own: str
    members: str
    event: str


def preset_names() -> tuple[str, ...]:
    """Return the names of all presets: the model market with a cascade, events, newest first, and the calm day."""
    newest = sorted(_replays("path"), key=lambda name: load_replay(name).date, reverse=True)
    return tuple(sorted(newest, key=lambda name: (name != "cascade", name == "calm")))


@lru_cache(maxsize=64)
def load_replay(name: str) -> Preset:
    """Return a replay by name; an unknown name raises UnknownNameError."""
    require_choice("preset", name, (*_replays("path"), *IDEAS))
    file = f"data/{'ideas' if name in IDEAS else 'replays'}/{name}.toml"
    document = _document(file.split("/")[1], name)
    _require_keys(f"{file}: top", document, "meta path venue book", "past position")
    meta = dict(document["meta"])
    named = [dict(row) for row in document.get("position", [])]
    for row in named:
        row.pop("note", "")  # for people who read the file
    scenario = Scenario(
        name=name,
        seed=meta.pop("seed", 0),
        book=_built(f"{file}: book", BookModel, document["book"] | {"contract": meta.get("contract")}),
        path=_path(f"{file}: path", document["path"]),
        past=_path(f"{file}: past", document["past"]) if "past" in document else None,
        venue=_built(f"{file}: venue", Venue, document["venue"]),
        positions=tuple(_built(f"{file}: position", Position, row) for row in named),
    )
    labels = tuple((int(step), str(label)) for step, label in meta.pop("time_labels", []))
    variants = tuple(_variant(f"{file}: variant", row, scenario) for row in meta.pop("variant", []))
    last = float(meta.pop("last_step_minutes", 0.0))
    story = _story(file, meta, "price_digits quote_currency status")
    return Preset(**story, time_labels=labels, last_step_minutes=last, variants=variants, scenario=scenario)


@lru_cache(maxsize=1)
def venue_preset_names() -> tuple[str, ...]:
    """Return the names of all venue presets: exchanges, then on-chain venues, then clearing houses, by title."""
    presets = map(load_venue_preset, names_in("venues"))
    return tuple(p.name for p in sorted(presets, key=lambda p: (KINDS.index(p.kind), p.title.lower())))


_VENUE_WORDS = "name title kind contract as_of date_read note"
_VENUE_LISTS = "sources unverified not_recorded"
_MARGIN = "maintenance_rate min_order_notional brackets symbol brackets_as_of default default_source"
MARGIN_DEFAULTS = ("cross", "cross within a settlement coin", "isolated")
_FUND = "trigger max_drawdown peak_window_hours position_limit work_minutes stop_at caps_by_tier"
_LAYER = "capacity contributions_total assessment_cap period_cap member_cap_least group"


@lru_cache(maxsize=64)
def load_venue_preset(name: str) -> VenuePreset:
    """Return a venue preset by name; an unknown name raises UnknownNameError."""
    require_choice("venue_preset", name, names_in("venues"))
    return venue_of(f"data/venues/{name}.toml", _document("venues", name))


def venue_of(file: str, document: Table, brackets: Brackets = ()) -> VenuePreset:
    """Return the venue of a document, with a margin table of its own or the one that it names.

    Raises
    ------
    InputError
        That names file and key, for keys that are unknown or missing and for settings that the engine refuses.
    """
    tables = "margin fund waterfall settlement venue"
    _require_keys(f"{file}: top", document, f"{_VENUE_WORDS} {_VENUE_LISTS} {tables}", "currency layer closed")
    margin = _require_keys(f"{file}: margin", document["margin"], "rule", _MARGIN)
    require_choice(f"{file}: margin.default", margin.get("default", ""), ("", *MARGIN_DEFAULTS))
    waterfall = _require_keys(f"{file}: waterfall", document["waterfall"], "order", "n_members")
    require_choice(f"{file}: kind", document["kind"], KINDS)
    _built(f"{file}: venue", Venue, {"depth": math.inf} | document["venue"])  # depth is the scenario's
    closed, story = document.get("closed"), {key: document[key] for key in _VENUE_WORDS.split()}
    return VenuePreset(
        **story | {key: tuple(document[key]) for key in _VENUE_LISTS.split()},
        currency=document.get("currency", "USD"),
        settings=MappingProxyType(document["venue"]),
        brackets=brackets or (margin_table(file, margin) if "brackets" in margin else ()),
        margin=margin,
        fund=_require_keys(f"{file}: fund", document["fund"], "rule", _FUND),
        settlement=_require_keys(f"{file}: settlement", document["settlement"], "interval interval_hours price"),
        waterfall=tuple(waterfall["order"]),
        layers=tuple(_require_keys(f"{file}: layer", row, "name kind", _LAYER) for row in document.get("layer", [])),
        n_members=int(waterfall.get("n_members", 0)),
        closed=_require_keys(f"{file}: closed", closed or {}, "until why source" * (closed is not None)),
    )


def clearing_house_names() -> tuple[str, ...]:
    """Return the names of the defaults on record, newest first."""
    return tuple(sorted(_replays("waterfall"), key=lambda name: load_clearing_house(name).date, reverse=True))


@lru_cache(maxsize=8)
def load_clearing_house(name: str) -> ClearingHouse:
    """Return a default on record by name; an unknown name raises UnknownNameError."""
    require_choice("clearing_house", name, _replays("waterfall"))
    file, document = f"data/replays/{name}.toml", _document("replays", name)
    _require_keys(f"{file}: top", document, "meta waterfall layer")
    waterfall = _require_keys(f"{file}: waterfall", document["waterfall"], "loss n_members own members")
    n_members = int(waterfall["n_members"])
    layers = tuple(_layer(f"{file}: layer", row, n_members) for row in document["layer"])
    for role in ("own", "members"):
        require_choice(f"{file}: waterfall.{role}", waterfall[role], [layer.name for layer in layers])
    return ClearingHouse(
        **_story(file, document["meta"]), **{**waterfall, "loss": float(waterfall["loss"])}, layers=layers
    )


def _replays(table: str) -> tuple[str, ...]:
    """Return the names of the replays with a "path" (a cascade) or a "waterfall" (a clearing house); each has one."""
    check = Checker()
    kinds = {name: {"path", "waterfall"} & set(_document("replays", name)) for name in names_in("replays")}
    for name, tables in kinds.items():
        if len(tables) != 1:
            check.add(f"data/replays/{name}.toml", "a file with either [path] or [waterfall]", sorted(tables))
    check.raise_if_any()
    return tuple(name for name, tables in kinds.items() if table in tables)


_document = lru_cache(maxsize=128)(document_of)


def _require_keys(place: str, table: Table, required: str, optional: str = "") -> Mapping[str, Any]:
    """Return the table, read-only; keys that are unknown or missing raise one InputError that names file and keys."""
    needed = required.split()
    known, check = {*needed, *optional.split()}, Checker(place)
    for key in table:
        if key not in known:
            check.add(key, f"one of the keys {', '.join(sorted(known))}", table[key])
    for key in needed:
        if key not in table:
            check.add(key, "given", None)
    check.raise_if_any()
    return MappingProxyType(dict(table))


def _built(place: str, owner: type[T], table: Table) -> T:
    """Return the settings of a table; what they refuse raises an InputError that names the file."""
    known = {field.name: field for field in fields(owner)}  # type: ignore[arg-type]
    required = [name for name, f in known.items() if f.default is MISSING and f.default_factory is MISSING]
    _require_keys(place, table, " ".join(required), " ".join(known))
    try:
        return owner(**table)
    except InputError as error:
        file = place.split(": ")[0]
        raise InputError([(field, f"{file}: {sentence}") for field, sentence in error.pairs]) from error


def _path(place: str, table: Table) -> PathModel:
    points = tuple((int(step), float(price)) for step, price in table.get("points", ()))
    return _built(place, PathModel, {**table, "points": points})


def _variant(place: str, row: Table, scenario: Scenario) -> Variant:
    """Return a variant whose values the scenario takes."""
    variant = _built(place, Variant, row)
    with_values(scenario, variant.values)
    return replace(variant, values=MappingProxyType(dict(variant.values)))


_META = {"event_id", "status", "contract", "quote_currency", "price_digits"}


def _story(file: str, meta: Table, more: str = "") -> dict[str, Any]:
    """Return what a replay's [meta] says, `more` words included."""
    words, lists = f"name title date summary currency {more}".split(), ("sources", "assumptions")
    _require_keys(f"{file}: meta", meta, f"{' '.join({*words, *lists, *_META})} recorded", "start")
    recorded = tuple(_built(f"{file}: recorded", Recorded, row) for row in meta["recorded"])
    plain = {key: meta[key] for key in words} | {key: tuple(meta[key]) for key in lists}
    return plain | {"recorded": recorded, "event": meta["event_id"]}


def _layer(place: str, row: Table, n_members: int) -> Layer:
    """Return a layer on record; what members contributed in total is split evenly."""
    _require_keys(place, row, "name kind note", "contributions_total capacity")
    if row["kind"] == "members":
        total = float(row["contributions_total"])
        return Layer(name=row["name"], kind="members", contributions=np.full(n_members, total / n_members))
    return Layer(name=row["name"], kind=row["kind"], capacity=float(row["capacity"]))


def margin_table(file: str, margin: Table) -> Brackets:
    """Return the margin table in USD that a venue's file names."""
    wanted = (margin["symbol"], margin["brackets_as_of"])
    table = rows_of(f"brackets/{margin['brackets']}")
    rows = [row for row in table if (row["symbol"], row["as_of"]) == wanted]
    if not rows:
        bound = f"a table with rows of {' as of '.join(wanted)}"
        raise wrong_input(f"{file}: margin.brackets", bound, margin["brackets"])
    return tuple((float(r["notional_floor"]), float(r["mmr"]), float(r["maintenance_amount"])) for r in rows)
