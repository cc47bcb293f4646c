"""The controls of a portfolio: its legs in a table, what stands behind them, and what is assumed of the others."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from engine import Leg, market_names, recorded_coins
from ui.cost.controls import MOVES
from ui.cost.portfolio_answers import PortfolioQuery, kept_legs, legs_text, read_legs, venue_title
from ui.frame import layout
from ui.frame.formats import usd
from ui.settings.page_settings import Pick, Slider, Text, sliders_of
from ui.settings.recorded import recorded_market

START = PortfolioQuery()
TABLE = "cost:legs:table"  # the legs that the table began with, and what it last said
COLUMNS = ("Coin", "Side", "Size, $", "Profit so far, %")
MOST_LEGS = 5
LINEAR = "linear"


def venues() -> tuple[str, ...]:
    """Return the venues that margin several coins together in dollars: those of data/markets with such contracts."""
    names = [name for name in market_names() if name.endswith("-btc") and recorded_market(name).is_tradable]
    return tuple(name.removesuffix("-btc") for name in names if recorded_market(name).book.contract == LINEAR)


VENUE = Pick(
    key="cost:exchange", name="exchange", label="Venue", start=START.venue, choices=venues, show=venue_title,
    help="Whose rules, depth, fund and other traders; contracts in dollars, one account for all coins.",
)  # fmt: skip
MARGIN = Pick(
    key="cost:margin", name="margin", label="Margin", start="Cross", choices=lambda: ("Cross", "Isolated"),
    help="Cross: all cash stands behind all legs. Isolated: each leg has its share of it, by size.",
)  # fmt: skip
LEGS = Text(
    key="cost:legs", name="legs", label="Legs", start=legs_text(START.legs), check=kept_legs,
    help="The positions of the portfolio, at most one a coin.",
)  # fmt: skip
CASH = Slider(
    key="cost:cash", name="cash", label="Cash", low=1e3, high=1e8, start=START.cash, step=1, unit=" $", digits=0,
    scale="log", beside=usd,
    help="Your money in the account, beside what the legs have gained or lost so far.",
)  # fmt: skip
SEVERAL = Slider(
    key="cost:several", name="several", label="Accounts in all coins", low=0, high=100, start=100 * START.several,
    step=1, unit=" %",
    help="Share of the other positions whose account holds all of these coins. Assumed: nothing is on record.",
)  # fmt: skip
HEDGED = Slider(
    key="cost:hedged", name="hedged", label="Hedged among them", low=0, high=100, start=100 * START.hedged, step=1,
    unit=" %",
    help="Share of those accounts that stand against the first coin with all others. Assumed: nothing is on record.",
)  # fmt: skip
PANEL = (("", (CASH, MOVES)), ("The other accounts", (SEVERAL, HEDGED)))
SETTINGS = (VENUE, MARGIN, LEGS, *(slider for slider in sliders_of(PANEL) if slider is not MOVES))


def chosen_portfolio() -> PortfolioQuery:
    """Return the portfolio that is chosen."""
    return PortfolioQuery(
        venue=VENUE.value,
        legs=read_legs(LEGS.value) if LEGS.value else (),
        cash=CASH.value,
        margin=MARGIN.value.lower(),
        moves=MOVES.value,
        several=SEVERAL.value / 100,
        hedged=HEDGED.value / 100,
    )


def draw_legs(on_release: Callable[[], None]) -> None:
    """Draw the table of legs; a change of it is taken over, and a row that is not complete said."""
    shown: dict[str, Any] = st.session_state.get(TABLE, {"said": None, "number": 0})
    if shown["said"] != LEGS.value:  # a link, or the first time
        shown = {"from": LEGS.value, "said": LEGS.value, "number": shown["number"] + 1}
        st.session_state[TABLE] = shown
    coin, side, size, gain = COLUMNS
    edited = st.data_editor(
        frame_of(shown["from"]),
        key=f"{TABLE}:{shown['number']}",
        num_rows="dynamic",
        hide_index=True,
        width="stretch",
        column_config={
            coin: st.column_config.SelectboxColumn(options=list(recorded_coins()), required=True),
            side: st.column_config.SelectboxColumn(options=["long", "short"], required=True),
            size: st.column_config.NumberColumn(min_value=1, max_value=1e12, step=1, format="compact", required=True),
            gain: st.column_config.NumberColumn(min_value=-90, max_value=90, step=1, default=0),
        },
    )
    legs, faults = legs_of(edited)
    for sentence in faults:
        layout.notice(sentence, "warning")
    text = legs_text(legs)
    if text != shown["said"]:
        shown["said"] = text
        LEGS.put(text)
        on_release()
        layout.rerun()


def frame_of(text: str) -> pd.DataFrame:
    """Return the legs of a text as the table shows them."""
    legs = read_legs(text) if text else ()
    rows = [(leg.coin, leg.side, round(leg.usd), round(100 * leg.gain)) for leg in legs]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({COLUMNS[2]: "Float64", COLUMNS[3]: "Float64"})


def legs_of(table: pd.DataFrame) -> tuple[tuple[Leg, ...], list[str]]:
    """Return the legs of a table, and a sentence for every row that is none yet."""
    legs, faults = [], []
    for number, row in enumerate(table.itertuples(index=False, name=None), start=1):
        coin, side, usd, gain = (None if pd.isna(value) else value for value in row)
        if coin is None or side is None or usd is None or not 0 < float(usd) < math.inf:
            faults.append(f"Leg {number} needs a coin, a side and a size above $0; it is not counted yet.")
            continue
        legs.append(Leg(coin=str(coin), side=str(side), usd=float(round(usd)), gain=float(round(gain or 0)) / 100))
    if len(legs) > MOST_LEGS:
        faults.append(f"At most {MOST_LEGS} legs are counted, one a coin.")
    return tuple(legs[:MOST_LEGS]), faults
