"""The cascade as a film: a sentence for each forced trade, the levels that fall, and who has paid up to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ui.cascade.charts.flow import layers
from ui.cascade.charts.over_time import FORCED
from ui.cascade.charts.price import SIDES
from ui.cascade.film_sentences import event_sentences, opening, running, the_end
from ui.charts.common import (
    MOST_POINTS,
    TRADERS,
    Figure,
    Floats,
    axis,
    bars,
    figure,
    line,
    markers,
    money_axis,
    price_axis,
    thin,
)
from ui.charts.layers import layer_axis, layer_bars
from ui.charts.run_view import RunView
from ui.frame.theme import DEFAULTERS, FAINT, NEUTRAL, REFERENCE

MOST_FRAMES = 1000  # beyond it a frame is of several trades
IN_LINE = 12  # levels that are shown ahead
LEAST_LIT = 0.06  # of the axis: a level that is just reached is seen
MARGIN = {"l": 62, "r": 14, "t": 8, "b": 38}
FILM_HEIGHT = 260

Ints = NDArray[np.int32]


@dataclass(frozen=True, eq=False, slots=True)
class Film:
    """What `ui.live.player` takes: sentences, shorter ones for fast play, the round of each frame, growing charts."""

    sentences: list[str]
    running: list[str]
    rounds: Ints
    charts: list[Figure]


def film(view: RunView) -> Film:
    """Return the film of a run: a frame for each forced trade, or for as many as a film may have."""
    events = view.run.trades
    n = events.size
    ends = np.unique(np.linspace(1, n, min(n, MOST_FRAMES)).round()) if n else np.zeros(0)
    upto = np.concatenate([[0], ends, [n]]).astype(np.int32)
    steps = np.concatenate([[0], events["step"][upto[1:-1] - 1], [view.n_steps]]).astype(np.int32)
    first, last = opening(view), the_end(view)
    is_each = ends.size == n
    brief = running(view, upto[1:-1])
    return Film(
        sentences=[first, *(event_sentences(view) if is_each else brief), last],
        running=[first, *brief, last],
        rounds=steps,
        charts=[_falling(view, upto), _in_line(view, upto), _waterfall(view, upto)],
    )


def _falling(view: RunView, upto: Ints) -> Figure:
    """Mark and reference trade by trade, and the levels on their way: hollow until they are reached."""
    run, events = view.run, view.run.trades
    numbers = np.arange(1, events.size + 1)
    start = run.prices[:1]
    reference = np.concatenate([start, events["reference"]])
    mark = np.concatenate([start, np.column_stack([events["mark_before"], events["mark_after"]]).ravel()])
    x = np.concatenate([[0.0], np.column_stack([numbers, numbers + 0.5]).ravel()])
    traces = [
        _growing("reference", np.arange(events.size + 1), reference, upto + 1, REFERENCE, 2.5),
        _growing("mark", x, mark, 2 * upto + 1, NEUTRAL, 2.0),
    ]
    for side, name, symbol in SIDES:
        mine = (np.sign(events["size"]) == side) & np.isin(events["kind"], FORCED)
        at = np.flatnonzero(mine)
        at = at[:: -(-at.size // (MOST_POINTS // 2))] if at.size else at
        if at.size:
            traces += _levels(view, at, name, symbol, upto)
    low, high = float(min(mark.min(), reference.min())), float(max(mark.max(), reference.max()))
    room = 0.05 * max(high - low, 1e-3 * high)
    return figure(
        "play_price",
        "Level after level",
        "Each triangle is a trader's level: hollow until the mark reaches it.",
        traces,
        x=axis("forced trades, in order", range=[0, max(events.size, 1) + 0.5], hoverformat="d"),
        y=price_axis(view, high - low, range=[low - room, high + room]),
        margin=MARGIN,
        height=FILM_HEIGHT,
    )


def _growing(name: str, x: Any, y: Floats, upto: Any, color: str, width: float) -> dict[str, Any]:
    index = thin(y)
    shown = np.searchsorted(index, upto).astype(np.int32)
    return {**line(name, x[index], y[index], color, width), "upto": shown}


def _levels(view: RunView, at: Any, name: str, symbol: str, upto: Ints) -> list[dict[str, Any]]:
    rows = view.run.trades[at]
    x, y = (at + 1).astype(np.int32), np.ascontiguousarray(rows["trigger"])
    hover = "trader %{customdata[0]}<extra></extra>"
    size = np.sqrt(np.abs(rows["size"]) / np.abs(view.run.trades["size"]).max())
    more = {"meta": TRADERS, "customdata": rows["trader"].astype(np.int32)[:, None]}
    ahead = {
        "symbol": f"{symbol}-open",
        "color": NEUTRAL,
        "size": (4.0 + 8.0 * size).astype(np.float32),
        "opacity": 0.5,
    }
    fallen = {"symbol": symbol, "color": DEFAULTERS, "size": (5.0 + 9.0 * size).astype(np.float32), "opacity": 0.85}
    shown = np.searchsorted(at, upto).astype(np.int32)
    return [
        markers(f"{name}s in line", x, y, ahead, hover, **more),
        {**markers(f"{name}s forced out", x, y, fallen, hover, **more), "upto": shown},
    ]


def _in_line(view: RunView, upto: Ints) -> Figure:
    """The next levels and how far the mark is from each: below zero while standing, lit once it is reached."""
    distance = next_in_line(view, upto)
    ahead = distance[np.isfinite(distance) & (distance < 0)]
    limit = max(float(np.quantile(-ahead, 0.9)) if ahead.size else 1.0, 0.01)
    standing = np.nan_to_num(np.clip(np.where(distance < 0, distance, 0.0), -limit, 0.0))
    lit = np.nan_to_num(np.where(distance >= 0, np.clip(distance, LEAST_LIT * limit, limit), 0.0))
    places = np.arange(1, IN_LINE + 1)
    traces = []
    for name, heights, color in (("standing", standing, FAINT), ("reached", lit, DEFAULTERS)):
        trace = bars(name, places, heights[0], 0.8, {"color": color}) | {"orientation": "v"}
        traces.append({**trace, "frames": {"y": heights}})
    return figure(
        "play_next",
        "Who is next",
        "Distance of the mark from the next levels: lit when it is reached.",
        traces,
        x=axis("place in line", range=[0.4, IN_LINE + 0.6], tickmode="array", tickvals=[1, 4, 8, 12], hoverformat="d"),
        y=axis("mark beyond the level (%)", range=[-1.1 * limit, 1.1 * limit]),
        margin=MARGIN,
        barmode="overlay",
        height=FILM_HEIGHT,
    )


def next_in_line(view: RunView, upto: Ints) -> Floats:
    """Return how far beyond each of the next levels the mark is after each frame, percent, (n_frames, IN_LINE).

    Negative: it has not got there; NaN: nobody is there.
    """
    events = view.run.trades
    forced = np.flatnonzero(np.isin(events["kind"], FORCED))
    trigger = np.concatenate([events["trigger"][forced], np.full(IN_LINE, np.nan)])
    side = np.concatenate([np.sign(events["size"][forced]), np.ones(IN_LINE)])
    mark = np.concatenate([view.run.prices[:1], events["mark_after"]])[upto][:, None]
    place = np.searchsorted(forced, upto)[:, None] + np.arange(IN_LINE)
    return np.asarray(100.0 * side[place] * (trigger[place] - mark) / mark)


def _waterfall(view: RunView, upto: NDArray[np.int32]) -> Figure:
    """The layers up to each frame; what they leave is carried to the settlement, and shared in the last frame."""
    rows, events = layers(view), view.run.trades
    names = [row.name for row in rows]
    columns = {
        "insurance fund": "fund_paid",
        "margin left": "fund_paid",
        "venue capital": "venue_paid",
        "liquidity vault": "backstop_paid",
        "default fund": "backstop_paid",
        "deficit": "deficit",
    }
    taken = np.concatenate([[0.0], np.cumsum(np.where(events["against"] >= 0, events["charge"], 0.0))])[upto]
    sums = {name: np.concatenate([[0.0], np.cumsum(events[field])])[upto] for name, field in columns.items()}
    sums["closed early"] = taken
    frames = np.zeros((upto.size, len(rows)))
    for number, name in enumerate(names):
        frames[:, number] = sums.get(name, 0.0)
    frames = np.maximum(frames, 0.0)
    frames[:, 0] += taken if "closed early" in names else 0.0
    frames[-1] = [row.amount for row in rows]
    bases = np.concatenate([np.zeros((upto.size, 2)), np.cumsum(frames[:, 1:], axis=1)[:, :-1]], axis=1)
    trace = {**layer_bars(rows, frames[-1], bases[-1]), "frames": {"x": frames, "base": bases}}
    return figure(
        "play_flow",
        "Who has paid",
        "",
        [trace],
        x=money_axis("paid so far", view, range=[0, 1.05 * max(rows[0].amount, 1e-9)]),
        y=layer_axis(rows),
        margin={"l": 104, "r": 20, "t": 8, "b": 38},
        height=FILM_HEIGHT,
    )
