"""The prices before the first one: what positions were entered at, and how low and high the price has been since."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.drawing.book_settings import BookModel
from engine.drawing.path_settings import PathModel
from engine.drawing.paths import draw_block
from engine.errors import Checker
from engine.streams import Stream, stream

Floats = NDArray[np.float64]

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

    Parameters
    ----------
    past : PathModel or (m,) float
        A model, of which one path is drawn with a stream of its own and scaled so that it ends at the book's
        `entry_price`; or prices in USD per coin, one an hour, oldest first, that end there.
    model : BookModel
    seed : int

    Raises
    ------
    InputError
        For prices that are none, not finite, <= 0, or do not end at the first price (to 1e-9 of it); for a model that
        is shorter than four holding times.

    Notes
    -----
    Between two prices of a model the path goes on as a Brownian bridge of its volatility. With a and b the logs of a
    step's opening and closing price, v the variance of a step and U uniform, the lowest log price of the step is
    (a + b - sqrt((a - b)^2 - 2 v log U)) / 2, and the highest is that with + (Glasserman, Monte Carlo Methods in
    Financial Engineering, 2004, section 6.4). Between prices that are given nothing is added.
    """
    if isinstance(past, PathModel):
        return _drawn(past, model, seed)
    prices = _checked(past, model.entry_price)
    older = np.concatenate([prices[:1], prices[:-1]])
    return _newest_first(prices, np.minimum(older, prices), np.maximum(older, prices), 60.0)


def _drawn(past: PathModel, model: BookModel, seed: int) -> Past:
    check = Checker("past")
    least = SHORTEST_PAST * 60.0 * model.holding_hours / past.minutes_per_step
    if past.n_steps < least:
        bound = f">= {SHORTEST_PAST:g} holding times = {np.ceil(least):.0f} steps of {past.minutes_per_step:g} minutes"
        check.add("n_steps", bound, past.n_steps)
    check.raise_if_any()
    own_seed = int(stream(seed, Stream.BOOK_PAST, PATH).integers(2**31))
    closes, opens = (np.empty((1, past.n_steps + 1)) for _ in range(2))
    draw_block(model=past, initial_price=1.0, seed=own_seed, block=0, out=closes, opens=opens)
    scale = closes[0, -1]
    start, end = np.log(opens[0] / scale), np.log(closes[0] / scale)
    uniform = 1.0 - stream(seed, Stream.BOOK_PAST, EXTREMES).random((2, past.n_steps + 1))
    variance = 0.0 if past.model in ("array", "history") else past.step_volatility**2
    low, high = np.sqrt((start - end) ** 2 - 2.0 * variance * np.log(uniform))
    lows, highs = (np.exp(0.5 * (start + end + move)) * model.entry_price for move in (-low, high))
    prices = closes[0] / scale * model.entry_price
    return _newest_first(prices, np.minimum(lows, prices), np.maximum(highs, prices), past.minutes_per_step)


def _newest_first(prices: Floats, lows: Floats, highs: Floats, minutes_per_step: float) -> Past:
    """Return the past of prices and of each step's extremes, oldest first; the first step's are not looked at."""
    low, high = (np.concatenate([prices[-1:], values[:0:-1]]) for values in (lows, highs))
    prices = np.ascontiguousarray(prices[::-1])
    return Past(prices, np.minimum.accumulate(low), np.maximum.accumulate(high), minutes_per_step)


def _checked(past: ArrayLike, last: float) -> Floats:
    check = Checker()
    try:
        prices = np.array(past, dtype=np.float64)
    except (TypeError, ValueError):
        check.add("past", "an engine.PathModel or an array of prices", past)
        check.raise_if_any()
    if prices.ndim != 1 or prices.size == 0:
        check.add("past", "prices in one dimension, at least one", f"an array of shape {prices.shape}")
        check.raise_if_any()
    check.array("past", prices, above=0.0)
    if not check.has_any and abs(prices[-1] - last) > END_TOLERANCE * last:
        bound = f"the first price, entry_price = {last:.12g}, to {END_TOLERANCE:g} of it"
        check.add(f"past[{prices.size - 1}]", bound, float(prices[-1]))
    check.raise_if_any()
    prices[-1] = last
    return prices
