"""Many paths of one book on one venue, one after the other on the same arrays, summed up as they go (the kernel).

Nothing is kept that grows with paths x traders: one record a path, one record of sums a trader.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from engine.compile import compiled, inlined, inner
from engine.contracts import unit_value
from engine.intrinsics import call_at
from engine.kernel.state import Floats, Ints, PricePath, Record, Rows, RunBuffers, Table, record_dtype

PATH_FIELDS = (
    "deficit",  # money, all of the path's
    "fund_paid",
    "venue_paid",
    "backstop_paid",
    "charged",
    "contributed",
    "unfunded",
    "forced",  # notional of forced trades
    "fund",  # at the end
    "lowest_fund",  # of the ends of steps
    "mark",  # at the end, USD per coin
    "lowest",  # of the reference
    "highest",
    "gap",  # what does not add up, over the wealth in the run
)
PATH_DTYPE = np.dtype(
    [(name, np.float64) for name in PATH_FIELDS]
    + [(name, np.int32) for name in ("n_liquidated", "n_cut", "n_charged", "is_short")]
)

# Sums over paths of w x and (_square) of w^2 x^2, w the weight of the path. `drift` is the profit before charges less
# that of a position held to the end; `gain` a negative charge; `second` sums w^2 charge, `cross` w^2 charge x profit.
_SUMS = ("drift", "liquidated", "cut", "hit", "charge", "gain")
SUM_DTYPE = np.dtype(
    [(name, np.float64) for field in _SUMS for name in (field, f"{field}_square")]
    + [(name, np.float64) for name in ("second", "cross", "unused_1", "unused_2")]
)

WATCH_DTYPE = record_dtype("charge profit", "is_cut forced_at", np.int32)


class Tally(NamedTuple):
    """Where a batch of k paths is summed up: n traders."""

    paths: Rows  # (k,) PATH_DTYPE
    traders: Rows  # (n,) SUM_DTYPE
    watch: Ints  # (w,) traders of whom every path is kept
    watched: Rows  # (k, w) WATCH_DTYPE
    points: Ints  # steps at which the fund is noted
    fund: Table  # (k or fewer, points) the fund there
    steps: Table  # (n_steps + 1, fields) the buffers' steps as plain numbers


class InitialState(NamedTuple):
    """The book before a path: what the buffers goes back to, and what its wealth is measured against."""

    positions: Rows  # (n,) POSITION_DTYPE
    state: Rows  # (1,) STATE_DTYPE
    net_size: float
    gross_size: float
    wealth: float  # collateral, |profit| at the first price, and layers: the scale of rounding
    is_wholly_reset: bool  # dynamic margin moves every trigger


@inner
def reset_buffers(buffers: RunBuffers, opening: InitialState, state: Rows, steps: Table) -> None:
    """Put back what a path changed, but for the traders that `sum_traders` put back."""
    if opening.is_wholly_reset:
        for i in range(buffers.positions.size):
            buffers.positions[i] = opening.positions[i]
    if state[0].n_settlements > 0:
        buffers.claim[:] = 0.0
    steps[:] = 0.0
    state[0] = opening.state[0]


@inner
def sum_steps(row: Record, path: PricePath, steps: Rows) -> tuple[float, float]:
    """Fill a path's sums over its steps; return the lowest and highest mark, those within steps included."""
    lowest, highest = math.inf, 0.0
    row.lowest, row.highest, row.lowest_fund = math.inf, 0.0, math.inf
    row.deficit, row.fund_paid, row.venue_paid, row.backstop_paid, row.forced = 0.0, 0.0, 0.0, 0.0, 0.0
    row.contributed = 0.0
    for t in range(path.closes.size):
        step, close = steps[t], path.closes[t]
        lowest, highest = min(lowest, step.mark_low), max(highest, step.mark_high)
        row.lowest, row.highest = min(row.lowest, close), max(row.highest, close)
        if t > 0 and path.opens.size > 0:
            row.lowest, row.highest = min(row.lowest, path.opens[t]), max(row.highest, path.opens[t])
        row.lowest_fund = min(row.lowest_fund, step.fund)
        row.contributed += step.contributed
        if step.forced > 0.0 or step.deficit > 0.0 or step.fund_paid > 0.0:
            row.forced += step.forced
            row.deficit += step.deficit
            row.fund_paid += step.fund_paid
            row.venue_paid += step.venue_paid
            row.backstop_paid += step.backstop_paid
    return lowest, highest


