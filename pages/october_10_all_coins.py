"""10 October 2025, all coins: accounts across eight coins, closed early or charged, and the hedge that is left."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine import InputError
from ui.charts.sizes import sized
from ui.frame import jobs, layout
from ui.frame.left import page_part
from ui.live import chart_board, slider_panel
from ui.october import coins_charts, coins_texts
from ui.october.coins_answers import Day, command, day_of
from ui.october.coins_controls import LISTS, PANEL, SEED, SETTINGS, asked
from ui.settings import address
from ui.settings.boards import told_board
from ui.settings.page_settings import draw_panel
from ui.settings.steps import Steps

NAME = "coins"
WHOLE, RESTED = "coins:whole", "coins:rested"  # whether the whole page runs, and what was asked when it did
ADDRESS = address.Address(SETTINGS)
STEPS = Steps(NAME, SETTINGS)
on_release = jobs.on_release(NAME)


def show(day: Day) -> None:
    """Draw the day of everybody, then that of one's own hedge."""
    told_board(coins_charts.day_charts(day), coins_texts.headline(day), key=NAME, numbers=coins_texts.numbers(day))
    st.markdown("**A hedge of your own on that day**: computed")
    layout.paragraph(coins_texts.story(day))
    is_at_rest = st.session_state.get(RESTED) == day.question  # under the hand five more runs would be felt
    layout.paragraph(coins_texts.how_sure(day) if is_at_rest else coins_texts.NOT_COUNTED)
    chart_board(sized(coins_charts.own_charts(day)), key="coins:own")


def details(day: Day) -> None:
    """Draw what is looked up: the record beside the replay, every rule, the coins, what is assumed."""
    st.markdown("**On record, and in this replay**")
    rows = coins_texts.record_rows(day)
    layout.text_table(rows, numbers=tuple(rows[0])[1:])
    st.markdown("**By rule**: the same accounts, the same prices")
    rows = coins_texts.rule_rows(day)
    layout.text_table(rows, numbers=tuple(rows[0])[2:])
    with st.expander("The coins: recorded, assumed, computed"):
        rows = coins_texts.coin_rows(day)
        layout.text_table(rows, numbers=tuple(rows[0])[2:-1])
    layout.bullets("What the words mean here", coins_texts.MEANING)
    layout.bullets("Assumed", coins_texts.ASSUMED)
    jobs.reproduce_command(command(day.question))


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
    if st.session_state.pop(f"{NAME}:released", False):
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
