"""A portfolio: legs of several coins on one account, on every day that all of them have on record."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ui.charts.board import told_board
from ui.cost import portfolio_controls as controls
from ui.cost.charts.portfolio import paying_days
from ui.cost.portfolio_answers import WILDEST, WILDEST_AT_ENDS, PortfolioQuery, PortfolioResult, draft, whole
from ui.cost.portfolio_texts import CAVEATS, assumed, command, figures, headline, numbers
from ui.frame import jobs, layout
from ui.frame.page_part import page_part
from ui.live import slider_panel
from ui.settings.page_settings import draw_panel

NAME = "portfolio"
on_release = jobs.on_release(NAME)


@page_part
def answer() -> None:
    """Sentence, numbers and chart."""
    jobs.follow(NAME, controls.chosen_portfolio(), draft, show, "This portfolio cannot be")


def show(result: PortfolioResult) -> None:
    """Draw the sentence, its numbers and the chart."""
    told_board([paying_days(result)], headline(result), key=NAME, numbers=numbers(result), columns=1)


def more(query: PortfolioQuery) -> None:
    """Draw what is assumed beside the answer, every figure, and the command."""
    result = jobs.released_result(NAME, draft)
    if result is None:
        return
    layout.paragraph("What is assumed of the venue's other accounts, and recorded of its markets:")
    st.markdown(assumed(result).replace("$", "\\$"))
    layout.interval_table(figures(result), is_precise=not result.is_draft)
    layout.command_line(command(result))


def draw() -> None:
    """Draw the sidebar and the page."""
    with st.sidebar:
        with st.container(key=f"first-{NAME}"):
            controls.VENUE.draw(on_release)
        with st.container(key="first-side"):
            controls.MARGIN.draw(on_release, is_radio=True, horizontal=True)
        with slider_panel(NAME):
            draw_panel(controls.PANEL, on_release)
    with st.container(key="first-legs"):
        layout.caption("Your legs, one a coin; the empty row adds one.")
        controls.draw_legs(on_release)
    answer()
    query = jobs.query_of(NAME)
    jobs.panel(
        NAME,
        query,
        partial(whole, query),
        label="All days",
        draft=f"the {WILDEST} wildest days are run, of all others it is taken that nobody is charged",
        precise=f"every day, and the {WILDEST_AT_ENDS} wildest at both ends of what is assumed",
    )
    more(query)
    layout.caveats(CAVEATS)
