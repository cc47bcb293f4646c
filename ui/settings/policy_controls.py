"""The controls of a policy's options: lists and boxes in the sidebar's fold, sliders among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from engine import Preset
from engine.sharing.policy_record import Option
from ui.live import live_slider, slider_panel
from ui.settings import policy_parameters as options
from ui.settings.run_settings import Choice


def option_list(
    option: Option, policy: str, choice: Choice, preset: Preset, kept: dict[str, Any],
    on_release: Callable[[], None],
) -> None:  # fmt: skip
    """Draw the control of an option that is a name or a whole number."""
    setting, start = options.PREFIX + option.name, options.start_of(preset, policy, option)
    key = f"choice:{setting}"
    value = choice.values.get(setting, start)
    st.session_state[key] = value if option.choices else int(float(value))

    def on_change() -> None:
        kept.pop(setting, None)
        if st.session_state[key] != start:
            kept[setting] = st.session_state[key]
        on_release()

    label = options.label_of(option.name)
    if option.choices:
        names = list(option.choices)
        st.selectbox(label, names, format_func=_spaced, key=key, help=option.help, on_change=on_change)
    else:
        st.number_input(label, int(option.low), int(option.high), key=key, help=option.help, on_change=on_change)


def option_sliders(preset: Preset, choice: Choice, on_release: Callable[[], None]) -> None:
    """Draw the sliders of the chosen policy's options."""
    policy = options.policy_of(preset, choice.values)
    if not options.sliding(policy):
        return
    with slider_panel(f"options:{policy}"):
        for option in options.sliding(policy):
            shape = options.shape_of(preset, policy, option)
            live_slider(
                options.label_of(option.name),
                shape.low,
                shape.high,
                shape.value,
                shape.step,
                key=option_key(policy, option),
                help=option.help,
                unit=shape.unit,
                digits=shape.digits,
                on_release=on_release,
            )


def option_key(policy: str, option: Option) -> str:
    """Return the key of an option's slider; each policy keeps its own value."""
    return f"set:{options.PREFIX}{policy}.{option.name}"


def _spaced(name: str) -> str:
    return name.replace("_", " ")
