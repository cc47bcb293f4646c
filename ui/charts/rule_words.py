"""A venue's sharing of losses in words: one policy, or offset rules in order, each with its limit and trigger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine import POLICIES, Follow, OffsetRule, RuleFlow, Trigger, Venue
from ui.frame.formats import SPACE, counted, percent

IN_ORDER = "rules_in_order"  # in the place of a policy's name


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a trigger looks at: as a control names it, as a sentence does, its unit, and where a new trigger begins.

    `factor` is what the engine's number is multiplied by in that unit; below 0 the comparison turns around.
    """

    label: str
    name: str
    unit: str
    factor: float
    comparison: str
    level: float


QUANTITIES = {
    "deficit": Quantity("the loss to share", "loss to share", "% of open interest", 100.0, ">=", 0.01),
    "fund": Quantity("the fund", "fund", "% of its target", 100.0, "<=", 0.5),
    "volatility": Quantity("volatility", "volatility", "times the usual", 1.0, ">=", 2.0),
    "liquidity": Quantity("market depth", "depth", "% of the usual", 100.0, "<=", 0.5),
    "margin": Quantity("equity of all", "equity of all", "% of open interest", 100.0, "<=", 0.1),
    "drop": Quantity("the fall of the price", "fall", "% of the first price", -100.0, "<=", -0.1),
}


def policy_name(rule: OffsetRule) -> str:
    """Return the name of a rule's policy."""
    return str(getattr(rule.policy, "name", rule.policy))


def label_of_rule(rule: OffsetRule) -> str:
    """Return the title of a rule's policy."""
    return POLICIES[policy_name(rule)].label


def sharing(venue: Venue) -> str:
    """Return what a venue's sharing of losses is called: a policy's title, or "3 rules in order"."""
    if venue.offset_rules is None:
        return label_of_rule(venue.rules[0])
    return f"{counted(len(venue.offset_rules), 'rule')} in order"


def charges(rule: OffsetRule) -> bool:
    """Tell whether a rule charges traders at a settlement."""
    return POLICIES[policy_name(rule)].family == "money"


def shares_money(venue: Venue) -> bool:
    """Tell whether some rule of a venue charges traders at a settlement."""
    return any(map(charges, venue.rules))


def closes_positions(venue: Venue) -> bool:
    """Tell whether a venue's first rule closes positions of others."""
    return POLICIES[policy_name(venue.rules[0])].family == "adl"


def payer(rule: OffsetRule) -> str:
    """Return who pays under a rule: winners, or traders where it also reaches who lost."""
    return "winners" if "spares_losers" in POLICIES[policy_name(rule)].laws else "traders"


def backstop_name(venue: Venue) -> str:
    """Return what stands behind the fund: a vault of liquidity providers, or members' contributions."""
    return "liquidity vault" if venue.vault > 0 else "default fund"


def list_words(rules: Sequence[OffsetRule]) -> str:
    """Return a list in a line: "1 Winners, pro rata to profit, at most 50 % of the loss; 2 ..."."""
    return "; ".join(f"{place} {rule_words(rule)}" for place, rule in enumerate(rules, 1))


def rule_words(rule: OffsetRule) -> str:
    """Return a rule in a line, with its limit and its trigger."""
    parts = [label_of_rule(rule), limit_words(rule)]
    if rule.trigger is not None:
        parts.append(f"only where {rule.trigger.sentence}")
    return ", ".join(part for part in parts if part)


def limit_words(rule: OffsetRule) -> str:
    """Return the most that a rule takes; nothing where it takes all that comes."""
    of = "the loss" if rule.limit_of == "residual" else "open interest"
    if isinstance(rule.limit, Follow):
        return f"a limit of {follow_words(rule.limit)}, of {of}"
    return "" if rule.limit == 1.0 and of == "the loss" else f"at most {percent(float(rule.limit))} of {of}"


def follow_words(follow: Follow) -> str:
    """Return a setting that follows the market in words."""
    usual, by = f"{follow.base:g}", "volatility" if follow.by == "volatility" else "depth"
    return f"{usual} x ({by} / usual)^{follow.slope:g}, from {follow.low:g} to {follow.high:g}"


def seen_words(trigger: Trigger, value: float) -> str:
    """Return what a trigger saw: "volatility 2.1 times the usual"."""
    quantity = QUANTITIES[trigger.quantity]
    amount, unit = quantity.factor * value, quantity.unit
    name, digits = quantity.name, 1 if abs(amount) >= 1 else 2
    if amount < 0 and quantity.factor < 0:
        name, amount = "rise", -amount
    return f"{name} {amount:,.{digits}f}{SPACE}{unit}"


def outcome_words(flow: RuleFlow) -> str:
    """Return how often a rule was asked and acted; nothing where it always did."""
    if flow.n_asked == flow.n_met:
        return ""
    return "passed over" if not flow.n_met else f"acted {flow.n_met:,d} of {flow.n_asked:,d} times"
