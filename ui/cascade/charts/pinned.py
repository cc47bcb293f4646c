"""A and B in one chart: the pinned run is drawn beneath the present one, gray and dotted, on the same axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ui.cascade.charts.flow import placed
from ui.cascade.charts.ladder import by_bin
from ui.cascade.charts.payers import SHOWN_RATES
from ui.charts.common import MOST_POINTS, Figure, bars, label, line, markers, money_hover, price_hover, thin
from ui.charts.layers import told_bars
from ui.charts.run_view import RunView
from ui.frame.formats import exact, money
from ui.frame.theme import FAINT, NEUTRAL

MOST_BEFORE = MOST_POINTS // 4  # winners of A that are drawn beneath those of B


def can_overlay(view: RunView, before: RunView) -> bool:
    """Tell whether the two runs can share axes: the same replay, so the same currency, prices and clock."""
    return view.preset.name == before.preset.name


def overlay(charts: list[Figure], view: RunView, before: RunView) -> list[Figure]:
    """Return the charts of B with A beneath; they are returned as they are when the two cannot share axes.

    Raises
    ------
    ValueError
        A chart is in neither `OVERLAYS` nor `WITHOUT_OVERLAY`.
    """
    unknown = [chart["id"] for chart in charts if chart["id"] not in OVERLAYS and chart["id"] not in WITHOUT_OVERLAY]
    if unknown:
        raise ValueError(f"a chart must be one of {', '.join([*OVERLAYS, *WITHOUT_OVERLAY])}, was {unknown[0]!r}")
    if not can_overlay(view, before):
        return charts
    return [OVERLAYS[chart["id"]](chart, view, before) if chart["id"] in OVERLAYS else chart for chart in charts]


def _with(chart: Figure, traces: list[dict[str, Any]], **layout: Any) -> Figure:
    return {**chart, "traces": [*traces, *chart["traces"]], "layout": {**chart["layout"], **layout}}


def _price(chart: Figure, view: RunView, before: RunView) -> Figure:
    index = thin(before.run.mark)
    stretch = view.n_steps / before.n_steps
    hover = f"A: {price_hover('y', view)}<extra></extra>"
    mark = line("mark of A", index * stretch, before.run.mark[index], NEUTRAL, 1.5, hover, dash="dot")
    low = int(np.argmin(before.run.mark))
    tag = label("A", x=low * stretch, y=float(before.run.mark[low]), xshift=-9)
    return _with(chart, [mark], annotations=[*chart["layout"]["annotations"], tag])


def _ladder(chart: Figure, view: RunView, before: RunView) -> Figure:
    trace = chart["traces"][0]
    centers = np.asarray(trace["y"])
    width = float(trace["width"]) / 0.88
    forced, _ = by_bin(before, float(centers[0]) - 0.5 * width, width, centers.size)
    edges = np.column_stack([centers - 0.5 * width, centers + 0.5 * width]).ravel()
    hover = f"forced out in A: {money_hover('x', view)}<extra></extra>"
    outline = line("forced out in A", np.repeat(forced, 2), edges, NEUTRAL, 1.5, hover, dash="dot")
    tag = label("dotted: A", x=1.0, y=0.5, paper="xy", xanchor="right")
    layout = {**chart["layout"], "annotations": [*chart["layout"]["annotations"], tag]}
    return {**chart, "traces": [*chart["traces"], outline], "layout": layout}


def _flow(chart: Figure, view: RunView, before: RunView) -> Figure:
    rows, amounts, starts = placed(before)
    place = {row.name: number for number, row in enumerate(placed(view)[0])}
    kept = [number for number, row in enumerate(rows) if row.name in place]
    heights = np.array([place[rows[number].name] + 0.41 for number in kept])
    texts = [f"A {money(amounts[number], view.currency)}" if amounts[number] > 0 else "" for number in kept]
    hover = [f"A, {rows[number].name}: {exact(amounts[number], view.currency)}" for number in kept]
    thin_bars = told_bars(bars("A", amounts[kept], heights, 0.16, {"color": FAINT}, base=starts[kept]), texts, hover)
    x = chart["layout"]["xaxis"]
    reach = max(float(x["range"][1]) if placed(view)[1].any() else 0.0, 1.35 * float(amounts.max()))
    if reach > 0:
        x = {**x, "range": [0, reach], "showticklabels": True}
    return _with(chart, [thin_bars], xaxis=x, barmode="overlay")


def _payers(chart: Figure, view: RunView, before: RunView) -> Figure:
    won = before.winners
    if not won.trader.size or not chart["traces"]:
        return chart
    largest = np.sort(np.argsort(-won.profit, kind="stable")[:MOST_BEFORE])
    rate = 100.0 * np.clip(won.rate[largest], *SHOWN_RATES)
    marker = {"symbol": "circle", "size": 4, "color": NEUTRAL, "opacity": 0.5}
    hover = f"A: profit {money_hover('x', view)}<br>loses %{{y:.3~g}} % of it<extra></extra>"
    points = markers("A", won.profit[largest], rate, marker, hover)
    x, y = chart["layout"]["xaxis"], chart["layout"]["yaxis"]
    low, high = min(y["range"][0], 1.15 * float(rate.min())), max(y["range"][1], 1.18 * float(rate.max()))
    ends = np.log10([won.profit[largest].min(), won.profit.max()])
    span = [min(x["range"][0], float(ends[0]) - 0.1), max(x["range"][1], float(ends[1]) + 0.15)]
    tag = label("gray: A", x=1.0, y=1.0, paper="xy", xanchor="right", yanchor="top")
    axes = {"xaxis": {**x, "range": span}, "yaxis": {**y, "range": [low, high]}}
    return _with(chart, [points], **axes, annotations=[*chart["layout"]["annotations"], tag])


OVERLAYS: dict[str, Callable[[Figure, RunView, RunView], Figure]] = {
    "price": _price,
    "ladder": _ladder,
    "flow": _flow,
    "payers": _payers,
}
WITHOUT_OVERLAY = ("fund", "when")  # these show one run, also when another is pinned
