"""A list of offset rules as text, as a link has it, and the setting that holds it.

    profit_prorata~limit-0.5~~open_interest_both_sides~if-volatility-ge-2~~capped_prorata~kappa-0.3~interest-0.02

Rules stand in their order. A limit is of the loss that came to the first rule, an interest of open interest; what
follows the market is volatility_<base>_<slope>_<low>_<high>, or liquidity_ and the same.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from engine import POLICIES, Follow, InputError, OffsetRule, Preset, Trigger, load_preset
from ui.charts.rule_words import IN_ORDER, QUANTITIES, list_words, policy_name
from ui.frame.formats import capital
from ui.settings.page_settings import Pick, Text, one_of

RULES, TITLE = "venue.offset_rules", "Rules in order"
BETWEEN, WITHIN = "~~", "~"
COMPARISONS = {"ge": ">=", "le": "<="}
LIMITS = {"limit": "residual", "interest": "open_interest"}
FOLLOWED = ("volatility", "liquidity")
MOST_LETTERS = 4000
EXAMPLE = (
    OffsetRule(policy="profit_prorata", limit=0.5),
    OffsetRule(policy="open_interest_both_sides", trigger=Trigger("deficit", ">=", 0.01), limit=0.25),
    OffsetRule(policy="equity_prorata"),
)
PLACE = re.compile(rf"{re.escape(RULES)}\[(\d+)\]\.?")


def own_policy(preset: Preset) -> str:
    """Return the policy of a preset's own venue, IN_ORDER where it has a list of rules."""
    venue = preset.scenario.venue
    return venue.policy if venue.offset_rules is None else IN_ORDER  # type: ignore[return-value]


@lru_cache(maxsize=64)
def policy_list(preset_name: str) -> Pick:
    """Return the list of loss-sharing policies, and a list of rules in their place; it begins at the preset's own."""
    return Pick(
        key="choice:policy", name="policy", label="Loss sharing", start=own_policy(load_preset(preset_name)),
        choices=lambda: (*POLICIES, IN_ORDER),
        show=lambda name: TITLE if name == IN_ORDER else POLICIES[name].label,
        help="Who pays what the fund and the layers behind it cannot.",
    )  # fmt: skip


@lru_cache(maxsize=64)
def rule_list(preset_name: str) -> Text:
    """Return the setting of a preset's rules in order; it begins at the preset's own, or at an example."""
    return Text(
        key="choice:rules", name="rules", label=TITLE, check=_checked, show=lambda text: list_words(rules_of(text)),
        start=text_of_rules(load_preset(preset_name).scenario.venue.offset_rules or EXAMPLE),
        help="What the fund and the layers behind it cannot pay goes to the first rule, what it leaves to the next.",
    )  # fmt: skip


def _checked(text: str) -> str:
    if not text:
        raise ValueError(f"{TITLE} must be a list of one rule or more, was ''.")
    return text_of_rules(rules_of(text))


def text_of_rules(rules: Sequence[OffsetRule]) -> str:
    """Return rules as text."""
    return BETWEEN.join(WITHIN.join(_words(rule)) for rule in rules)


def _words(rule: OffsetRule) -> list[str]:
    words = [policy_name(rule)]
    if not replace(rule, trigger=None).is_whole:
        word = next(word for word, of in LIMITS.items() if of == rule.limit_of)
        words.append(f"{word}-{_value(rule.limit)}")
    if rule.trigger is not None:
        compared = next(word for word, sign in COMPARISONS.items() if sign == rule.trigger.comparison)
        words.append(f"if-{rule.trigger.quantity}-{compared}-{_value(rule.trigger.level)}")
    return words + [f"{name}-{_value(value)}" for name, value in rule.options.items()]


def _value(value: object) -> str:
    if isinstance(value, Follow):
        return "_".join([value.by, *(_value(part) for part in (value.base, value.slope, value.low, value.high))])
    return value if isinstance(value, str) else repr(float(str(value))).removesuffix(".0")


def rules_of(text: str) -> tuple[OffsetRule, ...]:
    """Return the rules that a text is; ValueError with a sentence for each that is none, by its place."""
    if len(text) > MOST_LETTERS:
        raise ValueError(f"{TITLE} must be at most {MOST_LETTERS:,d} letters, were {len(text):,d}.")
    rules, faults = [], []
    for place, part in enumerate(text.split(BETWEEN) if text else (), 1):
        try:
            rules.append(_rule(part))
        except ValueError as error:
            faults.append(f"Rule {place}: {error}")
    if faults:
        raise ValueError(" ".join(faults))
    return tuple(rules)


def _rule(text: str) -> OffsetRule:
    name, *terms = text.split(WITHIN)
    policy = one_of("policy", {known: known for known in POLICIES}, name)
    known = {option.name: option.name for option in POLICIES[policy].options}
    rule, options = OffsetRule(policy=policy), {}
    for term in terms:
        word, _, value = term.partition("-")
        if word in LIMITS:
            rule = replace(rule, limit=_followed(word, value), limit_of=LIMITS[word])
        elif word == "if":
            rule = replace(rule, trigger=_trigger(value))
        else:
            options[one_of("a part", {"limit": "", "interest": "", "if": ""} | known, word)] = _parsed(word, value)
    return replace(rule, options=options)


def _trigger(text: str) -> Trigger:
    quantity, compared, level = [*text.split("-", 2), "", ""][:3]
    quantity = one_of("what a trigger looks at", {known: known for known in QUANTITIES}, quantity)
    return Trigger(quantity, one_of("a comparison", COMPARISONS, compared), _number("level", level))


def _parsed(name: str, text: str) -> float | str | Follow:
    is_word = re.fullmatch(r"[a-z][a-z_]{0,30}", text) and text not in ("nan", "inf")
    return text if is_word else _followed(name, text)


def _followed(name: str, text: str) -> float | Follow:
    by, *parts = text.split("_")
    if by in FOLLOWED and len(parts) == 4:
        base, slope, low, high = (_number(name, part) for part in parts)
        return Follow(base, by, slope, low, high)
    return _number(name, text)


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{name} must be a number, was {text[:40]!r}.")
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def rule_faults(error: InputError) -> dict[int, str]:
    """Return what the engine refuses of a list of rules, a sentence for each place in it; -1 is the list as a whole."""
    found: dict[int, str] = {}
    for name, sentence in zip(error.fields, error.violations, strict=True):
        if name.startswith(RULES):
            at = PLACE.match(name)
            place = int(at[1]) if at else -1
            text = sentence.replace(at[0], "") if at else sentence.replace(RULES, "the list")
            said = f"Rule {place + 1}: {text}." if at else f"{capital(text)}."
            found[place] = f"{found[place]} {said}" if place in found else said
    return found
