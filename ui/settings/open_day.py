"""Any recorded day in any recorded market as a replay: a fold below the list of replays, and its name in a link."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import streamlit as st

from engine import InputError, day_bounds, load_preset, market_names
from ui.frame.layout import notice
from ui.settings.recorded import recorded_market

AT = "@"
REFUSED = "open_day:refused"
CRASHES = (date(2025, 10, 10), date(2020, 3, 12), date(2020, 9, 3))  # offered first, where a market has them


def refusal(preset: str) -> str:
    """Return why a recorded day cannot be opened, empty where it can."""
    try:
        load_preset(preset)
    except InputError as error:
        return " ".join(error.violations).replace("preset must", "Replay must", 1)
    return ""


def fold(preset: str, on_open: Callable[[str], None]) -> None:
    """Draw the fold; `on_open` is given the name of the day that was chosen."""
    with st.container(key="open-day"), st.popover("Any recorded day", type="tertiary"):
        names = market_names()
        own, _, day = preset.partition(AT)
        market = st.selectbox(
            "Market",
            names,
            index=names.index(own) if own in names else 0,
            format_func=lambda name: recorded_market(name).title,
            key=f"open_day:market:{preset}",
            help="A venue and a coin, as far as they are on record; those of earlier years come last.",
        )
        first, last = (date.fromisoformat(text) for text in day_bounds(market))
        wanted = [*([date.fromisoformat(day)] if market == own else []), *CRASHES, last]
        chosen = st.date_input(
            "Day",
            value=next(each for each in wanted if first <= each <= last),
            min_value=first,
            max_value=last,
            key=f"open_day:day:{preset}:{market}",
            help="The recorded hours of that day become the price, those before it the traders' past.",
        )
        st.button("Open this day", on_click=_open, args=(f"{market}{AT}{chosen}", on_open), width="stretch")
        if REFUSED in st.session_state:
            notice(st.session_state.pop(REFUSED), "warning")


def _open(name: str, on_open: Callable[[str], None]) -> None:
    sentence = refusal(name)
    if sentence:
        st.session_state[REFUSED] = f"{sentence}."
    else:
        on_open(name)
