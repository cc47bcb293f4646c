"""History: losses that were shared, as far as they are on record."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from engine import load_events
from ui.charts.board import told_board
from ui.frame import jobs, layout
from ui.frame.page_part import page_part
from ui.history import charts, controls, event_view, texts
from ui.settings import address

NAME = "history"
ADDRESS = address.Address(controls.SETTINGS)
TURN = "history:turn"
HEIGHT = 420  # pixels of the list


def open_event(name: str) -> None:
    """Open an event, or none; the list forgets which row was chosen."""
    controls.EVENT.put(name)
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1


def overview() -> None:
    """Draw the sentence and the charts over all events; a click opens one."""
    click = told_board(charts.all_charts(), texts.headline(), key=NAME, numbers=texts.numbers())
    if click is not None and isinstance(click.custom, str) and click.custom != controls.EVENT.value:
        open_event(click.custom)
        layout.rerun()
    st.markdown("**With the venue-days behind it**")
    layout.paragraph(texts.window_sentence())
    with st.expander("Every window in which somebody counted"):
        layout.text_table(texts.window_rows())


def listed() -> None:
    """Draw the list of events with its filters; a chosen row opens its event."""
    st.divider()
    st.markdown("**All events**: a click on a head sorts, a chosen row opens")
    for place, setting in zip(st.columns(len(controls.FILTERS)), controls.FILTERS, strict=True):
        with place:
            setting.draw(lambda: None)
    events = [event for event in reversed(load_events()) if controls.is_listed(event.name)]
    layout.paragraph(f"{len(events)} of {len(load_events())} events.")
    if not events:
        return
    key = f"history:list:{st.session_state.get(TURN, 0)}"

    def chosen() -> None:
        rows = st.session_state[key].selection.rows
        if rows:
            open_event(events[rows[0]].name)

    number = st.column_config.NumberColumn(format="%.2f")
    columns = dict.fromkeys(("Deficit, $M", "Haircut, %"), number)
    st.dataframe(
        pd.DataFrame(texts.listed_rows(events)),
        key=key, hide_index=True, height=HEIGHT, on_select=chosen, selection_mode="single-row",
        column_config=columns | {"Source": st.column_config.LinkColumn(display_text=r"https?://(?:www\.)?([^/]+)")},
    )  # fmt: skip


@page_part
def opened(name: str) -> None:
    """Draw one event; the link follows when the hand lets go of its slider."""
    event_view.event(name)
    if jobs.was_released(NAME):
        layout.rerun()


def replays() -> None:
    """Draw every replay with a link to where it opens."""
    st.divider()
    st.markdown("**Every replay**")
    layout.text_table(texts.replay_rows())
    for each in texts.replays().values():
        if each.event:
            st.button(
                each.title, key=f"history:open:{each.name}", on_click=open_event, args=(each.event,), type="tertiary"
            )
        else:
            st.page_link("pages/live_cascade.py", label=each.title, query_params={"p": each.name})


ADDRESS.read()
ADDRESS.write()
layout.style("" if controls.EVENT.value else NAME)  # on a phone the charts come first only where no event is open
address.top(
    "History",
    "What was lost, who paid, and what another rule would have done: events on record, with their sources.",
    texts.RECORDED,
)
name = controls.EVENT.draw(lambda: None)
if name:
    st.button("Back to all events", on_click=open_event, args=("",))
    opened(name)
    st.divider()
overview()
listed()
replays()
