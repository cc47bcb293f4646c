"""Charts over all events, and of a replay as it was beside another rule. Streamlit is not imported here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine import EVENT_KINDS, PAYERS, Event, load_events
from ui.charts.common import OWN_TEXT, Figure, axis, bars, figure, label, markers, row_axis
from ui.charts.layers import told_bars
from ui.frame.formats import money, percent
from ui.frame.theme import BACKSTOP, FAINT, INSURANCE_FUND, NEUTRAL, VENUE_CAPITAL, WINNERS
from ui.history import texts
from ui.history.answers import by_payer, with_fund, with_haircut

COLORS = {
    "insurance fund": INSURANCE_FUND,
    "venue": VENUE_CAPITAL,
    "members": BACKSTOP,
    "providers": BACKSTOP,
    "winners": WINNERS,
    "closed early": WINNERS,
    "customers": NEUTRAL,
    "rescue": FAINT,
    "nobody": FAINT,
}
SIDES = ("insurance fund", "venue", "backstop", "traders", "nobody")
SIDE_COLORS = (INSURANCE_FUND, VENUE_CAPITAL, BACKSTOP, WINNERS, NEUTRAL)
ROW = 21  # pixels of a bar
LEAST, MOST = 7.0, 30.0  # pixels of a point
NOBODY = ("nobody", "rescue", "customers", "insurance fund", "venue", "members", "providers", "closed early", "winners")


def color_of(event: Event) -> str:
    """Return the color of who bore a loss after all others: winners before lenders, lenders before a venue."""
    return next((COLORS[payer] for payer in reversed(NOBODY) if payer in event.paid_by), FAINT)


def all_charts() -> list[Figure]:
    """Return the charts over all events."""
    return [timeline(), haircuts(), payers(), funds()]


def timeline() -> Figure:
    """Return every event by its date and the kind of its venue, sized by its deficit."""
    kinds = list(dict.fromkeys(EVENT_KINDS.values()))
    events = load_events()
    place = {name: k % 5 for kind in kinds for k, name in enumerate(e.name for e in events if e.kind == kind)}
    traces = []
    for color in dict.fromkeys(map(color_of, events)):
        mine = [event for event in events if color_of(event) == color]
        marker = {"color": color, "size": [_pixels(event.deficit_usd) for event in mine], "opacity": 0.8}
        y = np.array([kinds.index(event.kind) + 0.15 * (place[event.name] - 2) for event in mine])
        x = np.array([event.year for event in mine])
        trace = markers("events", x, y, marker, OWN_TEXT)
        traces.append({**trace, "hovertext": [texts.hover(e) for e in mine], "customdata": [e.name for e in mine]})
    return figure(
        "timeline",
        "Events on record",
        texts.timeline_sentence(),
        traces,
        x=axis("year; drag to zoom, double-click for all", range=[1973, 2029], tickformat="d"),
        y=row_axis(kinds),
        height=330,
        margin={"l": 108, "r": 14, "t": 8, "b": 40},
    )


def _pixels(deficit: float) -> float:
    """Return the width of a point: the smallest below $100k and where no deficit in USD is on record."""
    return float(np.clip(LEAST + 4.0 * math.log10(deficit / 1e5), LEAST, MOST)) if deficit > 0 else LEAST


def haircuts() -> Figure:
    """Return the recorded haircuts of winners' profit, the largest on top."""
    events = with_haircut()
    share, color = [event.winner_haircut for event in events], [WINNERS] * len(events)
    title, unit = "Taken from winners' profit", "share of profit, %"
    return _shares("haircuts", title, texts.haircut_sentence(), events, share, color, unit)


def funds() -> Figure:
    """Return the recorded losses of funds as a share of what was in them."""
    events = with_fund()
    color = [INSURANCE_FUND if "insurance fund" in event.paid_by else BACKSTOP for event in events]
    share, unit = [event.drawdown for event in events], "share of the fund, %"
    return _shares("funds", "Lost by a fund", texts.fund_sentence(), events, share, color, unit)


def _shares(
    name: str, title: str, takeaway: str, events: Sequence[Event], share: list[float], color: list[str], unit: str
) -> Figure:
    """Return bars of shares that lie, an event each; a click opens it."""
    trace = bars(
        "share", 100 * np.array(share), np.arange(len(events)), 0.7, {"color": color}, base=np.zeros(len(events))
    )
    drawn = told_bars(trace, [percent(each) for each in share], [texts.hover(event) for event in events])
    return figure(
        name,
        title,
        takeaway,
        [{**drawn, "customdata": [event.name for event in events]}],
        x=axis(unit, range=[0, 118], tickvals=[0, 25, 50, 75, 100]),
        y=row_axis([texts.short(event) for event in events]),
        height=ROW * len(events) + 60,
        margin={"l": 176, "r": 14, "t": 8, "b": 40},
    )


