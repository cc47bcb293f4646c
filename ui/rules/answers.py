"""Venues and rules side by side: the same traders and shocks under each. Streamlit is not imported here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from engine import (
    POLICIES,
    Scenario,
    WhoPays,
    apply_venue,
    load_venue_preset,
    profit_before_charges,
    run_scenario,
    run_size,
    venue_preset_names,
    who_pays,
)
from ui.charts.rule_words import IN_ORDER
from ui.charts.run_summary import Floats
from ui.charts.run_view import RunView, view_of

LETTERS = "ABCDEF"
OWN = "own:risk_weighted"
LIST = f"own:{IN_ORDER}"
# No party's color; each has contrast of at least 3.5 on both grounds, and a dash of its own besides.
RULE_COLORS = ("#70767d", "#8a63d2", "#a8702a", "#1b8f86", "#c8446e", "#6f8420")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MOST, FEWEST = 4, 2
FLOOR = 0.1  # of the median profit of winners: whoever won less is left out of the largest haircut
SAME = 1e-9  # relative difference that is rounding
MOST_FOR_ALL = 2500  # traders: larger books are run under the chosen rules only
GROUPED_BY = ("profit", "leverage", "size", "side")
DEFAULT = ("rule:profit_prorata", "rule:equal_awards", "rule:open_interest_both_sides", "rule:adl_queue")


def choices() -> list[str]:
    """Return everything that can be compared: rules as "rule:name", venues as "venue:name"."""
    return [f"rule:{name}" for name in POLICIES] + [f"venue:{name}" for name in venue_preset_names()]


def label_of(key: str) -> str:
    """Return the name of a rule or venue on the page; a venue whose rules are not all confirmed says so."""
    kind, _, name = key.partition(":")
    if key == OWN:
        return "Your own rule"
    if key == LIST:
        return "Rules in order"
    if kind == "rule":
        return POLICIES[name].label
    preset = load_venue_preset(name)
    return f"Venue: {preset.title}"


@dataclass(frozen=True, eq=False, slots=True)
class Contender:
    """One of the venues or rules compared: its letter, color and dash on every chart, its run, and its figures."""

    letter: str
    key: str
    label: str
    color: str
    dash: str
    view: RunView
    figures: WhoPays

    @property
    def gained(self) -> float:
        """What traders gained who were closed early at a price better than the mark; not in what was charged."""
        return float(np.maximum(-self.view.run.charge, 0.0).sum())

    @property
    def rates(self) -> Floats:
        """Charge over profit of the winners whose profit is above the floor."""
        profit, run = profit_before_charges(self.view.run), self.view.run
        is_counted = profit > max(self.floor, 0.0)
        return np.asarray(np.maximum(run.charge, 0.0)[is_counted] / profit[is_counted])

    @property
    def floor(self) -> float:
        """Profit below which a haircut is not quoted."""
        profit = profit_before_charges(self.view.run)
        return FLOOR * float(np.median(profit[profit > 0.0])) if (profit > 0.0).any() else 0.0

    @property
    def measures(self) -> dict[str, float]:
        """Its figures by name, the largest haircut of those above the floor."""
        return self.figures.values() | {"largest_haircut": float(self.rates.max(initial=0.0))}


def placed(key: str, scenario: Scenario, own: Mapping[str, float]) -> Scenario:
    """Return the scenario under a rule or venue; `own` are the options of the rule of one's own."""
    if key == LIST:
        return scenario
    kind, _, name = key.partition(":")
    venue = replace(scenario.venue, offset_rules=None)
    scenario = replace(scenario, venue=venue)
    if kind == "venue":
        return apply_venue(load_venue_preset(name), scenario)
    if key == OWN:
        return replace(scenario, venue=replace(venue, policy=name, policy_options=own))
    if venue.policy == name:
        return scenario
    return replace(scenario, venue=replace(venue, policy=name, policy_options={}))


def contenders(
    keys: Sequence[str], preset_name: str, scenario: Scenario, own: Mapping[str, float]
) -> tuple[Contender, ...]:
    """Return the runs of a scenario under each rule or venue, in the order given."""
    found = []
    for index, key in enumerate(keys):
        view = view_of(preset_name, placed(key, scenario, own))
        color, dash = RULE_COLORS[index], DASHES[index]
        found.append(Contender(LETTERS[index], key, label_of(key), color, dash, view, who_pays(view.run)))
    return tuple(found)


def everybody(scenario: Scenario) -> dict[str, WhoPays]:
    """Return the figures of every rule, by its label; nothing for a book that is too large to run under all of them."""
    if run_size(scenario).n_traders > MOST_FOR_ALL:
        return {}
    return {policy.label: _figures(placed(f"rule:{name}", scenario, {})) for name, policy in POLICIES.items()}


@lru_cache(maxsize=512)
def _figures(scenario: Scenario) -> WhoPays:
    """The figures of a run without the run: a tear-up of a large book has millions of events."""
    return who_pays(run_scenario(scenario))


def common_profit(chosen: Sequence[Contender]) -> Floats:
    """Return the profit by which all are grouped: that of the first."""
    return profit_before_charges(chosen[0].view.run)


def charges(contender: Contender) -> Floats:
    """Return what winners, and others who were charged, pay; in no order that matters."""
    run = contender.view.run
    charge = np.maximum(run.charge, 0.0)
    return charge[(profit_before_charges(run) > 0.0) | (charge > 0.0)]
