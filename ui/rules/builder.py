"""The builder of rules in order: a card for each rule, with its limit, its trigger and the money that came to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from engine import POLICIES, Follow, OffsetRule, Option, Trigger, rule_flows
from ui.charts.board import sized
from ui.charts.rule_words import QUANTITIES, follow_words, limit_words, policy_name
from ui.charts.run_view import RunView
from ui.frame.layout import caption, notice
from ui.live import chart_board
from ui.rules.charts.in_order import card_words, charts
from ui.settings.page_settings import OnRelease, Pick, Text
from ui.settings.policy_parameters import WIDEST, label_of, spaced
from ui.settings.rule_list import EXAMPLE, IN_ORDER, LIMITS, rules_of, text_of_rules

PAST, NEXT = "rules:past", "rules:next"
LONGEST, MOST = 50, 32
ALWAYS = "always"
LIMIT_NAMES = {"residual": "of the loss", "open_interest": "of open interest"}
COMPARED = {">=": "at least", "<=": "at most"}
TURNED = {">=": "<=", "<=": ">="}
LARGEST = 1e6
POLICY_WITHOUT = "profit_prorata"
EMPTY = f"The list is empty; it must be of 1 to {MOST} rules. Add one, or switch Rules in order off."


def builder(setting: Text, view: RunView | None, faults: Mapping[int, str], on_release: OnRelease) -> None:
    """Draw the cards, and beside them what the run did under them; a sentence of `faults` stands at its card."""
    edit = Edit(setting, on_release)
    if view is not None and view.scenario.venue.offset_rules:
        chart_board(sized(charts(view)), key="rules:board")
    _tools(edit)
    if -1 in faults:
        notice(faults[-1] if edit.rules else EMPTY, "error")
    fits = view is not None and not faults and view.scenario.venue.offset_rules == edit.rules
    flows = rule_flows(view.run) if view is not None and fits else ()
    for place, rule in enumerate(edit.rules):
        with st.container(border=True, key=f"rule-card-{place}"):
            _card(edit, place, rule)
            if place in faults:
                notice(faults[place], "error")
            elif view is not None and flows:
                caption(card_words(view, place, flows[place]))
    st.button("Add a rule", key="rules:add", on_click=edit.add, disabled=len(edit.rules) >= MOST)


def switch(policy: Pick, on_release: OnRelease) -> None:
    """Draw the switch that compares a list of rules; it is the venue's own sharing of losses on every page then."""
    key = "rules:used"
    st.session_state[key] = policy.value == IN_ORDER

    def changed() -> None:
        other = POLICY_WITHOUT if policy.start == IN_ORDER else policy.start
        policy.put(IN_ORDER if st.session_state[key] else other)
        on_release()

    text = "Tried one after another in place of the venue's own rule, also on Live cascade."
    st.toggle("Rules in order", key=key, on_change=changed, help=text)


class Edit:
    """What the controls of the cards do to the list; each change can be undone."""

    def __init__(self, setting: Text, on_release: OnRelease) -> None:
        self.setting, self.on_release = setting, on_release
        self.rules = rules_of(setting.value)

    def put(self, rules: tuple[OffsetRule, ...]) -> None:
        """Take over a list, and keep the one before."""
        st.session_state[PAST] = [*st.session_state.get(PAST, []), self.setting.value][-LONGEST:]
        st.session_state[NEXT] = []
        self._take(text_of_rules(rules))

    def step(self, of: str, to: str) -> None:
        """Undo or redo: take the last list of one pile, and lay the present one on the other."""
        pile = st.session_state[of]
        st.session_state[to] = [*st.session_state.get(to, []), self.setting.value]
        st.session_state[of] = pile[:-1]
        self._take(pile[-1])

    def _take(self, text: str) -> None:
        self.setting.put(text)
        self.on_release()

    def change(self, place: int, rule: OffsetRule) -> None:
        """Put another rule in a place."""
        self.put((*self.rules[:place], rule, *self.rules[place + 1 :]))

    def move(self, place: int, by: int) -> None:
        """Exchange a rule with the one before or after it."""
        rules = list(self.rules)
        rules[place], rules[place + by] = rules[place + by], rules[place]
        self.put(tuple(rules))

    def remove(self, place: int) -> None:
        """Take a rule out."""
        self.put((*self.rules[:place], *self.rules[place + 1 :]))

    def add(self) -> None:
        """Put one more rule at the end."""
        self.put((*self.rules, EXAMPLE[-1]))

    def bound(self, key: str, value: Any, changed: Callable[[Any], OffsetRule], place: int) -> dict[str, Any]:
        """Return what ties a widget to a value of a rule: it shows it, and a change of it changes the rule."""
        st.session_state[key] = value
        return {"key": key, "on_change": lambda: self.change(place, changed(st.session_state[key]))}


