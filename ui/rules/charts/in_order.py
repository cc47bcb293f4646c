"""Rules in order: the money that went from one to the next, and which trigger fired when, on the price."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import RuleFlow, rule_flows
from ui.charts.common import (
    Figure,
    bars,
    end_labels,
    figure,
    label,
    line,
    markers,
    money_axis,
    note,
    price_axis,
    price_hover,
    reach,
    thin,
    time_axis,
)
from ui.charts.layers import Layer, layer_axis, layer_bars, told_bars
from ui.charts.rule_words import charges, label_of_rule, payer, seen_words
from ui.charts.run_view import RunView
from ui.frame.formats import count, counted, duration, exact, money, percent
from ui.frame.theme import DEFAULTERS, FAINT, NEUTRAL, REFERENCE, WINNERS

BARS_WIDTH = 300.0  # pixels between the margins
ROW = 36  # pixels of a rule
BELOW = 0.38  # of a row: where what goes on is drawn


def charts(view: RunView) -> list[Figure]:
    """Return both charts."""
    return [flow(view), triggers(view)]


def flow(view: RunView) -> Figure:
    """Return the money that came to each rule, what it took, and what went on to the next, as bars in a staircase."""
    rules, flows = view.scenario.venue.rules, rule_flows(view.run)
    shown = [place for place, rule in enumerate(rules) if charges(rule)]
    came = flows[shown[0]].came if shown else 0.0
    left = flows[shown[-1]].left if shown else 0.0
    starts = np.array([0.0, *(came - flows[place].came for place in shown), came - left])
    going = np.array([0.0, *(flows[place].left for place in shown), 0.0])
    rows = [
        Layer("loss to share", came, DEFAULTERS),
        *(Layer(f"{place + 1} {payer(rules[place])}", flows[place].raised, WINNERS) for place in shown),
        Layer("unfunded", left, NEUTRAL, is_hatched=True),
    ]
    texts = [money(came, view.currency), *(_text(view, flows[place]) for place in shown), _money(view, left)]
    hover = [f"{row.name}: {exact(row.amount, view.currency)}" for row in rows]
    amounts = np.array([row.amount for row in rows])
    below = np.arange(len(rows)) + BELOW
    on = bars("what goes on", going, below, 0.08, {"color": FAINT}, base=starts + amounts, hoverinfo="skip")
    taken = told_bars({**layer_bars(rows, amounts, starts), "name": "what a rule takes"}, texts, hover)
    longest = max(came, reach((starts + amounts).tolist(), texts, BARS_WIDTH, gap=10.0))
    return figure(
        "in_order",
        "From rule to rule",
        _flow_takeaway(view, flows, shown, came, left),
        [on, taken],
        x=money_axis("who pays, from the top down", view, range=[0, longest or 1.0]),
        y=layer_axis(rows),
        annotations=[] if came > 0 else [note("No loss comes to the rules.")],
        shapes=_drops(starts, amounts, going),
        barmode="overlay",
        margin={"l": 92, "r": 14, "t": 8, "b": 38},
        height=80 + ROW * len(rows),
    )


def _drops(starts: Any, amounts: Any, going: Any) -> list[dict[str, Any]]:
    """Return the lines down which what one rule leaves comes to the next."""
    pen = {"color": FAINT, "width": 1.5}
    return [
        {"type": "line", "x0": end, "x1": end, "y0": row + BELOW, "y1": row + 1, "line": pen}
        for row, end in enumerate((starts + amounts)[1:-1], 1)
        if going[row] > 0
    ]


def _money(view: RunView, amount: float) -> str:
    return money(amount, view.currency) if amount > 0 else "none"


def _text(view: RunView, one: RuleFlow) -> str:
    if one.came <= 0:
        return "nothing comes"
    if not one.n_met:
        return "passed over"
    return f"{_money(view, one.raised)}{f', {money(one.left, view.currency)} goes on' if one.left > 0 else ''}"


def _flow_takeaway(view: RunView, flows: Any, shown: list[int], came: float, left: float) -> str:
    if came <= 0:
        return "No loss comes to the rules: fund and layers pay, or there is none."
    most = max(shown, key=lambda place: flows[place].raised)
    share = flows[most].raised / came
    text = f"Of {money(came, view.currency)} rule {most + 1} takes {percent(share, 0)}"
    return f"{text}; {percent(left / came, 0)} is left unfunded." if left > 0 else f"{text}; nothing is left."


def triggers(view: RunView) -> Figure:
    """Return the prices, and on the mark every settlement at which a rule with a trigger acted, or was passed over."""
    run = view.run
    low, high = float(min(run.mark.min(), run.prices.min())), float(max(run.mark.max(), run.prices.max()))
    traces = [
        line(name, index, values[index], color, width, f"{name} {price_hover('y', view)}<extra></extra>")
        for name, values, color, width in (
            ("reference", run.prices, REFERENCE, 2.5),
            ("mark", run.mark, NEUTRAL, 1.5),
        )
        for index in [thin(values)]
    ]
    ends = {"reference": float(run.prices[-1]), "mark": float(run.mark[-1])}
    notes = end_labels(ends, low, high)
    named: dict[int, int] = {}
    for place, rule in enumerate(view.scenario.venue.rules):
        if rule.trigger is not None and charges(rule) and run.passed.size:
            traces += _looked_at(view, place)
            notes += _first(view, place, named, 0.5 * (low + high))
    return figure(
        "triggers",
        "Which trigger fires when",
        trigger_words(view),
        traces,
        x=time_axis(view),
        y=price_axis(view, high - low, range=[low - 0.12 * (high - low or 1), high + 0.12 * (high - low or 1)]),
        annotations=notes,
        margin={"l": 62, "r": 68, "t": 8, "b": 38},
        height=230,
    )


def _looked_at(view: RunView, place: int) -> list[dict[str, Any]]:
    """Return the settlements at which the rule of a place was looked at: filled where it might act."""
    trigger = view.scenario.venue.rules[place].trigger
    rows, traces = view.run.passed[:, place], []
    for is_met, symbol in ((True, "diamond"), (False, "circle-open")):
        mine = rows[(rows["is_met"] > 0) == is_met]
        if mine.size:
            hover = [
                f"rule {place + 1} {'acts' if is_met else 'is passed over'}: {seen_words(trigger, float(value))}"
                for value in mine["quantity"]
            ]
            look = {"symbol": symbol, "size": 11 if is_met else 9, "color": WINNERS if is_met else NEUTRAL}
            x, y = mine["step"].astype(np.int32), mine["mark"]
            traces.append(markers(f"rule {place + 1}", x, y, look, "%{hovertext}<extra></extra>", hovertext=hover))
    return traces


def _first(view: RunView, place: int, named: dict[int, int], middle: float) -> list[dict[str, Any]]:
    """Return the label at the first settlement at which the rule of a place might act."""
    rows = view.run.passed[:, place]
    met = rows[rows["is_met"] > 0]
    if not met.size:
        return []
    step, mark = int(met["step"][0]), float(met["mark"][0])
    up = 16 + 14 * named.setdefault(step, 0)
    named[step] += 1
    is_right = step > 0.5 * view.n_steps
    look = {"xanchor": "right" if is_right else "left", "yshift": up if mark < middle else -up}
    return [label(f"rule {place + 1} acts", x=step, y=mark, **look)]


def trigger_words(view: RunView) -> str:
    """Return which rule's trigger fired first when, and what it saw, or which never did."""
    parts, never = [], []
    for place, (rule, one) in enumerate(zip(view.scenario.venue.rules, rule_flows(view.run), strict=True), 1):
        if rule.trigger is None or one.n_asked == 0:
            continue
        if not one.n_met:
            never.append(f"rule {place}")
            continue
        after = duration(one.first_step * view.minutes_per_step)
        text = f"Rule {place} acts {count(one.n_met)} of {counted(one.n_asked, 'time')}, first after {after}"
        if charges(rule):
            rows = view.run.passed[:, place - 1]
            text += f": {seen_words(rule.trigger, float(rows['quantity'][rows['is_met'] > 0][0]))}"
        parts.append(text)
    if never:
        parts.append(f"The trigger of {' and '.join(never)} is never met")
    if parts:
        return f"{'. '.join(parts)}."
    return "No rule waits for a trigger." if view.run.passed.size else "No loss comes to the rules."


def card_words(view: RunView, place: int, one: RuleFlow) -> str:
    """Return what came to a rule, what it took and what went on."""
    rule, currency = view.scenario.venue.rules[place], view.currency
    if not charges(rule):
        return f"{label_of_rule(rule)}: asked {count(one.n_asked)} times, traders lose {money(one.charged, currency)}."
    if one.came <= 0:
        return "Nothing comes to it."
    if not one.n_met:
        return f"{money(one.came, currency)} comes, and goes on: its trigger is not met."
    text = f"{money(one.came, currency)} comes, it takes {money(one.raised, currency)}"
    text += f" and gives the fund {money(one.to_fund, currency)} more" if one.to_fund > 0 else ""
    text += f", {money(one.left, currency)} goes on" if one.left > 0 else ", nothing is left"
    often = f" It acts {count(one.n_met)} of {count(one.n_asked)} times." if one.n_met < one.n_asked else ""
    return f"{text}.{often}"
