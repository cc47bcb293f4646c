"""Charts of contagion: the matrix, who is in the way, who pays, what is left unhedged. No Streamlit here."""

from __future__ import annotations

from typing import Any

import numpy as np

from ui.charts.common import (
    OWN_TEXT,
    Figure,
    axis,
    bars,
    dotted,
    end_labels,
    figure,
    label,
    line,
    markers,
    named_bars,
    row_axis,
    table,
    ticks,
)
from ui.contagion import texts
from ui.contagion.answers import LADDER, Answer, is_deleveraging
from ui.frame.formats import percent, usd
from ui.frame.theme import DEFAULTERS, FAINT, INSURANCE_FUND, NEUTRAL, WINNERS

CELL = 44  # pixels of a square
PALEST, FULL = 0.08, 0.3  # how dark the smallest share is, and the share from which on a square is darkest
COLORS = ("#2c7fb8", "#8a63d2", "#a8702a", "#2e8b57", "#c2477f", "#5f6f7f", "#7a8b2f", "#b0533c")  # of coins
UNFUNDED = {"color": "rgba(112,118,125,0.15)", "pattern": {"shape": "/", "fgcolor": NEUTRAL}}


def all_charts(found: Answer) -> list[Figure]:
    """Return the four charts, in causal order."""
    return [matrix(found), ladder(found), payers(found), naked(found)]


def matrix(found: Answer) -> Figure:
    """Return what a crash in the coin of a column liquidates in the coin of a row."""
    values, k = found.matrix.liquidated, len(found.coins)
    row, column = (place.ravel() for place in np.indices(values.shape))
    amount = np.maximum(values.ravel(), 0.0)
    share = amount / np.maximum(2.0 * found.matrix.market.open_interest[row], 1e-300)
    depth = np.where(amount > texts.NOTHING, PALEST + (1.0 - PALEST) * np.sqrt(np.minimum(share / FULL, 1.0)), 0.02)
    color = [
        f"rgba({'112,118,125' if c == r else '213,94,0'},{0.8 * each:.3f})"
        for r, c, each in zip(row, column, depth, strict=True)
    ]
    hover = [
        f"a crash in {found.coins[c]} liquidates<br>{usd(a)} of {found.coins[r]}: {percent(s)} of its positions"
        for r, c, a, s in zip(row, column, amount, share, strict=True)
    ]
    points = markers(
        "liquidated", column.astype(float), row.astype(float), {"color": color, "size": CELL, "symbol": "square"},
        OWN_TEXT, hovertext=hover, customdata=table(column, row),
    )  # fmt: skip
    told = [
        label(usd(a) if a > texts.NOTHING else "0", x=float(c), y=float(r), yshift=-1, font={"size": 11})
        for r, c, a in zip(row, column, amount, strict=True)
    ]
    coins = {**ticks(range(k), found.coins), "showgrid": False}
    return figure(
        "matrix",
        "A crash in one coin, what it liquidates in each",
        texts.matrix_sentence(found),
        [points],
        x=axis("crash in", range=[-0.6, k - 0.4], **coins),
        y=axis("liquidated in", range=[k - 0.4, -0.6], **coins),
        height=300,
        annotations=told,
        shapes=[_outline(found.place, k)],
        margin={"l": 58, "r": 14, "t": 8, "b": 40},
    )


def _outline(place: int, k: int) -> dict[str, Any]:
    place_of = {"x0": place - 0.5, "x1": place + 0.5, "y0": -0.5, "y1": k - 0.5}
    return {"type": "rect", **place_of, "line": {"color": NEUTRAL, "width": 1.5}, "fillcolor": "rgba(0,0,0,0)"}


