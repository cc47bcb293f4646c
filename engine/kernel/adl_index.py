"""Who is deleveraged next, kept between defaults: the queue of auto-deleveraging without ranking everybody again.

A default moves no price, but the orders between defaults do, and with the mark every score. So accounts are put in
order not of their score but of a bound: the highest score that they can have while the mark stays within a band. As
long as it does, the next in line are found by looking down that order until no bound is as high as the score of the
last one needed. An account that was closed in part is looked at every time until the index is built anew.
"""

from __future__ import annotations

import math

from engine.compile import inlined, inner
from engine.contracts import unit_price, unit_value
from engine.kernel.adl_accounts import capacity_of, score_of, sort_ids
from engine.kernel.heap import build, pop, push, sift_down, swap
from engine.kernel.orders import requirement_at, unrealized
from engine.kernel.state import (
    CAPACITY,
    CLOSED,
    INDEX_PLACE,
    LONG,
    MOST_PARTLY_CLOSED,
    SHORT,
    Record,
    RunBuffers,
)
from engine.sharing.adl_selection import BY_MARGIN, score_bound

BAND = 0.001  # of the mark, to either side
CHOSEN = 2  # row of the index beside those of the sides: scratch, a heap with the last in line first
REMOVED = -1


@inlined
def note_partly_closed(j: int, is_ranked: bool, buffers: RunBuffers) -> None:
    """Have an account that was closed in part looked at every time; without a rank the index is forgotten."""
    k = buffers.positions[j].row
    index_state, at = buffers.adl_index_state[k], int(buffers.adl[INDEX_PLACE, j]) if is_ranked else 0
    if at == REMOVED:
        return
    if not is_ranked or index_state.n_partly_closed == MOST_PARTLY_CLOSED:
        index_state.high = 0.0
        return
    buffers.adl_index[k, at].item = REMOVED
    buffers.partly_closed[k, index_state.n_partly_closed] = j
    index_state.n_partly_closed += 1


@inlined
def highest_score(
    code: int, j: int, low: float, high: float, buffers: RunBuffers, state: Record, venue: Record
) -> float:
    """Return a bound of the score in profit of an account while the mark is within [low, high], -inf if it has none.

    Profit, equity, leverage and margin ratio are monotone in the mark, so each is largest at an end; the score is a
    product of them.
    """
    terms, position, inverse = buffers.terms[j], buffers.positions[j], venue.is_inverse != 0
    entry = unit_price(terms.entry_value, inverse)
    at_low, at_high = unit_value(low, inverse), unit_value(high, inverse)
    most_profit = max(unrealized(buffers, j, at_low), unrealized(buffers, j, at_high))
    most_equity, least_equity, leverage, ratio = position.collateral + most_profit, math.inf, 0.0, 0.0
    if most_profit <= 0.0 or most_equity <= 0.0:
        return -math.inf
    for end in range(2):
        value = at_low if end == 0 else at_high
        equity, notional = position.collateral + unrealized(buffers, j, value), position.size * abs(value)
        least_equity = min(least_equity, equity)
        if equity > 0.0:
            leverage = max(leverage, notional / equity)
            if code in BY_MARGIN:
                ratio = max(ratio, requirement_at(value, j, buffers, state, venue) / equity)
    if least_equity <= 0.0:
        return math.inf
    gain = most_profit / (position.size * abs(terms.entry_value))
    return score_bound(code, terms.side, most_profit, position.collateral, gain, leverage, ratio, entry, low, high)


@inner
def build_index(k: int, buffers: RunBuffers, state: Record, venue: Record, policy: Record) -> None:
    """Put the accounts of side k that can be in profit into a heap, the highest bound first."""
    index_state, index = buffers.adl_index_state[k], buffers.adl_index[k]
    index_state.low, index_state.high = state.mark * (1.0 - BAND), state.mark * (1.0 + BAND)
    index_state.scale = state.margin_scale
    size = 0
    for j in range(buffers.positions.size):
        terms, position = buffers.terms[j], buffers.positions[j]
        if position.row != k or position.size <= terms.dust:
            continue
        bound = highest_score(policy.score, j, index_state.low, index_state.high, buffers, state, venue)
        if bound > -math.inf:
            index[size].key, index[size].item = -bound, j
            size += 1
    build(index, size)
    index_state.end, index_state.heap_size, index_state.first, index_state.n_partly_closed = size, size, 0, 0


@inlined
def _place(k: int, count: int, buffers: RunBuffers) -> int:
    """Return where the account of the `count`-th highest bound stands, taking it from the heap at the first look.

    What is taken from the heap stands behind it, in the order of a heap sort.
    """
    index_state, index = buffers.adl_index_state[k], buffers.adl_index[k]
    at = index_state.end - 1 - count
    if at == index_state.heap_size - 1:
        swap(index, 0, at)
        index_state.heap_size = at
        sift_down(index, at, 0)
    return at


@inlined
def _close_chosen(need: float, size: int, buffers: RunBuffers) -> None:
    """Fill row CLOSED for chosen[:size]: whole, but for the last in line, chosen[0]; list them by number."""
    chosen, selected, adl, rest = buffers.adl_index[CHOSEN], buffers.selected, buffers.adl, need
    for at in range(size):
        j = -chosen[at].item
        selected[at] = j
        adl[CLOSED, j] = adl[CAPACITY, j]
        rest -= adl[CAPACITY, j] if at > 0 else 0.0
    adl[CLOSED, selected[0]] = min(max(rest, 0.0), adl[CAPACITY, selected[0]])
    sort_ids(selected, size)


@inner
def select_from_index(
    need: float, side: float, unit_charge: float, buffers: RunBuffers, state: Record, venue: Record, policy: Record
) -> int:
    """Select who is closed for a default of `need` on `side`: accounts in profit by rank, the last one in part.

    Fills selected[:count] with the accounts by number, row CLOSED with what is closed of each, and row INDEX_PLACE
    with where each stands in the index; returns the count, or -1 where those in profit do not suffice.
    """
    k = SHORT if side > 0.0 else LONG
    index_state, chosen, adl = buffers.adl_index_state[k], buffers.adl_index[CHOSEN], buffers.adl
    if not index_state.low <= state.mark <= index_state.high or index_state.scale != state.margin_scale:
        build_index(k, buffers, state, venue, policy)
    size, total, n_looked = 0, 0.0, index_state.n_partly_closed
    for count in range(index_state.first - n_looked, index_state.end):
        at = REMOVED
        if count < index_state.first:
            j = buffers.partly_closed[k, count - index_state.first + n_looked]
        else:
            at = _place(k, count, buffers)
            j = buffers.adl_index[k, at].item
            if total >= need and -buffers.adl_index[k, at].key < chosen[0].key:
                break
            if j == REMOVED or buffers.positions[j].size <= buffers.terms[j].dust:
                if count == index_state.first:
                    index_state.first += 1
                continue
        capacity = capacity_of(j, unit_charge, buffers, state)
        if capacity <= 0.0 or unrealized(buffers, j, state.value) <= 0.0:
            continue
        adl[CAPACITY, j], adl[INDEX_PLACE, j] = capacity, at
        push(chosen, size, score_of(j, buffers, state, venue, policy), -j)  # of equals the last in line first
        size, total = size + 1, total + capacity
        while total - adl[CAPACITY, -chosen[0].item] >= need:
            total -= adl[CAPACITY, -chosen[0].item]
            pop(chosen, size)
            size -= 1
    if total < need:
        return -1
    _close_chosen(need, size, buffers)
    return size
