"""Who pays: each winner's profit against the share of it that was taken, colored by leverage."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ui.cascade.charts.price import SIDES
from ui.cascade.headline import SAME
from ui.charts.common import (
    MOST_POINTS,
    TRADERS,
    Figure,
    Floats,
    axis,
    figure,
    leverage_ticks,
    markers,
    money_axis,
    money_hover,
    note,
    price_hover,
    table,
)
from ui.charts.run_view import RunView
from ui.frame.formats import count, money, percent
from ui.frame.theme import LEVERAGE_SCALE

COLORS = {  # of leverage: its log10, from the lowest to the highest color
    "colorscale": [list(stop) for stop in LEVERAGE_SCALE],
    "cmin": 0.0,
    "cmax": 2.0,
}
CELLS = (48, 32)  # of the grid that replaces points beyond MOST_POINTS
SHOWN_RATES = (-0.3, 1.2)  # closing early can cost more than a profit, or add to it: beyond this at the edge
SHOWN_SPAN = 1e6  # smallest profit shown, as a share of the largest


def payers(view: RunView) -> Figure:
    """Return the chart of winners."""
    won = view.winners
    if not won.trader.size:
        return figure(
            "payers",
            "Who pays",
            "Nobody has a profit, so nobody can be charged.",
            [],
            x=money_axis("profit before charges", view, range=[0, 1]),
            y=axis("share of profit lost (%)", range=[0, 1]),
            annotations=[note("No winners in this run.")],
        )
    shown = won.profit > won.profit.max() / SHOWN_SPAN
    draw = _points if int(shown.sum()) <= MOST_POINTS else _cells
    rate = np.clip(won.rate, *SHOWN_RATES)
    top = max(118.0 * float(rate.max()), 5.0)
    bottom = min(100.0 * float(rate.min()), 0.0)
    span = [np.log10(won.profit[shown].min()), np.log10(won.profit.max())]
    return figure(
        "payers",
        "Who pays",
        _takeaway(view),
        draw(view, shown, rate),
        x=money_axis("profit before charges", view, type="log", range=[span[0] - 0.1, span[1] + 0.15]),
        y=axis("share of profit lost (%)", range=[1.15 * bottom - 0.06 * top, top]),
        annotations=[] if view.run.charge.any() else [note("Nobody pays: every winner keeps its profit.")],
        margin={"l": 52, "r": 56, "t": 8, "b": 38},
        coloraxis=_leverage_colors(),
    )


def _leverage_colors() -> dict[str, Any]:
    """The scale that all markers share, with its bar."""
    ticks = leverage_ticks()
    places = {"tickvals": [math.log10(tick) for tick in ticks["tickvals"]], "ticktext": ticks["ticktext"]}
    return {**COLORS, "colorbar": {"thickness": 8, "outlinewidth": 0, "x": 1.02, **places, "ticklen": 3}}


def _points(view: RunView, shown: Any, rate: Floats) -> list[dict[str, Any]]:
    run, won = view.run, view.winners
    traces = []
    for side, name, symbol in SIDES:
        mine = shown & (np.sign(run.book.size[won.trader]) == side)
        if not mine.any():
            continue
        trader, x, y = won.trader[mine], won.profit[mine], 100.0 * rate[mine]
        leverage, charge = view.leverage[trader], run.charge[trader]
        custom = table(
            trader,
            leverage,
            run.book.entry_price[trader],
            np.minimum(run.trigger[trader], 1e12),
            charge,
            x - charge,
            np.abs(run.book.size[trader]),
            100.0 * won.rate[mine],
        )
        marker, more = _marker(np.full(trader.size, 7.0), leverage, symbol), {"customdata": custom}
        traces.append(markers(f"{name}s", x, y, marker, _story(view, name), meta=TRADERS, **more))
    return traces


def _story(view: RunView, side: str) -> str:
    unit = view.preset.quote_currency if view.run.book.is_inverse else "coins"
    return (
        f"trader %{{customdata[0]:d}}, {side} %{{customdata[1]:.3~g}}x, %{{customdata[6]:,.4~s}} {unit}<br>"
        f"entered at {price_hover('customdata[2]', view)}, "
        f"would be liquidated at {price_hover('customdata[3]', view)}<br>"
        f"profit {money_hover('x', view)}<br>"
        f"pays {money_hover('customdata[4]', view)} (%{{customdata[7]:.3~g}} %), "
        f"keeps {money_hover('customdata[5]', view)}<extra></extra>"
    )


def _cells(view: RunView, shown: Any, rate: Floats) -> list[dict[str, Any]]:
    """Winners gathered on a grid of profit and rate: the marker grows with their number."""
    won = view.winners
    profit, rate = np.log10(won.profit[shown]), rate[shown]
    leverage = np.log(np.clip(view.leverage[won.trader[shown]], 0.1, 1e4))
    cell = _cell(profit, CELLS[0]) * CELLS[1] + _cell(rate, CELLS[1])
    number = np.bincount(cell)
    kept = np.flatnonzero(number)
    number = number[kept]
    middle = np.exp(np.bincount(cell, leverage)[kept] / number)
    x = 10.0 ** (np.bincount(cell, profit)[kept] / number)
    y = 100.0 * np.bincount(cell, rate)[kept] / number
    marker = _marker(4.0 + 12.0 * np.sqrt(number / number.max()), middle, "circle")
    hover = (
        "%{customdata[0]:,d} winners, %{customdata[1]:.3~g}x in the middle<br>"
        f"profit about {money_hover('x', view)}<br>they lose %{{y:.3~g}} % of it<extra></extra>"
    )
    return [markers("winners", x, y, marker, hover, customdata=table(number, middle))]


def _cell(values: Floats, n: int) -> Any:
    low, high = float(values.min()), float(values.max())
    return np.minimum(((values - low) / max(high - low, 1e-12) * n).astype(np.intp), n - 1)


def _marker(size: Floats, leverage: Floats, symbol: str) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "size": size.astype(np.float32),
        "opacity": 0.7,
        "color": np.log10(np.clip(leverage, 1.0, 100.0)).astype(np.float32),
        **COLORS,
        "coloraxis": "coloraxis",
    }


def _takeaway(view: RunView) -> str:
    f = view.summary
    total = float(view.winners.profit.sum())
    if f.n_deleveraged and f.charged <= 0:
        share = percent(f.n_deleveraged / max(f.n_winners, 1))
        return f"{count(f.n_deleveraged)} traders ({share} of the winners) were closed early; the color is leverage."
    if not f.n_payers:
        return f"{count(f.n_winners)} winners keep all of their {money(total, view.currency)}; the color is leverage."
    if f.highest_rate - f.lowest_rate <= SAME and f.n_payers == f.n_winners:
        return (
            f"All {count(f.n_winners)} winners lose the same {percent(f.rate)}, large or small; the color is leverage."
        )
    return (
        f"{count(f.n_payers)} of {count(f.n_winners)} winners pay, from {percent(f.lowest_rate)} to "
        f"{percent(f.highest_rate)} of their profit; the color is leverage."
    )
