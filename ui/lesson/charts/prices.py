"""Pictures of the steps about prices: two sides, leverage, sales by hand, a gap, the tipping point."""

from __future__ import annotations

from typing import Any

import numpy as np

from ui.charts.common import Figure, axis, diamond, dotted, end_labels, figure, label, line, markers, ticks
from ui.frame.theme import DEFAULTERS, FAINT, NEUTRAL, REFERENCE, WINNERS
from ui.lesson import answers
from ui.lesson.answers import FALLEN, GAP, LEVERAGES, fall_to_out, fallen, jump, sold
from ui.lesson.answers import pair as pair_run
from ui.lesson.market import CALM_START, START, dollars, gain, gone, longs, missing, out

HEIGHT = 330
PRICE = "%{y:$,.2f}<extra></extra>"  # a hover template
HIGH_FALL, HIGH_END = 8.0, 30.0  # percent, of the picture of the tipping point


def pair(price: float, is_shown: bool) -> Figure:
    """Return what a long and a short have won, over the price."""
    prices = np.linspace(92.0, 108.0, 33)
    at = price if is_shown else START
    traces: list[dict[str, Any]] = []
    ends = {}
    for name, words, symbol in (("F", "▲ F, long", "triangle-up"), ("W", "▼ W, short", "triangle-down")):
        if is_shown:
            y = np.array([gain(pair_run(float(p)), name) for p in prices])
            traces.append(line(words, prices, y, FAINT, 2))
            ends[words] = float(y[-1])
        now = gain(pair_run(at), name)
        color = NEUTRAL if now == 0 else WINNERS if now > 0 else DEFAULTERS
        marker = {"symbol": symbol, "size": 14, "color": color}
        traces.append(markers(words, np.array([at]), np.array([now]), marker, f"{name}: %{{y:$,.2f}}<extra></extra>"))
    said = answers.pair_said(at) if is_shown else "Both stand at the price they entered at: nobody has won or lost yet."
    return figure(
        "pair", "Two sides of one contract", said, traces,
        x=axis("price (USD)", range=[91.0, 109.0]), y=axis("won or lost (USD)", range=[-95.0, 95.0]), height=HEIGHT,
        shapes=[dotted(y=0.0), *([] if is_shown else [dotted(x=FALLEN)])],
        annotations=end_labels(ends, -95.0, 95.0) if is_shown else [
            label("▲ F, ▼ W", x=START, y=0.0, yshift=16),
            label(f"falls to {dollars(FALLEN)}", x=FALLEN, y=80.0, xanchor="left", xshift=5),
        ],
        margin={"l": 56, "r": 80, "t": 8, "b": 40},
    )  # fmt: skip


def lever(leverage: float, is_shown: bool) -> Figure:
    """Return the fall that takes a long out, over its leverage; nothing but the axes before the prediction."""
    x = np.linspace(LEVERAGES[0], LEVERAGES[-1], 93)
    falls, hover = np.array([fall_to_out(float(each)) for each in x]), "%{x:.1f}x: %{y:.1f} %<extra></extra>"
    traces = [
        line("", x, falls, DEFAULTERS, 2, hover),
        diamond([leverage], [fall_to_out(leverage)], WINNERS, hover),
    ]
    return figure(
        "lever", "How far the price must fall", answers.lever_said(leverage), traces if is_shown else [],
        x=axis("leverage (x)", range=[1.0, 26.0]), y=axis("fall that takes you out (%)", range=[0.0, 52.0]), height=230,
        shapes=[dotted(y=answers.WANTED_FALL)],
    )  # fmt: skip


