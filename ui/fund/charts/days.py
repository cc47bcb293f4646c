"""What share of recorded days needs more than a fund, over its size. Streamlit is not imported here."""

from __future__ import annotations

from typing import Any

import numpy as np

from ui.charts.common import Figure, axis, dotted, figure, label, line, note
from ui.frame.formats import percent
from ui.frame.theme import DEFAULTERS
from ui.fund.real_days import DaysNeeds, small_percent

HEIGHT = 260
DECADES = 1e4  # needs below the largest one over this are left of the chart


def exceedance(found: DaysNeeds) -> Figure:
    """Return the share of days that need more than a fund, over its size, on log scales; its own fund is marked."""
    some = np.sort(found.needs[found.needs > 0])
    own = 100 * found.fund
    least = 100.0 * max(float(some[0]), some[-1] / DECADES) if some.size else 0.1 * own
    x_range = [float(np.log10(0.7 * min(least, own))), float(np.log10(2.0 * max(own, 100 * found.but(0))))]
    hover = "fund of %{x:.2~g} % of open interest: %{y:.2~g} % of days need more<extra></extra>"
    traces: list[dict[str, Any]] = []
    if some.size:
        share = 100.0 * np.arange(some.size, 0, -1) / found.days  # days that need this much or more
        edges = np.concatenate([70.0 * some[:1], 100.0 * some])
        heights = np.concatenate([[share[0]], share])
        traces.append(line("needs more", edges, heights, DEFAULTERS, 2, hover, shape="vh"))
    floor = 100.0 / found.days
    top = max(100.0 * some.size / found.days, 10 * floor)
    above = int((found.needs > found.fund).sum())
    place = {"x": float(np.log10(own)), "y": 1.0, "xanchor": "right", "xshift": -4, "yanchor": "top"}
    mark = label(f"its own fund, {found.market.ranges['fund'].kind}", paper="y", **place)
    return figure(
        "exceedance",
        "Days that need more than a fund",
        f"{percent(some.size / found.days)} of days need any fund, the worst {small_percent(found.but(0))} of open "
        f"interest; {above or 'none'} of {found.days:,d} more than the fund as it stands.",
        traces,
        x=axis("fund (% of open interest)", type="log", range=x_range, tickformat="~r", dtick=1),
        y=axis(
            "days that need more (%)",
            type="log",
            range=[float(np.log10(0.6 * floor)), float(np.log10(1.6 * top))],
            tickformat="~r",
            dtick=1,
        ),
        height=HEIGHT,
        shapes=[dotted(x=own)],
        annotations=[mark] if some.size else [mark, note("no day needs a fund")],
    )