@inlined
def _add_charge(sums: Record, row: Record, weight: float, charge: float, before: float) -> None:
    square = weight * weight
    row.n_cut += 1
    row.charged += charge
    sums.cut += weight
    sums.cut_square += square
    sums.cross += square * charge * before
    if charge > 0.0:
        row.n_charged += 1
        sums.hit += weight
        sums.hit_square += square
        sums.charge += weight * charge
        sums.charge_square += square * charge * charge
        sums.second += square * charge
    else:
        sums.gain -= weight * charge
        sums.gain_square += square * charge * charge


@inner
def sum_traders(
    p: int, n_changed: int, value: float, weight: float, buffers: RunBuffers, opening: InitialState, tally: Tally
) -> float:
    """Add the traders that the path changed to their sums, and put them back to the start.

    Returns their equity less that of positions held to the end. A position is cut when it was charged, or closed in
    part without having been forced out.
    """
    row, change = tally.paths[p], 0.0
    row.charged, row.n_liquidated, row.n_cut, row.n_charged = 0.0, 0, 0, 0
    for k in range(n_changed):
        i = buffers.changed[k]
        position, terms, sums = buffers.positions[i], buffers.terms[i], tally.traders[i]
        size, charge, is_out = opening.positions[i].size, position.charge, position.liquidated_at >= 0
        move = terms.side * (value - terms.entry_value)
        held = move * size
        before = position.wallet + position.collateral + move * position.size - terms.opening + charge
        drift = before - held
        is_cut = charge != 0.0 or (not is_out and position.size < size)
        change += drift - charge
        sums.drift += weight * drift
        sums.drift_square += weight * weight * drift * (before + held)
        if is_out:
            row.n_liquidated += 1
            sums.liquidated += weight
            sums.liquidated_square += weight * weight
        if is_cut:
            _add_charge(sums, row, weight, charge, before)
        buffers.positions[i] = opening.positions[i]
    return change


@inner
def note_path(p: int, value: float, buffers: RunBuffers, opening: InitialState, tally: Tally) -> None:
    """Keep the watched traders' charge and profit before charges, and the fund at the points in time asked for."""
    for k in range(tally.watch.size):
        i = tally.watch[k]
        position, terms, row = buffers.positions[i], buffers.terms[i], tally.watched[p, k]
        gain = terms.side * position.size * (value - terms.entry_value)
        row.charge = position.charge
        row.profit = position.wallet + position.collateral + gain - terms.opening + position.charge
        row.forced_at = position.liquidated_at
        is_smaller = position.liquidated_at < 0 and position.size < opening.positions[i].size
        row.is_cut = 1 if position.charge != 0.0 or is_smaller else 0
    if p < tally.fund.shape[0]:
        for k in range(tally.points.size):
            tally.fund[p, k] = buffers.steps[tally.points[k]].fund


@compiled
def run_batch(
    address: int,
    prices: Table,
    opens: Table,
    weights: Floats,
    buffers: RunBuffers,
    state: Rows,
    venue: Rows,
    policy: Rows,
    opening: InitialState,
    tally: Tally,
) -> None:
    """Run paths of one book and add them up in `tally`; `address` is that of cascade.run_path.

    `prices` (k, n_steps + 1), USD per coin; `opens` of the same shape, or without columns where no step opens with a
    gap; `weights` (k,), 1 for plain Monte Carlo. `buffers` and `state` are as at the start of a run, before and after.
    """
    now, inverse = state[0], venue[0].is_inverse != 0
    for p in range(prices.shape[0]):
        path = PricePath(prices[p], opens[p])
        call_at(address, path, buffers, now, venue[0], policy[0])
        row = tally.paths[p]
        lowest, highest = sum_steps(row, path, buffers.steps)
        first, value = unit_value(prices[p, 0], inverse), unit_value(now.mark, inverse)
        note_path(p, value, buffers, opening, tally)
        change = sum_traders(p, now.n_changed, value, weights[p], buffers, opening, tally)
        row.unfunded, row.fund, row.mark = now.unfunded, now.fund, now.mark
        row.is_short = 1 if now.n_settlements > 0 or row.n_cut > 0 or now.unfunded > 0.0 else 0
        change += opening.net_size * (value - first) + now.maker_size * value - now.maker_cost
        change += now.fund - venue[0].fund - row.venue_paid - row.backstop_paid - now.unfunded
        widest = max(abs(unit_value(highest, inverse) - first), abs(unit_value(lowest, inverse) - first))
        row.gap = change / (opening.wealth + opening.gross_size * widest + row.venue_paid)
        reset_buffers(buffers, opening, state, tally.steps)
