"""Venues and rules side by side: the same traders and shocks under each, what it amounts to, and all as a file."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine import POLICIES, Scenario, apply_venue, load_venue_preset, run_scenario, venue_preset_names
from engine.questions.fairness import GROUPINGS, WhoPays, group_shares, lorenz, profit_before_charges, who_pays
from ui.cascade.headline import headline
from ui.charts.run_view import RunView, view_of
from ui.frame.formats import MINUS, money, percent
from ui.settings.page_settings import Several

Floats = NDArray[np.float64]

LETTERS = "ABCDE"
OWN = "own:risk_weighted"
# No party's color; each has contrast of at least 3.5 on both grounds, and a dash of its own besides.
RULE_COLORS = ("#70767d", "#8a63d2", "#a8702a", "#1b8f86", "#c8446e")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
MOST, FEWEST = 4, 2
BEYOND = 10.0  # share of a profit beyond which the number says nothing
SAME = 1e-9  # relative difference that is rounding
MOST_FOR_ALL = 2500  # traders: larger books are run under the chosen rules only
DEFAULT = ("rule:profit_prorata", "rule:equal_awards", "rule:open_interest_both_sides", "rule:adl_queue")


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
    def sentence(self) -> str:
        """What happened under it."""
        return headline(self.view)


def options() -> list[str]:
    """Return everything that can be compared: rules as "rule:name", venues as "venue:name"."""
    return [f"rule:{name}" for name in POLICIES] + [f"venue:{name}" for name in venue_preset_names()]


def label_of(key: str) -> str:
    """Return the name of a rule or venue on the page; a venue whose rules are not all confirmed says so."""
    kind, _, name = key.partition(":")
    if key == OWN:
        return "Your own rule"
    if kind == "rule":
        return POLICIES[name].label
    preset = load_venue_preset(name)
    return f"Venue: {preset.title}"


CHOSEN = Several(
    key="compare:chosen",
    name="compare",
    label="Rules and venues to compare",
    start=DEFAULT,
    choices=options,
    most=MOST,
    show=label_of,
    help="The first is the one that the others are measured against. A venue brings its margin, fund rule and "
    "settlement along; traders, shocks and the size of the fund stay the same.",
)


def placed(key: str, scenario: Scenario, own: Mapping[str, float]) -> Scenario:
    """Return the scenario under a rule or venue; `own` are the options of the rule of one's own."""
    kind, _, name = key.partition(":")
    if kind == "venue":
        return apply_venue(load_venue_preset(name), scenario)
    venue = scenario.venue
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
    if scenario.book.n_traders > MOST_FOR_ALL:
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


MEASURES: tuple[tuple[str, str, str], ...] = (  # field, name, kind
    ("deficit", "Deficit", "money"),
    ("unfunded", "Unfunded loss", "money"),
    ("charged", "Charged to traders", "money"),
    ("largest_haircut", "Largest single haircut", "share"),
    ("winners_hit", "Share of winners hit", "share"),
    ("gini", "Gini of the charges", "number"),
    ("open_interest_destroyed", "Open interest destroyed", "share"),
    ("forced_volume", "Forced volume", "money"),
    ("closed_early", "Of it closed against others", "money"),
)


def measure_rows(chosen: Sequence[Contender]) -> list[dict[str, str]]:
    """Return a row for each measure: the value of each, and for all but the first the difference to the first."""
    first, currency = chosen[0], chosen[0].view.currency
    rows = []
    for field, name, kind in MEASURES:
        row = {"measure": name}
        base = float(getattr(first.figures, field))
        for contender in chosen:
            row[contender.letter] = written(float(getattr(contender.figures, field)), kind, currency)
        for contender in chosen[1:]:
            gap = float(getattr(contender.figures, field)) - base
            gap = 0.0 if abs(gap) <= SAME * abs(base) else gap
            row[f"{contender.letter} {MINUS} {first.letter}"] = difference(gap, kind, currency)
        rows.append(row)
    return rows


def written(value: float, kind: str, currency: str) -> str:
    """Return a measure as the page writes it."""
    if math.isnan(value):
        return "no charges"
    if kind == "share":  # policies that reach beyond profit take many times a small one
        return percent(value) if value <= BEYOND else f"over {percent(BEYOND, 0)}"
    return money(value, currency) if kind == "money" else f"{value:.3f}"


def difference(gap: float, kind: str, currency: str) -> str:
    """Return a paired difference with its sign; shares in percentage points."""
    if math.isnan(gap):
        return "not comparable"
    if abs(gap) < 1e-12:
        return "same"
    if kind == "share" and abs(gap) > BEYOND:
        return f"{MINUS if gap < 0 else '+'}over {100 * BEYOND:,.0f} pp"
    text = money(gap, currency) if kind == "money" else f"{100 * gap:.1f} pp" if kind == "share" else f"{gap:.3f}"
    return text.replace("-", MINUS) if gap < 0 else f"+{text}"


def figures_csv(chosen: Sequence[Contender]) -> str:
    """Return measures, group shares, Lorenz curves, price paths and fund balances as one long table."""
    rows: list[tuple[object, ...]] = []
    profit = common_profit(chosen)
    for contender in chosen:
        who, run = (contender.letter, contender.label), contender.view.run
        rows += [("measure", *who, name, value) for name, value in contender.figures.values().items()]
        for by in GROUPINGS:
            shares = group_shares(run, by, profit).items()
            rows += [(f"share of charges by {by}", *who, name, value) for name, value in shares]
        curve = charges(contender)
        if curve.size:
            rows += [("lorenz", *who, x, y) for x, y in zip(*lorenz(curve), strict=True)]
        for name in ("mark", "fund", "deficit", "charged", "unfunded_in_step"):
            rows += [(name, *who, step, value) for step, value in enumerate(getattr(run, name).tolist())]
    return _csv(("table", "letter", "rule", "item", "value"), rows)


def traders_csv(chosen: Sequence[Contender]) -> str:
    """Return a row for each trader with the charge, the equity and the open size under each rule."""
    book = chosen[0].view.run.book
    columns = [[book.label(i) for i in range(book.n_traders)], book.size.tolist(), book.entry_price.tolist()]
    columns += [book.collateral.tolist(), common_profit(chosen).tolist()]
    names = ["trader", "size", "entry_price", "collateral", f"profit under {chosen[0].letter}"]
    for contender in chosen:
        for name in ("charge", "equity", "open_size"):
            names.append(f"{name} {contender.letter} ({contender.label})")
            columns.append(getattr(contender.view.run, name).tolist())
    return _csv(names, zip(*columns, strict=True))


def _csv(names: Sequence[str], rows: object) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)  # type: ignore[arg-type]
    return text.getvalue()
