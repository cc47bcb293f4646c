"""The sidebar: widgets in, a choice out. What was chosen outlives a page change and is shared by all pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine import POLICIES, Preset, load_preset, preset_names
from ui.live import live_slider, set_slider, slider_fold, slider_note, slider_panel, slider_value
from ui.settings import policy_parameters as options
from ui.settings.policy_controls import option_key, option_list, option_sliders
from ui.settings.run_settings import KNOBS, MAIN, Choice, Knob, Shape
from ui.settings.words import GROUPS, SETTINGS

FIRST = ("okex-2018", "bitmex-2020", "hyperliquid-2025", "dydx-yfi-2023", "bitvc-2014", "calm")
RECORD = "settings"
MAIN_PANEL = "main"
Errors = Mapping[str, str]


def presets() -> list[str]:
    """Return the presets that exist, the best known first."""
    known = preset_names()
    return [name for name in FIRST if name in known] + [name for name in known if name not in FIRST]


def record() -> dict[str, Any]:
    """Return this session's own record: the preset, and what no slider keeps (policy, options, settings of a link)."""
    return st.session_state.setdefault(RECORD, {"preset": presets()[0], "values": {}})


def current() -> Choice:
    """Return what is chosen now, also in the middle of a drag."""
    kept = record()
    preset = load_preset(kept["preset"])
    values: dict[str, float | str] = dict(kept["values"])
    for name, shape in shapes(preset).items():
        value = slider_value(_key(name), shape.value)
        if value != shape.value:
            values[name] = value
    policy = options.policy_of(preset, values)
    for option in options.sliding(policy):
        shape = options.shape_of(preset, policy, option)
        value = slider_value(option_key(policy, option), shape.value)
        if value != shape.value:
            values[options.PREFIX + option.name] = round(value / options.factor_of(option), 9)
    return Choice(kept["preset"], values)


def choose(choice: Choice) -> None:
    """Move every control to a choice: a preset, a link, an undo."""
    preset = load_preset(choice.preset)
    plain = {name: value for name, value in choice.values.items() if name not in KNOBS}
    chosen = options.policy_of(preset, choice.values)
    for policy in POLICIES:
        for option in options.sliding(policy):
            start = options.start_of(preset, policy, option)
            value = plain.pop(options.PREFIX + option.name, start) if policy == chosen else start
            set_slider(option_key(policy, option), options.factor_of(option) * float(value))
    st.session_state[RECORD] = {"preset": choice.preset, "values": plain}
    for name, shape in shapes(preset).items():
        set_slider(_key(name), float(choice.values.get(name, shape.value)))


@dataclass(frozen=True, slots=True)
class Places:
    """Where in the sidebar the sliders go: a drag draws them again, and leaves the lists around them alone."""

    main: DeltaGenerator
    more: DeltaGenerator
    options: DeltaGenerator | None = None


def lists(choice: Choice, on_release: Callable[[], None], *, has_policy: bool = True) -> Places:
    """Draw the lists of presets and policies; return the places for the sliders, around them in the sidebar."""
    preset = load_preset(choice.preset)
    with st.sidebar:
        with st.container(key="first-preset"):
            _preset_list(choice, on_release)
        main = st.container()
        place = _policy_list(choice, preset, on_release) if has_policy else None
        return Places(main, st.container(), place)


def sliders(choice: Choice, errors: Errors, places: Places, on_release: Callable[[], None]) -> None:
    """Draw the sliders; a sentence of `errors` (by knob) stands at the slider that it is about."""
    preset = load_preset(choice.preset)
    with places.main, slider_panel(MAIN_PANEL):
        for name in MAIN:
            _slider(KNOBS[name], preset, choice, errors, on_release)
    if places.options is not None:
        with places.options:
            option_sliders(preset, choice, on_release)
    with places.more, slider_panel("more"):
        for title, names in GROUPS:
            with slider_fold(title):
                for name in names:
                    _slider(KNOBS[name], preset, choice, errors, on_release)


def policy_label(name: str) -> str:
    """Return a policy's label, or the name itself when it is not registered."""
    return POLICIES[name].label if name in POLICIES else name


def _slider(knob: Knob, preset: Preset, choice: Choice, errors: Errors, on_release: Callable[[], None]) -> None:
    shape = knob.shape(preset)
    if shape is None:
        return
    term = SETTINGS[knob.name]
    live_slider(
        _label(knob, preset, choice),
        shape.low,
        shape.high,
        shape.value,
        shape.step,
        key=_key(knob.name),
        help=term.full_help,
        unit=shape.unit,
        digits=shape.digits,
        scale=shape.scale,
        on_release=on_release,
    )
    if knob.name in errors:
        slider_note(_key(knob.name), errors[knob.name])


def _label(knob: Knob, preset: Preset, choice: Choice) -> str:
    shape = knob.shape(preset)
    value = choice.values.get(knob.name, shape.value if shape else 0.0)
    beside = knob.beside(preset, float(value))
    return f"{SETTINGS[knob.name].label}, {beside}" if beside else SETTINGS[knob.name].label


def main_labels(choice: Choice) -> dict[str, str]:
    """Return the labels of the big sliders, by slider key: the fund's money follows the hand."""
    preset = load_preset(choice.preset)
    return {_key(name): _label(KNOBS[name], preset, choice) for name in MAIN}


def with_moved(choice: Choice, moved: Mapping[str, float]) -> Choice:
    """Return a choice with sliders moved, {slider key: value}."""
    values = dict(choice.values)
    for name, shape in shapes(load_preset(choice.preset)).items():
        if _key(name) in moved:
            values.pop(name, None)
            if moved[_key(name)] != shape.value:
                values[name] = moved[_key(name)]
    return Choice(choice.preset, values)


def shapes(preset: Preset) -> dict[str, Shape]:
    """Return the sliders that a preset has, with their bounds."""
    found = {name: knob.shape(preset) for name, knob in KNOBS.items()}
    return {name: shape for name, shape in found.items() if shape is not None}


def _preset_list(choice: Choice, on_release: Callable[[], None]) -> None:
    key = "choice:preset"
    st.session_state[key] = choice.preset

    def on_change() -> None:
        choose(Choice(st.session_state[key]))
        on_release()

    st.selectbox(
        SETTINGS["preset"].label,
        presets(),
        format_func=lambda name: load_preset(name).title,
        key=key,
        help=SETTINGS["preset"].full_help,
        on_change=on_change,
    )


def _policy_list(choice: Choice, preset: Preset, on_release: Callable[[], None]) -> DeltaGenerator | None:
    own = preset.scenario.venue.policy
    key = "choice:policy"
    chosen = str(choice.values.get("venue.policy", own))
    st.session_state[key] = chosen

    def on_change() -> None:
        values = {name: value for name, value in record()["values"].items() if not name.startswith("venue.policy")}
        if st.session_state[key] != own:
            values["venue.policy"] = st.session_state[key]
        record()["values"] = values
        on_release()

    st.selectbox(
        SETTINGS["venue.policy"].label,
        list(POLICIES),
        format_func=lambda name: POLICIES[name].label,
        key=key,
        help=SETTINGS["venue.policy"].help,
        on_change=on_change,
    )
    st.caption(POLICIES[chosen].who_pays)
    if not options.sliding(chosen) and not options.listed(chosen):
        return None
    with st.expander("Options of this rule"):
        for option in options.listed(chosen):
            option_list(option, chosen, choice, preset, record()["values"], on_release)
        return st.container()


def _key(name: str) -> str:
    return f"set:{name}"
