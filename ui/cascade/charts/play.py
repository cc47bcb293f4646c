"""The cascade as a film: a sentence for each forced trade, and price, fund and waterfall up to it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import POLICIES, TradeKind
from ui.cascade.charts.flow import layer_axis, layer_bars, layers
from ui.cascade.charts.over_time import FORCED
from ui.cascade.charts.price import SIDES
from ui.charts.common import (
    MOST_POINTS,
    TRADERS,
    Figure,
    axis,
    figure,
    line,
    markers,
    money_axis_title,
    price_axis,
    thin,
    time_axis,
    time_of,
)
from ui.charts.run_view import RunView
from ui.frame.formats import counted, money, multiple, price
from ui.frame.theme import DEFAULTERS, INSURANCE_FUND, NEUTRAL, REFERENCE


@dataclass(frozen=True, eq=False, slots=True)
class Film:
    """What `ui.live.player` takes: sentences, the round of each frame, and charts whose traces grow."""

    sentences: list[str]
    rounds: NDArray[np.int32]
    charts: list[Figure]


def film(view: RunView) -> Film:
    """Return the film of a run: a frame for each event, or for each step of the path when there are too many."""
    events = view.run.trades
    by_event = events.size <= MOST_POINTS
    ends = np.arange(1, events.size + 1) if by_event else _step_ends(events["step"])
    upto = np.concatenate([[0], ends]).astype(np.int32)
    steps = np.concatenate([[0], events["step"][ends - 1]]).astype(np.int32) if events.size else np.zeros(1, np.int32)
    says = [_event(view, row) for row in events] if by_event else _rounds(view, upto)
    last = _ending(view)
    upto, steps = np.append(upto, upto[-1]), np.append(steps, view.n_steps).astype(np.int32)
    return Film(
        sentences=[_opening(view), *says, last],
        rounds=steps,
        charts=[_price(view, upto, steps), _fund(view, upto, steps), _waterfall(view, upto)],
    )


def _step_ends(step: Any) -> NDArray[np.intp]:
    return np.append(np.flatnonzero(np.diff(step)) + 1, step.size)


def _opening(view: RunView) -> str:
    longs = counted(int((view.run.book.size > 0).sum()), "long")
    shorts = counted(int((view.run.book.size < 0).sum()), "short")
    return f"The start: {longs} and {shorts} at {price(float(view.run.prices[0]), view.price_digits)}."


def _ending(view: RunView) -> str:
    f = view.summary
    if f.n_liquidated == 0:
        return "The end: nobody was liquidated."
    tail = f", traders were charged {money(f.charged, view.currency)}" if f.charged > 0 else ""
    tail += f", {money(f.unfunded, view.currency)} stayed unpaid" if f.unfunded > 0 else ""
    return f"The end: {counted(f.n_liquidated, 'trader')} forced out, deficit {money(f.deficit, view.currency)}{tail}."


def _event(view: RunView, row: Any) -> str:
    """One forced trade in a sentence."""
    p, currency = view.price_digits, view.currency
    trader = int(row["trader"])
    who = f"{view.label(trader)}, {'long' if row['size'] > 0 else 'short'} {multiple(float(view.leverage[trader]))}"
    kind = int(row["kind"])
    if kind == TradeKind.HALT:
        return f"Trading is halted at {price(float(row['mark_before']), p)}: the price band is reached."
    if kind == TradeKind.COUNTERPARTY:
        against = view.label(int(row["against"]))
        charge = float(row["charge"])
        cost = f"which costs it {money(charge, currency)}" if charge > 0 else "at no worse than the mark"
        return f"{who}: closed early at {price(float(row['fill']), p)} against {against}, {cost}."
    bankruptcy = f"bankruptcy price {price(float(row['bankruptcy']), p)}"
    if kind == TradeKind.DELEVERAGED:
        return f"{who}: bankrupt at {price(float(row['mark_before']), p)}, {bankruptcy}; winners are closed against it."
    verb = "stopped out" if kind == TradeKind.STOP else "liquidated"
    where = f"{verb} at {price(float(row['mark_before']), p)}, fill {price(float(row['fill']), p)}, {bankruptcy}"
    return f"{who}: {where}, {_outcome(view, row)}."


def _outcome(view: RunView, row: Any) -> str:
    """Who pays for a forced trade, or who gets what it left."""
    currency = view.currency
    parts = []
    for name, field in (("the fund", "fund_paid"), ("the venue", "venue_paid"), ("the backstop", "backstop_paid")):
        if row[field] > 0:
            parts.append(f"{name} pays {money(float(row[field]), currency)}")
    if row["carried"] > 1e-9 * max(float(row["deficit"]), 1e-300):
        sharing = POLICIES[view.scenario.venue.policy].family == "money"
        carried = money(float(row["carried"]), currency)
        parts.append(f"{carried} {'is left for the winners' if sharing else 'is left unpaid'}")
    if parts:
        return ", ".join(parts)
    left = float(row["residual"])
    to = "the fund" if view.run.venue.residual_margin == "fund" and int(row["kind"]) != TradeKind.STOP else "the trader"
    return f"{money(left, currency)} left goes to {to}" if left > 0 else "nothing is left"


def _rounds(view: RunView, upto: NDArray[np.int32]) -> list[str]:
    """A sentence for each step of the path that forced somebody out."""
    events, texts = view.run.trades, []
    for begin, end in pairwise(upto):
        rows = events[begin:end]
        n = np.unique(rows["trader"][rows["against"] < 0]).size
        deficit = money(float(rows["deficit"].sum()), view.currency)
        mark = price(float(rows["mark_after"][-1]), view.price_digits)
        when = time_of(view, int(rows["step"][0]))
        texts.append(f"{when}: {counted(n, 'trader')} forced out, mark down to {mark}, deficit {deficit}.")
    return texts


def _price(view: RunView, upto: NDArray[np.int32], steps: NDArray[np.int32]) -> Figure:
    """Prices up to the frame's step, and the forced trades up to the frame."""
    run, events = view.run, view.run.trades
    traces: list[dict[str, Any]] = []
    for name, values, color, width in (("reference", run.prices, REFERENCE, 2.5), ("mark", run.mark, NEUTRAL, 1.5)):
        index = thin(values)
        shown = np.searchsorted(index, steps, side="right").astype(np.int32)
        traces.append({**line(name, index, values[index], color, width), "upto": shown})
    for side, name, symbol in SIDES:
        mine = (np.sign(events["size"]) == side) & np.isin(events["kind"], FORCED)
        if mine.any():
            rows = events[mine]
            size = np.sqrt(np.abs(rows["size"]) / np.abs(events["size"]).max())
            areas = (5.0 + 9.0 * size).astype(np.float32)
            marker = {"symbol": symbol, "color": DEFAULTERS, "size": areas, "opacity": 0.75}
            more = {"meta": TRADERS, "customdata": rows["trader"].astype(np.int32)[:, None]}
            more["upto"] = np.concatenate([[0], np.cumsum(mine)])[upto].astype(np.int32)
            x, y, hover = rows["step"].astype(np.int32), rows["mark_before"], "trader %{customdata[0]}<extra></extra>"
            traces.append(markers(f"{name}s forced out", x, np.ascontiguousarray(y), marker, hover, **more))
    prices = price_axis(view, float(run.mark.max() - run.mark.min()))
    return figure("play_price", "Price", "", traces, x=time_axis(view, NARROW), y=prices, margin=_MARGIN)


