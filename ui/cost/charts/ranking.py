"""The same position with something changed, as ranked bars."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from ui.charts.common import Figure, axis, dotted, figure, table
from ui.cost.drawn_answers import KINDS, PAST, Alternative, CostResult, compared
from ui.cost.drawn_texts import NONE_SEEN, said
from ui.frame.formats import counted, percent
from ui.frame.intervals import bounds
from ui.frame.theme import DEFAULTERS, NEUTRAL, REFERENCE

ROW, LINE = 19, 13  # pixels of a bar in a ranking, and of each further line of its name
LONGEST, LONGEST_LARGE = 26, 18  # letters of a line of a name: more leaves no room for the bars on a phone
ROOM, ROOM_LARGE = 1.3, 1.8  # for the words behind a bar, in lengths of the longest bar
LETTER = 5.6  # pixels

Rows = Sequence[Alternative | str]  # a text is the head of the rows after it


def changes(result: CostResult, *, is_large: bool = False) -> Figure:
    """Return what one change would do to the expected charge and to the own liquidation; dotted: half the charge."""
    rows: Rows = [Alternative(label="as it is", cost=result.mine, is_mine=True), *result.changes]
    return _bars("changes", "What would halve it", halved(result), rows, half=_half(result), is_large=is_large)


def halved(result: CostResult) -> str:
    """Return which changes surely halve the charge without moving the loss into the own liquidation."""
    mine, half = result.mine, _half(result)
    if not mine.charge.any():
        return f"Not charged on {mine.n_paths:,d} paths, so there is nothing to halve."
    if half <= 0:
        return "On average it gains by being closed early: there is nothing to halve."
    own = mine.liquidation_probability
    less = [each for each in compared(result.changes, mine)[0] if each.cost.expected_charge.value <= half]
    moved = [each for each in less if bounds(each.cost.liquidation_probability, 1.0)[0] > bounds(own, 1.0)[1]]
    named = "; or by ".join(each.label for each in less if each not in moved)
    text = f"Halved by {named}." if named else ""
    for each in moved:
        chance = percent(each.cost.liquidation_probability.value)
        text += f" With {each.label} it is charged less, for it is liquidated on {chance} of paths first"
        text += f", instead of {percent(own.value)}."
    return text.strip() or "None of these changes alone surely halves it."


def rules(result: CostResult, title: str, *, is_large: bool = False) -> Figure:
    """Return the same position under other rules, by whether they cost less than the own or more: no rank within."""
    heads = ("cost less than yours", "cannot be told apart from yours", "cost more than yours")
    rows: list[Alternative | str] = []
    for head, group in zip(heads, compared(result.rules, result.mine), strict=True):
        rows += [head, *group] if group else []
    return _bars("rules", title, told_apart(result, result.rules), rows, half=_half(result), is_large=is_large)


def venues(result: CostResult, *, is_large: bool = False) -> Figure:
    """Return the same position under other venues' rules by kind of venue, those that can be traded on today first."""
    rows: list[Alternative | str] = []
    for kind in (*KINDS.values(), PAST):
        rows += [kind, *(each for each in result.venues if each.kind == kind)]
    title, text = "The same position under other venues' rules", told_apart(result, result.venues)
    return _bars("venues", title, text, rows, half=_half(result), is_large=is_large)


def told_apart(result: CostResult, rows: tuple[Alternative, ...]) -> str:
    """Return how many cost less and more than mine, and how many cannot be told apart from it."""
    if not any(each.cost.charge.any() for each in rows):
        return f"Not charged on {result.mine.n_paths:,d} paths under any of them: that orders none of them."
    less, alike, more = compared(rows, result.mine)
    same = sum(not each.is_mine for each in alike)
    n = counted(len(less) + len(more) + same, "other")
    return f"Of {n}: {len(less)} cheaper than yours, {len(more)} dearer, {same} that cannot be told apart from it."


def _half(result: CostResult) -> float:
    return 0.5 * float(result.mine.expected_charge.value)


