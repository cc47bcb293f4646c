"""10 October 2025, all coins: accounts across eight coins, closed early or charged, and the hedge that is left."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine import InputError
from ui.charts.board import sized, told_board
from ui.frame import jobs, layout
from ui.frame.page_part import page_part
from ui.live import chart_board, slider_panel
from ui.october_coins import charts, texts
from ui.october_coins.answers import Day, day_of
from ui.october_coins.controls import LISTS, PANEL, SEED, SETTINGS, asked
from ui.settings import address
from ui.settings.page_settings import draw_panel
from ui.settings.undo import Steps

NAME = "coins"
WHOLE, RESTED = "coins:whole", "coins:rested"  # whether the whole page runs, and what was asked when it did
ADDRESS = address.Address(SETTINGS)
STEPS = Steps(NAME, SETTINGS)
on_release = jobs.on_release(NAME)


def show(day: Day) -> None:
    """Draw the day of everybody, then that of one's own hedge."""
    told_board(charts.day_charts(day), texts.headline(day), key=NAME, numbers=texts.numbers(day))
    st.markdown("**A hedge of your own on that day**: computed")
    layout.paragraph(texts.story(day))
    is_at_rest = st.session_state.get(RESTED) == day.question  # under the hand five more runs would be felt
    layout.paragraph(texts.how_sure(day) if is_at_rest else texts.NOT_COUNTED)
    chart_board(sized(charts.own_charts(day)), key="coins:own")


def details(day: Day) -> None:
    """Draw what is looked up: the record beside the replay, every rule, the coins, what is assumed."""
    st.markdown("**On record, and in this replay**")
    layout.text_table(texts.record_rows(day), numbers=slice(1, None))
    st.markdown("**By rule**: the same accounts, the same prices")
    layout.text_table(texts.rule_rows(day), numbers=slice(2, None))
    with st.expander("The coins: recorded, assumed, computed"):
        layout.text_table(texts.coin_rows(day), numbers=slice(2, -1))
    layout.bullets("What the words mean here", texts.MEANING)
    layout.bullets("Assumed", texts.ASSUMED)
    layout.command_line(texts.command(day.question))


@page_part
def replay(place: DeltaGenerator) -> None:
    """Sliders and what they change."""
    with place, slider_panel(NAME):
        draw_panel(PANEL, on_release)
    try:
        day = day_of(asked())
    except InputError as error:
        layout.notice(f"This cannot be replayed: {'; '.join(error.violations)}.", "error")
        return
    if st.session_state.pop(WHOLE, False):
        st.session_state[RESTED] = day.question
    show(day)
    details(day)
    if jobs.was_released(NAME):
        st.rerun()


layout.style(NAME, NAME)
ADDRESS.read()
STEPS.remember()
ADDRESS.write()
layout.heading(
    "10 October 2025, all coins",
    "Closed early, or charged: what each rule leaves of accounts across coins.",
    "computed beside recorded",
)
with st.container(horizontal=True, gap="xsmall", key="toolbar"):
    STEPS.buttons()
    address.copy_link()
    layout.look_toggle()
address.say_refused()
with st.sidebar:
    for pick in LISTS:
        pick.draw(on_release)
    place = st.container()
    SEED.draw(on_release)
st.session_state[WHOLE] = True
replay(place)
st.page_link("pages/october_10.py", label="What was lost on that day? Four measures of the same ten minutes")
st.page_link("pages/contagion.py", label="Contagion: one coin's crash in the others, under your hand")
