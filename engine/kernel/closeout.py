"""Auto-deleveraging inside the cascade: one bankrupt position is closed against open positions of the other side.

MODEL.md section 5. The order book and the mark are left alone, and so is the fund but for a surplus
that market makers find.
"""

from __future__ import annotations

from engine.contracts import unit_notional, unit_price, unit_value
from engine.jit import compiled, inner
from engine.kernel.orders import absorb, new_event, position_trigger, total_equity, touch, unrealized
from engine.kernel.state import (
    CAP,
    CHARGE,
    COUNTERPARTY,
    DELEVERAGED,
    EQUITY,
    NOTIONAL,
    PROFIT,
    SIZE,
    WEIGHT,
    Desk,
    Record,
)
from engine.kernel.trigger_queue import mark_moved
from engine.sharing.deleveraging import adl_score, take_minimax, take_prorata, take_queue, take_scan
from engine.sharing.policy_record import PRICES, Taking

PRICE_MARK, PRICE_PREVIOUS_MARK, PRICE_BLEND = (PRICES.index(name) for name in ("mark", "previous_mark", "blend"))
TAKE_QUEUE, TAKE_PRORATA, TAKE_MINIMAX = int(Taking.QUEUE), int(Taking.PRORATA), int(Taking.MINIMAX)


@inner
def closing_value(bankruptcy: float, desk: Desk, state: Record, venue: Record, policy: Record) -> float:
    """Return f(price) at which the defaulter and its counterparties are closed."""
    if policy.price_rule == PRICE_MARK:
        return state.value
    if policy.price_rule == PRICE_PREVIOUS_MARK:
        return unit_value(desk.steps[state.step - 1].mark, venue.is_inverse != 0)
    if policy.price_rule == PRICE_BLEND:
        return policy.blend * bankruptcy + (1.0 - policy.blend) * state.value
    return bankruptcy


@inner
def rank_counterparties(
    side: float, unit_charge: float, desk: Desk, state: Record, venue: Record, policy: Record
) -> None:
    """Fill capacity (row CAP), tier (WEIGHT) and score (PROFIT) of every account; 0 capacity for those not taken.

    An account with position equity <= 0 at the mark is never taken, nor what repeated closings left of one, a size of
    nothing; one is taken at most so far that its charge stays within its total equity.
    """
    work, inverse = desk.work, venue.is_inverse != 0
    per_unit = unit_notional(state.mark, inverse)
    for j in range(desk.traders.size):
        fixed, trader = desk.fixed[j], desk.traders[j]
        work[CAP, j], work[CHARGE, j], work[WEIGHT, j], work[PROFIT, j] = 0.0, 0.0, 1.0, 0.0
        work[SIZE, j], work[NOTIONAL, j], work[EQUITY, j] = trader.size, per_unit, 0.0
        gain = unrealized(desk, j, state.value)
        equity = trader.collateral + gain
        if fixed.side == side or trader.size <= fixed.dust or equity <= 0.0:
            continue
        capacity = trader.size
        if unit_charge > 0.0:
            capacity = min(capacity, max(total_equity(desk, j, state.value), 0.0) / unit_charge)
        work[CAP, j], work[EQUITY, j] = capacity, equity
        work[WEIGHT, j] = 0.0 if gain > 0.0 else 1.0
        requirement = fixed.rate * state.margin_scale * trader.size * per_unit - fixed.amount
        work[PROFIT, j] = adl_score(
            policy.score,
            fixed.side,
            trader.size,
            unit_price(fixed.entry_value, inverse),
            trader.collateral,
            state.mark,
            inverse,
            max(requirement, 0.0),
        )


@inner
def take(need: float, desk: Desk, state: Record, policy: Record) -> float:
    """Fill row CHARGE with the size closed of each account by the policy's rule; return the total."""
    work = desk.work
    if policy.adl_rule == TAKE_QUEUE:
        return take_queue(need, work[CAP], work[WEIGHT], work[PROFIT], work[CHARGE])
    if policy.adl_rule == TAKE_PRORATA:
        return take_prorata(need, work[SIZE], work[CAP], work[WEIGHT], work[CHARGE])
    if policy.adl_rule == TAKE_MINIMAX:
        return take_minimax(need, work[NOTIONAL], work[SIZE], work[EQUITY], work[CAP], work[WEIGHT], work[CHARGE])
    start = (policy.seed + state.n_events) % desk.traders.size
    return take_scan(need, work[CAP], start, work[CHARGE])


