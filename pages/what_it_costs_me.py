"""What it costs me: the chance that a position pays for others, what that costs, and what would halve it."""

from __future__ import annotations

import streamlit as st

from engine import InputError
from ui import charts_cost, job, layout, market
from ui.cost import DRAFT, PRECISE, Answer, Ask, draft, headline, numbers, precise, ranking
from ui.formats import money
from ui.live import board, live_slider, slider_note, slider_panel, slider_value

SETTLED = "cost:settled"
NAME = "cost"
CAVEATS = """
- It is a model: the price, the traders and the order book are drawn; the rules are a reading of the venue's documents.
- A charge counts only what is taken from you for other people's losses. Your own losses, fees and funding are not in
  it, nor what it costs to be closed early and left without a hedge.
- An interval says how far the number of paths reaches, not how far the model does.
- The fund, the depth and the others' leverage stay as they are set here when the venue is changed: the ranking compares
  rules, not the money that a venue has.
"""


def settle() -> None:
    """Note that the hand let go: the rankings follow then."""
    st.session_state[SETTLED] = True


def mine(chosen: market.Market, side: int) -> Ask:
    """Draw the sliders and return the position with their values."""
    start = Ask()
    notional = slider_value("cost:size", start.notional)
    with slider_panel("cost"):
        notional = live_slider(
            f"Size, {money(notional, 'USD')}", 1e3, 1e8, start.notional, 1, key="cost:size", unit=" $", digits=0,
            scale="log", on_commit=settle, help="What the position is worth at today's price.",
        )  # fmt: skip
        leverage = live_slider(
            "Leverage", 1, 125, start.leverage, 0.1, key="cost:leverage", unit="x", digits=1, scale="log",
            on_commit=settle, help="Position over your own money. Formula: value at entry / collateral.",
        )  # fmt: skip
        gain = live_slider(
            "Profit so far", -50, 80, 0, 0.5, key="cost:gain", unit=" %", digits=1, on_commit=settle,
            help="How far the price has gone your way since you entered.",
        )  # fmt: skip
        chosen = market.sliders(chosen, settle)
        ask = Ask(market=chosen, side=side, notional=notional, leverage=leverage, gain=gain / 100)
        answer = answer_of(ask)
        if isinstance(answer, Answer) and answer.mine.is_lost:
            slider_note("cost:leverage", "Too much for this venue's margin: it would be liquidated at once.")
    return ask


def answer_of(ask: Ask) -> Answer | str:
    """Return the precise answer if there is one, else the draft; a sentence for a position that cannot be."""
    try:
        return job.result_of(NAME, ask) or draft(ask)
    except InputError as error:
        return "; ".join(error.violations)


@st.fragment
def position(chosen: market.Market, side: int, place: st.delta_generator.DeltaGenerator) -> None:
    """Sliders, sentence and charts: what a drag runs again."""
    with place:
        ask = mine(chosen, side)
    st.session_state["cost:ask"] = ask
    answer = answer_of(ask)
    if isinstance(answer, str):
        st.error(f"This position cannot be: {answer}.")
    else:
        board(charts_cost.answer_charts(answer), key=NAME, headline=headline(answer.mine), numbers=numbers(answer.mine))
    if st.session_state.pop(SETTLED, False):
        st.rerun()


@st.fragment
def rankings() -> None:
    """The same position at every venue and under every rule; it follows when the hand lets go."""
    ask = st.session_state["cost:ask"]
    answer = answer_of(ask)
    if isinstance(answer, str):
        return
    venues, rules = (getattr(answer, part) or ranking(ask, part) for part in ("venues", "rules"))
    board(
        [
            charts_cost.ranking("venues", "The same position at other venues", venues),
            charts_cost.ranking("rules", f"Other rules at {market.short_title(ask.market.venue)}", rules),
        ],
        key="cost:rankings",
    )


def side_of() -> int:
    """Draw the choice of side."""
    kept = st.session_state.setdefault("cost:side", "Long")
    st.session_state["cost:choice:side"] = kept

    def changed() -> None:
        st.session_state["cost:side"] = st.session_state["cost:choice:side"]

    st.radio(
        "Side", ["Long", "Short"], key="cost:choice:side", horizontal=True, on_change=changed,
        help="Whether the position wins when the price rises or when it falls.",
    )  # fmt: skip
    return 1 if st.session_state["cost:side"] == "Long" else -1


layout.style()
layout.heading(
    "What it costs me",
    "A position in the crowd: how often it pays for others, how much, and what would halve that.",
    "computed",
)
with st.sidebar:
    chosen = market.lists(NAME, settle)
    side = side_of()
    place = st.container()
position(chosen, side, place)
asked = st.session_state["cost:ask"]
job.panel(
    NAME,
    asked,
    lambda tell: precise(asked, tell),
    label="Precise run",
    draft=f"{DRAFT:,d} paths an estimate, so small chances are rough",
    precise=f"{PRECISE:,d} paths an estimate, the same shocks for each",
)
rankings()
with st.expander("What this leaves out"):
    st.markdown(CAVEATS)
    st.markdown(market.ASSUMED)
