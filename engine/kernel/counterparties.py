"""Who can be closed against a bankrupt position, and how far: in list order, or by a rule over all of them."""

from __future__ import annotations

from engine.compile import inlined, inner
from engine.contracts import unit_notional, unit_price
from engine.kernel.orders import total_equity, unrealized
from engine.kernel.state import CAP, CHARGE, EQUITY, NOTIONAL, PROFIT, SIZE, WEIGHT, Desk, Ints, Record
from engine.sharing.adl_score import adl_score
from engine.sharing.policy_record import Taking
from engine.sharing.takers import take_minimax, take_prorata, take_queue

TAKE_QUEUE, TAKE_PRORATA = int(Taking.QUEUE), int(Taking.PRORATA)


@inlined
def capacity_of(j: int, unit_charge: float, desk: Desk, state: Record) -> float:
    """Return how much of an account can be closed, 0 for one that is never taken.

    That is an account with position equity <= 0 at the mark, or what repeated closings left of one; one is taken at
    most so far that its charge stays within its total equity.
    """
    trader = desk.traders[j]
    if trader.size <= desk.fixed[j].dust or trader.collateral + unrealized(desk, j, state.value) <= 0.0:
        return 0.0
    if unit_charge > 0.0:
        return min(trader.size, max(total_equity(desk, j, state.value), 0.0) / unit_charge)
    return trader.size


@inner
def score_of(j: int, desk: Desk, state: Record, venue: Record, policy: Record) -> float:
    """Return the score of an account at the mark."""
    fixed, trader, inverse = desk.fixed[j], desk.traders[j], venue.is_inverse != 0
    requirement = fixed.rate * state.margin_scale * trader.size * abs(state.value) - fixed.amount
    entry = unit_price(fixed.entry_value, inverse)
    return adl_score(
        policy.score, fixed.side, trader.size, entry, trader.collateral, state.mark, inverse, max(requirement, 0.0)
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
def choose_in_order(
    need: float, side: float, unit_charge: float, start: int, desk: Desk, state: Record
) -> tuple[int, float]:
    """Choose who is closed for a default of `need` on `side`: in list order from account `start`, without rank.

    Fills payers[:count] with the accounts by index and row CHARGE with what is closed of each; returns the count and
    the size that is closed.
    """
    n, count, rest = desk.traders.size, 0, need
    for step in range(n):
        if rest <= 0.0:
            break
        j = start + step if start + step < n else start + step - n
        if desk.fixed[j].side == side:
            continue
        closed = min(capacity_of(j, unit_charge, desk, state), rest)
        if closed > 0.0:
            desk.work[CHARGE, j], desk.payers[count] = closed, j
            count, rest = count + 1, rest - closed
    sort_ids(desk.payers, count)
    return count, need - max(rest, 0.0)


@inner
def rank_counterparties(
    side: float, unit_charge: float, desk: Desk, state: Record, venue: Record, policy: Record
) -> None:
    """Fill capacity (row CAP), tier (WEIGHT) and score (PROFIT) of every account; 0 capacity for those not taken."""
    work, per_unit = desk.work, unit_notional(state.mark, venue.is_inverse != 0)
    for j in range(desk.traders.size):
        work[CAP, j], work[CHARGE, j], work[WEIGHT, j], work[PROFIT, j] = 0.0, 0.0, 1.0, 0.0
        work[SIZE, j], work[NOTIONAL, j], work[EQUITY, j] = desk.traders[j].size, per_unit, 0.0
        capacity = 0.0 if desk.fixed[j].side == side else capacity_of(j, unit_charge, desk, state)
        if capacity <= 0.0:
            continue
        gain = unrealized(desk, j, state.value)
        work[CAP, j], work[EQUITY, j] = capacity, desk.traders[j].collateral + gain
        work[WEIGHT, j] = 0.0 if gain > 0.0 else 1.0
        work[PROFIT, j] = score_of(j, desk, state, venue, policy)


@inner
def choose_among_all(
    need: float, side: float, unit_charge: float, desk: Desk, state: Record, venue: Record, policy: Record
) -> tuple[int, float]:
    """Choose who is closed among all accounts, by the policy's rule; return the count and the size that is closed.

    Fills payers[:count] with the accounts by index and row CHARGE with what is closed of each.
    """
    rank_counterparties(side, unit_charge, desk, state, venue, policy)
    work, count = desk.work, 0
    if policy.adl_rule == TAKE_QUEUE:
        taken = take_queue(need, work[CAP], work[WEIGHT], work[PROFIT], work[CHARGE])
    elif policy.adl_rule == TAKE_PRORATA:
        taken = take_prorata(need, work[SIZE], work[CAP], work[WEIGHT], work[CHARGE])
    else:
        taken = take_minimax(need, work[NOTIONAL], work[SIZE], work[EQUITY], work[CAP], work[WEIGHT], work[CHARGE])
    for j in range(desk.traders.size):
        if work[CHARGE, j] > 0.0:
            desk.payers[count] = j
            count += 1
    return count, min(taken, need)
