"""What a position's part in other people's losses costs: over its leverage, after a first move, when it pays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine import PositionCost
from ui.charts.common import Figure, axis, band, diamond, dotted, figure, label, line, note, table
from ui.cost.answers import LEVERAGES, CostResult
from ui.frame.formats import MINUS, money, multiple, percent
from ui.frame.intervals import bar_ends
from ui.frame.theme import DEFAULTERS, WINNERS

BINS = 24
RARE = 0.05  # share of the charges that the last bar stands for, as far as they are larger than it
HEIGHT = 230
LEVERAGE_TICKS = (2, 5, 10, 25, 50, 100)


def cost_over_leverage(result: CostResult) -> Figure:
    """Return the chart of expected cost over leverage, with its error band and my point."""
    curve = _with_mine(result)
    worst = max(curve, key=lambda leverage: curve[leverage].expected_charge.value)
    best = min(curve, key=lambda leverage: curve[leverage].expected_charge.value)
    most, least = (curve[leverage].expected_charge.value for leverage in (worst, best))
    takeaway = (
        f"Dearest at {multiple(worst)} ({money(most, 'USD')}), cheapest at {multiple(best)} ({money(least, 'USD')})."
        if most > least
        else "The same at every leverage."
    )
    return _over_leverage(
        "cost", "Expected cost", takeaway, "expected charge (USD)", curve, result.query.leverage,
        lambda cost: (cost.expected_charge.value, *bar_ends(cost.expected_charge)), "$%{y:,.2f}",
    )  # fmt: skip


def chance_over_leverage(result: CostResult) -> Figure:
    """Return the chart of the chance of paying over leverage."""
    curve = _with_mine(result)
    chances = {leverage: cost.cut_probability for leverage, cost in curve.items()}
    (low, first), *_, (high, last) = chances.items()
    takeaway = f"From {percent(first.value)} at {multiple(low)} to {percent(last.value)} at {multiple(high)}"
    takeaway += ": who is liquidated first has nothing left to charge." if last.value < first.value else "."
    return _over_leverage(
        "chance", "Chance of paying", takeaway, "chance within the horizon (%)", curve, result.query.leverage,
        lambda cost: tuple(100.0 * x for x in (cost.cut_probability.value, *bar_ends(cost.cut_probability, 1.0))),
        "%{y:.3~g} %",
    )  # fmt: skip


def _with_mine(result: CostResult) -> dict[float, PositionCost]:
    """Return the cost at every leverage, in rising order, my own included."""
    curve = dict(zip(LEVERAGES, result.curve, strict=True)) | {result.query.leverage: result.mine}
    return dict(sorted(curve.items()))


def _over_leverage(
    name: str,
    title: str,
    takeaway: str,
    unit: str,
    curve: Mapping[float, PositionCost],
    mine: float,
    read: Callable[[PositionCost], tuple[float, ...]],
    hover: str,
) -> Figure:
    x = np.array(list(curve))
    value, low, high = np.array([read(cost) for cost in curve.values()]).T
    own = read(curve[mine])
    top = max(float(high.max()), own[2], 1e-9)
    bottom = min(float(low.min()), own[1], 0.0)
    traces: list[dict[str, Any]] = [
        *band(x, low, high),
        line("", x, value, WINNERS, 2, f"%{{x:.3~g}}x: {hover}<extra></extra>"),
        diamond([mine], [own[0]], DEFAULTERS, f"yours, %{{x:.3~g}}x: {hover}<extra></extra>"),
    ]
    right = mine > 20
    yours = label("yours", x=float(np.log10(mine)), y=own[0], xanchor="right" if right else "left")
    yours |= {"xshift": -10 if right else 10, "yshift": 9, "font": {"color": DEFAULTERS}}
    return figure(
        name,
        title,
        takeaway,
        traces,
        x=axis(
            "leverage of the position",
            type="log",
            range=[0.0, 2.12],
            tickmode="array",
            tickvals=list(LEVERAGE_TICKS),
            ticktext=[f"{tick}x" for tick in LEVERAGE_TICKS],
        ),
        y=axis(unit, range=[1.08 * bottom, 1.12 * top], tickformat="~s" if "USD" in unit else ""),
        height=HEIGHT,
        annotations=[yours],
    )


def after_a_move(result: CostResult) -> Figure:
    """Return the charge over how far the price moves at first, with error band, and the move that was asked about."""
    x = np.array([100.0 * cost.move for cost in result.moves])
    value = np.array([cost.expected_charge.value for cost in result.moves])
    low, high = np.array([bar_ends(cost.expected_charge) for cost in result.moves]).T
    crash = result.query.crash
    own = [result.after(move) for move in (-crash, crash)]
    fall, rise = (money(cost.expected_charge.value, "USD") for cost in own)
    takeaway = f"A fall of {percent(crash, 0)} costs {fall} on average, a rise as large {rise}."
    if max(cost.expected_charge.value for cost in result.moves) <= 0:
        takeaway = "Whatever the price does at first, nothing is taken."
    traces: list[dict[str, Any]] = [
        *band(x, low, high),
        line("", x, value, WINNERS, 2, "price moves %{x:+.0f} %: $%{y:,.0f}<extra></extra>"),
        diamond(
            [-100.0 * crash, 100.0 * crash],
            [cost.expected_charge.value for cost in own],
            DEFAULTERS,
            "yours, price moves %{x:+.0f} %: $%{y:,.0f}<extra></extra>",
        ),
    ]
    widest = 1.06 * max(abs(float(x[0])), abs(float(x[-1])))
    top = max(float(high.max()), 1e-9)
    return figure(
        "moves",
        "In a crash",
        takeaway,
        traces,
        x=axis(
            "first move of the price (%)",
            range=[-widest, widest],
            tickmode="array",
            tickvals=list(range(-80, 81, 20)),
            ticktext=[f"{tick:+d}".replace("-", MINUS) if tick else "0" for tick in range(-80, 81, 20)],
        ),
        y=axis(
            "expected charge (USD)", range=[1.08 * min(float(low.min()), 0.0), 1.12 * top], tickformat="~s", nticks=6
        ),
        height=HEIGHT,
    )


def losses(cost: PositionCost) -> Figure:
    """Return the distribution of what is lost on those paths on which the position is charged."""
    name, title = "losses", "Lost when charged"
    x, y = axis("charge (USD)", range=[0, 1], tickformat="~s"), axis("share of these paths (%)", range=[0, 100])
    has_paid = cost.is_cut & (cost.charge > 0)
    paid = cost.charge[has_paid]
    if not paid.size:
        is_closed = cost.is_cut.any()
        text = "Closed early on some paths, never at a worse price." if is_closed else "Not charged on any path."
        return figure(name, title, text, [], x=x, y=y, height=HEIGHT, annotations=[note("Nothing to show.")])
    top = float(np.quantile(paid, 1.0 - RARE)) * 1.02 if paid.size > 50 else float(paid.max()) * 1.02
    share, edges = np.histogram(np.minimum(paid, top), bins=min(BINS, max(6, paid.size // 3)), range=(0.0, top))
    height = 100.0 * share / paid.size
    middle = float(np.median(paid))
    part = np.median(paid / np.maximum(cost.profit[has_paid], paid))
    takeaway = f"Half of the time more than {money(middle, 'USD')}, {percent(float(part))} of the profit"
    takeaway += f"; one time in 20 more than {money(top / 1.02, 'USD')}." if paid.size > 50 else "."
    trace = {
        "type": "bar",
        "x": 0.5 * (edges[:-1] + edges[1:]),
        "y": height,
        "width": np.diff(edges) * 0.92,
        "marker": {"color": WINNERS},
        "customdata": table(edges[:-1], edges[1:]),
        "hovertemplate": "$%{customdata[0]:,.0f} to $%{customdata[1]:,.0f}: %{y:.3~g} %<extra></extra>",
    }
    return figure(
        name,
        title,
        takeaway,
        [trace],
        x=axis("charge (USD)", range=[0.0, top], tickformat="~s", nticks=5),
        y=axis(f"share of these {paid.size:,d} paths (%)", range=[0.0, 1.15 * float(height.max())]),
        height=HEIGHT,
        shapes=[dotted(x=middle)],
        annotations=[label("median", x=middle, y=1.0, paper="y", xanchor="left", xshift=4, yanchor="top")],
    )
