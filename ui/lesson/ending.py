"""The end of the lesson: one's own sentence, the computed one, and the way into the sandbox."""

from __future__ import annotations

import streamlit as st

from ui.frame import layout
from ui.lesson import progress
from ui.lesson.market import PRESET
from ui.lesson.sharing import last_words

BOX = "lesson:own:box"


def ending() -> None:
    """Ask who pays and why, show the computed sentence beside it, and open the same market in the sandbox."""
    st.divider()
    st.html('<h2 class="sf-lesson-title">In one sentence: who pays, and why?</h2>')
    st.session_state[BOX] = progress.OWN.value
    st.text_input("In your own words", key=BOX, on_change=_keep, max_chars=progress.LONGEST)
    if progress.OWN.value:
        layout.paragraph(f"Computed: {last_words()}")
    else:
        layout.paragraph("Write yours first; the computed one comes below it.")
    n_guessed = sum(bool(guess.value) for guess in progress.GUESS.values())
    n_steps = len(progress.shown_steps())
    layout.paragraph(f"{n_guessed} of {n_steps} predicted, {len(progress.DONE.value)} of {n_steps} tasks done by hand.")
    st.page_link(
        "pages/live_cascade.py",
        label="The sandbox: this very market on Live cascade, with every setting",
        query_params={"v": "1", "p": PRESET},
    )


def _keep() -> None:
    progress.OWN.put(progress.short(st.session_state[BOX]))
