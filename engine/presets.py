"""Presets: real events and a calm day, read from data/replays, each with what was recorded and what was assumed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.drawing.books import BookModel, Position
from engine.drawing.paths import PathModel
from engine.errors import Checker, UnknownNameError
from engine.scenario import Scenario
from engine.venue import Venue

REPLAYS = Path(__file__).parents[1] / "data" / "replays"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A figure on record: what it is, its value and unit, its source, and how near a replay must come to it."""

    key: str
    label: str
    value: float
    unit: str
    status: str
    source: str
    note: str
    low: float
    high: float
    tolerance_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A scenario with its story: `summary` says what happened, `recorded` what is known, `assumptions` what is not."""

    name: str
    title: str
    date: str
    summary: str
    status: str
    currency: str
    quote_currency: str
    price_digits: int
    time_labels: tuple[tuple[int, str], ...]
    sources: tuple[str, ...]
    assumptions: tuple[str, ...]
    recorded: tuple[Recorded, ...]
    scenario: Scenario


def preset_names() -> tuple[str, ...]:
    """Return the names of all presets that a cascade can be run on, newest event first and the calm day last."""
    presets = [load_preset(path.stem) for path in REPLAYS.glob("*.toml") if "path" in _document(path.stem)]
    ordered = sorted(presets, key=lambda preset: (preset.date == "", preset.date), reverse=True)
    return tuple(preset.name for preset in sorted(ordered, key=lambda preset: preset.name == "calm"))


@lru_cache(maxsize=64)
def _document(name: str) -> dict[str, Any]:
    file = REPLAYS / f"{name}.toml"
    if file.parent != REPLAYS or not file.is_file():
        check = Checker()
        check.choice("preset", name, preset_names())
        check.raise_if_any(UnknownNameError)
    return tomllib.loads(file.read_text(encoding="utf-8"))


@lru_cache(maxsize=64)
def load_preset(name: str) -> Preset:
    """Return a preset by name; an unknown name raises UnknownNameError."""
    document = _document(name)
    if "path" not in document:
        check = Checker()
        check.choice("preset", name, preset_names())
        check.raise_if_any(UnknownNameError)
    meta = document["meta"]
    contract = meta.get("contract", "linear")
    scenario = Scenario(
        name=name,
        book=BookModel(**_known(BookModel, document.get("book", {})), contract=contract),
        path=_path(document.get("path", {})),
        venue=_venue(document.get("venue", {})),
        positions=tuple(Position(**_known(Position, row)) for row in document.get("position", [])),
        seed=int(meta.get("seed", 0)),
    )
    return Preset(
        name=name,
        title=meta["title"],
        date=str(meta.get("date", "")),
        summary=meta["summary"],
        status=meta.get("status", "assumed"),
        currency=meta.get("currency", "USD"),
        quote_currency=meta.get("quote_currency", "USD"),
        price_digits=int(meta.get("price_digits", 0)),
        time_labels=tuple((int(step), str(label)) for step, label in meta.get("time_labels", [])),
        sources=tuple(meta.get("sources", [])),
        assumptions=tuple(meta.get("assumptions", [])),
        recorded=tuple(_recorded(row) for row in meta.get("recorded", [])),
        scenario=scenario,
    )


def _known(owner: type, values: Mapping[str, Any]) -> dict[str, Any]:
    names = {f.name for f in fields(owner)}
    return {key: value for key, value in values.items() if key in names}


def _path(values: Mapping[str, Any]) -> PathModel:
    given = _known(PathModel, values)
    if "points" in given:
        given["points"] = tuple((int(step), float(price)) for step, price in given["points"])
    return PathModel(**given)


def _venue(values: Mapping[str, Any]) -> Venue:
    given = {"depth": float("inf")} | _known(Venue, values)
    for name in ("default_fund", "brackets"):
        if name in given:
            given[name] = tuple(tuple(row) if isinstance(row, list) else row for row in given[name])
    return Venue(**given)


def _recorded(row: Mapping[str, Any]) -> Recorded:
    value = row.get("value")
    number = float(value) if isinstance(value, int | float) else float("nan")
    return Recorded(
        key=str(row.get("key", "")),
        label=str(row.get("label", "")),
        value=number,
        unit=str(row.get("unit", "")),
        status=str(row.get("status", "recorded")),
        source=str(row.get("source", "")),
        note=str(row.get("note", "")),
        low=float(row.get("low", float("nan"))),
        high=float(row.get("high", float("nan"))),
        tolerance_reason=str(row.get("tolerance_reason", "")),
    )