def sell(pressed: int, is_shown: bool) -> Figure:
    """Return the price after each sale by hand, and the triggers of the longs."""
    trades, label_of = sold().trades, sold().book.label
    marks = [START, float(trades[0]["trigger"]), *(float(trade["mark_after"]) for trade in trades)]
    shown = marks[: 2 + pressed] if is_shown else marks[:1]
    gone_out = {label_of(int(trade["trader"])) for trade in trades[: pressed if is_shown else 0]}
    names = [name for name in longs() if out(name) > 70.0]
    shapes = [
        {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": out(name), "y1": out(name),
         "line": {"color": DEFAULTERS if name in gone_out else NEUTRAL, "width": 1, "dash": "dot"}}
        for name in names
    ]  # fmt: skip
    texts = [
        label(f"{'✕' if name in gone_out else '▲'} {name} {dollars(out(name))}", x=1.0, y=out(name), paper="x",
              xanchor="left", xshift=4, font={"color": DEFAULTERS if name in gone_out else NEUTRAL})
        for name in names
    ]  # fmt: skip
    said = answers.sell_said(pressed) if is_shown else "Each dotted line is the price at which that long must be sold."
    steps = np.arange(len(shown), dtype=float) - 1.0
    trace = line("", steps, np.array(shown), REFERENCE, 3, PRICE, shape="hv")
    points = markers("", steps, np.array(shown), {"size": 9, "color": REFERENCE}, PRICE)
    at = range(-1, len(trades) + 1)
    words = ["start", "first fall", *(f"sale {k}" for k in at[2:])] if is_shown else ["start", *[""] * (len(at) - 1)]
    return figure(
        "sell", "The price, and who is next", said, [trace, points],
        x=axis("", range=[-1.3, len(trades) + 0.4], **ticks(at, words), showgrid=False),
        y=axis("price (USD)", range=[78.0, 101.5]), height=HEIGHT, shapes=shapes, annotations=texts,
        margin={"l": 56, "r": 92, "t": 8, "b": 34},
    )  # fmt: skip


def gap(price: float, is_shown: bool) -> Figure:
    """Return the price before and after a jump, against A's two prices."""
    at = price if is_shown else GAP
    path = np.array([*CALM_START, at])
    steps = np.arange(3, dtype=float)
    is_sold = is_shown and jump(at, "A").n_liquidated > 0
    after = {"size": 13, "color": DEFAULTERS if is_sold else REFERENCE}
    traces = [
        line("", steps[:2], path[:2], REFERENCE, 3, PRICE),
        line("", steps[1:], path[1:], REFERENCE, 2, PRICE, dash="dot"),
        markers("", steps[2:], path[2:], after, PRICE),
    ]
    shapes = [dotted(y=out("A")), dotted(y=gone("A"))]
    hole = missing(jump(at, "A")).get("A", 0.0) if is_shown else 0.0
    texts = [
        label(f"A is sold {dollars(out('A'))}", x=0.02, y=out("A"), paper="x", xanchor="left", yanchor="bottom"),
        label(
            f"A has nothing left {dollars(gone('A'))}", x=0.02, y=gone("A"), paper="x", xanchor="left", yanchor="top"
        ),
    ]
    if hole > 0:
        shapes.append({"type": "rect", "x0": 1.8, "x1": 2.2, "y0": at, "y1": gone("A"), "fillcolor": DEFAULTERS,
                       "opacity": 0.25, "line": {"width": 0}, "layer": "below"})  # fmt: skip
        texts.append(label(f"{dollars(hole)} missing", x=1.78, y=0.5 * (at + gone("A")), xanchor="right"))
    said = answers.gap_said(at) if is_shown else "The price can jump over both lines at once."
    return figure(
        "gap", "A jump, and A's two prices", said, traces,
        x=axis("", range=[-0.1, 2.3], **ticks(range(3), ("start", "evening", "morning")), showgrid=False),
        y=axis("price (USD)", range=[83.0, 101.5]), height=HEIGHT, shapes=shapes, annotations=texts,
    )  # fmt: skip


def tip(fall: float, is_shown: bool) -> Figure:
    """Return where a first fall ends, over all first falls; the hand's own is marked."""
    x, y = answers.curve(HIGH_FALL)
    top = HIGH_END
    ends = {"without selling": HIGH_FALL, "with it": float(y[-1])}
    same, hover = np.array([0.0, HIGH_FALL]), "first %{x:.1f} %, in the end %{y:.1f} %<extra></extra>"
    traces = [
        line("", same, same, REFERENCE, 2, dash="dash"),
        line("", x, y, DEFAULTERS, 2, hover),
        diamond([fall], [fallen(fall)], WINNERS, hover),
    ]
    return figure(
        "tip", "Where it ends", answers.tip_said(fall), traces if is_shown else traces[:1],
        x=axis("first fall (%)", range=[0.0, HIGH_FALL]), y=axis("fall in the end (%)", range=[0.0, top]), height=250,
        annotations=end_labels(ends, 0.0, top), margin={"l": 56, "r": 96, "t": 8, "b": 40},
    )  # fmt: skip
