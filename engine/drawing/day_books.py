"""Books with a past for many real days at once: who is alive at each day's start (docs/MODEL.md section 2). A kernel.

Prices are relative to the day's first one, so one venue serves every day. Random numbers are a hash of seed, day,
trader and round: a trader of a day is the same whatever other days, traders and settings there are.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from engine.arrays import Floats, Ints, Singles, Whole
from engine.compile import compiled, inlined
from engine.contracts import unit_value
from engine.drawing.book_settings import INITIAL_OVER_MAINTENANCE
from engine.drawing.hashed import hashed_key, hashed_normal, hashed_uniform
from engine.margin import liquidation_value, requirement
from engine.streams import Stream, stream

ROUNDS = 64
LONGEST_PAST = 12.0  # mean ages; 6 in a million positions are older
SIZE, AGE, SPREAD = 0, 1, 2  # purposes of hashed numbers; a spread takes two


class DayBooks(NamedTuple):
    """Books of d days, n traders each, at prices relative to the day's first; money in USD at that price."""

    size: Singles  # (d, n) signed; longs come first
    entry: Singles  # (d, n)
    collateral: Singles  # (d, n)
    rate: Singles  # (d, n) maintenance rate
    amount: Singles  # (d, n) maintenance amount
    order: Ints  # (d, n) by trigger: longs highest first, then shorts lowest first
    n_long: int


class Traders(NamedTuple):
    """How the traders of a day are drawn; tables are arrays, for compiled code."""

    open_interest: float
    leverage: float
    leverage_dispersion: float
    size_tail: float
    holding_hours: float
    brackets: Floats  # (k, 3): notional floor, rate, amount
    lines: Floats  # (k, 2): rate and amount of the table's rows, none where the rate grows by coin
    rate_per_coin: float
    cap_floor: Floats  # (c,) USD
    cap_most: Floats  # (c,)
    initial_rate: float
    initial_per_coin: float
    is_inverse: bool
    is_entry_maintenance: bool


@inlined
def _row_of(floors: Floats, value: float) -> int:
    """Return the last row whose floor is at most `value`, the first one where none is."""
    row = 0
    while row + 1 < floors.size and floors[row + 1] <= value:
        row += 1
    return row


@inlined
def _leverage(key: np.uint64, trader: int, turn: int, most: float, who: Traders) -> float:
    spread = who.leverage_dispersion * hashed_normal(key, trader, turn, SPREAD)
    return max(1.0, min(most, who.leverage * math.exp(spread)))


@inlined
def _sizes(key: np.uint64, n_long: int, who: Traders, size: Singles) -> None:
    """Fill signed sizes: Pareto, cut at the n-th part of the tail, both sides scaled to the open interest."""
    n, longs, shorts = size.size, 0.0, 0.0
    for i in range(n):
        exponential = min(-math.log(hashed_uniform(key, i, 0, SIZE)), math.log(float(n)))
        size[i] = math.exp(exponential / who.size_tail)
        if i < n_long:
            longs += size[i]
        else:
            shorts += size[i]
    for i in range(n):
        size[i] *= who.open_interest / longs if i < n_long else -who.open_interest / shorts


@inlined
def _extremes(bar: int, low: Floats, high: Floats, price: float, lows: Floats, highs: Floats) -> None:
    """Fill the lowest low and highest high over the last k hours, k = 0, 1, ..., relative to `price`."""
    lows[0], highs[0] = 1.0, 1.0
    for k in range(1, lows.size):
        lows[k] = min(lows[k - 1], low[bar - k] / price)
        highs[k] = max(highs[k - 1], high[bar - k] / price)


@inlined
def _most_leverage(notional: float, coins: float, who: Traders) -> float:
    """Return what a venue allows for a position of this size, the maintenance rate left out."""
    most = who.cap_most[_row_of(who.cap_floor, notional)]
    initial = who.initial_rate + who.initial_per_coin * coins
    return min(most, 1.0 / initial) if initial > 0.0 else most


@inlined
def _kept(value: float) -> float:
    """Return a value as books keep it: triggers are of what is kept, so that they are in order when books are read."""
    return float(np.float32(value))


