"""The same position with something changed, as ranked bars."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

import numpy as np

from ui.charts.common import Figure, axis, dotted, figure, table
from ui.cost.answers import Alternative, CostResult
from ui.frame.formats import money, percent
from ui.frame.intervals import bar_ends
from ui.frame.theme import DEFAULTERS, NEUTRAL, REFERENCE

ROW, LINE = 19, 13  # pixels of a bar in a ranking, and of each further line of its name
LONGEST, LONGEST_LARGE = 26, 18  # letters of a line of a name: more leaves no room for the bars on a phone
ROOM, ROOM_LARGE = 0.75, 1.3  # for the words behind a bar, in lengths of the longest bar
LETTER = 5.6  # pixels


def changes(result: CostResult, *, is_large: bool = False) -> Figure:
    """Return what one change would do to the expected cost; a line marks half of it."""
    mine = result.mine
    half = 0.5 * mine.expected_charge.value
    rows = [Alternative(label="as it is", cost=mine, is_mine=True), *result.changes]
    halving = [each.label for each in result.changes if each.cost.expected_charge.value <= 1.005 * half]
    if mine.expected_charge.value <= 0:
        takeaway = "There is nothing to halve."
    elif halving:
        takeaway = f"Halved by {'; or by '.join(halving)}."
    else:
        takeaway = "None of these changes alone halves it."
    return _bars("changes", "What would halve it", takeaway, rows[::-1], half=half, is_large=is_large)


def ranking(name: str, title: str, rows: Sequence[Alternative], *, is_large: bool = False) -> Figure:
    """Return the same position under other rules as bars, cheapest on top, its own in another color."""
    place = next((at for at, each in enumerate(rows) if each.is_mine), None)
    cheapest, dearest = rows[0], rows[-1]
    low, high = (money(each.cost.expected_charge.value, "USD") for each in (cheapest, dearest))
    own = "" if place is None else f"; yours is {place + 1} of {len(rows)}"
    half = 0.0 if place is None else 0.5 * rows[place].cost.expected_charge.value
    cheap = sum(each.cost.expected_charge.value <= 1.005 * half for each in rows) if half > 0 else 0
    halved = f", {cheap} cost at most half" if cheap else ""
    takeaway = f"From {low} to {high} ({dearest.label}){own}{halved}."
    return _bars(name, title, takeaway, list(rows)[::-1], half=half, is_large=is_large)


def _bars(name: str, title: str, takeaway: str, rows: Sequence[Alternative], *, half: float, is_large: bool) -> Figure:
    """Return bars with their interval, each followed by its amount and the chance of paying; dotted: half of mine.

    Large type leaves less room: names take more lines, and the words behind a bar a larger part of the axis.
    """
    value = np.array([each.cost.expected_charge.value for each in rows])
    edges = np.array([bar_ends(each.cost.expected_charge) for each in rows])
    chance = np.array([100.0 * each.cost.cut_probability.value for each in rows])
    given = np.array([each.cost.charge_given_cut.value for each in rows])
    top = _reach(edges[:, 1])
    bottom = min(0.0, float(edges.min()))
    names = [wrapped(each.label, LONGEST_LARGE if is_large else LONGEST) for each in rows]
    trace = {
        "type": "bar",
        "orientation": "h",
        "y": names,
        "x": np.minimum(value, top),
        "marker": {"color": [DEFAULTERS if each.is_mine else REFERENCE for each in rows]},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": np.maximum(np.minimum(edges[:, 1], top) - np.minimum(value, top), 0.0),
            "arrayminus": np.maximum(np.minimum(value, top) - edges[:, 0], 0.0),
            "color": NEUTRAL,
            "thickness": 1,
            "width": 0,
        },
        "customdata": table(chance, given, value, edges[:, 0], edges[:, 1]),
        "hovertext": [each.label for each in rows],
        "hovertemplate": "%{hovertext}: expected $%{customdata[2]:,.2f}"
        "<br>$%{customdata[3]:,.2f} to $%{customdata[4]:,.2f} in 95 of 100 draws"
        "<br>charged on %{customdata[0]:.3~g} % of paths, then $%{customdata[1]:,.0f}<extra></extra>",
    }
    words = {
        "type": "scatter",
        "mode": "text",
        "y": names,
        "x": np.minimum(edges[:, 1], top),
        "text": [f"{_beyond(each, top)} {_said(each)}" for each in rows],
        "textposition": "middle right",
        "hoverinfo": "skip",
    }
    lines = [text.split("<br>") for text in names]
    row = ROW + LINE * (max(map(len, lines)) - 1)
    end = top + (ROOM_LARGE if is_large else ROOM) * (top - bottom)
    ticks = {"tickformat": "~s", "tickangle": 0, "nticks": 4 if is_large else 6}
    return figure(
        name,
        title,
        takeaway,
        [trace, words],
        x=axis("expected charge (USD)", range=[bottom - 0.02 * (top - bottom), end], **ticks),
        y={"automargin": False, "ticks": "", "fixedrange": True, "range": [-0.6, len(rows) - 0.4]},
        height=70 + row * len(rows),
        shapes=[dotted(x=half)] if half > 0 else [],
        margin={"l": 10 + LETTER * max(len(line) for text in lines for line in text), "r": 8, "t": 8, "b": 40},
        bargap=0.3,
    )


def wrapped(text: str, longest: int = LONGEST) -> str:
    """Return a name in lines of at most `longest` letters, as even as its words allow."""
    count = math.ceil(len(text) / longest)
    widths = range(math.ceil(len(text) / count), longest + 1)
    even = (lines for width in widths if len(lines := textwrap.wrap(text, width)) <= count)
    return "<br>".join(next(even, textwrap.wrap(text, longest)))


def _reach(high: np.ndarray) -> float:
    """Return how far the axis goes: to the largest value, unless that is far beyond all others."""
    ordered = np.sort(high)
    top = max(float(ordered[-1]), 1e-9)
    second = float(ordered[-2]) if ordered.size > 1 else 0.0
    return 1.2 * second if top > 4.0 * second > 0 else top


def _beyond(each: Alternative, top: float) -> str:
    return "\N{RIGHTWARDS ARROW}" if each.cost.expected_charge.value > top else ""


def _said(each: Alternative) -> str:
    """Return what stands behind a bar: the amount, and the chance of paying."""
    cost = each.cost
    if not cost.is_cut.any():
        return "never charged"
    return f"{money(cost.expected_charge.value, 'USD')}, {percent(cost.cut_probability.value)}"
