"""Many real days, each with a book of its own, one after the other on the same arrays (the kernel).

Prices are relative to the day's first one. Nothing is kept but one record a day.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.compile import compiled, inlined, inner
from engine.contracts import unit_value
from engine.drawing.day_books import DayBooks
from engine.intrinsics import call_at
from engine.kernel.state import Floats, Ints, PricePath, Record, Rows, RunBuffers, Table
from engine.run_inputs import fill_positions

DAY_DTYPE = np.dtype(
    [
        (name, np.float64)
        for name in (
            "charged",  # money, all winners' charges and what deleveraging took from them
            "deficit",
            "paid",  # by fund, venue capital and backstop
            "contributed",  # into the fund, where it has tiers
            "drawdown",  # largest loss of fund and backstop below their peak, a share of it
            "held",  # most that the fund held of positions, as a share of what it may; 0 without a limit
            "displacement",  # largest |log| by which forced selling or buying moved the book
            "forced",  # notional of forced trades
            "unfunded",
            "own_charge",
            "own_profit",  # before charges
            "gap",  # what does not add up, over the wealth in the run
        )
    ]
    + [(name, np.int32) for name in ("n_hit", "own_is_hit", "own_forced_at", "n_liquidated")]
)


class Row(NamedTuple):
    """One day's book with its own position last, if there is one: what the desk is filled from, n traders in all."""

    size: Floats
    entry: Floats
    collateral: Floats
    rate: Floats
    amount: Floats
    stop: Floats  # NaN throughout: nobody in a drawn book of a real day has a stop
    trigger: Floats


@inlined
def take_row(d: int, books: DayBooks, own: Floats, row: Row) -> None:
    """Copy the book of day d, and the position `own` (size, collateral, rate, amount), entered at the first price."""
    n = books.size.shape[1]
    for i in range(n):
        row.size[i], row.entry[i], row.collateral[i] = books.size[d, i], books.entry[d, i], books.collateral[d, i]
        row.rate[i], row.amount[i] = books.rate[d, i], books.amount[d, i]
    if row.size.size > n:
        row.size[n], row.entry[n], row.collateral[n], row.rate[n], row.amount[n] = own[0], 1.0, own[1], own[2], own[3]


@inlined
def sizes_of(row: Row) -> tuple[float, float]:
    """Return what market makers hold at the start, minus the signed sizes of all traders, and all sizes unsigned."""
    net, gross = 0.0, 0.0
    for i in range(row.size.size):
        net -= row.size[i]
        gross += abs(row.size[i])
    return net, gross


@inlined
def order_row(d: int, books: DayBooks, row: Row, order: Ints) -> int:
    """Fill the order of a day's traders by trigger, the own position last of its equals; return how many are long."""
    n, n_long = books.size.shape[1], books.n_long
    if row.size.size == n:
        for k in range(n):
            order[k] = books.order[d, k]
        return n_long
    is_long, level = row.size[n] > 0.0, row.trigger[n]
    first, end = (0, n_long) if is_long else (n_long, n)
    place = end
    for k in range(first, end):
        other = row.trigger[books.order[d, k]]
        if other < level if is_long else other > level:
            place = k
            break
    for k in range(n):
        order[k if k < place else k + 1] = books.order[d, k]
    order[place] = n
    return n_long + 1 if is_long else n_long


@inner
def sum_day(out: Record, steps: Rows, state: Record, venue: Record) -> None:
    """Fill a day's sums over its steps."""
    left, peak = venue.backstop, venue.fund + venue.backstop
    for t in range(steps.size):
        step = steps[t]
        left -= step.backstop_paid
        layers = step.fund + left
        peak = max(peak, layers)
        if peak > 0.0:
            out.drawdown = max(out.drawdown, (peak - layers) / peak)
        out.displacement = max(out.displacement, abs(step.impact), -step.impact_low, step.impact_high)
        out.forced += step.forced
        out.deficit += step.deficit
        out.paid += step.fund_paid + step.venue_paid + step.backstop_paid
        out.charged += step.charged
        out.contributed += step.contributed
    out.unfunded, out.held = state.unfunded, state.held


@inner
def sum_book(out: Record, row: Row, buffers: RunBuffers, state: Record, venue: Record) -> None:
    """Fill a day's sums over traders, and what does not add up (docs/MODEL.md section 1)."""
    inverse, n_drawn = venue.is_inverse != 0, row.size.size
    first, value = unit_value(1.0, inverse), unit_value(state.mark, inverse)
    change, wealth, widest = 0.0, venue.fund + venue.venue_capital + venue.backstop, abs(value - first)
    for i in range(n_drawn):
        trader, one = buffers.positions[i], buffers.terms[i]
        size = abs(row.size[i])
        before = one.opening + one.side * size * (first - one.entry_value)
        after = trader.wallet + trader.collateral + one.side * trader.size * (value - one.entry_value)
        change += after - before
        wealth += abs(before) + size * widest
        is_out = trader.liquidated_at >= 0
        out.n_liquidated += 1 if is_out else 0
        if trader.charge != 0.0 or (not is_out and trader.size < size):
            out.n_hit += 1
    change += state.maker_size * value - state.maker_cost + state.fund - venue.fund
    change += state.venue_capital - venue.venue_capital + state.backstop - venue.backstop - state.unfunded
    out.gap = change / (wealth + out.paid)


@inner
def note_own(out: Record, i: int, row: Row, buffers: RunBuffers, state: Record, venue: Record) -> None:
    """Keep what became of the own position."""
    trader, one = buffers.positions[i], buffers.terms[i]
    gain = one.side * trader.size * (unit_value(state.mark, venue.is_inverse != 0) - one.entry_value)
    out.own_charge = trader.charge
    out.own_profit = trader.wallet + trader.collateral + gain - one.opening + trader.charge
    out.own_forced_at = trader.liquidated_at
    is_smaller = trader.liquidated_at < 0 and trader.size < abs(row.size[i])
    out.own_is_hit = 1 if trader.charge > 0.0 or is_smaller else 0


@compiled
def run_days(
    address: int,
    books: DayBooks,
    prices: Table,
    opens: Table,
    own: Floats,
    row: Row,
    buffers: RunBuffers,
    state: Rows,
    opening: Rows,
    venue: Rows,
    policy: Rows,
    steps: Table,
    out: Rows,
) -> None:
    """Run each day's book along its path and fill its record; `address` is that of cascade.run_path.

    `prices` and `opens` (d, n_steps + 1), where steps close and open, over the day's first price; `own` (d, 4): size,
    collateral, rate, amount of the position, looked at where `row` has room for it; `opening` a state before a run;
    `out` (d,) DAY_DTYPE, zero.
    """
    now, inverse = state[0], venue[0].is_inverse != 0
    n = books.size.shape[1]
    for d in range(prices.shape[0]):
        take_row(d, books, own[d], row)
        margin = (row.rate, row.amount, buffers.lines, venue[0].is_entry_maintenance != 0)
        terms, positions = buffers.terms, buffers.positions
        fill_positions(row.size, row.entry, row.collateral, margin, row.stop, inverse, terms, positions, row.trigger)
        buffers.claim[:] = 0.0
        steps[:] = 0.0
        state[0] = opening[0]
        now.n_long = order_row(d, books, row, buffers.order)
        now.maker_size, now.gross_size = sizes_of(row)
        call_at(address, PricePath(prices[d], opens[d]), buffers, now, venue[0], policy[0])
        sum_day(out[d], buffers.steps, now, venue[0])
        sum_book(out[d], row, buffers, now, venue[0])
        if row.size.size > n:
            note_own(out[d], n, row, buffers, now, venue[0])
