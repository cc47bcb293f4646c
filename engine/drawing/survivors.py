"""Entries of a book that has a past: who was forced out since is not there (docs/MODEL.md section 2). A kernel."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.compile import compiled
from engine.contracts import INVERSE, unit_value
from engine.drawing.book_settings import INITIAL_OVER_MAINTENANCE, BookModel
from engine.drawing.hashed import hashed_normal, hashed_uniform
from engine.drawing.past import TRADERS, Past
from engine.margin import liquidation_value, requirement, trigger_price
from engine.streams import Stream, stream

Floats = NDArray[np.float64]

ROUNDS = 64  # who has been forced out as often enters now
SPREAD, AGE = 0, 2  # purposes of hashed numbers


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
    margin: tuple[tuple[float, float, float], ...],
    maintenance_basis: str,
) -> tuple[Floats, Floats]:
    """Return entry price (USD per coin) and leverage of each trader, two (n,) arrays.

    Parameters
    ----------
    model, seed
        As in draw_book.
    side, size : (n,) float
        +1 long, -1 short; signed size.
    stop_distance : (n,) float or None
        Log distance of the stop from the entry, NaN without one.
    past : Past
    margin : tuple of (notional floor, rate, amount)
        The venue's table; empty: the model's maintenance rate.
    maintenance_basis : {"mark", "entry"}

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
    key = stream(seed, Stream.BOOK_PAST, TRADERS).integers(2**64, dtype=np.uint64)
    entry, leverage = np.empty(size.size), np.empty(size.size)
    stops = np.zeros(0) if stop_distance is None else stop_distance
    _survive(np.uint64(key), side, size, stops, past.prices, past.lows, past.highs, law, entry, leverage)
    return entry, leverage


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
