"""Forecast against record: does the model say what happened?"""

from __future__ import annotations

import streamlit as st

from engine import market_names
from ui.charts.board import told_board
from ui.forecast import charts, texts
from ui.forecast.answers import Forecast, forecast
from ui.frame import layout
from ui.settings import address
from ui.settings.recorded import MARKET, recorded_market

NAME = "forecast"
ADDRESS = address.Address((MARKET,))
COMMAND = 'python -c "import engine; print(engine.compare_with_record().T.to_string())"'


def computed() -> Forecast:
    """Return hindcasts beside their records; the first time in a process with a bar, some seconds."""
    with st.spinner("Putting every market with a record through its real days: once after a start, some seconds."):
        bar = st.empty()
        found = forecast(lambda done, total, name: bar.progress(done / total, text=name))
        bar.empty()
    return found


def answer(found: Forecast) -> None:
    """Draw the sentence, both charts, the tables of all days, and the days on record one by one."""
    drawn = [charts.intervals(found), charts.ratios(found.whole)]
    told_board(drawn, texts.headline(found), key=NAME, numbers=texts.numbers(found))
    st.markdown("**What it means for your number**")
    layout.paragraph(texts.meaning(found))
    st.markdown("**Days on which winners paid**")
    layout.text_table(texts.winner_rows(found.whole, found.without))
    st.markdown("**The other three records**: fund, displacement, liquidations")
    layout.paragraph(texts.figures_sentence(found.whole))
    layout.text_table(texts.figure_rows(found.whole), numbers=("ratio",))
    st.markdown("**The days on record, one by one**")
    layout.paragraph(texts.days_sentence(found.days))
    layout.text_table(texts.day_rows(found.days))


def held_out(found: Forecast) -> None:
    """Draw the same of days that the fit did not see."""
    st.divider()
    st.markdown("**Held out: days since 1 January 2025**")
    layout.paragraph(texts.held_out_sentence(found))
    layout.text_table(texts.winner_rows(found.held_out))
    layout.text_table(texts.figure_rows(found.held_out), numbers=("ratio",))


def known() -> None:
    """Draw what was fitted, what is recorded, derived and assumed, and what is not known."""
    st.divider()
    floors = [recorded_market(name).ranges["depth_floor"].best for name in ("binance-2019-btc", "binance-btc")]
    layout.bullets("What was fitted to what", texts.fitted(*floors))
    layout.bullets("What is not known", texts.UNKNOWN)
    names = market_names()
    st.markdown("**Recorded, derived, assumed**")
    layout.paragraph(texts.kind_sentence(names))
    with st.expander("How many figures of each market are recorded, derived and assumed"):
        layout.text_table(texts.kind_rows(names), numbers=("recorded", "derived", "assumed"))
    with st.expander("Every figure of a market, with its source"):
        name = MARKET.draw(lambda: None, key="forecast:market")
        layout.text_table(texts.range_rows(name), links="source", numbers=("low", "best", "high"))
    layout.command_line(COMMAND)


layout.style(NAME)
ADDRESS.read()
ADDRESS.write()
address.top(
    "Forecast against record",
    "Does the model say what happened? Hindcasts of real days beside what is on record.",
    "computed",
)
top = st.container()
below = st.container()
known()
with top:
    found = computed()
    answer(found)
with below:
    held_out(found)
