"""Books that have a past: prices before the first one, and the entries of those not forced out since (section 2)."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from engine.arrays import Floats
from engine.compile import compiled
from engine.contracts import INVERSE, unit_value
from engine.drawing.blocks import draw_block
from engine.drawing.book_settings import INITIAL_OVER_MAINTENANCE, BookModel, Brackets
from engine.drawing.hashed import hashed_normal, hashed_uniform
from engine.drawing.path_settings import PathModel
from engine.errors import Checker, wrong_input
from engine.margin import liquidation_value, requirement, trigger_price
from engine.streams import Stream, stream

MOST_KEPT = 4_096  # steps of a past that is kept for the next book
ROUNDS = 64  # who has been forced out as often enters now
SPREAD, AGE = 0, 2  # purposes of hashed numbers
SHORTEST_PAST = 4.0  # holding times; 1.8 % of all positions are older and count as entered at its start
END_TOLERANCE = 1e-9  # of the first price
PATH, EXTREMES, TRADERS = range(3)  # keys of Stream.BOOK_PAST


class Past(NamedTuple):
    """Prices newest first, (m,) each, USD per coin: k steps ago, and the lowest and highest in the k steps since."""

    prices: Floats
    lows: Floats
    highs: Floats
    minutes_per_step: float


def read_past(past: PathModel | ArrayLike, *, model: BookModel, seed: int) -> Past:
    """Return the past of a book.

    Parameters and errors are those of draw_book; the path of a model has a stream of its own.

    Notes
    -----
    Between two prices of a model the path goes on as a Brownian bridge of its volatility. With a and b the logs of a
    step's opening and closing price, v the variance of a step and U uniform, the lowest log price of the step is
    (a + b - sqrt((a - b)^2 - 2 v log U)) / 2, and the highest is that with + (Glasserman, Monte Carlo Methods in
    Financial Engineering, 2004, section 6.4). Between prices that are given nothing is added.
    """
    if isinstance(past, PathModel):
        _check_length(past, model.holding_hours)
        draw = _latest if past.n_steps <= MOST_KEPT else _drawn
        return draw(past, model.entry_price, seed)
    prices = _checked(past, model.entry_price)
    older = np.concatenate([prices[:1], prices[:-1]])
    return _newest_first(prices, np.minimum(older, prices), np.maximum(older, prices), 60.0)


def _check_length(past: PathModel, holding_hours: float) -> None:
    least = SHORTEST_PAST * 60.0 * holding_hours / past.minutes_per_step
    if past.n_steps < least:
        bound = f">= {SHORTEST_PAST:g} holding times = {np.ceil(least):.0f} steps of {past.minutes_per_step:g} minutes"
        raise wrong_input("past.n_steps", bound, past.n_steps)


def _drawn(past: PathModel, entry_price: float, seed: int) -> Past:
    own_seed = int(stream(seed, Stream.BOOK_PAST, PATH).integers(2**31))
    closes, opens = (np.empty((1, past.n_steps + 1)) for _ in range(2))
    draw_block(model=past, initial_price=1.0, seed=own_seed, block=0, out=closes, opens=opens)
    scale = closes[0, -1]
    start, end = np.log(opens[0] / scale), np.log(closes[0] / scale)
    uniform = 1.0 - stream(seed, Stream.BOOK_PAST, EXTREMES).random((2, past.n_steps + 1))
    variance = 0.0 if past.model in ("array", "history") else past.step_volatility**2
    low, high = np.sqrt((start - end) ** 2 - 2.0 * variance * np.log(uniform))
    lows, highs = (np.exp(0.5 * (start + end + move)) * entry_price for move in (-low, high))
    prices = closes[0] / scale * entry_price
    return _newest_first(prices, np.minimum(lows, prices), np.maximum(highs, prices), past.minutes_per_step)


_latest = lru_cache(maxsize=64)(_drawn)  # of a seed, whatever leverage its traders have: 6 MB


def _newest_first(prices: Floats, lows: Floats, highs: Floats, minutes_per_step: float) -> Past:
    """Return the past of prices and of each step's extremes, oldest first; the first step's are not looked at."""
    low, high = (np.concatenate([prices[-1:], values[:0:-1]]) for values in (lows, highs))
    prices = np.ascontiguousarray(prices[::-1])
    return Past(prices, np.minimum.accumulate(low), np.maximum.accumulate(high), minutes_per_step)


def _checked(past: ArrayLike, last: float) -> Floats:
    try:
        prices = np.array(past, dtype=np.float64)
    except (TypeError, ValueError):
        raise wrong_input("past", "an engine.PathModel or an array of prices", past) from None
    if prices.ndim != 1 or prices.size == 0:
        raise wrong_input("past", "prices in one dimension, at least one", f"an array of shape {prices.shape}")
    check = Checker()
    check.array("past", prices, above=0.0)
    check.raise_if_any()
    if abs(prices[-1] - last) > END_TOLERANCE * last:
        bound = f"the first price, entry_price = {last:.12g}, to {END_TOLERANCE:g} of it"
        raise wrong_input(f"past[{prices.size - 1}]", bound, float(prices[-1]))
    prices[-1] = last
    return prices


class Law(NamedTuple):
    """How traders without a past are drawn, for compiled code; `lines` (k, 2): the table's rates and amounts."""

    log_leverage: float
    leverage_dispersion: float
    leverage_floor: float
    leverage_cap: float
    holding_steps: float
    lines: Floats
    is_inverse: bool
    is_entry_maintenance: bool


