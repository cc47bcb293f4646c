"""An event on the page: its story, figures and sources, and its replay."""

from __future__ import annotations

import streamlit as st

from engine import load_event
from ui.frame import jobs, layout
from ui.history import replay_view, texts
from ui.history.answers import replay_of

OCTOBER = "hl_2025_10_10"  # has a page of its own
on_release = jobs.on_release("history")


def event(name: str) -> None:
    """Draw an event, by its name."""
    told, replay = load_event(name), replay_of(name)
    st.markdown(f"**{told.title}**".replace("$", "\\$"))
    precision = "" if told.precision == "day" else f" ({told.precision})"
    layout.paragraph(f"{told.date}{precision}, {told.venue}, {told.kind}.")
    for text in texts.about(told):
        layout.paragraph(text)
    layout.text_table(texts.figure_rows(told))
    if told.derived:
        layout.paragraph(f"Computed from the recorded figures: {told.derived.replace('_', ' ')}.")
    for title, text in (("Disputed", told.disputed), ("Not found", told.missing)):
        if text:
            layout.bullets(title, [text])
    layout.paragraph(f"Confidence {told.confidence}: {told.confidence_reason}.")
    layout.bullets("Sources", told.sources)
    if name == OCTOBER:
        st.page_link("pages/october_10.py", label="The same minutes under four measures of loss")
    if replay is None:
        layout.paragraph("There is no replay of this event: what is on record is not enough for one.")
    else:
        replay_view.beside_record(replay)
        replay_view.change_the_rule(replay, name, on_release)
