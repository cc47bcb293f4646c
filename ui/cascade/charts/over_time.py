"""Over time: the fund's balance, and who was liquidated when."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import TradeKind
from ui.cascade.charts.price import SIDES
from ui.charts.common import (
    MOST_POINTS,
    TRADERS,
    Figure,
    axis,
    figure,
    leverage_ticks,
    line,
    markers,
    money_axis,
    money_hover,
    note,
    price_hover,
    table,
    thin,
    time_axis,
    time_of,
)
from ui.charts.run_view import RunView
from ui.frame.formats import count, money, multiple, percent
from ui.frame.theme import DEFAULTERS, INSURANCE_FUND, NEUTRAL

FORCED = (TradeKind.LIQUIDATION, TradeKind.STOP, TradeKind.DELEVERAGED)


def fund(view: RunView) -> Figure:
    """Return the chart of the fund's balance."""
    balance = view.run.fund
    index = thin(balance)
    hover = f"{money_hover('y', view)}<br>step %{{x}}<extra></extra>"
    trace = line("insurance fund", index, balance[index], INSURANCE_FUND, 2.5, hover, shape="hv")
    low, high = float(balance.min()), float(balance.max())
    is_empty = high <= 0 and low >= 0
    return figure(
        "fund",
        "Insurance fund",
        _fund_takeaway(view),
        [] if is_empty else [trace],
        x=time_axis(view),
        y=money_axis("balance", view, range=[min(low, 0.0), 1.06 * high if high > 0 else 1.0]),
        annotations=[note("This venue has no fund.")] if is_empty else [],
        margin={"l": 62, "r": 44, "t": 8, "b": 38},
    )


def _fund_takeaway(view: RunView) -> str:
    f, currency = view.summary, view.currency
    if f.fund_start <= 0 and f.fund_paid <= 0 and f.fund_end <= 0:
        return "There is no fund to draw on."
    low = int(np.argmin(view.run.fund))
    paid_in = f", {money(f.contributed, currency)} from open positions" if f.contributed > 0 else ""
    taken = f"took in {money(f.fund_income, currency)}{paid_in}, paid {money(f.fund_paid, currency)}"
    if f.fund_low <= 0 < f.fund_start:
        return f"Empty from {time_of(view, low)}: it {taken}."
    change = (f.fund_end / f.fund_start - 1.0) if f.fund_start > 0 else 0.0
    tail = f" ({'+' if change >= 0 else ''}{percent(change)})" if f.fund_start > 0 else ""
    return f"It {taken} and ends at {money(f.fund_end, currency)}{tail}."


def when(view: RunView) -> Figure:
    """Return the chart of who was liquidated when: time against leverage, larger for larger positions."""
    events = view.run.trades
    kinds = np.isin(events["kind"], FORCED)
    orders = events[kinds]
    if orders.size > MOST_POINTS:
        orders = orders[np.sort(np.argsort(-np.abs(orders["size"]), kind="stable")[:MOST_POINTS])]
    traces = [trace for side in SIDES for trace in _outcomes(view, orders, *side)]
    return figure(
        "when",
        "Who was liquidated when",
        _when_takeaway(view, int(kinds.sum())),
        traces,
        x=time_axis(view),
        y=axis("leverage at entry", type="log", range=[0.0, 2.1], **leverage_ticks()),
        annotations=[] if traces else [note("Nobody was liquidated.")],
        margin={"l": 62, "r": 44, "t": 8, "b": 38},
    )


def _outcomes(view: RunView, orders: Any, side: float, name: str, symbol: str) -> list[dict[str, Any]]:
    if not orders.size:
        return []
    size = np.abs(orders["size"])
    traces = []
    for is_bankrupt, color, outcome in ((True, DEFAULTERS, "left a deficit"), (False, NEUTRAL, "left none")):
        mine = (np.sign(orders["size"]) == side) & ((orders["deficit"] > 0.0) == is_bankrupt)
        rows = orders[mine]
        if not rows.size:
            continue
        areas = (5.0 + 9.0 * np.sqrt(size[mine] / size.max())).astype(np.float32)
        marker = {"symbol": symbol, "color": color, "size": areas, "opacity": 0.7}
        hover = (
            f"trader %{{customdata[0]:d}}, {name} %{{y:.3~g}}x<br>"
            f"at {price_hover('customdata[1]', view)}, deficit {money_hover('customdata[2]', view)}<extra></extra>"
        )
        x, y = rows["step"].astype(np.int32), np.clip(view.leverage[rows["trader"]], 1.0, 125.0)
        custom = table(rows["trader"], rows["mark_before"], rows["deficit"])
        traces.append(markers(f"{name}s that {outcome}", x, y, marker, hover, meta=TRADERS, customdata=custom))
    return traces


def _when_takeaway(view: RunView, n: int) -> str:
    run = view.run
    steps = run.liquidated_at[run.liquidated_at >= 0]
    if not steps.size:
        return "Nobody was liquidated."
    busiest = int(np.bincount(steps).argmax())
    share = float((steps == busiest).mean())
    middle = float(np.median(view.leverage[run.liquidated_at >= 0]))
    moment = time_of(view, busiest)
    if steps.size == 1:
        return f"One trader went, at {multiple(middle)} ({moment})."
    who = f"All {count(steps.size)}" if share == 1.0 else f"{percent(share, 0)} of {count(steps.size)}"
    text = f"{who} went in one step ({moment}); half had over {multiple(middle)}."
    return text if n <= MOST_POINTS else f"{text} The {count(MOST_POINTS)} largest are shown."
