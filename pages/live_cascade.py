"""Live cascade: drag leverage, volatility and the fund, and see who pays."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine import InputError
from ui.cascade import charts, details, film_view, toolbar
from ui.cascade.ab_comparison import told
from ui.cascade.next_steps import next_steps
from ui.charts.run_view import RunView, view_of
from ui.frame import jobs, layout
from ui.frame.page_part import page_part
from ui.frame.terms import defined
from ui.live import chart_board
from ui.settings import address, sidebar
from ui.settings.run_settings import RUN_SETTINGS, Choice, refusals, scenario_of

NAME, LAST_GOOD = "cascade", "cascade:last_good"
ADDRESS = address.Address(has_replay=True, has_pin=True)
on_release = jobs.on_release(NAME)


def run_of(choice: Choice) -> tuple[RunView | None, dict[str, str]]:
    """Return the run of a choice, or the last one that could be run and a sentence for each control that is wrong."""
    try:
        view = view_of(choice.preset, scenario_of(choice))
    except InputError as error:
        return st.session_state.get(LAST_GOOD), refusals(error)
    st.session_state[LAST_GOOD] = view
    return view, {}


@page_part
def cascade(places: sidebar.Places) -> None:
    """Sliders and charts: what a drag runs again."""
    choice = sidebar.current()
    view, errors = run_of(choice)
    sidebar.sliders(choice, errors, places, on_release)
    for name, sentence in errors.items():
        if name not in RUN_SETTINGS or view is None:
            layout.notice(f"These settings cannot be run: {sentence}.", "error")
    if view is not None:
        show(choice, view, toolbar.pinned_view())
    if jobs.was_released(NAME):
        st.rerun()


def show(choice: Choice, view: RunView, before: RunView | None) -> None:
    """Send the answer and the charts; a drag of the big sliders goes round Streamlit, a click chooses a trader."""
    is_large = layout.is_large()
    drawn = answer(view, before, is_large)
    drawn["words"] = defined(drawn["headline"], "headline")
    if film_view.is_shown():
        chart_board(**{**drawn, "charts": []}, key=f"cascade:told:{choice.preset}")
        film_view.film(view)
        return
    click = chart_board(
        **drawn,
        key=f"cascade:{choice.preset}",
        panel=sidebar.MAIN_PANEL,
        redraw=lambda moved: redrawn(sidebar.with_moved(choice, moved), before, is_large),
        on_click=on_release,
    )
    details.take_click(drawn["charts"], click)


def answer(view: RunView, before: RunView | None, is_large: bool) -> dict[str, Any]:
    """Return what the board shows, with A beneath when a run is pinned."""
    drawn = charts.main_charts(view, before)
    if is_large:
        drawn = [charts.enlarge(chart) for chart in drawn]
    sentence, numbers = told(view, before)
    return {"charts": drawn, "headline": sentence, "numbers": numbers}


def redrawn(choice: Choice, before: RunView | None, is_large: bool) -> dict[str, Any]:
    """Return what the board and the sliders' labels show in the middle of a drag; no Streamlit here."""
    view = view_of(choice.preset, scenario_of(choice))
    return {**answer(view, before, is_large), "labels": sidebar.main_labels(choice)}


@page_part
def folds() -> None:
    """What is looked up rather than dragged; it follows when the hand lets go."""
    view, _ = run_of(sidebar.current())
    if view is not None:
        details.details(view, toolbar.pinned_view())


layout.style("cascade-", "main")
ADDRESS.read()
chosen = sidebar.current()
view, errors = run_of(chosen)
if view is not None and not errors:
    toolbar.remember(chosen, view)
    ADDRESS.write()
places = sidebar.lists(chosen, on_release)
toolbar.toolbar(chosen, view)
if view is not None:
    next_steps(chosen, view)
address.say_refused()
cascade(places)
folds()
