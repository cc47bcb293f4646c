"""The sidebar of a replay: preset, big sliders, policy, and the rest folded; what is chosen is kept over all pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine import POLICIES, is_day, load_preset
from ui.charts.rule_words import list_words
from ui.live import slider_panel
from ui.settings import open_day
from ui.settings.own import own_presets
from ui.settings.page_settings import OnRelease, Panel, Pick, draw_panel
from ui.settings.policy_parameters import listed, parameters, sliding
from ui.settings.rule_list import IN_ORDER, policy_list, rule_list, rules_of
from ui.settings.run_settings import RUN_SETTINGS, Choice, run_sliders, settings_of
from ui.settings.words import replay_names

FIRST = ("cascade", "dozen", "okex-2018", "bitmex-2020", "hyperliquid-2025", "dydx-yfi-2023", "bitvc-2014", "calm")
WITHOUT_CONTROL = "settings:without_control"
PINNED = "pinned"
MAIN_PANEL = "main"
MAIN = tuple(name for name, setting in RUN_SETTINGS.items() if not setting.fold)


def presets() -> list[str]:
    """Return the presets that exist, the best known first."""
    known = replay_names()
    return [name for name in FIRST if name in known] + [name for name in known if name not in FIRST]


def by_year(title: str) -> str:
    """Return a replay's title as a list box has room for it: the year first, the day left out."""
    return re.sub(r"^(.*), [^,]* (\d{4})$", r"\2 \1", title)


def _listed() -> list[str]:
    """Return the presets, and before them what is the session's own and the recorded day that is open, if one is."""
    now = st.session_state.get("kept:choice:preset", "")
    return [*own_presets(), *([now] if is_day(now) else []), *presets()]


PRESET = Pick(
    key="choice:preset", name="p", label="Replay", start=presets()[0], choices=_listed,
    show=lambda name: by_year(load_preset(name).title),
    help="A real event, with its contract, prices, book and fund; a calm day; or a recorded day, opened below.",
)  # fmt: skip


def current() -> Choice:
    """Return what is chosen now, also in the middle of a drag; what a link set and no control shows is part of it."""
    preset = PRESET.value
    values = dict(st.session_state.get(WITHOUT_CONTROL, {}))
    for name, setting in settings_of(preset, policy_list(preset).value).items():
        if setting.value != setting.start:
            values[name] = setting.value
    return Choice(preset, values)


def choose(choice: Choice) -> None:
    """Move every control to a choice: a preset, a link, an undo."""
    PRESET.put(choice.preset)
    chosen = settings_of(choice.preset, choice.policy)
    for policy in POLICIES:
        for parameter in parameters(choice.preset, policy).values():
            parameter.put(parameter.start)
    for name, setting in chosen.items():
        setting.put(choice.values.get(name, setting.start))
    st.session_state[WITHOUT_CONTROL] = {name: value for name, value in choice.values.items() if name not in chosen}


def pinned() -> Choice | None:
    """Return the run that is kept as A, None when nothing is compared."""
    return st.session_state.get(PINNED)


def pin(choice: Choice | None) -> None:
    """Keep a run as A, or none."""
    st.session_state[PINNED] = choice


@dataclass(frozen=True, slots=True)
class Places:
    """Where in the sidebar the sliders go: a drag draws them again, and leaves the lists around them alone."""

    main: DeltaGenerator
    more: DeltaGenerator
    parameters: DeltaGenerator | None = None


def lists(choice: Choice, on_release: OnRelease, *, has_policy: bool = True) -> Places:
    """Draw the lists of presets and policies; return the places for the sliders, around them in the sidebar."""

    def on_preset() -> None:
        on_day(PRESET.value)

    def on_day(preset: str) -> None:
        choose(Choice(preset))
        on_release()

    with st.sidebar:
        with st.container(key="first-preset"):
            PRESET.draw(on_preset)
        open_day.fold(choice.preset, on_day)
        main = st.container()
        place = _policy_list(choice, on_release) if has_policy else None
        return Places(main, st.container(), place)


def _policy_list(choice: Choice, on_release: OnRelease) -> DeltaGenerator | None:
    policy = policy_list(choice.preset).draw(on_release)
    if policy == IN_ORDER:
        st.caption(list_words(rules_of(rule_list(choice.preset).value)).replace("$", "\\$"))
        st.page_link("pages/rules_side_by_side.py", label="Change the list on Rules side by side")
        return None
    st.caption(POLICIES[policy].who_pays)
    if not parameters(choice.preset, policy):
        return None
    with st.expander("Options of this rule"):
        for parameter in listed(choice.preset, policy):
            parameter.draw(on_release)
        return st.container()


def sliders(choice: Choice, errors: Mapping[str, str], places: Places, on_release: OnRelease) -> None:
    """Draw the sliders; a sentence of `errors` (by setting) stands at the slider that it is about."""
    shown = run_sliders(choice.preset)
    notes = {shown[name].key: sentence for name, sentence in errors.items() if name in shown}
    with places.main, slider_panel(MAIN_PANEL):
        draw_panel((("", [shown[name] for name in MAIN if name in shown]),), on_release, notes)
    own = sliding(choice.preset, choice.policy)
    if places.parameters is not None and own:
        with places.parameters, slider_panel(f"options:{choice.policy}"):
            draw_panel((("", own),), on_release)
    with places.more, slider_panel("more"):
        draw_panel(_folds(choice.preset), on_release, notes)


def _folds(preset: str) -> Panel:
    """Return the sliders that are folded away, by the title of their fold."""
    folds: dict[str, list[Any]] = {}
    for name, slider in run_sliders(preset).items():
        if RUN_SETTINGS[name].fold:
            folds.setdefault(RUN_SETTINGS[name].fold, []).append(slider)
    return tuple(folds.items())


def main_labels(choice: Choice) -> dict[str, str]:
    """Return the labels of the big sliders, by slider key: the fund's money follows the hand."""
    shown = {name: slider for name, slider in run_sliders(choice.preset).items() if name in MAIN}
    return {slider.key: slider.label_at(float(choice.values.get(name, slider.start))) for name, slider in shown.items()}


def with_moved(choice: Choice, moved: Mapping[str, float]) -> Choice:
    """Return a choice with sliders moved, {slider key: value}."""
    values = dict(choice.values)
    for name, slider in run_sliders(choice.preset).items():
        if slider.key in moved:
            values.pop(name, None)
            if moved[slider.key] != slider.start:
                values[name] = moved[slider.key]
    return Choice(choice.preset, values)
