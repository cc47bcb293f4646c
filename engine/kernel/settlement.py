"""Sharing what the layers could not pay: claims, weights, split, charge on each trader (docs/MODEL.md section 4)."""

from __future__ import annotations

import math

from engine.compile import inlined, inner
from engine.contracts import unit_notional
from engine.intrinsics import number_at
from engine.kernel.layers import note_unfunded
from engine.kernel.orders import note_changed, position_trigger, total_equity, unrealized
from engine.kernel.state import (
    CASH,
    CHARGE,
    EQUITY,
    LEVERAGE,
    LONG,
    NOTIONAL,
    PROFIT,
    SHORT,
    SIZE,
    Record,
    RunBuffers,
    Table,
)
from engine.kernel.trigger_queue import key_of, note_moved, wait_for
from engine.sharing.policy_record import LAYER, MONEY, Claim, Rule, Weight

CLAIM_PROFIT, WEIGHT_CLAIM, PROPORTIONAL = int(Claim.PROFIT), int(Weight.CLAIM), int(Rule.PROPORTIONAL)


@inlined
def measure(buffers: RunBuffers, state: Record, venue: Record, policy: Record) -> float:
    """Fill what the policy may look at, of every trader at the mark; return total profit.

    Chargeable profit and equity always; cash, size, leverage and notional where claim or weight are made of them.
    """
    measures = buffers.measures
    is_detailed = policy.claim != CLAIM_PROFIT or policy.weight != WEIGHT_CLAIM
    per_unit = unit_notional(state.mark, venue.is_inverse != 0)
    is_entry_base = venue.is_entry_base != 0
    total = 0.0
    for i in range(buffers.positions.size):
        position = buffers.positions[i]
        position_equity = position.collateral + unrealized(buffers, i, state.value)
        equity = position.wallet + position_equity
        if is_entry_base:
            base = buffers.terms[i].opening
        elif position.base_stamp == state.settlement + 1:
            base = position.base_equity
        else:
            base = total_equity(buffers, i, state.settled_value)
        profit = max(equity - base, 0.0)
        measures[PROFIT, i] = profit
        measures[EQUITY, i] = equity
        total += profit
        if is_detailed:
            notional = position.size * per_unit
            measures[CASH, i] = position.wallet + position.collateral
            measures[SIZE, i] = position.size
            measures[NOTIONAL, i] = notional
            measures[LEVERAGE, i] = notional / position_equity if position_equity > 0.0 else 0.0
    return total


@inlined
def note_claims(buffers: RunBuffers, venue: Record) -> None:
    """Record the chargeable profit before charges, against which a trader's haircut rate is measured."""
    is_entry_base = venue.is_entry_base != 0
    for i in range(buffers.positions.size):
        if is_entry_base:
            before_charges = buffers.measures[EQUITY, i] - buffers.terms[i].opening + buffers.positions[i].charge
            buffers.claim[i] = max(buffers.claim[i], before_charges)
        else:
            buffers.claim[i] += buffers.measures[PROFIT, i]


@inlined
def take_from(i: int, amount: float, buffers: RunBuffers, state: Record, venue: Record) -> float:
    """Take money from the wallet, then from collateral; return the key of the trigger that moves, else infinity."""
    note_changed(buffers, i, state)
    position = buffers.positions[i]
    from_wallet = min(position.wallet, amount)
    position.wallet -= from_wallet
    position.collateral -= amount - from_wallet
    if amount <= from_wallet or position.size == 0.0:
        return math.inf
    position.trigger = position_trigger(buffers, i, state, venue)
    note_moved(buffers, i)
    return key_of(buffers, i)


@inlined
def charge_traders(is_loss: bool, buffers: RunBuffers, state: Record, venue: Record) -> float:
    """Take from every trader what stands in row CHARGE; move triggers; return what was taken.

    `is_loss` tells whether it counts as the traders' charge, which contributions to the fund do not. Who pays is listed
    first, without a branch: which of the traders won cannot be guessed.
    """
    n_payers = 0
    for i in range(buffers.positions.size):
        buffers.selected[n_payers] = i
        n_payers += 1 if buffers.measures[CHARGE, i] > 0.0 else 0
    taken, longs, shorts = 0.0, math.inf, math.inf
    for k in range(n_payers):
        i = buffers.selected[k]
        amount = buffers.measures[CHARGE, i]
        taken += amount
        key = take_from(i, amount, buffers, state, venue)
        buffers.positions[i].charge += amount if is_loss else 0.0
        longs = min(longs, key if buffers.positions[i].row == LONG else math.inf)
        shorts = min(shorts, key if buffers.positions[i].row == SHORT else math.inf)
    wait_for(buffers, LONG, longs)
    wait_for(buffers, SHORT, shorts)
    return taken


