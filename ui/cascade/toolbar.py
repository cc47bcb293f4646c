"""The row above the answer: what happened, undo and redo, the link, A and B, what to take along."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from engine import load_preset
from ui.cascade import film_view
from ui.cascade.changes import changes
from ui.cascade.headline import numbers
from ui.charts.run_view import RunView, view_of
from ui.frame.layout import heading, look_toggle
from ui.settings import sidebar
from ui.settings.address import copy_link
from ui.settings.market_controls import take_along
from ui.settings.policy_parameters import PREFIX
from ui.settings.run_settings import Choice, scenario_of, settings_of
from ui.settings.undo import History

HISTORY = "history"
SHOWN = 12  # entries of the history that are listed


@dataclass(frozen=True, slots=True)
class Entry:
    """A choice, what was changed to get there, and what came of it."""

    choice: Choice
    change: str = field(compare=False)
    sentence: str = field(compare=False)


def history() -> History:
    """Return this session's history."""
    return st.session_state.get(HISTORY, History())


def remember(choice: Choice, view: RunView) -> None:
    """Add a choice to the history."""
    before = history().now
    change = change_sentence(before.choice if before else None, choice)
    st.session_state[HISTORY] = history().add(Entry(choice, change, brief(view)))


def brief(view: RunView) -> str:
    """Return a run in a line by which it is found again."""
    price, out, deficit, lost = (value for _, value in numbers(view))
    return f"Price {price}; out {out}; deficit {deficit}; winners lost {lost}"


def change_sentence(before: Choice | None, now: Choice) -> str:
    """Return what was changed between two choices: "Leverage 4x to 8x, Seed 0 to 3"."""
    if before is None or before.preset != now.preset:
        return load_preset(now.preset).title
    known = settings_of(before.preset, before.policy) | settings_of(now.preset, now.policy)
    parts = []
    for name in dict.fromkeys([*before.values, *now.values]):
        if before.values.get(name) != now.values.get(name):
            label = known[name].label if name in known else name
            parts.append(f"{label} {shown(before, name)} to {shown(now, name)}")
    return ", ".join(parts) or "nothing changed"


def shown(choice: Choice, name: str) -> str:
    """Return a setting's value in a choice as the page writes it."""
    setting = settings_of(choice.preset, choice.policy).get(name)
    if setting is not None:
        return setting.shown(choice.values.get(name, setting.start))
    return "not an option" if name.startswith(PREFIX) else str(choice.values.get(name, "as in the replay"))


def pinned_view() -> RunView | None:
    """Return the run that is kept as A."""
    choice = sidebar.pinned()
    return None if choice is None else view_of(choice.preset, scenario_of(choice))


def toolbar(choice: Choice, view: RunView | None) -> None:
    """Draw the row; it is drawn when the hand lets go, not during a drag."""
    preset = load_preset(choice.preset)
    changed = changes(view) if view is not None and view.preset.name == choice.preset else ""
    if changed:
        heading(preset.title, f"{changed}. In the replay itself: {preset.summary}", "changed")
    else:
        heading(preset.title, preset.summary, preset.status)
    past = history()
    with st.container(horizontal=True, gap="xsmall", key="toolbar"):
        if view is not None:
            film_view.switch(view)
        st.button("Undo", on_click=_go, args=(past.at - 1,), disabled=not past.can_undo)
        st.button("Redo", on_click=_go, args=(past.at + 1,), disabled=not past.can_redo)
        st.button("Reset", on_click=sidebar.choose, args=(Choice(choice.preset),), disabled=not choice.values)
        with st.popover("History", disabled=len(past.entries) < 2):
            _past(past)
        if sidebar.pinned() is None:
            st.button(
                "Pin as A",
                on_click=sidebar.pin,
                args=(choice,),
                help="Keep this run, and compare with it as you go on.",
            )
        else:
            st.button("Unpin A", on_click=sidebar.pin, args=(None,))
        copy_link()
        if st.button("Learn it in ten minutes", help="Guess first, then see: who pays, found out by hand."):
            st.switch_page("pages/lesson.py")
        if st.button("What would it cost me?", help="The same leverage, volatility, fund and depth on many paths."):
            take_along(choice.preset, scenario_of(choice))
            st.switch_page("pages/what_it_costs_me.py")
        look_toggle()


def _past(past: History) -> None:
    for number in reversed(range(max(len(past.entries) - SHOWN, 0), len(past.entries))):
        entry = past.entries[number]
        label = f"{number + 1}. {entry.change}"
        st.button(
            label, key=f"history:{number}", on_click=_go, args=(number,), type="tertiary", disabled=number == past.at
        )
        st.caption(entry.sentence)


def _go(at: int) -> None:
    past = history().go(at)
    st.session_state[HISTORY] = past
    if past.now is not None:
        sidebar.choose(past.now.choice)
