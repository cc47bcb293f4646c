"""A portfolio's days: what being taken costs, beside what haircuts on the same days would."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import PortfolioDays
from ui.charts.common import Figure, Floats, axis, dotted, figure, label, line, markers, note
from ui.cost.portfolio_answers import PortfolioResult
from ui.cost.portfolio_texts import chart_words, hover
from ui.frame.theme import DEFAULTERS, NEUTRAL, WINNERS

HEIGHT = 300
DAYS_IN_YEAR, EPOCH = 365.2425, 1970.0
KINDS = (  # name, color, symbol, its letter in the legend, where that stands
    ("leg taken", WINNERS, "triangle-down", "\N{BLACK DOWN-POINTING TRIANGLE}", 0.0),
    ("haircut", NEUTRAL, "diamond", "\N{BLACK DIAMOND}", 0.3),
    ("liquidated itself", DEFAULTERS, "x", "\N{MULTIPLICATION X}", 0.55),
)
Points = tuple[tuple[np.ndarray, Floats], ...]


def paying_days(result: PortfolioResult) -> Figure:
    """Return every day on which the portfolio pays: cost of a leg taken, and charge under haircuts, over time."""
    shown = result.shown
    time = shown.date.astype("datetime64[D]").astype(float) / DAYS_IN_YEAR + EPOCH
    points = _points(shown)
    values = np.concatenate([value for _, value in points])
    low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
    room = 0.12 * max(high - low, 1.0)
    years = range(int(time[0]), int(time[-1]) + 2)
    corner = {"xanchor": "left", "yanchor": "bottom"}
    legend = [
        label(f"{letter} {name}", x=x, y=1.0, paper="xy", font={"color": color}, **corner)
        for name, color, _, letter, x in KINDS
    ]
    return figure(
        "paying",
        "Days on which it pays",
        chart_words(result),
        _traces(shown, time, points),
        x=axis("year", range=[years[0], years[-1]], tickvals=list(years), ticktext=[str(year) for year in years]),
        y=axis("what the day takes (USD)", range=[low - room, high + room], tickformat="~s"),
        height=HEIGHT,
        margin={"l": 60, "r": 14, "t": 24, "b": 40},
        shapes=[dotted(y=0.0)],
        annotations=legend if values.size else [*legend, note("No day to show.")],
    )


def _points(shown: PortfolioDays) -> Points:
    """Return places and values of the days of each of KINDS."""
    adl, cut, own = shown.deleveraging.rows, shown.haircut.rows, shown.of_own.rows
    taken, charged = np.flatnonzero(adl["n_taken"] > 0), np.flatnonzero(cut["charge"] != 0)
    out = np.flatnonzero(own["liquidated"] > 0)
    return (taken, adl["cost"][taken]), (charged, cut["charge"][charged]), (out, np.zeros(out.size))


def _traces(shown: PortfolioDays, time: Floats, points: Points) -> list[dict[str, Any]]:
    """Return a mark for every day, and a line between what both rules take on the same one."""
    (taken, cost), (charged, charge), _ = points
    paid = dict(zip(charged.tolist(), charge.tolist(), strict=True))
    traces = [
        line("", time[[day, day]], np.array([value, paid[day]]), NEUTRAL, 1)
        for day, value in zip(taken.tolist(), cost.tolist(), strict=True)
        if day in paid
    ]
    for (days, values), (name, color, symbol, _, _) in zip(points, KINDS, strict=True):
        marker = {"color": color, "size": 9, "symbol": symbol}
        trace = markers(name, time[days], values, marker, "%{text}<extra></extra>")
        traces.append(trace | {"text": [hover(shown, int(day)) for day in days]})
    return traces
