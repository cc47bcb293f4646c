"""The film in the place of the four charts: one click away from the sentence, and back."""

from __future__ import annotations

import streamlit as st

from ui.cascade import charts, details
from ui.charts.board import sized
from ui.charts.run_view import RunView
from ui.live import player

SHOWN = "cascade:film"


def is_shown() -> bool:
    """Return whether the film stands where the charts were."""
    return bool(st.session_state.get(SHOWN, False))


def switch(view: RunView) -> None:
    """Draw the button between the charts and the film."""
    if is_shown():
        st.button("Back to the charts", on_click=_put, args=(False,), type="primary")
        return
    has_none = view.run.trades.size == 0
    help_text = (
        "Nobody is forced out in this run." if has_none else "One forced trade after the other, with the reason."
    )
    st.button("Play the cascade", on_click=_put, args=(True,), type="primary", disabled=has_none, help=help_text)


def _put(is_on: bool) -> None:
    st.session_state[SHOWN] = is_on


def film(view: RunView) -> None:
    """Draw the film of a run; it is played in the browser."""
    made = charts.film(view)
    drawn = sized(made.charts)
    click = player(made.sentences, made.rounds, drawn, key=f"film:{view.preset.name}", columns=3, running=made.running)
    if details.take_click(drawn, click):
        st.rerun()
