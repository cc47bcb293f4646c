"""Fund size: how often a fund is too small, how large it has to be, and who causes and who pays."""

from __future__ import annotations

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine import InputError
from ui.charts.board import sized, told_board
from ui.frame import jobs, layout
from ui.frame.page_part import page_part
from ui.fund import controls, real_days
from ui.fund.answers import (
    DRAFT,
    DRAFT_COLUMN,
    LEVERAGES,
    PRECISE,
    PRECISE_CELL,
    PRECISE_COLUMN,
    SHARES,
    FundQuery,
    FundResult,
    causes_of,
    cell_paths,
    draft,
    precise,
    with_whole_fund,
)
from ui.fund.charts import causes, days, sizes
from ui.fund.folds import FOLDS, Fold
from ui.fund.texts import CAVEATS, command, figures, headline, numbers
from ui.live import chart_board, slider_panel
from ui.settings import address, market_controls
from ui.settings.market import ASSUMED, n_draft_paths
from ui.settings.page_settings import draw_panel
from ui.settings.reproduce import file_name, settings_file

NAME = "fund"
CELL = "fund:cell"
ADDRESS = address.Address(controls.SETTINGS)
on_release = jobs.on_release(NAME)


@page_part
def size(place: DeltaGenerator) -> None:
    """Sliders, sentence and curves: what a drag runs again."""
    with place, slider_panel(NAME):
        draw_panel(controls.PANEL, on_release)
    jobs.follow(NAME, controls.chosen_query(), draft, show, "This market cannot be")


def show(result: FundResult) -> None:
    """Draw the sentence, its numbers and the charts."""
    told_board(sizes.answer_charts(result), headline(result), key=NAME, numbers=numbers(result))


@page_part
def grid() -> None:
    """The heat map, the chosen cell's paths, and who causes and pays; they follow when the hand lets go."""
    result = jobs.released_result(NAME, draft)
    if result is None:
        return
    row, column = st.session_state.get(CELL, nearest(result.query))
    flows = causes_of(result.query.market)
    charts = [
        sizes.heat_map(result, (row, column)),
        sizes.fund_over_time(cell_paths(result.query.market, SHARES[row], LEVERAGES[column])),
        causes.causes(flows),
        causes.net(flows),
    ]
    click = chart_board(sized(charts), key="fund:grid")
    if click is not None and click.chart == "heat" and click.custom is not None:
        chosen = tuple(int(part) for part in click.custom)
        if chosen != (row, column):
            st.session_state[CELL] = chosen
            st.rerun(scope="fragment")
    layout.interval_table(figures(result), is_precise=result.is_precise)
    scenario = with_whole_fund(result.query.market)
    layout.command_line(command(result), file_name(scenario), settings_file(scenario))


def on_recorded_days() -> None:
    """What fund every recorded day of a recorded market would have needed."""
    st.divider()
    st.markdown("**The same on recorded days**: what fund would have sufficed")
    name = controls.MARKET.draw(on_release, key="fund:market")
    with st.spinner("Every recorded day with a fund that nothing empties: some seconds."):
        found = real_days.needs_of(name)
    charts = sized([days.exceedance(found)])
    chart_board(
        charts, key="fund:recorded", headline=real_days.headline(found), numbers=real_days.numbers(found), columns=1
    )
    layout.caption(real_days.CAVEAT)
    layout.command_line(real_days.command(found))


def nearest(query: FundQuery) -> tuple[int, int]:
    """Return the cell that is nearest to the market itself."""
    row = min(range(len(SHARES)), key=lambda at: abs(SHARES[at] - query.market.fund))
    column = min(range(len(LEVERAGES)), key=lambda at: abs(LEVERAGES[at] - query.market.leverage))
    return row, column


@page_part
def unfold(fold: Fold) -> None:
    """One more question: answered when it is opened, and anew, for other settings, when that is asked for."""
    box = st.expander(fold.title, key=f"fund:fold:{fold.key}", on_change="rerun")
    if not box.open:
        return
    asked, query = f"fund:asked:{fold.key}", jobs.query_of(NAME)
    with box:
        if st.session_state.setdefault(asked, query) != query:
            st.caption("**Settings of before**: the sliders have moved since this was answered.")
            st.button(
                "Answer for the settings as they are now",
                key=f"{asked}:again",
                on_click=lambda: st.session_state.update({asked: query}),
            )
        with st.spinner("Running the paths of this question: some seconds."):
            unfolded(fold, st.session_state[asked])


def unfolded(fold: Fold, query: FundQuery) -> None:
    """Draw the answer of a fold."""
    try:
        found = fold.answer(query)
    except InputError as error:
        layout.notice(f"This cannot be asked of this market: {'; '.join(error.violations)}.")
        return
    layout.paragraph(fold.sentence(found))
    if fold.key == "tiers":
        controls.FUND_KEY.draw(on_release)
    chart_board(sized(fold.charts(found)), key=f"fund:{fold.key}")
    layout.caption(f"Computed. {fold.caveat}")
    st.code(fold.commands(query), language="bash", wrap_lines=True)


layout.style(NAME, NAME)
ADDRESS.read()
ADDRESS.write()
address.top("Fund size", "How often a fund is too small, and what it takes to make that rare.", "computed")
with st.sidebar:
    market_controls.draw_lists(NAME, on_release)
    place = st.container()
size(place)
query = jobs.query_of(NAME)
jobs.panel(
    NAME,
    query,
    partial(precise, query),
    label="Precise run",
    draft=f"{n_draft_paths(query.market, DRAFT):,d} paths, "
    f"{n_draft_paths(query.market, DRAFT_COLUMN)} at each other leverage",
    precise=f"{PRECISE:,d} paths, {PRECISE_COLUMN:,d} at each other leverage, heat map swept with {PRECISE_CELL:,d}",
    has_own=query.market.has_own,
)
grid()
recorded_days = st.container()
for each in FOLDS:
    unfold(each)
layout.caveats(CAVEATS, ASSUMED)
with recorded_days:  # the last to be computed: all else stands by then
    on_recorded_days()
