"""The laws of loss sharing: each a check on generated markets, so a promise of a rule is computed and not asserted.

A law that is kept was kept in every market tried, which is a search and no proof; one that is broken comes with the
smallest market in which it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from engine.laws.cases import Case, Change, law_cases, smaller
from engine.laws.checks import LAW_TABLE, Breach, Law, Options, Outcome, outcomes
from engine.laws.lists import list_outcomes, list_record
from engine.offset_rules import OffsetRule
from engine.sharing.policies import POLICIES
from engine.sharing.policy_record import Policy

SEARCHED = 90  # drawn markets, on top of all triples of the menu

Judge = Callable[[Sequence[Case]], list[Outcome]]  # what is judged, done to each of some markets


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Counterexample:
    """A market in which a policy breaks a law: before the change, and after it where the law is about one."""

    policy: Policy
    law: Law
    case: Case
    outcome: Outcome
    breach: Breach
    changed: Case | None
    after: Outcome | None


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Verdict:
    """Whether a policy kept a law, in how many markets it was tried, and the first breach found."""

    is_kept: bool
    n_cases: int
    counterexample: Counterexample | None


def smallest(example: Counterexample, judge: Judge) -> Counterexample:
    """Return the smallest counterexample that simplifying one number or trader at a time leads to."""
    while True:
        simpler = [case for case in smaller(example.case) if case.weight < example.case.weight]
        simpler.sort(key=lambda case: case.weight)
        verdict = _verdict(example.policy, example.law, simpler, judge(simpler), judge)
        if verdict.counterexample is None:
            return example
        example = verdict.counterexample


@lru_cache(maxsize=32)
def _changed(change: Change, cases: Sequence[Case]) -> tuple[Case | None, ...]:
    return tuple(change(case) for case in cases)


def _verdict(policy: Policy, law: Law, cases: Sequence[Case], before: Sequence[Outcome], judge: Judge) -> Verdict:
    changed = _changed(law.change, tuple(cases)) if law.change else tuple(cases)
    asked = [(case, done, other) for case, done, other in zip(cases, before, changed, strict=True) if other is not None]
    after = [done for _, done, _ in asked]
    if law.change:
        after = judge([other for _, _, other in asked])
    for place, (case, done, other) in enumerate(asked):
        breach = law.check(case, done, other, after[place])
        if breach is not None:
            example = Counterexample(
                policy=policy,
                law=law,
                case=case,
                outcome=done,
                breach=breach,
                changed=other if law.change else None,
                after=after[place] if law.change else None,
            )
            return Verdict(is_kept=False, n_cases=place + 1, counterexample=example)
    return Verdict(is_kept=True, n_cases=len(asked), counterexample=None)


def try_laws(policy: Policy, cases: Sequence[Case], options: Options | None = None) -> dict[str, Verdict]:
    """Return whether a policy keeps each law, by name, in all of the cases that it is about, or the first breach."""
    return _judged(policy, cases, partial(outcomes, policy, options=options))


def _judged(policy: Policy, cases: Sequence[Case], judge: Judge) -> dict[str, Verdict]:
    before = judge(cases)
    return {name: _verdict(policy, law, cases, before, judge) for name, law in LAW_TABLE.items()}


@lru_cache(maxsize=256)
def verdicts(policy: Policy) -> Mapping[str, Verdict]:
    """Return the verdict on every law for one policy at its default options; kept in memory."""
    return try_laws(policy, law_cases(SEARCHED))


def law_matrix() -> dict[str, Mapping[str, Verdict]]:
    """Return the verdicts of every registered policy, by name, on every law."""
    return {name: verdicts(policy) for name, policy in POLICIES.items()}


@lru_cache(maxsize=512)
def counterexample(policy: Policy, law: str) -> Counterexample | None:
    """Return the smallest counterexample of a policy to a law, or None where none was found."""
    found = verdicts(policy)[law].counterexample
    return None if found is None else smallest(found, partial(outcomes, policy))


@lru_cache(maxsize=64)
def list_verdicts(rules: tuple[OffsetRule, ...]) -> Mapping[str, Verdict]:
    """Return the verdict on every law for an ordered list of rules, in markets that are as usual; kept in memory.

    Volatility and depth are the usual ones, the price has not moved and the fund is empty: triggers on deficit and
    margin see what the market has. In a Counterexample the list stands as one policy, named after its rules.
    """
    return _judged(list_record(rules), law_cases(SEARCHED), partial(list_outcomes, rules))


@lru_cache(maxsize=64)
def list_counterexample(rules: tuple[OffsetRule, ...], law: str) -> Counterexample | None:
    """Return the smallest counterexample of a list of rules to a law, or None where none was found."""
    found = list_verdicts(rules)[law].counterexample
    return None if found is None else smallest(found, partial(list_outcomes, rules))