def draw_survivors(
    *,
    model: BookModel,
    seed: int,
    side: Floats,
    size: Floats,
    stop_distance: Floats | None,
    past: Past,
    margin: Brackets,
    maintenance_basis: str,
) -> tuple[Floats, Floats]:
    """Return entry price (USD per coin) and leverage of each trader, two (n,) arrays.

    `side` (n,) is +1 long, -1 short, `size` (n,) signed; `stop_distance` (n,) is the log distance of the stop from the
    entry, NaN without one. The rest is as in draw_book.

    Notes
    -----
    Age is exponential with mean `holding_hours`, in whole steps, cut at the past's length; leverage is lognormal within
    its bounds, initial margin being at least 1.25 times maintenance. Both belong to trader and round.
    """
    table = np.array(margin or ((0.0, model.maintenance_rate, 0.0),), dtype=np.float64)
    law = Law(
        log_leverage=math.log(model.leverage),
        leverage_dispersion=float(model.leverage_dispersion),
        leverage_floor=float(model.leverage_floor),
        leverage_cap=float(model.leverage_cap),
        holding_steps=60.0 * model.holding_hours / past.minutes_per_step,
        lines=np.ascontiguousarray(table[:, 1:]),
        is_inverse=model.contract == INVERSE,
        is_entry_maintenance=maintenance_basis == "entry",
    )
    entry, leverage = np.empty(size.size), np.empty(size.size)
    stops = np.zeros(0) if stop_distance is None else stop_distance
    _survive(_traders_key(seed), side, size, stops, past.prices, past.lows, past.highs, law, entry, leverage)
    return entry, leverage


@lru_cache(maxsize=64)
def _traders_key(seed: int) -> np.uint64:
    """Return the key that a seed's traders are hashed with."""
    return np.uint64(stream(seed, Stream.BOOK_PAST, TRADERS).integers(2**64, dtype=np.uint64))


@compiled
def _survive(
    key: np.uint64,
    side: Floats,
    size: Floats,
    stop_distance: Floats,
    prices: Floats,
    lows: Floats,
    highs: Floats,
    law: Law,
    entry: Floats,
    leverage: Floats,
) -> None:
    """Fill entries and leverages: both are drawn again until the price has not touched the trigger since."""
    for i in range(size.size):
        units = abs(size[i])
        for turn in range(ROUNDS + 1):
            steps = -math.log(hashed_uniform(key, i, turn, AGE)) * law.holding_steps
            age = 0 if turn == ROUNDS else int(min(steps, prices.size - 1.0))
            price = prices[age]
            notional = units / price if law.is_inverse else units * price
            needed = requirement(notional, 0.0, 0.0, law.lines, 1.0)
            most = law.leverage_cap
            if needed > 0.0:
                most = min(most, notional / (INITIAL_OVER_MAINTENANCE * needed))
            drawn = math.exp(law.log_leverage + law.leverage_dispersion * hashed_normal(key, i, turn, SPREAD))
            drawn = min(max(drawn, law.leverage_floor), most)
            entry[i], leverage[i] = price, drawn
            if age == 0:
                break
            stop = price * math.exp(-side[i] * stop_distance[i]) if stop_distance.size > 0 else math.nan
            value, margin = unit_value(price, law.is_inverse), notional / drawn
            liquidation = liquidation_value(
                side[i], units, value, margin, 0.0, 0.0, law.lines, 1.0, law.is_inverse, law.is_entry_maintenance
            )
            trigger = trigger_price(side[i], liquidation, stop)
            if lows[age] > trigger if side[i] > 0.0 else highs[age] < trigger:
                break