def _tools(edit: Edit) -> None:
    past, later = st.session_state.get(PAST, []), st.session_state.get(NEXT, [])
    with st.container(horizontal=True, gap="xsmall", key="rules-tools"):
        st.button("Undo", key="rules:undo", on_click=edit.step, args=(PAST, NEXT), disabled=not past)
        st.button("Redo", key="rules:redo", on_click=edit.step, args=(NEXT, PAST), disabled=not later)
        start = rules_of(edit.setting.start)
        st.button("Reset", key="rules:reset", on_click=edit.put, args=(start,), disabled=edit.rules == start)


def _card(edit: Edit, place: int, rule: OffsetRule) -> None:
    key, last = f"rules:{place}", len(edit.rules) - 1

    def with_policy(name: str) -> OffsetRule:
        return replace(rule, policy=name, options={})

    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        st.selectbox(
            f"Rule {place + 1}",
            list(POLICIES),
            format_func=lambda name: POLICIES[name].label,
            width=300,
            **edit.bound(f"{key}:policy", policy_name(rule), with_policy, place),
        )
        _limit(edit, place, rule)
        st.button("Up", key=f"{key}:up", on_click=edit.move, args=(place, -1), disabled=place == 0)
        st.button("Down", key=f"{key}:down", on_click=edit.move, args=(place, 1), disabled=place == last)
        st.button("Remove", key=f"{key}:remove", on_click=edit.remove, args=(place,))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        _trigger(edit, place, rule)
        _options(edit, place, rule)


def _limit(edit: Edit, place: int, rule: OffsetRule) -> None:
    key = f"rules:{place}:limit"
    if isinstance(rule.limit, Follow):
        st.caption(f"Takes {limit_words(rule)}")
    else:
        tied = edit.bound(key, 100.0 * rule.limit, lambda value: replace(rule, limit=_share(value)), place)
        st.number_input("Takes at most, %", 0.0, LARGEST, step=5.0, format="%g", width=120, **tied)
    tied = edit.bound(f"{key}_of", rule.limit_of, lambda of: replace(rule, limit_of=of), place)
    st.selectbox("of what", list(LIMITS.values()), format_func=LIMIT_NAMES.__getitem__, width=150, **tied)


def _share(value: float) -> float:
    return round(value / 100.0, 12)


def _trigger(edit: Edit, place: int, rule: OffsetRule) -> None:
    trigger, key = rule.trigger, f"rules:{place}:trigger"
    now = trigger.quantity if trigger else ALWAYS
    tied = edit.bound(f"{key}:quantity", now, lambda name: replace(rule, trigger=_begun(name)), place)
    names = {ALWAYS: ALWAYS} | {name: f"only by {each.label}" for name, each in QUANTITIES.items()}
    st.selectbox("Acts", list(names), format_func=names.__getitem__, width=190, **tied)
    if trigger is None:
        return
    quantity = QUANTITIES[trigger.quantity]
    turned = TURNED if quantity.factor < 0 else dict(zip(TURNED, TURNED, strict=True))
    shown = turned[trigger.comparison]
    tied = edit.bound(
        f"{key}:comparison", shown, lambda sign: replace(rule, trigger=replace(trigger, comparison=turned[sign])), place
    )
    st.selectbox("where it is", list(COMPARED), format_func=COMPARED.__getitem__, width=110, **tied)
    tied = edit.bound(
        f"{key}:level",
        round(quantity.factor * trigger.level, 9),
        lambda value: replace(rule, trigger=replace(trigger, level=round(value / quantity.factor, 12))),
        place,
    )
    step = 0.1 if quantity.factor == 1.0 else 1.0
    st.number_input(quantity.unit, -LARGEST, LARGEST, step=step, format="%g", width=170, **tied)


def _begun(name: str) -> Trigger | None:
    """Return the trigger with which a quantity begins."""
    return None if name == ALWAYS else Trigger(name, QUANTITIES[name].comparison, QUANTITIES[name].level)


def _options(edit: Edit, place: int, rule: OffsetRule) -> None:
    """Draw the parameters of a rule's policy, those left out that only a single allocation has."""
    options = [one for one in POLICIES[policy_name(rule)].options if one.high - one.low <= WIDEST or one.choices]
    if not options:
        return
    with st.popover("Options"):
        for option in options:
            _option(edit, place, rule, option)


def _option(edit: Edit, place: int, rule: OffsetRule, option: Option) -> None:
    value = rule.options.get(option.name, option.default)
    label = label_of(option)
    if isinstance(value, Follow):
        st.caption(f"{label}: {follow_words(value)}")
        return

    def changed(given: Any) -> OffsetRule:
        return replace(rule, options={**rule.options, option.name: given})

    tied = edit.bound(f"rules:{place}:option:{option.name}", value, changed, place) | {"help": option.help}
    if option.choices:
        st.selectbox(label, option.choices, format_func=spaced, **tied)
    elif option.whole:
        st.number_input(label, int(option.low), int(option.high), step=1, **tied)
    else:
        st.session_state[tied["key"]] = float(value)
        st.number_input(label, float(option.low), float(option.high), step=0.05, format="%g", **tied)