@inner
def close_counterparty(j: int, size: float, unit_charge: float, desk: Desk, state: Record, venue: Record) -> float:
    """Close `size` of position j at the closing price and return the charge; negative is a gain."""
    touch(desk, j, state)
    fixed, trader = desk.fixed[j], desk.traders[j]
    share = 1.0 if size == trader.size else size / trader.size
    charge = size * unit_charge
    released = trader.collateral * share
    trader.wallet += released + fixed.side * size * (state.value - fixed.entry_value) - charge
    if share == 1.0:
        trader.size = 0.0
        trader.collateral = 0.0
    else:
        trader.size -= size
        trader.collateral -= released
    if trader.wallet < 0.0:
        trader.collateral += trader.wallet
        trader.wallet = 0.0
    trader.charge += charge
    if trader.size > 0.0:
        trader.trigger = position_trigger(desk, j, state, venue)
        mark_moved(desk, j, state)
    return charge


@compiled
def close_out(i: int, desk: Desk, state: Record, venue: Record, policy: Record) -> None:
    """Close the whole bankrupt position i against the other side; market makers take what nobody is left to take."""
    touch(desk, i, state)
    state.is_widely_touched = 1
    inverse = venue.is_inverse != 0
    fixed, trader = desk.fixed[i], desk.traders[i]
    side, size, collateral, entry = fixed.side, trader.size, trader.collateral, fixed.entry_value
    bankruptcy = entry - side * collateral / size
    closing = closing_value(bankruptcy, desk, state, venue, policy)
    unit_charge = side * (closing - state.value)
    rank_counterparties(side, unit_charge, desk, state, venue, policy)
    taken = min(take(size, desk, state, policy), size)
    at = new_event(DELEVERAGED, i, side * size, desk, state)
    if at >= 0:
        row = desk.events[at]
        row.fill, row.bankruptcy = unit_price(closing, inverse), unit_price(bankruptcy, inverse)
        row.collateral, row.equity = collateral, collateral + side * size * (state.value - entry)
        row.realized = taken
    trader.size = 0.0
    trader.collateral = 0.0
    if trader.liquidated_at < 0:
        trader.liquidated_at = state.step
    _close_counterparties(i, closing, unit_charge, desk, state, venue)
    left = 0.0
    if closing != bankruptcy and taken > 0.0:
        left = collateral * taken / size + side * taken * (closing - entry)
    _settle_defaulter(side, left, size - taken, collateral * (size - taken) / size, entry, desk, state, venue, policy)


@inner
def _close_counterparties(i: int, closing: float, unit_charge: float, desk: Desk, state: Record, venue: Record) -> None:
    for j in range(desk.traders.size):
        if desk.work[CHARGE, j] > 0.0:
            fixed, trader = desk.fixed[j], desk.traders[j]
            size = min(desk.work[CHARGE, j], trader.size)
            gain = fixed.side * size * (state.value - fixed.entry_value)
            at = new_event(COUNTERPARTY, j, fixed.side * size, desk, state)
            charge = close_counterparty(j, size, unit_charge, desk, state, venue)
            if at >= 0:
                row = desk.events[at]
                row.against, row.fill = i, unit_price(closing, venue.is_inverse != 0)
                row.realized, row.charge = gain, charge


@inner
def _settle_defaulter(
    side: float,
    left: float,
    rest: float,
    collateral: float,
    entry: float,
    desk: Desk,
    state: Record,
    venue: Record,
    policy: Record,
) -> None:
    """Pass on what is left of the closed part, and hand the rest of the position to market makers at the mark."""
    step = desk.steps[state.step]
    if left > 0.0:
        state.fund += left
    elif left < 0.0:
        step.deficit -= left
        absorb(-left, side, desk, state, venue)
    if rest <= 0.0:
        return
    state.maker_size += side * rest
    state.maker_cost += side * rest * state.value
    equity = collateral + side * rest * (state.value - entry)
    if equity >= 0.0:
        state.fund += equity
    else:
        state.unfunded -= equity
        step.unfunded -= equity
