"""Who can be closed against a bankrupt position, and how far: accounts of a run, by the terms that the API uses too."""

from __future__ import annotations

from engine.compile import inlined, inner
from engine.contracts import unit_notional, unit_price
from engine.kernel.orders import requirement_at, unrealized
from engine.kernel.state import (
    ACCOUNT_EQUITY,
    CAPACITY,
    CLOSED,
    OPEN,
    SCORE,
    TIER,
    Ints,
    Record,
    RunBuffers,
)
from engine.sharing.adl_selection import select
from engine.sharing.adl_terms import adl_score, closable_size, tier_of


@inlined
def capacity_of(j: int, unit_charge: float, buffers: RunBuffers, state: Record) -> float:
    """Return how much of an account can be closed at the mark, 0 for one that is never taken; writes nothing."""
    position = buffers.positions[j]
    gain = unrealized(buffers, j, state.value)
    total = position.wallet + position.collateral + gain
    return closable_size(position.size, buffers.terms[j].dust, position.collateral + gain, total, unit_charge)


@inlined
def score_of(j: int, buffers: RunBuffers, state: Record, venue: Record, policy: Record) -> float:
    """Return the score of an account at the mark; writes nothing."""
    terms, position, inverse = buffers.terms[j], buffers.positions[j], venue.is_inverse != 0
    requirement = requirement_at(state.value, j, buffers, state, venue)
    entry = unit_price(terms.entry_value, inverse)
    return adl_score(
        policy.score, terms.side, position.size, entry, position.collateral, state.mark, inverse, requirement
    )


@inner
def sort_ids(ids: Ints, size: int) -> None:
    """Sort the first `size` indices in place (Shell's method: few or many, without memory)."""
    gap = 1
    while gap < size // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for i in range(gap, size):
            one, at = ids[i], i
            while at >= gap and ids[at - gap] > one:
                ids[at] = ids[at - gap]
                at -= gap
            ids[at] = one
        gap //= 3


@inner
def select_in_order(
    need: float, side: float, unit_charge: float, start: int, buffers: RunBuffers, state: Record
) -> tuple[int, float]:
    """Select whom a scan closes for a default of `need` on `side`: in list order from account `start`, without rank.

    `adl_selection.select_scan`, but the accounts behind the last one taken are not looked at. Writes selected[:count],
    the accounts by number, and row CLOSED; returns the count and the size that is closed.
    """
    n, count, rest = buffers.positions.size, 0, need
    for step in range(n):
        if rest <= 0.0:
            break
        j = start + step if start + step < n else start + step - n
        if buffers.terms[j].side == side:
            continue
        closed = min(capacity_of(j, unit_charge, buffers, state), rest)
        if closed > 0.0:
            buffers.adl[CLOSED, j], buffers.selected[count] = closed, j
            count, rest = count + 1, rest - closed
    sort_ids(buffers.selected, count)
    return count, need - max(rest, 0.0)


@inner
def measure_accounts(
    side: float, unit_charge: float, buffers: RunBuffers, state: Record, venue: Record, policy: Record
) -> None:
    """Fill all rows of `adl` but INDEX_PLACE, of every account; capacity 0 for those not taken."""
    adl = buffers.adl
    for j in range(buffers.positions.size):
        adl[OPEN, j], adl[ACCOUNT_EQUITY, j], adl[CAPACITY, j] = buffers.positions[j].size, 0.0, 0.0
        adl[TIER, j], adl[SCORE, j], adl[CLOSED, j] = tier_of(0.0), 0.0, 0.0
        capacity = 0.0 if buffers.terms[j].side == side else capacity_of(j, unit_charge, buffers, state)
        if capacity <= 0.0:
            continue
        gain = unrealized(buffers, j, state.value)
        adl[CAPACITY, j], adl[ACCOUNT_EQUITY, j] = capacity, buffers.positions[j].collateral + gain
        adl[TIER, j] = tier_of(gain)
        adl[SCORE, j] = score_of(j, buffers, state, venue, policy)


@inner
def select_among_all(
    need: float, side: float, unit_charge: float, buffers: RunBuffers, state: Record, venue: Record, policy: Record
) -> tuple[int, float]:
    """Select whom the policy's method closes among all accounts; return the count and the size that is closed.

    Writes selected[:count], the accounts by number, and the rows of `adl`.
    """
    measure_accounts(side, unit_charge, buffers, state, venue, policy)
    adl, count, unit = buffers.adl, 0, unit_notional(state.mark, venue.is_inverse != 0)
    taken = select(
        policy.adl_method,
        need,
        unit,
        0,
        adl[OPEN],
        adl[ACCOUNT_EQUITY],
        adl[CAPACITY],
        adl[TIER],
        adl[SCORE],
        adl[CLOSED],
    )
    for j in range(buffers.positions.size):
        if adl[CLOSED, j] > 0.0:
            buffers.selected[count] = j
            count += 1
    return count, min(taken, need)
