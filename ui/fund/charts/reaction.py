"""If traders react: leverage from round to round, and the chance of a shortfall before and after."""

from __future__ import annotations

import numpy as np

from engine import Equilibrium
from ui.charts.common import Figure, axis, categories, end_labels, figure, line
from ui.frame.formats import multiple, percent
from ui.frame.intervals import bar_ends
from ui.frame.theme import DEFAULTERS, NEUTRAL, REFERENCE, WINNERS

HEIGHT = 260
DOTS = {"mode": "lines+markers", "marker": {"size": 5}}
COLORS = (REFERENCE, WINNERS, DEFAULTERS)  # careful, typical, bold


def charts(found: Equilibrium) -> list[Figure]:
    """Return the two charts of the fold."""
    return [leverage(found), shortfalls(found)]


def leverage(found: Equilibrium) -> Figure:
    """Return the leverage of each group from round to round."""
    rounds = np.arange(found.path.shape[0])
    traces = [
        line("", rounds, row, color, 2, f"{name}, round %{{x}}: %{{y:.1f}}x<extra></extra>") | DOTS
        for name, row, color in zip(found.names, found.path.T, COLORS, strict=True)
    ]
    top = 1.1 * float(found.path.max())
    least, most = (multiple(float(pick(found.leverage))) for pick in (np.min, np.max))
    return figure(
        "reaction",
        "Leverage, round by round",
        f"After {found.path.shape[0] - 1} rounds leverage is between {least} and {most}.",
        traces,
        x=axis("round", range=[0, max(int(rounds[-1]), 1)], tickformat="d", nticks=8),
        y=axis("leverage of the group (x)", range=[0.0, top]),
        height=HEIGHT,
        annotations=end_labels(dict(zip(found.names, found.path[-1].tolist(), strict=True)), 0.0, top),
        margin={"l": 48, "r": 56, "t": 8, "b": 40},
    )


def shortfalls(found: Equilibrium) -> Figure:
    """Return the chance of a shortfall before and after, with its interval."""
    both = (found.shortfall_before, found.shortfall)
    value = np.array([100.0 * part.value for part in both])
    edges = 100.0 * np.array([bar_ends(part, 1.0) for part in both])
    top = max(float(edges[:, 1].max()), 1e-3)
    bar = {
        "type": "bar",
        "x": ["before", "after"],
        "y": value,
        "marker": {"color": [NEUTRAL, DEFAULTERS]},
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": edges[:, 1] - value,
            "arrayminus": value - edges[:, 0],
            "color": NEUTRAL,
            "thickness": 1,
            "width": 0,
        },
        "hovertemplate": "%{x}: %{y:.3~g} %<extra></extra>",
    }
    return figure(
        "reaction_shortfall",
        "Chance of a shortfall",
        f"{percent(both[0].value)} before, {percent(both[1].value)} after.",
        [bar],
        x=categories("traders' leverage"),
        y=axis("chance within the horizon (%)", range=[0.0, 1.1 * top]),
        height=HEIGHT,
        bargap=0.5,
    )