@inlined
def _enter(
    key: np.uint64, i: int, turn: int, side: float, notional: float, price: float, entry: float, who: Traders
) -> tuple[float, float, float, float]:
    """Return collateral, maintenance rate, amount and liquidation price of a position entered at `entry`."""
    coins = notional / price
    worth = notional / entry if who.is_inverse else notional * entry
    row = _row_of(who.brackets[:, 0], worth)
    rate, amount = who.brackets[row, 1] + who.rate_per_coin * coins, who.brackets[row, 2]
    allowed, needed = _most_leverage(notional, coins, who), requirement(worth, rate, amount, who.lines, 1.0)
    if needed > 0.0:
        allowed = min(allowed, worth / (INITIAL_OVER_MAINTENANCE * needed))
    collateral = _kept(worth / _leverage(key, i, turn, allowed, who))
    rate, amount = _kept(rate), _kept(amount)
    value = unit_value(entry, who.is_inverse)
    level = liquidation_value(
        side, notional, value, collateral, rate, amount, who.lines, 1.0, who.is_inverse, who.is_entry_maintenance
    )
    return collateral, rate, amount, level


@compiled
def _draw(
    base: np.uint64,
    day: Whole,
    bar: Whole,
    first: Floats,
    low: Floats,
    high: Floats,
    close: Floats,
    who: Traders,
    books: DayBooks,
    lows: Floats,
    highs: Floats,
    trigger: Floats,
) -> None:
    """Fill the books, but for their order, and the triggers (d, n) of days that start at these bars and prices."""
    n, n_long = books.size.shape[1], books.n_long
    n_past = lows.size - 1
    for d in range(day.size):
        price, key, size = first[d], hashed_key(base, day[d]), books.size[d]
        _extremes(bar[d], low, high, price, lows, highs)
        _sizes(key, n_long, who, size)
        for i in range(n):
            side, notional = (1.0 if i < n_long else -1.0), abs(float(size[i]))
            for turn in range(ROUNDS + 1):
                hours = int(-math.log(hashed_uniform(key, i, turn, AGE)) * who.holding_hours)
                hours = 0 if turn == ROUNDS else min(hours, n_past)
                entry = _kept(close[bar[d] - 1 - hours] / price) if hours > 0 else 1.0
                collateral, rate, amount, level = _enter(key, i, turn, side, notional, price, entry, who)
                if lows[hours] > level if side > 0.0 else highs[hours] < level:
                    break
            books.entry[d, i], books.collateral[d, i] = entry, collateral
            books.rate[d, i], books.amount[d, i] = rate, amount
            trigger[d, i] = level


def draw_day_books(
    *,
    seed: int,
    day: Whole,
    bar: Whole,
    first: Floats,
    past: tuple[Floats, Floats, Floats],
    n_traders: int,
    traders: Traders,
) -> DayBooks:
    """Return one book a day, alive at its start.

    Parameters
    ----------
    seed : int
        >= 0.
    day, bar : (d,) int
        Number of each day since 1970, and the place of its first hour in `past`.
    first : (d,) float
        First price of each day, USD per coin.
    past : low, high and close of recorded hours, USD per coin
        Each day needs 12 x holding_hours of them before it.
    n_traders : int
        Half of them long, rounded up.
    traders : Traders

    Notes
    -----
    docs/MODEL.md section 2: age exponential with mean `holding_hours`, in whole hours; entry at the close of that hour;
    leverage lognormal under the cap for the size. Whose liquidation price was touched by a low or high since is drawn
    again, age and leverage, its side and size staying; after 64 rounds it enters now.
    """
    shape = (day.size, n_traders)
    size, entry, collateral, rate, amount = (np.empty(shape, dtype=np.float32) for _ in range(5))
    trigger = np.empty(shape)
    n_long = (n_traders + 1) // 2
    books = DayBooks(size, entry, collateral, rate, amount, np.empty(shape, dtype=np.int32), n_long)
    n_past = math.ceil(LONGEST_PAST * traders.holding_hours)
    base = stream(seed, Stream.DAY_BOOKS).integers(0, 2**63, dtype=np.uint64)
    _draw(np.uint64(base), day, bar, first, *past, traders, books, np.empty(n_past + 1), np.empty(n_past + 1), trigger)
    books.order[:, :n_long] = np.argsort(-trigger[:, :n_long], axis=1, kind="stable")
    books.order[:, n_long:] = n_long + np.argsort(trigger[:, n_long:], axis=1, kind="stable")
    return books
