"""Whole numbers in a box: read as they are typed anywhere, refused in a sentence; static/live/number.js reads alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import streamlit as st

from ui.frame.layout import notice

GROUPED = re.compile(r"[1-9]\d{0,2}(?:([ \u00a0\u202f,.'\u2019])\d{3})(?:\1\d{3})*")


def whole(label: str, low: int, high: int, text: str) -> int:
    """Return the whole number that a text is; ValueError with a sentence where it is none, or out of bounds.

    Groups of three digits may be parted by a comma, a stop, a space or an apostrophe: 100,000 is a hundred thousand.
    Anything else with a comma is refused, never read as another number.
    """
    plain = text.strip()
    digits = re.sub(r"\D", "", plain) if GROUPED.fullmatch(plain) else plain
    if not re.fullmatch(r"[+-]?\d{1,15}", digits) or not low <= int(digits) <= high:
        raise ValueError(f"{label} must be a whole number from {low:,d} to {high:,d}, was {plain[:40]!r}.")
    return int(digits)


def whole_box(
    label: str, name: str, low: int, high: int, value: int, *, key: str, put: Callable[[int], None], **more: Any
) -> None:
    """Draw a box for a whole number; what cannot be is said below it, and the number in force stays."""
    refused, shown = f"{key}:refused", f"{key}:shown"
    if st.session_state.get(shown) != value or key not in st.session_state:
        st.session_state[key], st.session_state[shown] = str(value), value
        st.session_state.pop(refused, None)

    def changed() -> None:
        try:
            number = whole(name, low, high, st.session_state[key])
        except ValueError as error:
            st.session_state[refused] = str(error)
            return
        st.session_state.pop(refused, None)
        st.session_state[key], st.session_state[shown] = str(number), number
        put(number)

    st.text_input(label, key=key, on_change=changed, **more)
    if refused in st.session_state:
        notice(st.session_state[refused], "error")