def ladder(found: Answer) -> Figure:
    """Return which share of each coin's longs a fall of that coin alone liquidates, by the depth of the fall."""
    traces, ends, top = [], {}, 100.0
    for k, (coin, row) in enumerate(zip(found.coins, found.ladder, strict=True)):
        width, hover = 3 if k == found.place else 1.5, f"{coin}: %{{y:.1f}} %<extra></extra>"
        traces.append(line(coin, 100.0 * LADDER, 100.0 * row, COLORS[k], width, hover))
        ends[coin] = 100.0 * row[-1]
    return figure(
        "ladder",
        "Who is in the way, coin by coin",
        texts.ladder_sentence(found),
        traces,
        x=axis("fall of the coin alone, %", range=[0, 90]),
        y=axis("longs liquidated, %", range=[0, top]),
        height=300,
        shapes=[dotted(x=100.0 * found.asked.question.crash)],
        annotations=end_labels(ends, 0, top),
        margin={"l": 56, "r": 52, "t": 8, "b": 40},
    )


def payers(found: Answer) -> Figure:
    """Return who pays the deficits of the chosen crash, in cross and in isolated margin."""
    policy = found.asked.question.policy
    ways = [found.ways[is_cross, policy] for is_cross in (True, False)]
    fund = np.array([float(way.run.fund_paid.sum()) for way in ways])
    charged = np.array([max(way.charged, 0.0) for way in ways])
    nobody = np.array([way.run.unfunded for way in ways])
    layers = np.array([float((way.run.venue_paid + way.run.backstop_paid).sum()) for way in ways])
    y, base, traces = np.arange(2), np.zeros(2), []
    for name, value, marker in (
        ("insurance fund", fund, {"color": INSURANCE_FUND}),
        ("others", charged, {"color": WINNERS}),
        ("venue and backstop", layers, {"color": NEUTRAL}),
        ("nobody", nobody, UNFUNDED),
    ):
        hover = [f"{name}: {usd(each)}" for each in value]
        traces.append(bars(name, value, y, 0.55, marker, base=base, hovertext=hover, hovertemplate=OWN_TEXT))
        base = base + value
    end = max(float(base.max()), 1.0)
    told = [
        label(_payer_text(way, policy), x=float(at), y=float(row), xanchor="left", xshift=6)
        for row, (way, at) in enumerate(zip(ways, base, strict=True))
    ]
    return figure(
        "payers",
        "Who pays",
        f"{texts.payers_sentence(found)} Orange: the fund; blue: other traders; hatched: nobody.",
        traces,
        x=axis("deficits (USD)", range=[0, 2.1 * end], tickformat=".2~s"),
        y=row_axis(["cross", "isolated"]),
        barmode="overlay",
        height=190,
        annotations=told,
        margin={"l": 64, "r": 14, "t": 8, "b": 40},
    )


def _payer_text(way: Any, policy: str) -> str:
    if is_deleveraging(policy) and way.adl_closed > texts.NOTHING:
        return f"{usd(way.deficit)}, and<br>{usd(way.adl_closed)} closed early"
    return usd(way.deficit)


def naked(found: Answer) -> Figure:
    """Return charges beside what forced closings left unhedged, for both margins and both kinds of policy."""
    order = sorted(found.ways, key=lambda way: (not way[0], is_deleveraging(way[1])))
    ways = [found.ways[key] for key in order]
    y = np.arange(len(ways), dtype=np.float64)
    parts = (
        ("charged", np.array([max(way.charged, 0.0) for way in ways]), -0.27, WINNERS),
        ("left unhedged by liquidation", np.array([way.naked for way in ways]), 0.0, FAINT),
        ("left unhedged by deleveraging", np.array([way.naked_by_deleveraging for way in ways]), 0.27, DEFAULTERS),
    )
    traces, told = [], []
    for name, value, shift, color in parts:
        trace, ends = named_bars(name, value, y + shift, 0.24, color, usd)
        traces.append(trace)
        told += ends
    end = max(float(value.max()) for _, value, _, _ in parts)
    return figure(
        "naked",
        "Charged, or left without a hedge",
        f"{texts.naked_sentence(found)} Blue: charged; gray: unhedged by liquidation; vermilion: by deleveraging.",
        traces,
        x=axis("all traders (USD)", range=[0, 1.2 * max(end, 1.0)], tickformat=".2~s"),
        y=row_axis([texts.way_name(*key) for key in order]),
        barmode="overlay",
        height=260,
        annotations=told,
        margin={"l": 92, "r": 14, "t": 8, "b": 40},
    )