@inlined
def is_plain_prorata(policy: Record, venue: Record) -> bool:
    """Tell whether one rate on all profits is the whole rule: profit since entry is always within equity."""
    is_prorata = policy.claim == CLAIM_PROFIT and policy.weight == WEIGHT_CLAIM and policy.rule == PROPORTIONAL
    is_uncapped = policy.cap_factor == 1.0 and policy.floor <= 0.0 and policy.is_counter == 0
    return is_prorata and is_uncapped and venue.is_entry_base != 0


@inlined
def charge_prorata(amount: float, profit: float, measures: Table) -> float:
    """Fill row CHARGE with one rate of each profit, all of them `profit` together; return the rate."""
    rate = min(amount / profit, 1.0) if profit > 0.0 else 0.0
    for i in range(measures.shape[1]):
        measures[CHARGE, i] = rate * measures[PROFIT, i]
    return rate


@inner
def fill_charges(
    amount: float, spared: float, profit: float, buffers: RunBuffers, policy: Record, venue: Record
) -> float:
    """Fill the charges that raise `amount` from the side other than `spared` (0: from all); return the largest rate.

    Rates and claims are noted for the log of settlements; without room for it nobody reads them.
    """
    if is_plain_prorata(policy, venue):
        return charge_prorata(amount, profit, buffers.measures)
    return number_at(policy.charges_at, amount, spared, buffers, policy)


@inlined
def book_charges(amount: float, taken: float, policy: Record, step: Record, state: Record) -> tuple[float, float]:
    """Book what was taken for `amount`; return what of it is the fund's, and what could not be raised.

    What a floor rate raises above the amount goes to the fund. An overdraft takes all of it from the fund, which goes
    negative and is repaid out of later income.
    """
    owed = amount
    if policy.family == LAYER and policy.is_overdraft != 0:
        state.fund -= amount
        step.fund_paid += amount
        owed = 0.0
    is_raised = abs(taken - owed) <= 1e-12 * amount
    excess = 0.0 if is_raised else max(taken - owed, 0.0)
    left = 0.0 if is_raised else max(owed - taken, 0.0)
    state.fund += excess
    state.charged += taken
    state.charged_to_fund += excess
    step.charged += taken
    return excess, left


@inner
def share_once(
    amount: float, spared: float, profit: float, buffers: RunBuffers, state: Record, venue: Record, policy: Record
) -> tuple[float, float, float, float]:
    """Share `amount`; return what was charged, what of it is the fund's, what could not be raised, the largest rate."""
    rate, taken = 0.0, 0.0
    if policy.family == MONEY:
        rate = fill_charges(amount, spared, profit, buffers, policy, venue)
        taken = charge_traders(True, buffers, state, venue)
    excess, left = book_charges(amount, taken, policy, buffers.steps[state.step], state)
    return taken, excess, left, rate


@inlined
def log_settlement(
    amount: float, claim: float, outcome: tuple[float, float, float, float], buffers: RunBuffers, state: Record
) -> None:
    """Count a settlement and write its row; `outcome` as share_once returns it."""
    if state.n_settlements < buffers.settlements.size:
        row = buffers.settlements[state.n_settlements]
        row.step, row.mark, row.amount, row.claim = state.step, state.mark, amount, claim
        row.charged, row.to_fund, row.unfunded, row.largest_rate = outcome
    state.n_settlements += 1


@inner
def settle(buffers: RunBuffers, state: Record, venue: Record, policy: Record) -> None:
    """Allocate the carried residual at the mark, side by side where only the counter side pays."""
    is_by_side = policy.family == MONEY and policy.is_counter != 0
    for spared in (1.0, -1.0):
        amount = state.residual_long + state.residual_short if spared > 0.0 else 0.0
        if is_by_side:
            amount = state.residual_long if spared > 0.0 else state.residual_short
        if amount > 0.0:
            profit = measure(buffers, state, venue, policy)
            if buffers.settlements.size > 0 and (spared > 0.0 or state.residual_long <= 0.0):
                note_claims(buffers, venue)
            outcome = share_once(amount, spared if is_by_side else 0.0, profit, buffers, state, venue, policy)
            note_unfunded(outcome[2], buffers.steps[state.step], state)
            log_settlement(amount, profit, outcome, buffers, state)
    state.residual_long = 0.0
    state.residual_short = 0.0
