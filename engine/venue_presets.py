"""Venue presets: the rules of real venues and clearing houses, read from data/venues and placed on a scenario."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from engine.errors import Checker, UnknownNameError
from engine.scenario import Scenario
from engine.venue import Venue

DATA = Path(__file__).parents[1] / "data"
VENUES = DATA / "venues"

Brackets = tuple[tuple[float, float, float], ...]


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
        `interval_hours`).
    waterfall : tuple of str
        Who pays, in order.
    layers : tuple of mapping
        For a clearing house: name, kind, and capacity or `contributions_total` where they are recorded.
    n_members : int
        Members of a clearing house, 0 where not recorded.
    sources, unverified, not_recorded : tuple of str
        Addresses; fields that no source confirms; fields that were not found.
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
    note: str

    @property
    def policy(self) -> str:
        """Name of the policy that the venue shares losses by, after its layers."""
        if any(layer["kind"] == "vm_gains_haircut" for layer in self.layers):
            return (
                "profit_prorata"  # over one margin call a gains haircut is profit pro rata; the members stand above it
            )
        return str(self.settings["policy"])

    @property
    def contributions_total(self) -> float:
        """What all members contributed, in `currency`; 0 where not recorded."""
        return sum(float(layer.get("contributions_total", 0.0)) for layer in self.layers)


@lru_cache(maxsize=1)
def venue_preset_names() -> tuple[str, ...]:
    """Return the names of all venue presets: exchanges, then on-chain venues, then clearing houses, by title."""
    presets = [load_venue_preset(path.stem) for path in VENUES.glob("*.toml")]
    kinds = ("exchange", "on-chain", "clearing house")
    return tuple(p.name for p in sorted(presets, key=lambda p: (kinds.index(p.kind), p.title.lower())))


@lru_cache(maxsize=64)
def load_venue_preset(name: str) -> VenuePreset:
    """Return a venue preset by name; an unknown name raises UnknownNameError."""
    file = VENUES / f"{name}.toml"
    if file.parent != VENUES or not file.is_file():
        check = Checker()
        check.choice("venue_preset", name, [path.stem for path in VENUES.glob("*.toml")])
        check.raise_if_any(UnknownNameError)
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    known = {f.name for f in fields(Venue)}
    margin = document["margin"]
    return VenuePreset(
        **{key: str(document[key]) for key in ("name", "title", "kind", "contract", "as_of", "date_read")},
        currency=str(document.get("currency", "USD")),
        settings=MappingProxyType({key: value for key, value in document["venue"].items() if key in known}),
        brackets=_brackets(margin) if "brackets" in margin else (),
        margin=MappingProxyType(margin),
        fund=MappingProxyType(document["fund"]),
        settlement=MappingProxyType(document["settlement"]),
        waterfall=tuple(document["waterfall"]["order"]),
        layers=tuple(MappingProxyType(layer) for layer in document.get("layer", [])),
        n_members=int(document["waterfall"].get("n_members", 0)),
        sources=tuple(document["sources"]),
        unverified=tuple(document["unverified"]),
        not_recorded=tuple(document["not_recorded"]),
        note=str(document["note"]),
    )


def _brackets(margin: Mapping[str, Any]) -> Brackets:
    with (DATA / "brackets" / str(margin["brackets"])).open(encoding="utf-8", newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["symbol"] == margin["symbol"] and row["as_of"] == margin["brackets_as_of"]
        ]
    return tuple((float(r["notional_floor"]), float(r["mmr"]), float(r["maintenance_amount"])) for r in rows)


def apply_venue(preset: VenuePreset, scenario: Scenario) -> Scenario:
    """Return the scenario with a venue's rules; its traders, path, depth and money stay as they are.

    Parameters
    ----------
    preset : VenuePreset
    scenario : Scenario

    Notes
    -----
    What the venue's sources do not record stays the scenario's. Hours become steps of the scenario's path. Margin
    tables are in USD and are converted at the book's entry price for an inverse contract; the least order of a partial
    liquidation is in USD and becomes coins at that price for a linear one. A clearing house has no
    insurance fund: the scenario's fund becomes its own layers, skin in the game and members' contributions, in their
    recorded proportions (all of it contributions where they are not recorded), split evenly over the members.
    """
    changes: dict[str, Any] = dict(preset.settings)
    changes["policy"] = preset.policy
    if preset.policy != preset.settings["policy"]:
        changes |= {"policy_options": {}, "profit_base": "settlement"}
    changes.setdefault("policy_options", {})
    if preset.brackets:
        unit = scenario.book.entry_price if scenario.book.contract == "inverse" else 1.0
        changes["brackets"] = tuple((floor / unit, rate, amount / unit) for floor, rate, amount in preset.brackets)
    elif "maintenance_rate" in preset.settings:
        changes["brackets"] = ()
    if "min_order_notional" in preset.margin:
        unit = 1.0 if scenario.book.contract == "inverse" else scenario.book.entry_price
        changes["min_size"] = float(preset.margin["min_order_notional"]) / unit
    changes |= _fund_rule(preset, scenario)
    changes["settlement_interval"] = max(_steps(preset.settlement.get("interval_hours", 0.0), scenario), 1)
    if preset.kind == "clearing house":
        changes |= _members(preset, scenario)
    return replace(scenario, venue=replace(scenario.venue, **changes))


def _steps(hours: float, scenario: Scenario) -> int:
    return round(60.0 * float(hours) / scenario.path.minutes_per_step)


def _fund_rule(preset: VenuePreset, scenario: Scenario) -> dict[str, Any]:
    if "max_drawdown" not in preset.fund:
        return {}
    hours = preset.fund.get("peak_window_hours")
    window = None if hours is None else _steps(hours, scenario)
    return {"fund_max_drawdown": float(preset.fund["max_drawdown"]), "fund_peak_window": window}


def _members(preset: VenuePreset, scenario: Scenario) -> dict[str, Any]:
    """Return the scenario's fund as a clearing house holds it: own capital first, then the members."""
    n_members = max(preset.n_members, 1)
    own = sum(float(layer.get("capacity", 0.0)) for layer in preset.layers if layer["kind"] == "capital")
    total = preset.contributions_total
    share = own / (own + total) if total > 0 else 0.0
    fund = scenario.venue.fund
    caps = [float(layer["assessment_cap"]) for layer in preset.layers if "assessment_cap" in layer]
    return {
        "fund": 0.0,
        "venue_capital": scenario.venue.venue_capital + share * fund,
        "default_fund": ((1.0 - share) * fund / n_members,) * n_members,
        "assessment_cap": max(caps, default=0.0),
    }
