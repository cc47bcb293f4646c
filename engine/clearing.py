"""Clearing houses on record: the loss, the layers that met it, and the same loss with the layers in another order."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from engine.errors import Checker, UnknownNameError
from engine.presets import REPLAYS, Recorded, _recorded
from engine.sharing.layers import Layer

ORDERS = ("recorded", "own_first", "members_first", "side_by_side")


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class ClearingHouse:
    """A default on record: the layers in the order on record, amounts in its currency, and the figures on record.

    `own` names the layer that is the clearing house's own capital, `members` the one that members pay.
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


@lru_cache(maxsize=1)
def _documents() -> dict[str, dict[str, Any]]:
    documents = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in REPLAYS.glob("*.toml")}
    return {name: document for name, document in documents.items() if "waterfall" in document}


def clearing_house_names() -> tuple[str, ...]:
    """Return the names of the defaults on record, newest first."""
    return tuple(sorted(_documents(), key=lambda name: str(_documents()[name]["meta"]["date"]), reverse=True))


@lru_cache(maxsize=8)
def load_clearing_house(name: str) -> ClearingHouse:
    """Return a default on record by name; an unknown name raises UnknownNameError."""
    check = Checker()
    check.choice("clearing_house", name, clearing_house_names())
    check.raise_if_any(UnknownNameError)
    document = _documents()[name]
    meta, n_members = document["meta"], int(document["waterfall"]["n_members"])
    layers = tuple(_layer(row, n_members) for row in document["layer"])
    return ClearingHouse(
        name=name,
        **{key: str(meta[key]) for key in ("title", "date", "summary", "currency")},
        sources=tuple(meta["sources"]),
        assumptions=tuple(meta["assumptions"]),
        recorded=tuple(_recorded(row) for row in meta["recorded"]),
        loss=float(document["waterfall"]["loss"]),
        n_members=n_members,
        layers=layers,
        own=next(layer.name for layer in layers if layer.kind == "capital" and not layer.name.startswith("broker")),
        members=next(layer.name for layer in layers if layer.kind == "members"),
    )


def _layer(row: dict[str, Any], n_members: int) -> Layer:
    kind, name = str(row["kind"]), str(row["name"])
    if kind == "members":
        total = float(row["contributions_total"])
        return Layer(name=name, kind=kind, contributions=np.full(n_members, total / n_members))
    return Layer(name=name, kind=kind, capacity=float(row["capacity"]))


def with_own_capital(house: ClearingHouse, capital: float) -> ClearingHouse:
    """Return the clearing house with another amount of its own capital in the waterfall."""
    check = Checker("clearing_house")
    check.number("own_capital", capital, least=0)
    check.raise_if_any()
    layers = tuple(replace(layer, capacity=capital) if layer.name == house.own else layer for layer in house.layers)
    return replace(house, layers=layers)


def ordered_layers(house: ClearingHouse, order: str, assessment_cap: float = 0.0) -> Sequence[Layer]:
    """Return the layers in an order, with the members' assessments last.

    Parameters
    ----------
    house : ClearingHouse
    order : {"recorded", "own_first", "members_first", "side_by_side"}
        Where the clearing house's own capital stands: as on record, before the members' fund, after it, or beside it in
        proportion to what each can pay.
    assessment_cap : float
        What members can be called for on top, as a multiple of their contribution.
    """
    check = Checker("ordered_layers")
    check.choice("order", order, ORDERS)
    check.number("assessment_cap", assessment_cap, least=0)
    check.raise_if_any()
    by_name = {layer.name: layer for layer in house.layers}
    own, members = by_name[house.own], by_name[house.members]
    first = [layer for layer in house.layers if layer.name not in (house.own, house.members)]
    pair = [own, members] if order == "own_first" else [members, own]
    if order == "recorded":
        pair = [layer for layer in house.layers if layer.name in (house.own, house.members)]
    if order == "side_by_side":
        pair = [replace(own, group="mutual"), replace(members, group="mutual")]
    stack = [*first, *pair]
    if assessment_cap > 0.0:
        called = Layer(
            name="assessments", kind="assessments", contributions=members.contributions, assessment_cap=assessment_cap
        )
        stack.append(called)
    return stack