def payers() -> Figure:
    """Return in how many events each kind of payer bore something."""
    found = by_payer()
    names, n = [PAYERS[payer] for payer in found], np.array(list(found.values()), dtype=float)
    trace = bars("events", n, np.arange(n.size), 0.7, {"color": [COLORS[payer] for payer in found]}, base=0 * n)
    told = [f"{count}" for count in found.values()]
    return figure(
        "payers",
        "Who paid",
        texts.payer_sentence(),
        [told_bars(trace, told, [f"{name}: {count} events" for name, count in zip(names, told, strict=True)])],
        x=axis("events in which they bore a part", range=[0, 1.15 * n.max()]),
        y=row_axis(names),
        height=ROW * n.size + 60,
        margin={"l": 176, "r": 14, "t": 8, "b": 40},
    )


def beside(
    before: Mapping[str, float], after: Mapping[str, float], names: Mapping[str, str], currency: str, takeaway: str
) -> Figure:
    """Return who bears what as it was and after a change, on one scale; what is borne by nobody is hatched."""
    runs = (before, after)
    most = max(sum(run.values()) for run in runs) or 1.0
    starts = np.zeros(2)
    traces: list[dict[str, Any]] = []
    for side, color in zip(SIDES, SIDE_COLORS, strict=True):
        paid = np.array([run[side] for run in runs])
        pattern = {"shape": "/" if side == "nobody" else "", "fillmode": "replace", "size": 6}
        trace = bars(side, paid, np.arange(2), 0.6, {"color": color, "pattern": pattern}, base=starts.copy())
        hover = [f"{names[side]}: {money(amount, currency)}" for amount in paid]
        traces.append({**trace, "hovertext": hover, "hovertemplate": OWN_TEXT})
        starts += paid
    notes = [
        label(names[side].removeprefix("the "), x=float(base + paid / 2), y=at)
        for at, run in ((-0.44, before), (0.5, after))
        for side, base, paid in _wide(run, most)
    ]  # fmt: skip
    return figure(
        "beside",
        "Who bears it",
        takeaway,
        traces,
        x=axis(f"borne ({currency})", range=[0, 1.02 * most], tickformat=".2~s"),
        y=row_axis(["as it was", "changed"]),
        height=190,
        margin={"l": 76, "r": 14, "t": 8, "b": 40},
        annotations=notes,
        barmode="overlay",
    )


def _wide(run: Mapping[str, float], most: float) -> list[tuple[str, float, float]]:
    """Return the parts of a bar that are wide enough for their name below, with where they begin."""
    found, start = [], 0.0
    for side in SIDES:
        if run[side] > 0.12 * most:
            found.append((side, start, run[side]))
        start += run[side]
    return found


def layers(house_layers: Sequence[tuple[str, float, float]], currency: str, takeaway: str) -> Figure:
    """Return what each layer of a default paid as it was and after a change: (name, before, after)."""
    names = [name for name, _, _ in house_layers]
    traces = []
    for title, paid, shift, color in (
        ("as it was", [row[1] for row in house_layers], -0.2, NEUTRAL),
        ("changed", [row[2] for row in house_layers], 0.2, WINNERS),
    ):
        y, told = np.arange(len(names)) + shift, [money(amount, currency) for amount in paid]
        trace = bars(title, np.array(paid), y, 0.36, {"color": color}, base=np.zeros(len(names)))
        traces.append(told_bars(trace, told, [f"{n}, {title}: {t}" for n, t in zip(names, told, strict=True)]))
    most = max(max(row[1:]) for row in house_layers) or 1.0
    return figure(
        "layers",
        "What each layer pays",
        f"{takeaway} Gray: as it was; blue: changed.",
        traces,
        x=axis(f"paid ({currency})", range=[0, 1.4 * most], tickformat=".2~s"),
        y=row_axis([name.replace(" of ", "<br>of ") for name in names]),
        height=56 * len(names) + 60,
        margin={"l": 150, "r": 14, "t": 8, "b": 40},
        barmode="overlay",
    )
