"""Loss offset rules: an ordered list of policies, each with a limit and a trigger (docs/MODEL.md section 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.conditions import COMPARISONS, FOLLOWED, QUANTITIES, Follow, Trigger, read_as
from engine.errors import Checker, UnknownNameError
from engine.sharing.policies import get_policy
from engine.sharing.policy_record import POLICY_DTYPE, Policy, Weight, option_field, policy_record

if TYPE_CHECKING:
    from engine.venue import Venue

LIMITS = ("residual", "open_interest")
MOST_RULES = 32
CONSTANT_DEPTH = "measured by the venue, whose depth is constant (depth_floor 1)"
FIXED_OPTIONS = ("pool", "pool_cap", "assessment_cap")  # read once, before a run
FOLLOW_DTYPE = np.dtype(
    [(name, np.int64) for name in ("rule", "column", "is_liquidity")]
    + [(name, np.float64) for name in ("base", "slope", "low", "high")]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetRule:
    """One rule of a list that is tried in order at a settlement.

    Parameters
    ----------
    policy : str or Policy
        A name from engine.POLICIES, or one of your own by value.
    options : mapping
        Its parameters; a number may be a Follow.
    limit : float or Follow
        The most that it takes, > 0, as a share of the loss that came to the first rule, or of open interest.
    limit_of : {"residual", "open_interest"}
    trigger : Trigger or None
        When it acts; None: always. Looked at once a settlement, before the first rule; of a rule that closes positions
        when it is asked about one.
    """

    policy: str | Policy
    options: Mapping[str, Any] = field(default_factory=dict)
    limit: float | Follow = 1.0
    limit_of: str = "residual"
    trigger: Trigger | None = None

    def __post_init__(self) -> None:
        """Freeze the options."""
        if isinstance(self.options, Mapping):
            object.__setattr__(self, "options", MappingProxyType(dict(self.options)))

    def __hash__(self) -> int:
        """Hash by value, the options included."""
        options = tuple(sorted(self.options.items(), key=str)) if isinstance(self.options, Mapping) else ()
        return hash((self.policy, options, self.limit, self.limit_of, self.trigger))

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild from plain values, so that rules cross process boundaries."""
        return _rebuild, (self.policy, dict(self.options), self.limit, self.limit_of, self.trigger)

    @property
    def is_whole(self) -> bool:
        """Whether it takes all that comes to it, whenever it is asked: a policy that stands alone."""
        return self.trigger is None and self.limit == 1.0 and self.limit_of == LIMITS[0]

    @property
    def follows(self) -> tuple[Follow, ...]:
        """What of it follows the market."""
        return tuple(value for value in (*self.options.values(), self.limit) if isinstance(value, Follow))


def _rebuild(policy: Any, options: dict[str, Any], limit: Any, limit_of: str, trigger: Trigger | None) -> OffsetRule:
    return OffsetRule(policy=policy, options=options, limit=limit, limit_of=limit_of, trigger=trigger)


