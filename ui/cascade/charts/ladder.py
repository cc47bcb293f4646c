"""Who is in the way: notional by liquidation price, longs below the first price and shorts above, and the path."""

from __future__ import annotations

from typing import Any

import numpy as np

from ui.charts.common import (
    LINE,
    PLOT_HEIGHT,
    Figure,
    Floats,
    bars,
    end_labels,
    figure,
    label,
    money_axis,
    money_hover,
    nice_step,
    price_axis,
    price_hover,
)
from ui.charts.run_view import RunView
from ui.frame.formats import counted, percent, price
from ui.frame.theme import BAND, DEFAULTERS, FAINT

BINS = 44
BEYOND = 0.55  # of the path's span, shown on either side of it
LEAST_SPAN = 0.1  # of the first price


def ladder(view: RunView) -> Figure:
    """Return the chart of liquidation prices."""
    run = view.run
    first, low, high = float(run.prices[0]), float(run.mark_low.min()), float(run.mark_high.max())
    span = max(high - low, LEAST_SPAN * first)
    width = nice_step((1.0 + 2.0 * BEYOND) * span / BINS)
    bottom = max(np.floor((low - BEYOND * span) / width), 0.0) * width
    n_bins = int(np.ceil((high + BEYOND * span - bottom) / width))
    forced, standing = by_bin(view, bottom, width, n_bins)
    centers = bottom + width * (np.arange(n_bins) + 0.5)
    return figure(
        "ladder",
        "Who is forced out",
        _takeaway(view),
        [
            _bar(view, "forced out", forced, centers, width, DEFAULTERS),
            _bar(view, "standing", standing, centers, width, FAINT),
        ],
        x=money_axis("notional by liquidation price", view, rangemode="tozero"),
        y=price_axis(view, n_bins * width, range=[bottom, bottom + n_bins * width]),
        barmode="stack",
        bargap=0.12,
        shapes=[_reach(low, high)],
        annotations=_texts(view, low, high, bottom, bottom + n_bins * width),
        margin={"l": 62, "r": 68, "t": 8, "b": 38},
    )


def by_bin(view: RunView, bottom: float, width: float, n_bins: int) -> tuple[Floats, Floats]:
    """Return notional at the liquidation price by bin: of those forced out, and of the others."""
    run, trigger = view.run, view.run.trigger
    size = np.abs(run.book.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        notional = size / trigger if run.book.is_inverse else size * trigger
        place = np.clip((trigger - bottom) / width + 1.0, 0.0, n_bins + 1.0).astype(np.intp)
    outside = (place == 0) | (place > n_bins) | (trigger <= 0.0)
    notional[outside] = 0.0
    is_forced = run.liquidated_at >= 0
    all_of_them = np.bincount(place, notional, minlength=n_bins + 2)[1 : n_bins + 1]
    forced = np.bincount(place, notional * is_forced, minlength=n_bins + 2)[1 : n_bins + 1]
    return forced, np.maximum(all_of_them - forced, 0.0)


def _bar(view: RunView, name: str, values: Floats, centers: Floats, width: float, color: str) -> dict[str, Any]:
    hover = f"{name}: {money_hover('x', view)}<br>around {price_hover('y', view)}<extra></extra>"
    return bars(name, values, centers, 0.88 * width, {"color": color}, hovertemplate=hover)


def _reach(low: float, high: float) -> dict[str, Any]:
    place = {"xref": "paper", "x0": 0, "x1": 1, "y0": low, "y1": high}
    return {"type": "rect", **place, "fillcolor": BAND, "line": {"width": 0}, "layer": "below"}


def _texts(view: RunView, low: float, high: float, bottom: float, top: float) -> list[dict[str, Any]]:
    p = view.price_digits
    ends = {f"low<br>{price(low, p)}": low, f"high<br>{price(high, p)}": high}
    named = _named(view, (top - bottom) / PLOT_HEIGHT)
    taken = [(note["y"] - bottom) / (top - bottom) * PLOT_HEIGHT + note["yshift"] for note in named]
    inside = []
    for text, y, place, side in (
        ("▼ shorts", top, PLOT_HEIGHT - 0.5 * LINE, "top"),
        ("▲ longs", bottom, 0.5 * LINE, "bottom"),
    ):
        if any(abs(each - place) < 1.5 * LINE for each in taken):  # a name is in its way: right of the plot
            ends[text] = y
        else:
            inside.append(label(text, x=1.0, y=y, paper="x", xanchor="right", yanchor=side))
    return [*named, *end_labels(ends, bottom, top, 2 * LINE), *inside]


def _named(view: RunView, per_pixel: float) -> list[dict[str, Any]]:
    """Name the positions on record that are worth it: at most three, each a tenth of its side or more."""
    book, n = view.run.book, len(view.scenario.positions)
    if not 0 < n <= 3:
        return []
    size = np.abs(book.size)
    places: dict[float, list[str]] = {}
    for trader in range(book.n_traders - n, book.n_traders):
        is_own_side = np.sign(book.size) == np.sign(book.size[trader])
        at = float(view.run.trigger[trader])
        if size[trader] >= 0.1 * size[is_own_side].sum() and np.isfinite(at) and at > 0:
            near = next((other for other in places if abs(other - at) < LINE * per_pixel), at)
            places.setdefault(near, []).append(view.label(trader))
    return [label(", ".join(names), x=0.97, y=at, paper="x", xanchor="right", yshift=9) for at, names in places.items()]


def _takeaway(view: RunView) -> str:
    size, is_forced = view.run.book.size, view.run.liquidated_at >= 0
    hit = []
    for name, side in (("long", np.maximum(size, 0.0)), ("short", np.maximum(-size, 0.0))):
        total, number = float(side.sum()), int(np.count_nonzero(is_forced & (side > 0.0)))
        if number:
            share = percent(float(side[is_forced].sum()) / total)
            hit.append(f"{counted(number, name)} holding {share} of all {name}s")
    if not hit:
        return "The price (shaded) reached nobody's liquidation price."
    return f"The price (shaded) forced out {' and '.join(hit)}."
