"""One trader: mark, liquidation, bankruptcy and execution price, and what is left of its money over time."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import TradeKind, bankruptcy_price
from ui.charts.common import (
    Figure,
    Floats,
    figure,
    label,
    line,
    markers,
    money_axis,
    money_hover,
    price_axis,
    price_hover,
    thin,
    time_axis,
    time_of,
)
from ui.charts.run_view import RunView
from ui.frame.formats import capital, money, multiple, price
from ui.frame.theme import DEFAULTERS, NEUTRAL, REFERENCE, WINNERS

MARGIN = {"l": 62, "r": 92, "t": 8, "b": 38}


def one_trader(view: RunView, trader: int) -> list[Figure]:
    """Return the two charts of a trader: its prices, and its equity over time."""
    return [_prices(view, trader), _money(view, trader)]


def _trades(view: RunView, trader: int) -> Any:
    """Return the events of a trader."""
    trades = view.run.trades
    return trades[(trades["trader"] == trader) & (trades["kind"] != TradeKind.HALT)]


def story(view: RunView, trader: int) -> str:
    """Return what happened to a trader, in a sentence or two."""
    run, book, p, currency = view.run, view.run.book, view.price_digits, view.currency
    side = "long" if book.size[trader] > 0 else "short"
    who = view.label(trader)
    own = money(float(book.collateral[trader]), currency)
    text = f"{capital(who)} is {side} {multiple(float(view.leverage[trader]))} from "
    text += f"{price(float(book.entry_price[trader]), p)} with {own} of its own."
    rows = _trades(view, trader)
    for row in rows[:1]:
        when = time_of(view, int(row["step"]))
        verb = "closed early" if int(row["kind"]) == TradeKind.COUNTERPARTY else "forced out"
        text += f" It is {verb} at {price(float(row['fill']), p)} ({when})."
    if rows["deficit"].sum() > 0:
        text += f" That leaves a deficit of {money(float(rows['deficit'].sum()), currency)}."
    charge = float(run.charge[trader])
    if charge > 0:
        text += f" It is charged {money(charge, currency)} for others."
    return f"{text} It ends with {money(float(run.equity[trader]), currency)}."


def _prices(view: RunView, trader: int) -> Figure:
    run, book = view.run, view.run.book
    index = thin(run.mark)
    at = {"liquidation": float(run.trigger[trader]), "bankruptcy": float(bankruptcy_price(book=book)[trader])}
    low, high = 0.8 * float(run.mark.min()), 1.2 * float(run.mark.max())
    shown = {name: value for name, value in at.items() if low < value < high}
    traces: list[dict[str, Any]] = [
        line("mark", index, run.mark[index], NEUTRAL, 2, f"mark {price_hover('y', view)}<extra></extra>")
    ]
    for name, value in shown.items():
        dash = "dash" if name == "liquidation" else "dot"
        x, hover = np.array([0, view.n_steps]), f"{name} {price_hover('y', view)}"
        traces.append(line(name, x, np.array([value, value]), DEFAULTERS, 1.5, hover, dash=dash))
    rows = _trades(view, trader)
    if rows.size:
        x, fills = rows["step"].astype(np.int32), np.ascontiguousarray(rows["fill"])
        marker = {"symbol": "diamond", "size": 10, "color": REFERENCE}
        traces.append(markers("execution", x, fills, marker, f"executed at {price_hover('y', view)}<extra></extra>"))
    notes = [label(name, x=1.0, y=value, paper="x", xanchor="left", xshift=4) for name, value in shown.items()]
    if rows.size:
        notes.append(label("execution", x=int(rows["step"][0]), y=float(rows["fill"][0]), yshift=13))
    hidden = " and ".join(sorted(set(at) - set(shown)))
    takeaway = f"The {hidden} price is out of reach." if hidden else "Mark, liquidation, bankruptcy, execution price."
    y = price_axis(view, float(run.mark.max() - run.mark.min()))
    return figure("trader_prices", "Prices", takeaway, traces, x=time_axis(view), y=y, annotations=notes, margin=MARGIN)


def equity_over_time(view: RunView, trader: int) -> Floats:
    """Return a trader's equity at the end of each step, (n_steps + 1,), settlement currency.

    Notes
    -----
    Between events it follows the mark; charges are spread over the settlements as these raised money, so that the last
    value is the trader's equity at the end.
    """
    run, book = view.run, view.run.book
    value = -1.0 / run.mark if book.is_inverse else run.mark
    entry = -1.0 / book.entry_price[trader] if book.is_inverse else book.entry_price[trader]
    size, cash, begin = float(book.size[trader]), float(book.collateral[trader]), 0
    equity = np.empty(run.mark.size)
    for row in _trades(view, trader):
        step = int(row["step"])
        equity[begin:step] = cash + size * (value[begin:step] - entry)
        fill = -1.0 / row["mark_before"] if book.is_inverse else row["mark_before"]
        begin, closed = step, float(row["size"])
        if int(row["kind"]) == TradeKind.COUNTERPARTY:
            cash += closed * (fill - entry) - float(row["charge"])
        else:
            cash += -float(row["collateral"]) + (float(row["residual"]) if run.venue.residual_margin == "trader" else 0)
        size -= closed
    equity[begin:] = cash + size * (value[begin:] - entry)
    gap = float(run.equity[trader]) - float(equity[-1])
    raised = np.cumsum(run.charged)
    if raised[-1] > 0 and gap != 0:
        equity += gap * raised / raised[-1]
    return equity


def _money(view: RunView, trader: int) -> Figure:
    equity = equity_over_time(view, trader)
    index = thin(equity)
    color = WINNERS if equity[-1] > view.run.book.collateral[trader] else DEFAULTERS
    money_line = line("equity", index, equity[index], color, 2, f"{money_hover('y', view)}<extra></extra>", shape="hv")
    start, end = money(float(equity[0]), view.currency), money(float(equity[-1]), view.currency)
    low, high = min(float(equity.min()), 0.0), float(equity.max())
    room = 0.06 * max(high - low, 1e-12)
    return figure(
        "trader_money",
        "Its money",
        f"From {start} to {end}.",
        [money_line],
        x=time_axis(view),
        y=money_axis("equity", view, range=[low - room if low < 0 else low, high + room]),
        margin=MARGIN,
    )
