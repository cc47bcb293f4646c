"""The controls of a market that is asked about on many paths: three lists, the rest sliders."""

from __future__ import annotations

import streamlit as st

from engine import Scenario
from ui.frame.formats import money
from ui.settings.market import HORIZONS, MODELS, OPEN_INTEREST, Market, title
from ui.settings.own import venue_names
from ui.settings.page_settings import OnRelease, Pick, Slider

START = Market()
VENUE = Pick(
    key="market:venue", name="venue", label="Venue", start=START.venue, choices=venue_names, show=title,
    help="Whose rules share a loss, as its documents say.",
)  # fmt: skip
HORIZON = Pick(
    key="market:days", name="horizon", label="Horizon", start="1 day", choices=lambda: HORIZONS,
    help="How long the position or the fund is exposed.",
)  # fmt: skip
MODEL = Pick(
    key="market:model", name="model", label="Price moves", start=START.model, choices=lambda: MODELS,
    show=MODELS.__getitem__, help="How the price is drawn, without drift.",
)  # fmt: skip
VOLATILITY = Slider(
    key="market:volatility", name="volatility", label="Volatility", low=0, high=300, start=100 * START.volatility,
    step=1, unit=" %",
    help="How much the price moves in a year, its jumps left out. Formula: standard deviation of the log price.",
)  # fmt: skip
LEVERAGE = Slider(
    key="market:leverage", name="others", label="Leverage of the others", low=1, high=50, start=START.leverage,
    step=0.1, unit="x", digits=1, scale="log",
    help="How large the median trader's position is against its own money.",
)  # fmt: skip
FUND = Slider(
    key="market:fund", name="fund", label="Insurance fund", low=0, high=20, start=100 * START.fund, step=0.05,
    unit=" %", digits=2, beside=lambda share: money(share / 100 * OPEN_INTEREST, "USD"),
    help="Money kept for bankrupt traders, as a share of open interest; at a clearing house all that members and "
    "house put in before anybody else pays.",
)  # fmt: skip
DEPTH = Slider(
    key="market:depth", name="depth", label="Market depth", low=0.5, high=50, start=100 * START.depth, step=0.1,
    unit=" %", digits=1, scale="log",
    help="How much must be sold to move the price 1 %, as a share of open interest.",
)  # fmt: skip
LISTS = (VENUE, HORIZON, MODEL)


def market() -> Market:
    """Return the market that is chosen."""
    return Market(
        venue=VENUE.value,
        days=HORIZONS[HORIZON.value],
        model=MODEL.value,
        volatility=VOLATILITY.value / 100,
        leverage=LEVERAGE.value,
        fund=FUND.value / 100,
        depth=DEPTH.value / 100,
    )


def draw_lists(page: str, on_release: OnRelease) -> None:
    """Draw the lists; each page has widgets of its own."""
    with st.container(key=f"first-{page}"):
        VENUE.draw(on_release, key=f"{page}:venue")
    HORIZON.draw(on_release, key=f"{page}:days")
    MODEL.draw(on_release, key=f"{page}:model")


VENUES = {  # whose rules a replay had, where they are recorded
    "okex-2018": "okx-2018",
    "bitmex-2020": "bitmex",
    "binance-2020": "binance",
    "hyperliquid-2025": "hyperliquid",
    "hyperliquid-eth-2025": "hyperliquid",
    "hyperliquid-jelly-2025": "hyperliquid",
    "hyperliquid-popcat-2025": "hyperliquid",
}


def take_along(preset: str, scenario: Scenario) -> None:
    """Set the market to that of a replay as far as it can be: leverage, volatility, fund, depth, and whose rules."""
    if preset in VENUES:
        VENUE.put(VENUES[preset])
    shares = {
        LEVERAGE: scenario.book.leverage,
        FUND: 100.0 * scenario.venue.fund / scenario.open_interest,
        DEPTH: 100.0 * scenario.venue.depth / scenario.book.open_interest,
    }
    if scenario.path.volatility is not None:
        shares[VOLATILITY] = 100.0 * scenario.path.volatility
    for slider, value in shares.items():
        slider.put(round(min(max(value, slider.low), slider.high), 3))