def read_options(check: Checker, name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options in which what follows the market is a Follow, as files and links do not have it."""
    return {key: read_as(Follow, check, f"{name}.{key}", value) for key, value in options.items()}


def read_rules(check: Checker, given: object) -> tuple[OffsetRule, ...] | None:
    """Return the rules of a list, mappings read as rules; what is no list of rules is a violation."""
    if given is None:
        return None
    if not isinstance(given, Sequence) or isinstance(given, str) or not 0 < len(given) <= MOST_RULES:
        check.add("offset_rules", f"a list of 1 to {MOST_RULES} rules, or None for the policy alone", given)
        return None
    rules: list[OffsetRule] = []
    for place, one in enumerate(given):
        name = f"offset_rules[{place}]"
        rule = read_as(OffsetRule, check, name, one)
        if isinstance(rule, OffsetRule) and isinstance(rule.options, Mapping):
            parts = {
                "options": read_options(check, f"{name}.options", rule.options),
                "limit": read_as(Follow, check, f"{name}.limit", rule.limit),
                "trigger": read_as(Trigger, check, f"{name}.trigger", rule.trigger),
            }
            rules.append(replace(rule, **parts))
        elif isinstance(rule, OffsetRule):
            check.add(f"{name}.options", "a mapping of option names to values", rule.options)
        elif rule is not None or one is None:
            check.add(name, "an OffsetRule", rule)
    return tuple(rules)


def check_rules(check: Checker, venue: Venue) -> None:
    """Report what is wrong with a venue's list of rules, each by its place, and with the list as a whole."""
    rules = venue.offset_rules or ()
    for place, rule in enumerate(rules):
        name = f"offset_rules[{place}]"
        _check_rule(check, name, rule, venue)
        try:
            policy = get_policy(rule.policy)
        except ValueError:
            continue
        if policy.family == "adl":
            if place > 0:
                check.add(f"{name}.policy", "first in the list where it closes positions", policy.name)
            if rule.limit != 1.0 or rule.limit_of != LIMITS[0]:
                check.add(f"{name}.limit", "1 of the residual for a rule that closes positions", rule.limit)
    for weight, what in ((Weight.TIER_ORDER, "a line of withdrawals"), (None, "a liquidity pool")):
        found = [rule for rule in rules if _has(rule, weight)]
        if any(rule.options != found[0].options for rule in found[1:]):
            check.add("offset_rules", f"a list of rules with {what} that all have the same options", len(found))


def _has(rule: OffsetRule, weight: Weight | None) -> bool:
    """Tell whether a rule shares by this weight; None: whether it uses a pool."""
    try:
        policy = get_policy(rule.policy)
    except ValueError:
        return False
    return any(o.name == "pool_cap" for o in policy.options) if weight is None else policy.weight == weight


def _check_rule(check: Checker, name: str, rule: OffsetRule, venue: Venue) -> None:
    check_policy(check, f"{name}.policy", f"{name}.options", rule.policy, rule.options, venue)
    if isinstance(rule.limit, Follow):
        check_follow(check, f"{name}.limit", rule.limit, venue, above=0)
    else:
        check.number(f"{name}.limit", rule.limit, above=0)
    check.choice(f"{name}.limit_of", rule.limit_of, LIMITS)
    if rule.trigger is None:
        return
    if not isinstance(rule.trigger, Trigger):
        check.add(f"{name}.trigger", "a Trigger or None", rule.trigger)
        return
    rule.trigger.check(check, f"{name}.trigger")
    if rule.trigger.quantity == "fund" and venue.fund_target is None:
        check.add(f"{name}.trigger.quantity", "measured by the venue, which has no fund_target", "fund")
    if rule.trigger.quantity == "liquidity" and not venue.has_changing_depth:
        check.add(f"{name}.trigger.quantity", CONSTANT_DEPTH, "liquidity")


def check_follow(check: Checker, name: str, follow: Follow, venue: Venue, above: float | None = None) -> None:
    """Report what is wrong with a setting that follows the market, or that the venue has nothing to follow."""
    follow.check(check, name, above=above)
    if follow.by == "liquidity" and not venue.has_changing_depth:
        check.add(f"{name}.by", CONSTANT_DEPTH, follow.by)


def check_policy(
    check: Checker, name: str, of_options: str, policy: Any, options: Mapping[str, Any], venue: Venue
) -> None:
    """Report an unknown policy, and options that it does not have or that are out of their bounds at either end."""
    try:
        known = get_policy(policy)
    except UnknownNameError:
        check.add(name, "a name from engine.POLICIES or an engine.Policy", policy)
        return
    for key, value in options.items():
        if isinstance(value, Follow):
            before = check.n_violations
            check_follow(check, f"{of_options}.{key}", value, venue)
            if known.family == "adl" or key in FIXED_OPTIONS:
                check.add(f"{of_options}.{key}", "a number, which is read once", value)
            if check.n_violations > before:
                return
    for end in ("low", "high") if any(isinstance(value, Follow) for value in options.values()) else ("low",):
        plain = {key: getattr(v, end) if isinstance(v, Follow) else v for key, v in options.items()}
        try:
            policy_record(known, plain)
        except ValueError as error:
            check.add(of_options, f"valid for {known.name} ({error})", dict(options))
            return


def rule_records(rules: Sequence[OffsetRule]) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """Return rules as compiled code reads them, (k,) POLICY_DTYPE, and what of them follows the market."""
    records, follows = np.zeros(len(rules), POLICY_DTYPE), []
    for place, rule in enumerate(rules):
        policy = get_policy(rule.policy)
        plain = {key: v.usual if isinstance(v, Follow) else v for key, v in rule.options.items()}
        records[place] = policy_record(policy, plain)[0]
        row = records[place]
        row["limit"] = rule.limit.usual if isinstance(rule.limit, Follow) else rule.limit
        row["is_limit_of_interest"] = rule.limit_of == LIMITS[1]
        row["quantity"] = -1 if rule.trigger is None else QUANTITIES.index(rule.trigger.quantity)
        if rule.trigger is not None:
            row["is_at_most"], row["level"] = rule.trigger.comparison == COMPARISONS[1], rule.trigger.level
        named = {option_field(policy, key): value for key, value in rule.options.items()} | {"limit": rule.limit}
        for column, value in named.items():
            if isinstance(value, Follow):
                at = (POLICY_DTYPE.names or ()).index(column)
                numbers = (value.base, value.slope, value.low, value.high)
                follows.append((place, at, value.by == FOLLOWED[1], *numbers))
    return records, np.array(follows, FOLLOW_DTYPE)


def tree_of(value: object) -> object:
    """Return a setting as mappings, lists and plain values, as files have them."""
    if isinstance(value, OffsetRule | Trigger | Follow):
        return {f.name: tree_of(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): tree_of(item) for key, item in value.items()}
    return [tree_of(item) for item in value] if isinstance(value, tuple | list) else value


def with_part(check: Checker, name: str, tree: object, parts: list[str], value: object) -> object:
    """Return a tree of mappings and lists with the value at the end of a path replaced; lists go by number."""
    if not parts:
        return value
    first, *rest = parts
    if not isinstance(tree, list):
        known = tree if isinstance(tree, dict) else {}
        return known | {first: with_part(check, name, known.get(first), rest, value)}
    if not first.isdecimal() or int(first) >= len(tree):
        check.add(name, f"a place in a list of {len(tree)}, counted from 0", first)
        return tree
    at = int(first)
    return [*tree[:at], with_part(check, name, tree[at], rest, value), *tree[at + 1 :]]
