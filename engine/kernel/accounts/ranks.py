"""Who is deleveraged next, kept between defaults: a side's order by the highest score that a position can have.

As engine.kernel.adl_index, with many marks: bounds hold while every mark stays within a band of those at ranking. What
changes an account's money otherwise is noted in a list; those accounts are looked at every time.
"""

from __future__ import annotations

import math

from engine.compile import inlined, inner
from engine.contracts import unit_price
from engine.intrinsics import prefetch
from engine.kernel.accounts.margin import (
    equity_of,
    gain_of,
    requirement_at,
    requirement_of,
    value_of_units,
)
from engine.kernel.accounts.state import AccountBuffers
from engine.kernel.heap import build, pop, push, sift_down, swap
from engine.kernel.state import CLOSED, INDEX_PLACE, Record
from engine.sharing.adl_selection import BY_MARGIN, ROUNDING, adl_score, closable_size, score_bound

BAND = 0.03  # of every mark, to either side
WIDEST = BAND / (1.0 - BAND)  # the most that 1 / price moves
MOST_TOUCHED = 4096  # accounts whose money changed since a side was ranked
NOT_RANKED = -1
AHEAD = 8  # positions to be ranked: how early the processor is asked for them


@inlined
def touch(a: int, buffers: AccountBuffers, state: Record) -> None:
    """Note that an account's money changed otherwise than by marks; without room every rank is forgotten.

    An account that is left without a position is no candidate, and need not be noted.
    """
    if buffers.touched.size == 0:
        return
    if state.n_touched == buffers.touched.size:
        forget_ranks(buffers, state)
    buffers.touched[state.n_touched] = a
    state.n_touched += 1


@inlined
def forget_ranks(buffers: AccountBuffers, state: Record) -> None:
    """Have every side ranked anew before it is asked for again."""
    state.n_touched = 0
    for r in range(buffers.rows.size):
        buffers.rows[r].ranked_at = NOT_RANKED


@inlined
def capacity_of(p: int, unit_charge: float, buffers: AccountBuffers) -> float:
    """Return how much of a position can be closed at the mark, 0 for one that is never taken; writes nothing."""
    terms = buffers.terms[p]
    if buffers.size[p] <= terms.dust:
        return 0.0
    margin = equity_of(terms.account, buffers)
    total = buffers.accounts[terms.account].wallet + margin
    return closable_size(buffers.size[p], terms.dust, margin, total, unit_charge)


@inlined
def backing_of(p: int, buffers: AccountBuffers) -> tuple[float, float]:
    """Return what an account has besides a position, cash, collateral and other profits, and what of it moves."""
    a = buffers.terms[p].account
    gross = value_of_units(a, buffers)
    backing = buffers.accounts[a].cash + gross
    for o in range(buffers.first[a], buffers.first[a + 1]):
        if o != p and buffers.size[o] > 0.0:
            backing += gain_of(o, buffers)
            gross += buffers.size[o] * abs(buffers.markets[buffers.terms[o].market].value)
    return backing, gross


@inlined
def score_of(p: int, buffers: AccountBuffers, venue: Record, policy: Record) -> float:
    """Return the rank of a position at the mark: its profit and requirement, the equity of its account."""
    terms, inverse = buffers.terms[p], venue.is_inverse != 0
    market = buffers.markets[terms.market]
    backing, _ = backing_of(p, buffers)
    needed, entry = requirement_of(p, 1.0, buffers, venue), unit_price(terms.entry_value, inverse)
    return adl_score(policy.score, terms.side, buffers.size[p], entry, backing, market.mark, inverse, needed)


@inlined
def highest_score(code: int, p: int, buffers: AccountBuffers, venue: Record) -> float:
    """Return a bound of a position's score in profit while every mark is within the band, -inf if it has none."""
    terms, size = buffers.terms[p], buffers.size[p]
    market = buffers.markets[terms.market]
    reach = WIDEST * abs(market.value)
    most = terms.side * size * (market.value + terms.side * reach - terms.entry_value)
    if most <= 0.0:
        return -math.inf
    backing, others = backing_of(p, buffers)
    least_backing = backing - WIDEST * others
    least = least_backing + terms.side * size * (market.value - terms.side * reach - terms.entry_value)
    if least <= 0.0:
        return math.inf
    widest = abs(market.value) + reach
    gain, leverage = most / (size * abs(terms.entry_value)), size * widest / least
    ratio = requirement_at(widest, p, 1.0, buffers, venue) / least if code in BY_MARGIN else 0.0
    entry = unit_price(terms.entry_value, venue.is_inverse != 0)
    low, high = market.mark * (1.0 - BAND), market.mark * (1.0 + BAND)
    return score_bound(code, terms.side, most, least_backing, gain, leverage, ratio, entry, low, high)


