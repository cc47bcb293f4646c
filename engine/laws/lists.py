"""What an ordered list of offset rules does to small markets, so that the laws judge it like one policy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.conditions import Follow
from engine.errors import Checker
from engine.laws.cases import MARK, Case
from engine.laws.checks import Outcome, claims_of
from engine.offset_rules import LIMITS, OffsetRule
from engine.sharing.allocation import allocate
from engine.sharing.policies import get_policy
from engine.sharing.policy_record import Claim, Policy, checked_options

_WIDEST = (Claim.NONE, Claim.CONTRIBUTION, Claim.PROFIT, Claim.CASH, Claim.EQUITY)


def list_record(rules: Sequence[OffsetRule]) -> Policy:
    """Return one policy that stands for a list where people read of it; its claim is the widest of the rules'."""
    check, known = Checker(), [get_policy(rule.policy) for rule in rules]
    for place, policy in enumerate(known):
        if policy.family == "adl":
            check.add(f"offset_rules[{place}].policy", "one that shares money, to be judged in a list", policy.name)
    check.raise_if_any()
    claim = max((policy.claim for policy in known), key=_WIDEST.index)
    return Policy(
        name=" then ".join(policy.name for policy in known),
        label=", then ".join(policy.label for policy in known),
        who_pays=" Then: ".join(policy.who_pays for policy in known),
        family="money" if claim in _WIDEST[2:] else "none",
        claim=claim,
        used_by="",
        source='docs/MODEL.md section 4, "Rules in order"',
    )


def list_outcomes(rules: Sequence[OffsetRule], cases: Sequence[Case]) -> list[Outcome]:
    """Return what a list of rules does in each case, the market being as usual and the fund empty."""
    return [_pass_down(rules, case) for case in cases]


def _pass_down(rules: Sequence[OffsetRule], case: Case) -> Outcome:
    """Let each rule in turn raise what is left, everything measured anew."""
    size, cash, gain = (case.column(name) for name in ("size", "collateral", "profit"))
    notional = np.abs(size) * MARK * case.unit
    charge, stake = np.zeros(size.size), np.zeros(size.size)
    interest, left = float(notional.sum()) / 2.0, case.deficit
    measured = {"deficit": case.deficit, "margin": float(np.maximum(cash + gain, 0.0).sum())}
    seen = {name: value / interest if interest > 0.0 else np.inf for name, value in measured.items()}
    for rule in rules:
        policy = get_policy(rule.policy)
        options = checked_options(policy, {k: _usual(v) for k, v in rule.options.items()})
        profit, equity = gain - charge, cash + gain - charge
        stake = np.maximum(stake, claims_of(policy, {}, gain, cash + gain, size, cash))
        base = interest if rule.limit_of == LIMITS[1] else case.deficit
        budget = min(left, _usual(rule.limit) * base)
        if budget <= 0.0 or not _is_met(rule, seen):
            continue
        found = allocate(
            policy=policy,
            amount=budget,
            profit=profit,
            equity=equity,
            size=size,
            leverage=np.divide(notional, equity, out=np.zeros_like(equity), where=equity > 0),
            notional=notional,
            contribution=cash,
            cash=cash - charge,
            bankrupt_side="long",
            record=np.ones(size.size),
            options=options,
        )
        charge = charge + found.charge
        left -= budget - float(found.unallocated)
    return Outcome(charge, stake, charge, case.deficit, case.deficit - left, left)


def _usual(value: float | Follow) -> float:
    return value.usual if isinstance(value, Follow) else value


def _is_met(rule: OffsetRule, seen: dict[str, float]) -> bool:
    trigger = rule.trigger
    if trigger is None:
        return True
    quantity = {"fund": 0.0, "volatility": 1.0, "liquidity": 1.0, "drop": 0.0, **seen}[trigger.quantity]
    return quantity >= trigger.level if trigger.comparison == ">=" else quantity <= trigger.level
