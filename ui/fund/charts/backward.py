"""What would it take: how strict a setting has to be, and how far a crash may go."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import Solution
from ui.charts.common import Figure, axis, diamond, dotted, figure, label, line, times_ticks
from ui.frame.formats import usd
from ui.frame.theme import DEFAULTERS, INSURANCE_FUND, REFERENCE, WINNERS
from ui.fund.backward import NAMES, SETTINGS, Backward, crash_words, settings_words, strictness
from ui.settings.market import OPEN_INTEREST

HEIGHT = 260
TIMES = (1, 2, 5, 10, 20, 50, 100)
COLORS = dict(zip(SETTINGS, (DEFAULTERS, WINNERS, REFERENCE), strict=True))


def charts(found: Backward) -> list[Figure]:
    """Return the two charts of the fold."""
    return [settings(found), crash(found)]


def settings(found: Backward) -> Figure:
    """Return the chance of a shortfall over how strict each setting is, and where it meets the target."""
    curves = {name: _curve(name, solution) for name, solution in found.solutions.items()}
    top = max(
        1.0, 100.0 * found.now.value, 100.0 * found.target, *(float(curve["y"].max()) for curve in curves.values())
    )
    return figure(
        "backward",
        "Chance of a shortfall, stricter settings",
        settings_words(found),
        list(curves.values()),
        x=axis("times as strict as now", type="log", range=[-0.03, 2.05], **times_ticks(TIMES)),
        y=axis("chance within the horizon (%)", range=[-0.03 * top, 1.4 * top]),
        height=HEIGHT,
        shapes=[dotted(y=100 * found.target)],
        annotations=[_name(found, name, place) for place, name in enumerate(curves)],
    )


def _curve(name: str, solution: Solution) -> dict[str, Any]:
    """Return the chance over how many times as strict as now a setting is."""
    loose, _ = strictness(name, solution)
    x = loose / solution.settings if name == "leverage_cap" else solution.settings / loose
    order = np.argsort(x)
    hover = f"{NAMES[name]} %{{customdata:,.4~g}}: %{{y:.3~g}} %<extra></extra>"
    trace = line("", x[order], 100.0 * np.asarray(solution.curve.value)[order], COLORS[name], 2, hover)
    return trace | {"mode": "lines+markers", "marker": {"size": 5}, "customdata": solution.settings[order]}


def _name(found: Backward, name: str, place: int) -> dict[str, Any]:
    is_enough = strictness(name, found.solutions[name])[1] > 0
    text = NAMES[name] if is_enough else f"{NAMES[name]}: never enough"
    return label(text, x=1.0, y=0.99 - 0.09 * place, paper="xy", xanchor="right", font={"color": COLORS[name]})


def crash(found: Backward) -> Figure:
    """Return the fund that a straight fall needs over how far it goes, and what the layers hold."""
    limit, x = found.crash, 100.0 * found.crash.depths
    wide = min(max(250.0 * limit.depth, 20.0), float(x[-1]))
    shown = x <= wide + 1e-9
    top = 1.1 * max(float(limit.needs[shown].max()), limit.capacity, 1e-3 * OPEN_INTEREST)
    fall, need = (np.concatenate([[0.0], each[shown]]) for each in (x, limit.needs))
    traces = [
        line("", fall, need, DEFAULTERS, 2, "a fall of %{x:.1f} % needs $%{y:,.0f}<extra></extra>"),
        diamond([100.0 * limit.depth], [limit.capacity], INSURANCE_FUND, "survived up to %{x:.1f} %<extra></extra>"),
    ]
    holds = f"the fund, {usd(limit.capacity)}"
    return figure(
        "crash",
        "Largest crash that is survived",
        crash_words(found),
        traces,
        x=axis("fall of the price (%)", range=[0.0, wide]),
        y=axis("fund that it needs (USD)", range=[-0.03 * top, top], tickformat="~s", nticks=6),
        height=HEIGHT,
        shapes=[dotted(y=limit.capacity)],
        annotations=[label(holds, x=1.0, y=limit.capacity, paper="x", xanchor="right", yanchor="bottom")],
    )