def _bars(name: str, title: str, takeaway: str, rows: Rows, *, half: float, is_large: bool) -> Figure:
    """Return bars with their interval, each followed by its amount and two chances; dotted: half of mine.

    Large type leaves less room: names take more lines, and the words behind a bar a larger part of the axis.
    """
    rows = rows[::-1]
    bars = [each for each in rows if isinstance(each, Alternative)]
    edges = np.array([each.charge_bounds for each in bars])
    top, bottom = _reach(edges[:, 1]), min(0.0, float(edges.min()))
    names = [_name(each, is_large) for each in rows]
    lines = [text.split("<br>") for text in names]
    row = ROW + LINE * (max(map(len, lines)) - 1)
    end = top + (ROOM_LARGE if is_large else ROOM) * (top - bottom)
    ticks = {"tickformat": "~s", "tickangle": 0, "nticks": 4 if is_large else 6}
    own = [text for text, each in zip(names, rows, strict=True) if isinstance(each, Alternative)]
    return figure(
        name,
        title,
        takeaway,
        [_bar_trace(bars, own, edges, top), _words(bars, own, edges, top)],
        x=axis("expected charge (USD)", range=[bottom - 0.02 * (top - bottom), end], **ticks),
        y={
            "automargin": False,
            "ticks": "",
            "fixedrange": True,
            "range": [-0.6, len(rows) - 0.4],
            "categoryorder": "array",
            "categoryarray": names,
            "type": "category",
            "tickmode": "array",
            "tickvals": list(range(len(names))),
        },
        height=70 + row * len(rows),
        shapes=[dotted(x=half)] if half > 0 else [],
        margin={"l": 10 + LETTER * max(len(line) for text in lines for line in text), "r": 8, "t": 8, "b": 40},
        bargap=0.3,
    )


def _name(each: Alternative | str, is_large: bool) -> str:
    longest = LONGEST_LARGE if is_large else LONGEST
    return wrapped(each.label, longest) if isinstance(each, Alternative) else f"<i>{each}</i>"


def _bar_trace(bars: Sequence[Alternative], names: list[str], edges: np.ndarray, top: float) -> dict[str, Any]:
    value = np.array([each.cost.expected_charge.value for each in bars])
    shown, high = np.minimum(value, top), np.minimum(edges[:, 1], top)
    chance = np.array([100.0 * each.cost.cut_probability.value for each in bars])
    given = np.array([each.cost.charge_given_cut.value for each in bars])
    return {
        "type": "bar",
        "orientation": "h",
        "y": names,
        "x": shown,
        "marker": {"color": [DEFAULTERS if each.is_mine else REFERENCE for each in bars]},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": np.maximum(high - shown, 0.0),
            "arrayminus": np.maximum(shown - edges[:, 0], 0.0),
            "color": NEUTRAL,
            "thickness": 1,
            "width": 0,
        },
        "customdata": table(chance, given, value, edges[:, 0], edges[:, 1]),
        "hovertext": [each.label for each in bars],
        "hovertemplate": "%{hovertext}: expected $%{customdata[2]:,.2f}"
        "<br>$%{customdata[3]:,.2f} to $%{customdata[4]:,.2f} in 95 of 100 draws"
        "<br>charged on %{customdata[0]:.3~g} % of paths, then $%{customdata[1]:,.0f}<extra></extra>",
    }


def _words(bars: Sequence[Alternative], names: list[str], edges: np.ndarray, top: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "text",
        "y": names,
        "x": np.minimum(edges[:, 1], top),
        "text": [f"{_beyond(each, top)} {_said(each)}" for each in bars],
        "textposition": "middle right",
        "hoverinfo": "skip",
    }


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
    """Return what stands behind a bar: the charge, its chance, and that of the own liquidation."""
    cost = each.cost
    own = f"liquidated {percent(cost.liquidation_probability.value)}"
    if not cost.is_cut.any():
        return f"{NONE_SEEN}; {own}"
    amount = "$0" if said(cost) == NONE_SEEN else said(cost)
    return f"{amount}, {percent(cost.cut_probability.value)}; {own}"
