"""Contagion: what a crash in one coin does to the holders of the others."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine import InputError
from ui.charts.common import enlarge
from ui.contagion import charts, controls, texts
from ui.contagion.answers import Answer, answer, spread
from ui.frame import jobs, layout
from ui.frame.page_part import page_part
from ui.frame.terms import defined
from ui.live import chart_board, slider_panel
from ui.settings import address
from ui.settings.page_settings import draw_panel
from ui.settings.undo import Steps

NAME = "contagion"
ADDRESS = address.Address(controls.SETTINGS)
STEPS = Steps(NAME, controls.SETTINGS)
on_release = jobs.on_release(NAME)


def shown(found: Answer, is_large: bool) -> dict[str, Any]:
    """Return what the board shows of an answer; no Streamlit here."""
    drawn = charts.all_charts(found)
    return {
        "charts": [enlarge(chart) for chart in drawn] if is_large else drawn,
        "headline": texts.headline(found),
        "numbers": texts.numbers(found),
    }


@page_part
def crash(place: DeltaGenerator) -> None:
    """Sliders, sentence and charts: what a drag runs again."""
    with place, slider_panel(NAME):
        draw_panel(controls.PANEL, on_release)
    try:
        found = answer(controls.asked())
    except InputError as error:
        layout.notice(f"This market cannot be: {'; '.join(error.violations)}.", "error")
        return
    drawn = shown(found, layout.is_large())
    is_large, lists = layout.is_large(), {pick.key: pick.value for pick in controls.LISTS}
    click = chart_board(
        **drawn,
        words=defined(drawn["headline"], "headline"),
        key=NAME,
        panel=NAME,
        redraw=lambda moved: shown(answer(controls.asked(moved, lists)), is_large),
        on_click=on_release,
    )
    if click is not None and click.chart == "matrix" and click.custom is not None:
        controls.COIN.put(found.coins[int(click.custom[0])])
    if jobs.was_released(NAME):
        st.rerun()


def details(found: Answer) -> None:
    """Draw what is looked up: the tables, what is measured and assumed, the command."""
    layout.paragraph(texts.spread_words(found, spread(found.asked)))
    st.markdown("**Four ways through the same crash**: computed")
    layout.text_table(texts.way_rows(found), numbers=slice(1, None))
    with st.expander("The matrix as a table"):
        layout.text_table(texts.matrix_rows(found), numbers=slice(1, None))
    with st.expander("The coins: measured, recorded, assumed"):
        layout.text_table(texts.coin_rows(found), numbers=slice(1, None))
        layout.paragraph(texts.measured(found))
    with st.expander("What the words mean here, and what is assumed"):
        layout.bullets("Words", texts.WORDS)
        layout.bullets("Assumed", texts.ASSUMED)
    layout.command_line(texts.command(found.asked))


layout.style(NAME, NAME)
ADDRESS.read()
STEPS.remember()
ADDRESS.write()
layout.heading("Contagion", "What a fall in one coin does to the holders of the others.", "computed")
with st.container(horizontal=True, gap="xsmall", key="toolbar"):
    STEPS.buttons()
    address.copy_link()
    layout.look_toggle()
address.say_refused()
with st.sidebar:
    for pick in controls.LISTS:
        pick.draw(on_release)
    place = st.container()
crash(place)
with suppress(InputError):  # said above
    details(answer(controls.asked()))
st.page_link("pages/october_10_all_coins.py", label="10 October 2025: the day on which this happened in 162 coins")
