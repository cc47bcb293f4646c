"""Offset rules in order, the layers' payout pro rata, contributions to the fund (docs/MODEL.md section 4).

Kernels of their own, which the cascade calls by their address: where one policy stands alone it needs none of them.
"""

from __future__ import annotations

import math

from engine.compile import compiled, inlined, inner
from engine.contracts import unit_notional
from engine.kernel.layers import note_unfunded, pay_from_layers
from engine.kernel.orders import followed, market_ratio, total_equity
from engine.kernel.settlement import charge_traders, log_settlement, measure, note_claims, share_once
from engine.kernel.state import CHARGE, CONTRIBUTION, RECORD, SHARE, Record, RunBuffers
from engine.sharing.policy_record import ADL, MONEY

DEFICIT, FUND, VOLATILITY, LIQUIDITY, MARGIN, DROP = range(6)  # engine.conditions.QUANTITIES
BY_SIZE, BY_MARGIN, BY_RECORD, BY_WEIGHT = range(4)  # engine.venue.FUND_KEYS


@inner
def measured(quantity: int, deficit: float, buffers: RunBuffers, state: Record, venue: Record) -> float:
    """Return what a trigger looks at; NaN for no trigger."""
    if quantity == DEFICIT:
        return deficit / state.open_interest
    if quantity == FUND:
        return state.fund / venue.fund_target
    if quantity in (VOLATILITY, LIQUIDITY):
        return market_ratio(1 if quantity == LIQUIDITY else 0, state, venue)
    if quantity == MARGIN:
        total = 0.0
        for i in range(buffers.positions.size):
            total += max(total_equity(buffers, i, state.value), 0.0)
        return total / state.open_interest
    return state.mark / state.first - 1.0 if quantity == DROP else math.nan


@inlined
def is_met(quantity: float, rule: Record) -> bool:
    """Tell whether a measured quantity meets the trigger of a rule, if it has one."""
    if rule.quantity < 0:
        return True
    return quantity <= rule.level if rule.is_at_most != 0 else quantity >= rule.level


@compiled
def meets_trigger(buffers: RunBuffers, state: Record, venue: Record, policy: Record) -> float:
    """Return 1 where a rule that closes positions may be asked about a position with state.asked_deficit, else 0."""
    quantity = measured(policy.quantity, state.asked_deficit, buffers, state, venue)
    return 1.0 if is_met(quantity, policy) else 0.0


@inner
def follow_market(buffers: RunBuffers, state: Record, venue: Record) -> None:
    """Set every option and limit of the rules that follows the market."""
    for at in range(buffers.follows.size):
        one = buffers.follows[at]
        ratio = market_ratio(one.is_liquidity, state, venue)
        value = followed(ratio, one.base, one.slope, one.low, one.high)
        buffers.rule_numbers[one.rule, one.column] = value


@inner
def apply_rule(
    budget: float, left: tuple[float, float, float], buffers: RunBuffers, state: Record, venue: Record, rule: Record
) -> tuple[tuple[float, float, float], tuple[float, float, float, float]]:
    """Let one rule raise `budget` of what is left (in all, of bankrupt longs, of shorts).

    Returns what it leaves, and what it charged, gave to the fund, raised for the loss, and its largest rate. Where only
    the other side pays, the budget is shared by what each side left.
    """
    total, of_longs, of_shorts = left
    charged, to_fund, raised, rate = 0.0, 0.0, 0.0, 0.0
    is_by_side = rule.family == MONEY and rule.is_counter != 0
    for spared in (1.0, -1.0):
        amount = budget if spared > 0.0 else 0.0
        if is_by_side:
            side = of_longs if spared > 0.0 else of_shorts
            amount = side if budget >= total else budget * side / total
        if amount <= 0.0:
            continue
        profit = measure(buffers, state, venue, rule)
        taken, excess, short, largest = share_once(
            amount, spared if is_by_side else 0.0, profit, buffers, state, venue, rule
        )
        charged, to_fund, raised = charged + taken, to_fund + excess, raised + (amount - short)
        rate = max(rate, largest)
        if not is_by_side:
            rest = short if amount >= total else total - (amount - short)
            of_longs, of_shorts, total = of_longs * (rest / total), of_shorts * (rest / total), rest
        elif spared > 0.0:
            of_longs = short if amount >= of_longs else of_longs - (amount - short)
        else:
            of_shorts = short if amount >= of_shorts else of_shorts - (amount - short)
    if is_by_side:
        total = of_longs + of_shorts
    return (total, of_longs, of_shorts), (charged, to_fund, raised, rate)


@inlined
def log_rule(
    k: int, came: float, outcome: tuple[float, float, float, float], left: float, buffers: RunBuffers, state: Record
) -> None:
    """Write what passed one rule at this settlement."""
    at = state.n_settlements * buffers.rules.size + k
    if at < buffers.passed.size:
        row = buffers.passed[at]
        row.step, row.rule, row.is_met, row.mark = state.step, k, buffers.rules[k].is_met, state.mark
        row.came, row.left = came, left
        row.charged, row.to_fund, row.raised = outcome[0], outcome[1], outcome[2]


