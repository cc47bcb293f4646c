"""Offset rules in order, contributions, payout pro rata and what follows the market (docs/MODEL.md section 4).

One settlement at a time, every trigger looked at before the first rule; lists and loops, no speed.
"""

from __future__ import annotations

import math
from typing import Any

from engine.conditions import Follow
from tests.model.oracle_layers import pay_from_layers
from tests.model.oracle_state import State, Trader, notional, position_equity, total_equity


class Rule:
    """One rule: the policy, its options, limit and trigger; of a venue without a list its policy alone."""

    def __init__(self, policy: str, options: Any, limit: Any = 1.0, limit_of: str = "residual", trigger: Any = None):
        self.policy, self.options, self.limit, self.limit_of, self.trigger = policy, options, limit, limit_of, trigger


def rules_of(venue: Any) -> list[Rule]:
    if venue.offset_rules is None:
        return [Rule(venue.policy, venue.policy_options)]
    return [Rule(r.policy, r.options, r.limit, r.limit_of, r.trigger) for r in venue.offset_rules]


def first_policy(venue: Any) -> str:
    """The policy that is asked about positions: only the first of a list may close any."""
    return rules_of(venue)[0].policy


# what follows the market


def ratio(state: State, by: str) -> float:
    """Volatility up to the step before over the usual, or this step's depth over the usual."""
    if by == "liquidity":
        return state.depth / state.venue.depth
    return math.sqrt(state.variance) / state.venue.reference_volatility


def followed(state: State, value: Any) -> Any:
    if not isinstance(value, Follow):
        return value
    at = ratio(state, value.by)
    grown = at**value.slope if at > 0 or value.slope >= 0 else math.inf
    return min(max(value.base * grown, value.low), value.high)


# triggers


def measured(state: State, quantity: str, deficit: float) -> float:
    if quantity in ("volatility", "liquidity"):
        return ratio(state, quantity)
    equity = sum(max(total_equity(state.contract, t, state.mark), 0.0) for t in state.traders)
    return {
        "deficit": deficit / state.open_interest,
        "fund": state.fund / (state.venue.fund_target or math.inf),
        "margin": equity / state.open_interest,
        "drop": state.mark / state.first - 1,
    }[quantity]


def is_met(state: State, trigger: Any, deficit: float) -> bool:
    """Whether a rule may act; a close call is noted."""
    if trigger is None:
        return True
    seen = measured(state, trigger.quantity, deficit)
    state.is_above(seen, trigger.level, max(abs(trigger.level), 1e-3))
    return seen >= trigger.level if trigger.comparison == ">=" else seen <= trigger.level


# a settlement


def settle_in_order(state: State, allocate: Any) -> None:
    """Pass the residual down the list; `allocate` charges payers by a policy and returns what it could not raise."""
    venue = state.venue
    rules, left = rules_of(venue), dict(state.residual)
    residual = sum(left.values())
    may_act = [is_met(state, rule.trigger, residual) for rule in rules]
    for rule, is_allowed in zip(rules, may_act, strict=True):
        total = sum(left.values())
        if not is_allowed or total <= 0 or rule.policy.startswith("adl_"):
            continue
        options = {name: followed(state, value) for name, value in rule.options.items()}
        base = state.open_interest if rule.limit_of == "open_interest" else residual
        budget = min(followed(state, rule.limit) * base, total)
        if rule.policy == "open_interest_counter_side":
            before = dict(left)
            for side in (1, -1):
                due = before[side] * (budget / total if budget < total else 1.0)
                payers = [t for t in state.traders if t.opening_side != side]
                left[side] -= due - allocate(state, rule.policy, options, due, payers)
            continue
        if rule.policy == "fund_overdraft":
            state.fund -= budget
            short = 0.0
        else:
            short = allocate(state, rule.policy, options, budget, state.traders)
        rest = total - (budget - short) if budget < total else short
        left = {side: amount * (rest / total) for side, amount in left.items()}
    state.unfunded += sum(left.values())


def pay_out(state: State) -> None:
    """The layers pay what was collected, every claim the same share."""
    total = sum(state.residual.values())
    if state.venue.fund_payout != "pro_rata" or total <= 0:
        return
    share = pay_from_layers(state, total, 0.0) / total
    state.residual = {side: amount * share for side, amount in state.residual.items()}


# contributions


def contribution_key(state: State, trader: Trader) -> float:
    exposure = notional(state.contract, trader.size, state.mark)
    return {
        "size": exposure,
        "margin": trader.opening_collateral,
        "record": exposure * trader.record,
        "weight": trader.weight,
    }[state.venue.fund_key]


def contribute(state: State) -> None:
    """Every open position pays its part, at most its positive equity, from the wallet, then from collateral."""
    venue = state.venue
    rates = [0.0]
    for level, rate in venue.fund_tiers:
        state.is_above(level * venue.fund_target, state.fund, level * venue.fund_target)
        if state.fund < level * venue.fund_target:
            rates.append(rate)
    payers = [t for t in state.traders if t.size != 0]
    keys = [contribution_key(state, t) for t in payers]
    total = max(rates) * sum(notional(state.contract, t.size, state.mark) for t in payers)
    if total == 0 or sum(keys) == 0:
        return
    collected = 0.0
    for trader, key in zip(payers, keys, strict=True):
        equity = trader.wallet + position_equity(state.contract, trader, state.mark)
        paid = min(total * key / sum(keys), max(equity, 0.0))
        from_wallet = min(paid, trader.wallet)
        trader.wallet -= from_wallet
        trader.collateral -= paid - from_wallet
        trader.contribution += paid
        collected += paid
    state.fund += collected
