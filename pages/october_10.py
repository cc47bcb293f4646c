"""10 October 2025: what was lost? The same ten minutes under four measures of loss."""

from __future__ import annotations

import streamlit as st

from engine import load_october
from ui.charts.board import told_board
from ui.frame import layout
from ui.october import charts, texts
from ui.settings import address

NAME = "october"
ADDRESS = address.Address()

layout.style(NAME)
ADDRESS.read()
ADDRESS.write()
address.top(
    "What was lost on 10 October 2025?",
    "The best-documented day on which winners were closed early, under four measures of loss.",
    texts.RECORDED,
)
told_board(charts.all_charts(), texts.headline(), key=NAME, numbers=texts.numbers())
st.markdown("**Four measures, and why none of them is the loss**")
layout.text_table(texts.measure_rows())
layout.paragraph(texts.meaning())
st.markdown("**By rule**: eight waves of the extract")
layout.paragraph(texts.rules_sentence())
layout.text_table(texts.rule_rows(), numbers=slice(1, None))
layout.paragraph(texts.horizon_sentence())
layout.paragraph(texts.learning_sentence())
layout.bullets("What the measures are", texts.DEFINITIONS)
with st.expander("Wave by wave"):
    layout.text_table(texts.wave_rows(), numbers=slice(2, None))
st.markdown("**By coin**: every shock of the coins in the extract")
layout.paragraph(texts.shocks_sentence())
with st.expander("The coins with the largest overshoot"):
    layout.text_table(texts.coin_rows(), numbers=slice(1, None))
layout.bullets("What is not known", texts.UNKNOWN)
layout.bullets("Sources", load_october().sources)
layout.paragraph("The extract is in data/october_2025, under the license of its authors; the rest is facts.")
st.page_link("pages/history.py", label="The event in History, with its replay", query_params={"event": "hl_2025_10_10"})
st.page_link("pages/october_10_all_coins.py", label="The day in all coins: what each rule leaves of hedges")
