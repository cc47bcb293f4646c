"""Cause: the reference price against the mark price, with the liquidations on it."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import Run
from ui.cascade.headline import NOTABLE, SMALL, forced_apart
from ui.charts.common import (
    MOST_POINTS,
    TRADERS,
    Figure,
    Floats,
    end_labels,
    figure,
    label,
    line,
    markers,
    money_hover,
    price_axis,
    price_hover,
    table,
    thin,
    time_axis,
)
from ui.charts.run_summary import Excursion, Orders
from ui.charts.run_view import RunView
from ui.frame.formats import count, duration, money, multiple, percent
from ui.frame.theme import DEFAULTERS, NEUTRAL, REFERENCE

SAME = 1e-9
SIDES = ((1.0, "long", "triangle-up"), (-1.0, "short", "triangle-down"))


def price(view: RunView) -> Figure:
    """Return the chart of prices and liquidations."""
    run = view.run
    low, high = float(min(run.mark_low.min(), run.prices.min())), float(max(run.mark_high.max(), run.prices.max()))
    is_one = abs(view.summary.gap) <= SAME
    ends = {"reference": float(run.prices[-1]), "mark": float(run.mark[-1])}
    if is_one:
        ends = {"reference<br>= mark": float(run.mark[-1])}
    steps = np.arange(run.prices.size)
    traces = [_line(view, steps, run.prices, "reference", REFERENCE, 2.5)]
    if not is_one:
        traces.append(_line(view, *_within_steps(run), "mark", NEUTRAL, 1.5))
    annotations = end_labels(ends, low, high)
    traces += _liquidations(view)
    named = _named(view)
    if named:
        traces.append(named)
        annotations.append(_name_tag(named, low, high, view.n_steps))
    return figure(
        "price",
        "Price",
        _takeaway(view),
        traces,
        x=time_axis(view),
        y=price_axis(view, high - low),
        annotations=annotations,
        margin={"l": 62, "r": 68, "t": 8, "b": 38},
    )


def _line(view: RunView, x: Any, values: Floats, name: str, color: str, width: float) -> dict[str, Any]:
    index = thin(values)
    hover = f"{name} {price_hover('y', view)}<br>step %{{x}}<extra></extra>"
    return line(name, x[index], values[index], color, width, hover)


def _within_steps(run: Run) -> tuple[Floats, Floats]:
    """Return the mark as a line that also goes where it was between the ends of two steps."""
    lows, highs = run.mark_low, run.mark_high
    ends = np.array([run.mark[:-1], run.mark[1:]])
    below = np.flatnonzero(lows[1:] < (1.0 - SAME) * ends.min(axis=0)) + 1
    above = np.flatnonzero(highs[1:] > (1.0 + SAME) * ends.max(axis=0)) + 1
    x = np.concatenate([np.arange(run.mark.size), above - 0.6, below - 0.4])
    order = np.argsort(x, kind="stable")
    return x[order], np.concatenate([run.mark, highs[above], lows[below]])[order]


def _liquidations(view: RunView) -> list[dict[str, Any]]:
    """One triangle for each forced trade, up for longs; one for each step and side when there are too many."""
    forced = view.orders
    if view.scenario.positions:
        forced = forced.where(~_is_named(view, forced.trader))
    if not forced.size.size:
        return []
    largest = float(forced.notional.max())
    draw = _singly if forced.size.size <= MOST_POINTS else _by_step
    traces = []
    for side, name, symbol in SIDES:
        mine = np.sign(forced.size) == side
        if mine.any():
            traces.append(draw(view, forced.where(mine), largest, name, symbol))
    return traces


def _marker(size: Floats, symbol: str, opacity: float = 0.75) -> dict[str, Any]:
    return {"symbol": symbol, "size": size.astype(np.float32), "color": DEFAULTERS, "opacity": opacity}


def _singly(view: RunView, forced: Orders, largest: float, name: str, symbol: str) -> dict[str, Any]:
    leverage = np.minimum(view.leverage[forced.trader], 1e6)
    p = view.price_digits
    hover = (
        f"trader %{{customdata[0]:d}}, {name} %{{customdata[1]:.3~g}}x<br>liquidated at {price_hover('y', view)}, "
        f"filled at %{{customdata[2]:,.{p}f}}<br>bankruptcy price %{{customdata[3]:,.{p}f}}<br>"
        f"deficit {money_hover('customdata[4]', view)}<extra></extra>"
    )
    marker = _marker(4.0 + 9.0 * np.sqrt(forced.notional / largest), symbol)
    custom = table(forced.trader, leverage, forced.fill, forced.bankruptcy, forced.deficit)
    return markers(f"{name}s liquidated", forced.step, forced.mark, marker, hover, meta=TRADERS, customdata=custom)


def _by_step(view: RunView, forced: Orders, largest: float, name: str, symbol: str) -> dict[str, Any]:
    number = np.bincount(forced.step)
    step = np.flatnonzero(number)
    total = np.bincount(forced.step, forced.notional)[step]
    mean = np.bincount(forced.step, forced.mark * forced.notional)[step] / total
    marker = _marker(5.0 + 13.0 * np.sqrt(total / max(largest, float(total.max()))), symbol)
    hover = (
        f"%{{customdata[0]:,d}} {name}s liquidated<br>notional %{{customdata[1]:,.3s}}"
        f"<br>around {price_hover('y', view)}<extra></extra>"
    )
    x, custom = step.astype(np.int32), table(number[step], total)
    return markers(f"{name}s liquidated", x, mean, marker, hover, customdata=custom)


def _is_named(view: RunView, trader: Any) -> Any:
    return trader >= view.run.book.n_traders - len(view.scenario.positions)


def _named(view: RunView) -> dict[str, Any] | None:
    """The positions on record, which are worth a name."""
    if not view.scenario.positions:
        return None
    forced = view.orders.where(_is_named(view, view.orders.trader))
    if not forced.size.size:
        return None
    p = view.price_digits
    text = [
        f"{view.label(int(trader))}, {multiple(float(view.leverage[trader]))}<br>"
        f"liquidated at {mark:,.{p}f}, filled at {fill:,.{p}f}<br>"
        f"bankruptcy price {bankruptcy:,.{p}f}<br>deficit {money(float(deficit), view.currency)}"
        for _, trader, _, mark, fill, bankruptcy, deficit, _ in zip(*forced, strict=True)
    ]
    symbols = ["triangle-up" if size > 0 else "triangle-down" for size in forced.size]
    marker = {**_marker(np.full(forced.size.size, 13.0), "", 1.0), "symbol": symbols}
    more = {"meta": TRADERS, "customdata": table(forced.trader), "hovertext": text}
    return markers("positions on record", forced.step, forced.mark, marker, "%{hovertext}<extra></extra>", **more)


def _name_tag(named: dict[str, Any], low: float, high: float, n_steps: int) -> dict[str, Any]:
    n = len(named["x"])
    text = named["hovertext"][0].partition(",")[0] if n == 1 else f"{count(n)} positions on record"
    x, y = float(named["x"][0]), float(named["y"][0])
    is_right, is_top = x > 0.5 * n_steps, y > 0.5 * (low + high)
    beside = (-12 if is_top else 12) if n == 1 else 8 if named["marker"]["symbol"][0] == "triangle-up" else -8
    return label(
        text,
        x=x,
        y=y,
        xanchor="right" if is_right else "left",
        xshift=-10 if is_right else 10,
        yshift=0 if is_right else beside,
    )


def _takeaway(view: RunView) -> str:
    f = view.summary
    if f.move < SMALL:
        return "The price did not move."
    sides = sorted((f.fall, f.rise), key=lambda side: side.step) if f.is_both_ways else [f.largest]
    moves = " and ".join(f"{'fell' if side.is_fall else 'rose'} {_by(view, side)}" for side in sides)
    if abs(f.gap) < NOTABLE:
        return f"The mark {moves}, {'no' if abs(f.gap) < SMALL else 'hardly'} further than the reference."
    if len(sides) > 1:
        return f"The mark {moves}, at most {percent(abs(f.gap))} from the reference."
    return f"The mark {moves}; {forced_apart(view)}."


def _by(view: RunView, side: Excursion) -> str:
    word = "low" if side.is_fall else "high"
    moment = dict(view.time_labels).get(side.step, "")
    if not any(letter.isdigit() for letter in moment) or moment.startswith("the"):
        length = duration(side.step * view.minutes_per_step)
        moment = f"after {length}" if side.step else "at the start"
    return f"by {percent(side.move)} ({word}: {moment})"
