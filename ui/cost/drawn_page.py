"""Drawn days: the position in a market that is assumed, on days from a price model."""

from __future__ import annotations

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui.charts.board import sized, told_board
from ui.cost import controls, drawn_answers
from ui.cost.charts import ranking
from ui.cost.charts.position import answer_charts
from ui.cost.drawn_answers import CostResult, draft, precise, with_rankings
from ui.cost.drawn_texts import CAVEATS, command, figures, headline, numbers
from ui.cost.position import CostQuery
from ui.frame import jobs, layout
from ui.frame.page_part import page_part
from ui.live import chart_board, slider_note, slider_panel
from ui.settings import market_controls
from ui.settings.market import ASSUMED, ASSUMED_OWN, market_scenario, n_draft_paths, short_title
from ui.settings.page_settings import draw_panel
from ui.settings.reproduce import file_name, settings_file

NAME = "cost"
on_release = jobs.on_release(NAME)


def sliders() -> CostQuery:
    """Draw the sliders and return the position with their values."""
    with slider_panel(NAME):
        draw_panel(controls.PANEL, on_release)
        query = controls.chosen_query()
        result = jobs.result_of(NAME, query, draft)
        if isinstance(result, CostResult) and result.mine.is_lost:
            slider_note("cost:leverage", "Too much for this venue's margin: it would be liquidated at once.")
    return query


@page_part
def position(place: DeltaGenerator) -> None:
    """Sliders, sentence and charts: what a drag runs again."""
    with jobs.waiting(), place:
        query = sliders()
    jobs.follow(NAME, query, draft, show, "This position cannot be")


def show(result: CostResult) -> None:
    """Draw the sentence, its numbers and the charts."""
    told_board(answer_charts(result), headline(result), key=NAME, numbers=numbers(result))


@page_part
def alternatives() -> None:
    """What would halve it, the same position under other rules and at other venues, once the hand lets go."""
    result = jobs.released_result(NAME, draft)
    if result is None:
        return
    with jobs.waiting():
        result = with_rankings(result)
    own = short_title(result.query.market.venue)
    is_large = layout.is_large()
    halve = ranking.changes(result, is_large=is_large)
    rules = ranking.rules(result, f"Other rules at {own}", is_large=is_large)
    venues = ranking.venues(result, is_large=is_large)
    left, right = st.columns(2)
    with left:
        chart_board(sized([halve, rules]), key="cost:rules", columns=1)
    with right:
        chart_board(sized([venues]), key="cost:venues", columns=1)
    layout.caption(
        "Behind each bar: the expected charge, the chance of paying, and that of being liquidated yourself. "
        "Dotted: half of your charge. Where intervals overlap nothing is ranked."
    )
    layout.interval_table(figures(result), is_precise=result.is_precise)
    if result.query.market.own is not None:
        return
    scenario = market_scenario(result.query.market)
    layout.command_line(command(result), file_name(scenario), settings_file(scenario))


def draw() -> None:
    """Draw the sidebar and the page."""
    with st.sidebar:
        market_controls.draw_lists(NAME, on_release)
        if controls.own_book() is not None:
            controls.TRADERS.draw(on_release)
        with st.container(key="first-side"):
            controls.SIDE.draw(on_release, key="cost:choice:side", is_radio=True, horizontal=True)
        place = st.container()
    position(place)
    query = jobs.query_of(NAME)
    jobs.panel(
        NAME,
        query,
        partial(precise, query),
        label="Precise run",
        draft=f"{n_draft_paths(query.market, drawn_answers.DRAFT):,d} paths an estimate, so small chances are rough",
        precise=f"{drawn_answers.PRECISE:,d} paths an estimate, the same shocks for each",
        has_own=query.market.has_own,
    )
    alternatives()
    layout.caveats(CAVEATS, ASSUMED if query.market.own is None else ASSUMED_OWN)