@inner
def look_at_triggers(residual: float, buffers: RunBuffers, state: Record, venue: Record) -> None:
    """Note once which rules may act at this settlement, and what each trigger saw."""
    first = state.n_settlements * buffers.rules.size
    for k in range(buffers.rules.size):
        rule = buffers.rules[k]
        quantity = measured(rule.quantity, residual, buffers, state, venue)
        rule.is_met = 1 if is_met(quantity, rule) else 0
        if first + k < buffers.passed.size:
            buffers.passed[first + k].quantity = quantity


@inlined
def pay_claims_alike(buffers: RunBuffers, state: Record, venue: Record) -> None:
    """Let the layers pay what was collected, every claim the same share."""
    total = state.residual_long + state.residual_short
    share = pay_from_layers(total, 0.0, buffers.steps[state.step], state, venue) / total
    state.residual_long *= share
    state.residual_short *= share


@compiled
def settle_in_order(step: int, buffers: RunBuffers, state: Record, venue: Record, policy: Record) -> None:
    """Let the rules of the list raise what the layers left, each up to its limit; what the last leaves is unfunded."""
    if venue.is_pooled != 0:
        pay_claims_alike(buffers, state, venue)
    of_longs, of_shorts = state.residual_long, state.residual_short
    state.residual_long, state.residual_short = 0.0, 0.0
    residual = of_longs + of_shorts
    if residual <= 0.0:
        return
    follow_market(buffers, state, venue)
    look_at_triggers(residual, buffers, state, venue)
    claim = measure(buffers, state, venue, buffers.rules[0])
    if buffers.settlements.size > 0:
        note_claims(buffers, venue)
    left, is_by_side = (residual, of_longs, of_shorts), False
    charged, to_fund, rate = 0.0, 0.0, 0.0
    for k in range(buffers.rules.size):
        rule, came = buffers.rules[k], left[0]
        outcome = (0.0, 0.0, 0.0, 0.0)
        if rule.is_met != 0 and rule.family != ADL and came > 0.0:
            most = rule.limit * (state.open_interest if rule.is_limit_of_interest != 0 else residual)
            left, outcome = apply_rule(min(came, most), left, buffers, state, venue, rule)
            is_by_side = rule.family == MONEY and rule.is_counter != 0
        log_rule(k, came, outcome, left[0], buffers, state)
        charged, to_fund, rate = charged + outcome[0], to_fund + outcome[1], max(rate, outcome[3])
    if is_by_side:
        note_unfunded(left[1], buffers.steps[step], state)
        note_unfunded(left[2], buffers.steps[step], state)
    else:
        note_unfunded(left[0], buffers.steps[step], state)
    log_settlement(residual, claim, (charged, to_fund, left[0], rate), buffers, state)


@inlined
def key_of_contribution(i: int, per_unit: float, buffers: RunBuffers, venue: Record) -> float:
    """Return what a trader's part of the contributions is in proportion to."""
    if venue.fund_key == BY_MARGIN:
        return buffers.terms[i].opening
    if venue.fund_key == BY_WEIGHT:
        return buffers.measures[SHARE, i]
    notional = buffers.positions[i].size * per_unit
    return notional * buffers.measures[RECORD, i] if venue.fund_key == BY_RECORD else notional


@compiled
def collect(step: int, buffers: RunBuffers, state: Record, venue: Record, policy: Record) -> None:
    """Collect the step's contributions where the fund is below a tier; what each trader paid is added up over a run."""
    n, rate = buffers.positions.size, 0.0
    if step == 1:
        for i in range(n):
            buffers.measures[CONTRIBUTION, i] = 0.0
    for k in range(buffers.tiers.shape[0]):
        if state.fund < buffers.tiers[k, 0]:
            rate = buffers.tiers[k, 1]
    if rate == 0.0:
        return
    per_unit = unit_notional(state.mark, venue.is_inverse != 0)
    notional, keys = 0.0, 0.0
    for i in range(n):
        if buffers.positions[i].size > 0.0:
            notional += buffers.positions[i].size * per_unit
            keys += key_of_contribution(i, per_unit, buffers, venue)
    if keys <= 0.0:
        return
    share = rate if venue.fund_key == BY_SIZE else rate * notional / keys
    for i in range(n):
        due = 0.0
        if buffers.positions[i].size > 0.0:
            due = share * key_of_contribution(i, per_unit, buffers, venue)
            due = min(due, max(total_equity(buffers, i, state.value), 0.0))
        buffers.measures[CHARGE, i] = due
        buffers.measures[CONTRIBUTION, i] += due
    contributed = charge_traders(False, buffers, state, venue)
    state.fund += contributed
    buffers.steps[step].contributed = contributed
