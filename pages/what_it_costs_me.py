"""What it costs me: the chance that a position pays for others, what that costs, and what would halve it."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import charts_cost, charts_ranking, drafts, job, layout, market_controls
from ui.cost import CRASH, Ask
from ui.cost_answers import DRAFT, PRECISE, Answer, draft, precise, settled
from ui.cost_words import command, figures, headline, numbers
from ui.formats import money
from ui.live import board, live_slider, slider_fold, slider_note, slider_panel, slider_value
from ui.market import Market, market_scenario, short_title
from ui.reproduce import file_name, settings_file

NAME = "cost"
SIDE = "cost:side"
CAVEATS = """
- It is a model: the price, the traders and the order book are drawn; the rules are a reading of the venue's documents.
- A charge counts only what is taken from you for other people's losses. Your own losses, fees and funding are not in
  it, nor what it costs to be closed early and left without a hedge.
- An interval says how far the number of paths reaches, not how far the model does.
- The fund, the depth and the others' leverage stay as they are set here when the venue is changed: the ranking compares
  rules, not the money that a venue has.
"""
settle = drafts.settler(NAME)


def asked(chosen: Market, side: int) -> Ask:
    """Draw the sliders and return the position with their values."""
    start = Ask()
    notional = slider_value("cost:size", start.notional)
    with slider_panel(NAME):
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
        with slider_fold("Crash"):
            crash = live_slider(
                "Crash", 1, 80, 100 * CRASH, 1, key="cost:crash", unit=" %", on_commit=settle,
                help="What would be taken from you if the price fell, or rose, that far at once.",
            )  # fmt: skip
        with slider_fold("Market"):
            chosen = market_controls.sliders(chosen, settle, "volatility", "leverage", "fund", "depth")
        ask = Ask(
            market=chosen, side=side, notional=notional, leverage=leverage, gain=gain / 100, crash=crash / 100
        )  # fmt: skip
        answer = drafts.answer_of(NAME, ask, draft)
        if isinstance(answer, Answer) and answer.mine.is_lost:
            slider_note("cost:leverage", "Too much for this venue's margin: it would be liquidated at once.")
    return ask


@st.fragment
def position(chosen: Market, side: int, place: DeltaGenerator) -> None:
    """Sliders, sentence and charts: what a drag runs again."""
    with place:
        ask = asked(chosen, side)
    drafts.follow(NAME, ask, draft, show, "This position cannot be")


def show(answer: Answer) -> None:
    """Draw the sentence, its numbers and the charts."""
    charts = layout.sized(charts_cost.answer_charts(answer))
    board(charts, key=NAME, headline=headline(answer.mine), numbers=numbers(answer))


@st.fragment
def alternatives() -> None:
    """What would halve it, the same position under other rules and at other venues, once the hand lets go."""
    answer = drafts.settled_answer(NAME, draft)
    if answer is None:
        return
    answer = settled(answer)
    own = short_title(answer.ask.market.venue)
    halve = charts_ranking.changes(answer)
    rules = charts_ranking.ranking("rules", f"Other rules at {own}", answer.rules)
    venues = charts_ranking.ranking("venues", "The same position at other venues", answer.venues)
    left, right = st.columns(2)
    with left:
        board(layout.sized([halve, rules]), key="cost:rules", columns=1)
    with right:
        board(layout.sized([venues]), key="cost:venues", columns=1)
    st.caption("Behind each bar: the expected charge, and the chance of paying. Dotted: half of yours.")
    drafts.table(figures(answer), is_precise=answer.is_precise)
    scenario = market_scenario(answer.ask.market)
    drafts.reproduce(command(answer), file_name(scenario), settings_file(scenario))


def side_of() -> int:
    """Draw the choice of side."""
    kept = st.session_state.setdefault(SIDE, "Long")
    st.session_state["cost:choice:side"] = kept

    def changed() -> None:
        st.session_state[SIDE] = st.session_state["cost:choice:side"]

    st.radio(
        "Side", ["Long", "Short"], key="cost:choice:side", horizontal=True, on_change=changed,
        help="Whether the position wins when the price rises or when it falls.",
    )  # fmt: skip
    return 1 if st.session_state[SIDE] == "Long" else -1


layout.style(NAME, NAME)
layout.top(
    "What it costs me",
    "A position in the crowd: how often it pays for others, how much, and what would halve that.",
    "computed",
)
with st.sidebar:
    chosen = market_controls.lists(NAME, settle)
    with st.container(key="first-side"):
        side = side_of()
    place = st.container()
position(chosen, side, place)
ask = drafts.asked(NAME)
job.panel(
    NAME,
    ask,
    lambda tell: precise(ask, tell),
    label="Precise run",
    draft=f"{DRAFT:,d} paths an estimate, so small chances are rough",
    precise=f"{PRECISE:,d} paths an estimate, the same shocks for each",
)
alternatives()
drafts.caveats(CAVEATS)