NARROW = 180.0  # pixels of a time axis where three charts stand side by side
_MARGIN = {"l": 62, "r": 44, "t": 8, "b": 38}


def _fund(view: RunView, upto: NDArray[np.int32], steps: NDArray[np.int32]) -> Figure:
    """The fund after each event, at the event's time."""
    balance = np.concatenate([[view.run.venue.fund], view.run.trades["fund"], [view.run.fund[-1]]])
    when = np.concatenate([[0], view.run.trades["step"], [view.n_steps]]).astype(np.int32)
    shown = np.minimum(upto + 1, balance.size)
    shown[-1] = balance.size
    if balance.size > MOST_POINTS:
        index = thin(balance)
        shown = np.searchsorted(index, shown - 1, side="right")
        balance, when = balance[index], when[index]
    trace = line("insurance fund", when, balance, INSURANCE_FUND, 2.5, shape="hv") | {"upto": shown.astype(np.int32)}
    top = float(balance.max())
    y = axis(
        money_axis_title("fund", view),
        range=[min(float(balance.min()), 0.0), 1.06 * top if top > 0 else 1.0],
        tickformat=".3~s",
    )
    return figure("play_fund", "Insurance fund", "", [trace], x=time_axis(view, NARROW), y=y, margin=_MARGIN)


def _waterfall(view: RunView, upto: NDArray[np.int32]) -> Figure:
    """The layers up to each frame; what they leave is carried to the settlement, and shared in the last frame."""
    rows, events = layers(view), view.run.trades
    names = [row.name for row in rows]
    columns = {"insurance fund": "fund_paid", "venue capital": "venue_paid", "deficit": "deficit"}
    sums = {name: np.concatenate([[0.0], np.cumsum(events[field])])[upto] for name, field in columns.items()}
    backstop = np.concatenate([[0.0], np.cumsum(events["backstop_paid"])])[upto]
    taken = np.concatenate([[0.0], np.cumsum(np.where(events["against"] >= 0, events["charge"], 0.0))])[upto]
    frames = np.zeros((upto.size, len(rows)))
    for number, name in enumerate(names):
        frames[:, number] = sums.get(name, taken if name == "closed early" else np.zeros(upto.size))
        if name in ("liquidity vault", "default fund"):
            frames[:, number] = backstop
    frames = np.maximum(frames, 0.0)
    frames[:, 0] += taken if "closed early" in names else 0.0
    frames[-1] = [row.amount for row in rows]
    bases = np.concatenate([np.zeros((upto.size, 2)), np.cumsum(frames[:, 1:], axis=1)[:, :-1]], axis=1)
    trace = {**layer_bars(rows, frames[-1], bases[-1]), "frames": {"x": frames, "base": bases}}
    x = axis(money_axis_title("paid so far", view), range=[0, 1.05 * max(rows[0].amount, 1e-9)], tickformat=".2~s")
    return figure(
        "play_flow", "Who has paid", "", [trace], x=x, y=layer_axis(rows), margin={"l": 104, "r": 20, "t": 8, "b": 38}
    )