@inner
def rank_side(r: int, buffers: AccountBuffers, state: Record, venue: Record, policy: Record) -> None:
    """Put the positions of a row that can be in profit into a heap, the highest bound first."""
    first, row, size = buffers.side_first[r], buffers.rows[r], 0
    ranked = buffers.ranked[first : buffers.side_first[r + 1]]
    for k in range(buffers.markets.size):
        buffers.ranked_value[r, k] = buffers.markets[k].value
    for j in range(buffers.assets.size):
        buffers.ranked_value[r, buffers.markets.size + j] = buffers.assets[j].value
    for x in range(ranked.size):
        p = buffers.side_positions[first + x]
        if x + AHEAD < ranked.size:
            later = buffers.side_positions[first + x + AHEAD]
            prefetch(buffers.terms, later)
            prefetch(buffers.size, later)
            prefetch(buffers.accounts, buffers.side_accounts[first + x + AHEAD])
        if buffers.size[p] > buffers.terms[p].dust:
            bound = highest_score(policy.score, p, buffers, venue)
            if bound > -math.inf:
                ranked[size].key, ranked[size].item = -bound, p
                size += 1
    build(ranked, size)
    row.rank_end, row.rank_size, row.rank_first, row.ranked_at = size, size, 0, state.n_touched


@inlined
def is_ranked(r: int, buffers: AccountBuffers, state: Record) -> bool:
    """Tell whether the bounds of a row still hold."""
    at = buffers.rows[r].ranked_at
    if at == NOT_RANKED or state.n_touched - at > MOST_TOUCHED:
        return False
    farthest = 0.0
    for k in range(buffers.markets.size):
        farthest = max(farthest, abs(buffers.markets[k].value / buffers.ranked_value[r, k] - 1.0))
    for j in range(buffers.assets.size):
        farthest = max(farthest, abs(buffers.assets[j].value / buffers.ranked_value[r, buffers.markets.size + j] - 1.0))
    return farthest <= BAND * (1.0 - ROUNDING)


@inlined
def _place(r: int, count: int, buffers: AccountBuffers) -> int:
    """Return where the position of the `count`-th highest bound stands, taking it from the heap at the first look."""
    row, first = buffers.rows[r], buffers.side_first[r]
    at = row.rank_end - 1 - count
    if at == row.rank_size - 1:
        ranked = buffers.ranked[first : buffers.side_first[r + 1]]
        swap(ranked, 0, at)
        row.rank_size = at
        sift_down(ranked, at, 0)
    return int(first + at)


@inner
def _consider(
    p: int, n: int, unit_charge: float, buffers: AccountBuffers, state: Record, venue: Record, policy: Record
) -> int:
    """Put a position in profit that can be taken among the n candidates, the highest score first; return how many."""
    if buffers.seen[p] == state.n_legs:
        return n
    buffers.seen[p] = state.n_legs
    if gain_of(p, buffers) <= 0.0 or capacity_of(p, unit_charge, buffers) <= 0.0:
        return n
    push(buffers.ranked[buffers.size.size :], n, -score_of(p, buffers, venue, policy), p)
    return n + 1


@inner
def select_ranked(
    r: int, need: float, unit_charge: float, buffers: AccountBuffers, state: Record, venue: Record, policy: Record
) -> int:
    """List who of a row is closed for `need`, in rank order, in rows INDEX_PLACE and CLOSED; return how many.

    NOT_RANKED where those in profit do not suffice.
    """
    if not is_ranked(r, buffers, state):
        rank_side(r, buffers, state, venue, policy)
    row, n, n_chosen, rest = buffers.rows[r], 0, 0, need
    candidates = buffers.ranked[buffers.size.size :]
    state.n_legs += 1
    for at in range(row.ranked_at, state.n_touched):
        a = buffers.touched[at]
        for p in range(buffers.first[a], buffers.first[a + 1]):
            if buffers.terms[p].row == r:
                n = _consider(p, n, unit_charge, buffers, state, venue, policy)
    count = row.rank_first
    while rest > 0.0:
        while count < row.rank_end:
            at = _place(r, count, buffers)
            if n > 0 and buffers.ranked[at].key > candidates[0].key:
                break
            p = buffers.ranked[at].item
            if count == row.rank_first and buffers.size[p] <= buffers.terms[p].dust:
                row.rank_first += 1
            n = _consider(p, n, unit_charge, buffers, state, venue, policy)
            count += 1
        if n == 0:
            return NOT_RANKED
        first = candidates[0].item
        pop(candidates, n)
        buffers.adl[INDEX_PLACE, n_chosen] = first
        buffers.adl[CLOSED, n_chosen] = min(capacity_of(first, unit_charge, buffers), rest)
        rest -= buffers.adl[CLOSED, n_chosen]
        n_chosen, n = n_chosen + 1, n - 1
    return n_chosen
