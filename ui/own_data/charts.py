"""Charts of one's own files: who is forced out at which move of the price, and the path. No Streamlit here."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import PriceFile
from ui.charts.common import Figure, axis, dotted, figure, label, line, note, thin
from ui.frame.formats import percent
from ui.frame.theme import DEFAULTERS, MARKET_MAKERS, REFERENCE
from ui.own_data.parts import MOVES, Reach

HEIGHT = 260


def reach_chart(reach: Reach) -> Figure:
    """Return the share of each side that a move of the price against it forces out, at once and without impact."""
    traces, half, key = [], {}, []
    for who, move, share, color, dash, word, y in (
        ("longs", "fall", reach.longs, DEFAULTERS, "solid", "solid", 30.0),
        ("shorts", "rise", reach.shorts, MARKET_MAKERS, "dash", "dashed", 15.0),
    ):
        if share is not None:
            name = f"{who}, on a {move}"
            hover = f"a move of %{{x:.1f}} % forces out %{{y:.1f}} % of {who}<extra></extra>"
            traces.append(line(name, 100 * MOVES, 100 * share, color, 2, hover, dash=dash))
            half[who] = _first_half(share)
            key.append(label(f"{word}: {name}", x=49, y=y, xanchor="right", font={"color": color}))
    said = "; ".join(
        f"fewer than half of the {who} within 50 %" if at is None else f"half of the {who} are out at {percent(at)}"
        for who, at in half.items()
    )
    return figure(
        "reach",
        "Forced out by a move of the price",
        f"{said[:1].upper()}{said[1:]}: by their own margin, before anybody's forced sale moves the price.",
        traces,
        x=axis("move against them (%)", range=[0, 50]),
        y=axis("forced out, of their size (%)", range=[0, 103]),
        height=HEIGHT,
        annotations=key,
    )


def _first_half(share: Any) -> float | None:
    where = np.flatnonzero(share >= 0.5)
    return float(MOVES[where[0]]) if where.size else None


def path_chart(found: PriceFile) -> Figure:
    """Return the price path of a file."""
    prices = found.prices
    low = int(np.argmin(prices))
    shown = thin(prices)
    hours = shown * found.minutes_per_step / 60.0
    hover = "%{y:,.6~g} after %{x:.2f} h<extra></extra>"
    fall = 1.0 - float(prices[low]) / float(prices[0])
    return figure(
        "path",
        "Your prices",
        f"The low, {percent(fall)} below the start, comes after {low * found.minutes_per_step / 60:.3g} hours."
        if fall > 0
        else "The price is never below its start.",
        [line("price", hours, prices[shown], REFERENCE, 2, hover)],
        x=axis("hours from the start"),
        y=axis("price (USD)"),
        height=HEIGHT,
        shapes=[dotted(y=float(prices[0]))],
        annotations=[] if prices.size > 1 else [note("one price")],
    )


def all_charts(reach: Reach | None, found: PriceFile | None) -> list[Figure]:
    """Return the charts of what there is."""
    charts = [] if reach is None else [reach_chart(reach)]
    return charts if found is None else [*charts, path_chart(found)]
