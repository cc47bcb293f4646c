"""Who is deleveraged next, kept between defaults: the queue of auto-deleveraging without ranking everybody again.

A default moves no price, but the orders between defaults do, and with the mark every score. So accounts are put in
order not of their score but of a bound: the highest score that they can have while the mark stays within a band. As
long as it does, the next in line are found by looking down that order until no bound is as high as the score of the
last one needed. An account that was closed in part is looked at every time until the order is made anew.
"""

from __future__ import annotations

import math

from engine.compile import inlined, inner
from engine.contracts import unit_price, unit_value
from engine.kernel.counterparties import capacity_of, score_of, sort_ids
from engine.kernel.orders import unrealized
from engine.kernel.state import CAP, CHARGE, LONG, MOST_PARTLY_CLOSED, PLACE, PROFIT, SHORT, Desk, Ints, Record, Table
from engine.kernel.trigger_queue import sift_down, swap
from engine.sharing.adl_score import BINANCE, BITMEX, HYPERLIQUID, OKX

BAND = 0.001  # of the mark, to either side
ROUNDING = 1e-12
GONE = -1


@inlined
def reset_ranks(desk: Desk) -> None:
    """Forget both orders."""
    for k in range(2):
        desk.ranking[k].high = 0.0


@inlined
def note_partly_closed(j: int, is_ranked: bool, desk: Desk) -> None:
    """Have an account that was closed in part looked at every time; without a rank the order is forgotten."""
    k = LONG if desk.fixed[j].side > 0.0 else SHORT
    ranking, at = desk.ranking[k], int(desk.work[PLACE, j]) if is_ranked else 0
    if at == GONE:
        return
    if not is_ranked or ranking.n_partly == MOST_PARTLY_CLOSED:
        ranking.high = 0.0
        return
    desk.ranks[k, at].trader = GONE
    desk.partly[k, ranking.n_partly] = j
    ranking.n_partly += 1


@inner
def highest_score(
    code: int, j: int, low: float, high: float, desk: Desk, state: Record, venue: Record, policy: Record
) -> float:
    """Return a bound of the score in profit of an account while the mark is within [low, high], -inf if it has none.

    Profit, equity, leverage and margin ratio are monotone in the mark, so each is largest at an end; the score is a
    product of them.
    """
    fixed, trader, inverse = desk.fixed[j], desk.traders[j], venue.is_inverse != 0
    entry = unit_price(fixed.entry_value, inverse)
    most_profit, most_equity, least_equity, leverage, ratio = -math.inf, -math.inf, math.inf, 0.0, 0.0
    for end in range(2):
        mark = low if end == 0 else high
        value = unit_value(mark, inverse)
        profit = unrealized(desk, j, value)
        equity, notional = trader.collateral + profit, trader.size * abs(value)
        most_profit, most_equity = max(most_profit, profit), max(most_equity, equity)
        least_equity = min(least_equity, equity)
        if equity > 0.0:
            requirement = max(fixed.rate * state.margin_scale * notional - fixed.amount, 0.0)
            leverage, ratio = max(leverage, notional / equity), max(ratio, requirement / equity)
    if most_profit <= 0.0 or most_equity <= 0.0:
        return -math.inf
    if least_equity <= 0.0:
        return math.inf
    gain = most_profit / (trader.size * abs(fixed.entry_value))
    if code == BITMEX:
        bound = gain * leverage
    elif code == BINANCE:
        bound = most_profit / max(1.0, trader.collateral) * ratio
    elif code == OKX:
        bound = gain * ratio
    elif code == HYPERLIQUID and fixed.side < 0.0:
        bound = entry / low * leverage
    else:
        bound = high / entry * leverage
    return math.inf if math.isnan(bound) else bound * (1.0 + ROUNDING)


