"""Presets put to use: a venue's rules placed on a scenario, a clearing house's layers in another order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from engine.errors import Checker
from engine.presets import ClearingHouse, VenuePreset
from engine.scenario import Scenario
from engine.sharing.waterfall import Layer

CLEARING_ORDERS = ("recorded", "own_first", "members_first", "side_by_side")


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
    return {
        "fund_max_drawdown": float(preset.fund["max_drawdown"]),
        "fund_peak_window": window,
        "fund_position_limit": float(preset.fund.get("position_limit", math.inf)),
        "fund_position_half_life": float(preset.fund.get("work_minutes", math.inf)) / scenario.path.minutes_per_step,
    }


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
    check.choice("order", order, CLEARING_ORDERS)
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
