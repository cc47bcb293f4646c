"""Real days: the position in a recorded market, on every recorded day."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine import InputError
from ui.charts.board import told_board
from ui.cost import controls
from ui.cost.charts import real as charts
from ui.cost.real_answers import (
    DaysQuery,
    DaysResult,
    VenueDays,
    compared_names,
    draft,
    own_row,
    recorded_market,
    safety,
    venue_days,
    whole,
)
from ui.cost.real_texts import CAVEATS, command, figures, fund_words, headline, numbers
from ui.frame import jobs, layout
from ui.frame.formats import date_words
from ui.frame.page_part import page_part
from ui.live import slider_panel
from ui.settings.page_settings import draw_panel

NAME = "days"
SHOWN = "days:shown"  # the query whose whole answer is on the screen
OPENED = "days:opened"
LIVE = "pages/live_cascade.py"
COMPARED = "days:compared"
MOST = 64.0  # the largest factor that is tried
on_release = jobs.on_release(NAME)


def answer(query: DaysQuery) -> DaysResult:
    """Return the whole answer where it is known for this query, else the draft."""
    return st.session_state[SHOWN][1] if st.session_state.get(SHOWN, (None,))[0] == query else draft(query)


@page_part
def position(place: DeltaGenerator) -> None:
    """Sliders, sentence and charts: what a drag runs again."""
    with place, slider_panel(NAME):
        draw_panel(controls.DAYS_PANEL, on_release)
    query = controls.chosen_days()
    jobs.follow(NAME, query, answer, show, "This position cannot be")


def show(result: DaysResult) -> None:
    """Draw the sentence, its numbers and the charts; a click on a day opens it."""
    names = compared_names(is_small=controls.CLASS.value != controls.CLASS.start)
    rows: list[VenueDays] = st.session_state.get(COMPARED, {}).get(names, [])
    rows = [row for row in rows if row.name != result.query.market] + own_row(result)
    drawn = [charts.calendar(result), charts.venues(rows, result.query.market, names)]
    click = told_board(drawn, headline(result), key=NAME, numbers=numbers(result))
    if click is not None and click.chart == "calendar":
        st.session_state[OPENED] = str(click.custom)
        layout.rerun()


def complete() -> None:
    """Compute all days once the hand has let go, and show them."""
    query = jobs.query_of(NAME)
    if st.session_state.get(SHOWN, (None,))[0] == query:
        return
    with st.spinner("All days, and both ends of what is assumed."):
        try:
            st.session_state[SHOWN] = (query, whole(query))
        except InputError:  # the sentence stands above already
            return
    layout.rerun()


def more() -> None:
    """Draw what follows the charts: the day that was clicked, the nearest misses, safety factors, venues, figures."""
    query = jobs.query_of(NAME)
    result = st.session_state.get(SHOWN, (None, None))[1]
    if result is None or result.query != query:
        return
    opened_day(query.market)
    near, compare = st.columns(2)
    with near:
        nearest(result)
    with compare:
        comparison(query)
    layout.interval_table(figures(result), is_precise=True)
    layout.command_line(command(result))


def opened_day(market: str) -> None:
    """Offer the day that was clicked to Live cascade."""
    date = st.session_state.get(OPENED)
    if date:
        day_link(market, date, f"Open {date_words(date)} in Live cascade")


def day_link(market: str, date: str, text: str) -> None:
    """Draw a link to a day in Live cascade."""
    st.page_link(LIVE, label=text, query_params={"v": "1", "p": f"{market}@{date}"})


def nearest(result: DaysResult) -> None:
    """Draw the nearest misses, and how much worse the nearest would have to be."""
    misses = result.found.nearest_misses
    if not misses:
        layout.paragraph("The fund was not used on any of these days.")
        return
    layout.paragraph("How near it came: the days that used most of the fund, each opens.")
    for date, used in misses:
        day_link(result.query.market, date, f"{date_words(date)}: {100 * used:.1f} % of {fund_words(result.found)}")
    date = misses[0][0]
    if st.button(f"How much worse would {date_words(date)} have to be?", key="days:safety"):
        with st.spinner("By moves, leverage, depth and fund."):
            layout.paragraph(worse(result.query, date))


def worse(query: DaysQuery, date: str) -> str:
    """Return by how much one thing at a time would have to be worse until winners pay on a day."""
    words = {
        "moves": "its moves {} times as large",
        "leverage": "the others' leverage {} times as high",
        "depth": "the depth {} times as thin",
        "fund": "the fund {} times as small",
    }
    said = []
    for by, text in words.items():
        factor = safety(query, date, by)
        none = f"{text.split(' {}')[0]} alone: at no factor up to {MOST:.0f}"
        said.append(text.format(f"{factor:.2g}") if factor < MOST else none)
    return f"Until winners pay on {date_words(date)}: {'; '.join(said)}."


def comparison(query: DaysQuery) -> None:
    """Offer the comparison of markets, and compute it with its progress shown."""
    controls.CLASS.draw(on_release, key="days:class", is_radio=True, horizontal=True)
    names = compared_names(is_small=controls.CLASS.value != controls.CLASS.start)
    if not st.button(f"Compare {len(names)} markets on the same days", key="days:compare"):
        return
    bar, rows = st.progress(0.0), []
    for done, name in enumerate(names):
        bar.progress(done / len(names), text=recorded_market(name).title)
        rows.append(venue_days(name, query.side, query.notional, query.leverage))
    st.session_state[COMPARED] = st.session_state.get(COMPARED, {}) | {names: rows}
    layout.rerun()


def draw() -> None:
    """Draw the sidebar and the page."""
    with st.sidebar:
        with st.container(key=f"first-{NAME}"):
            controls.MARKET.draw(on_release, key="days:market")
        with st.container(key="first-side"):
            controls.SIDE.draw(on_release, key="days:choice:side", is_radio=True, horizontal=True)
        place = st.container()
    position(place)
    complete()
    more()
    layout.caveats(CAVEATS)