@inner
def rank_side(k: int, desk: Desk, state: Record, venue: Record, policy: Record) -> None:
    """Put the accounts of side k that can be in profit into a heap, the highest bound first."""
    ranking, ranks = desk.ranking[k], desk.ranks[k]
    ranking.low, ranking.high = state.mark * (1.0 - BAND), state.mark * (1.0 + BAND)
    ranking.scale = state.margin_scale
    size = 0
    for j in range(desk.traders.size):
        fixed, trader = desk.fixed[j], desk.traders[j]
        if (fixed.side > 0.0) != (k == LONG) or trader.size <= fixed.dust:
            continue
        bound = highest_score(policy.score, j, ranking.low, ranking.high, desk, state, venue, policy)
        if bound > -math.inf:
            ranks[size].key, ranks[size].trader = -bound, j
            size += 1
    for at in range(size // 2 - 1, -1, -1):
        sift_down(ranks, size, at)
    ranking.end, ranking.heap_size, ranking.first, ranking.n_partly = size, size, 0, 0


@inlined
def _place(k: int, count: int, desk: Desk) -> int:
    """Return where the account of the `count`-th highest bound stands, taking it from the heap at the first look.

    What is taken from the heap stands behind it, in the order of a heap sort.
    """
    ranking, ranks = desk.ranking[k], desk.ranks[k]
    at = ranking.end - 1 - count
    if at == ranking.heap_size - 1:
        swap(ranks, 0, at)
        ranking.heap_size = at
        sift_down(ranks, at, 0)
    return at


@inlined
def _ranks_behind(a: int, b: int, score: Table) -> bool:
    return score[a] < score[b] or (score[a] == score[b] and a > b)


@inlined
def _push(j: int, size: int, chosen: Ints, score: Table) -> None:
    at = size
    chosen[at] = j
    while at > 0 and _ranks_behind(chosen[at], chosen[(at - 1) // 2], score):
        chosen[at], chosen[(at - 1) // 2] = chosen[(at - 1) // 2], chosen[at]
        at = (at - 1) // 2


@inner
def _pop(size: int, chosen: Ints, score: Table) -> None:
    """Remove the last in line, chosen[0]."""
    last, at = size - 1, 0
    chosen[0] = chosen[last]
    while True:
        child = 2 * at + 1
        if child >= last:
            return
        if child + 1 < last and _ranks_behind(chosen[child + 1], chosen[child], score):
            child += 1
        if not _ranks_behind(chosen[child], chosen[at], score):
            return
        chosen[at], chosen[child] = chosen[child], chosen[at]
        at = child


@inner
def choose_ranked(
    need: float, side: float, unit_charge: float, desk: Desk, state: Record, venue: Record, policy: Record
) -> int:
    """Choose who is closed for a default of `need` on `side`: accounts in profit by rank, the last one in part.

    Fills payers[:count] with the accounts by index, row CHARGE with what is closed of each, and row PLACE with where
    each stands in the order; returns the count, or -1 where those in profit do not suffice.
    """
    k = SHORT if side > 0.0 else LONG
    ranking, chosen, work = desk.ranking[k], desk.payers, desk.work
    if not ranking.low <= state.mark <= ranking.high or ranking.scale != state.margin_scale:
        rank_side(k, desk, state, venue, policy)
    size, total, score = 0, 0.0, work[PROFIT]
    n_looked = ranking.n_partly
    for count in range(ranking.first - n_looked, ranking.end):
        at = GONE
        if count < ranking.first:
            j = desk.partly[k, count - ranking.first + n_looked]
        else:
            at = _place(k, count, desk)
            j = desk.ranks[k, at].trader
            if total >= need and -desk.ranks[k, at].key < score[chosen[0]]:
                break
            if j == GONE or desk.traders[j].size <= desk.fixed[j].dust:
                if count == ranking.first:
                    ranking.first += 1
                continue
        capacity = capacity_of(j, unit_charge, desk, state)
        if capacity <= 0.0 or unrealized(desk, j, state.value) <= 0.0:
            continue
        work[CAP, j], work[PLACE, j] = capacity, at
        work[PROFIT, j] = score_of(j, desk, state, venue, policy)
        _push(j, size, chosen, score)
        size, total = size + 1, total + work[CAP, j]
        while total - work[CAP, chosen[0]] >= need:
            total -= work[CAP, chosen[0]]
            _pop(size, chosen, score)
            size -= 1
    if total < need:
        return -1
    last = chosen[0]
    rest = need
    for at in range(size):
        work[CHARGE, chosen[at]] = work[CAP, chosen[at]]
        rest -= work[CAP, chosen[at]] if at > 0 else 0.0
    work[CHARGE, last] = min(max(rest, 0.0), work[CAP, last])
    sort_ids(chosen, size)
    return size
