"""What a position's part in other people's losses costs: over its leverage, after a first move, when it pays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine import Estimated, PositionCost
from ui.charts.common import Figure, axis, band, diamond, dotted, figure, label, line, note, table, ticks, times_ticks
from ui.cost.drawn_answers import LEVERAGES, CostResult, charge_bounds
from ui.cost.drawn_texts import said
from ui.frame.formats import MINUS, multiple, percent, usd
from ui.frame.intervals import bounds
from ui.frame.theme import DEFAULTERS, WINNERS

BINS = 24
RARE = 0.05  # share of the charges that the last bar stands for, as far as they are larger than it
FEW = 5  # paths: of fewer no median is quoted
HEIGHT = 230
LEVERAGE_TICKS = (2, 5, 10, 25, 50, 100)


def answer_charts(result: CostResult) -> list[Figure]:
    """Return the four charts of a position: cost and chance over leverage, after a move, what is lost when it pays."""
    return [cost_over_leverage(result), chance_over_leverage(result), after_a_move(result), losses(result.mine)]


def cost_over_leverage(result: CostResult) -> Figure:
    """Return the chart of expected cost over leverage, with its error band and my point."""
    curve = _with_mine(result)
    return _over_leverage(
        "cost", "Expected charge", cost_words(curve), "expected charge (USD)", curve, result.query.leverage,
        lambda cost: (cost.expected_charge.value, *charge_bounds(cost)), "$%{y:,.2f}",
    )  # fmt: skip


def cost_words(curve: Mapping[float, PositionCost]) -> str:
    """Return where it is dearest and cheapest, if the intervals tell them apart."""
    if not any(cost.charge.any() for cost in curve.values()):
        return "Not charged on these paths at any leverage."
    by = {leverage: float(cost.expected_charge.value) for leverage, cost in curve.items()}
    worst, best = max(by, key=by.__getitem__), min(by, key=by.__getitem__)
    most, least = (usd(by[leverage]) for leverage in (worst, best))
    if most == least:
        return f"{most} at every leverage."
    if charge_bounds(curve[worst])[0] > charge_bounds(curve[best])[1]:
        return f"Dearest at {multiple(worst)} ({most}), cheapest at {multiple(best)} ({least})."
    return f"Between {least} and {most}; these paths do not tell one leverage from another."


def chance_over_leverage(result: CostResult) -> Figure:
    """Return the chance of paying over leverage, and above it that of being liquidated oneself."""
    curve = _with_mine(result)
    chart = _over_leverage(
        "chance", "Chance of paying, and of being liquidated", chance_words(curve), "chance within the horizon (%)",
        curve, result.query.leverage,
        lambda cost: tuple(100.0 * x for x in (cost.cut_probability.value, *bounds(cost.cut_probability, 1.0))),
        "pays for others, %{y:.3~g} %",
    )  # fmt: skip
    own = np.array([100.0 * cost.liquidation_probability.value for cost in curve.values()])
    hover = "%{x:.3~g}x: is liquidated itself, %{y:.3~g} %<extra></extra>"
    chart["traces"].append(line("liquidated", np.array(list(curve)), own, DEFAULTERS, 2, hover, dash="dash"))
    chart["layout"]["yaxis"]["range"][1] = max(chart["layout"]["yaxis"]["range"][1], 1.12 * float(own.max()))
    last = label("liquidated itself", x=float(np.log10(LEVERAGES[-1])), y=float(own[-1]), xanchor="right", xshift=-4)
    chart["layout"]["annotations"].append(last | {"yshift": 9, "font": {"color": DEFAULTERS}})
    return chart


def chance_words(curve: Mapping[float, PositionCost]) -> str:
    """Return both chances at both ends of the curve, and why the one falls if it surely does."""
    (low, first), *_, (high, last) = curve.items()
    paying = [f"{_chance(cost.cut_probability)} at {multiple(at)}" for at, cost in ((low, first), (high, last))]
    own = [percent(cost.liquidation_probability.value) for cost in (first, last)]
    text = f"Pays: {paying[0]}, {paying[1]}; liquidated: {own[0]} and {own[1]}"
    is_falling = bounds(last.cut_probability, 1.0)[1] < bounds(first.cut_probability, 1.0)[0]
    return f"{text}: who is liquidated first has nothing left to charge." if is_falling else f"{text}."


def _chance(value: Estimated) -> str:
    most = bounds(value, 1.0)[1]
    return percent(value.value) if value.value > 0 or most <= 0 else f"below {percent(most)}"


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
        x=axis("leverage of the position", type="log", range=[0.0, 2.12], **times_ticks(LEVERAGE_TICKS)),
        y=axis(unit, range=[1.08 * bottom, 1.12 * top], tickformat="~s" if "USD" in unit else ""),
        height=HEIGHT,
        annotations=[yours],
    )


def after_a_move(result: CostResult) -> Figure:
    """Return the charge over how far the price moves at first, with error band, and the move that was asked about."""
    x = np.array([100.0 * cost.move for cost in result.moves])
    value = np.array([cost.expected_charge.value for cost in result.moves])
    low, high = np.array([charge_bounds(cost) for cost in result.moves]).T
    crash = result.query.crash
    own = [result.after(move).expected_charge.value for move in (-crash, crash)]
    hover = "price moves %{x:+.0f} %: $%{y:,.0f}<extra></extra>"
    widest = 1.06 * max(abs(float(x[0])), abs(float(x[-1])))
    ends = [1.08 * min(float(low.min()), 0.0), 1.12 * max(float(high.max()), 1e-9)]
    words = {tick: f"{tick:+d}".replace("-", MINUS) if tick else "0" for tick in range(-80, 81, 20)}
    return figure(
        "moves",
        "In a crash",
        move_words(result),
        [
            *band(x, low, high),
            line("", x, value, WINNERS, 2, hover),
            diamond([-100 * crash, 100 * crash], own, DEFAULTERS, f"yours, {hover}"),
        ],
        x=axis("first move of the price (%)", range=[-widest, widest], **ticks(words, words.values())),
        y=axis("expected charge (USD)", range=ends, tickformat="~s", nticks=6),
        height=HEIGHT,
    )


def move_words(result: CostResult) -> str:
    """Return what the move that was asked about costs, down and up."""
    crash = result.query.crash
    own = [result.after(move) for move in (-crash, crash)]
    if not any(cost.charge.any() for cost in result.moves):
        return f"Not charged on {own[0].n_paths:,d} paths, whatever the price does at first."
    fall, rise = map(said, own)
    text = f"Charge after a fall of {percent(crash, 0)}: {fall}; after a rise as large: {rise} (on average)."
    if any(cost.expected_charge.value < 0 for cost in own):
        text += " Gained: closed early at a price better than the mark."
    return text


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
    takeaway = f"Half of the time more than {usd(middle)}, {percent(float(part))} of the profit"
    takeaway += f"; one time in 20 more than {usd(top / 1.02)}." if paid.size > 50 else "."
    if paid.size < FEW:
        least, most = (usd(float(pick(paid))) for pick in (np.min, np.max))
        span = least if least == most else f"between {least} and {most}"
        takeaway = f"Charged on {paid.size} of {cost.n_paths:,d} paths only: {span}."
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
