"""The controls of a market that is asked about on many paths: three lists, the rest sliders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from engine.venue_presets import venue_preset_names
from ui.formats import money
from ui.live import live_slider, slider_value
from ui.market import HORIZONS, MODELS, OPEN_INTEREST, Market, title

Settle = Callable[[], None]


def lists(page: str, on_commit: Settle) -> Market:
    """Draw the lists in the sidebar (venue, horizon, price model) and return the market with their values."""
    start = Market()
    kept = st.session_state.setdefault("market", {"venue": start.venue, "days": "1 day", "model": start.model})

    def choose(name: str, label: str, options: list[str], show: Callable[[str], str], text: str) -> str:
        key = f"{page}:{name}"
        st.session_state[key] = kept[name]

        def changed() -> None:
            kept[name] = st.session_state[key]
            on_commit()

        return st.selectbox(label, options, format_func=show, key=key, help=text, on_change=changed)

    with st.container(key=f"first-{page}"):
        names = list(venue_preset_names())
        venue = choose("venue", "Venue", names, title, "Whose rules share a loss, as its documents say.")
    days = choose("days", "Horizon", list(HORIZONS), str, "How long the position or the fund is exposed.")
    model = choose("model", "Price moves", list(MODELS), MODELS.__getitem__, "How the price is drawn, without drift.")
    return replace(start, venue=venue, days=HORIZONS[days], model=model)


def sliders(market: Market, on_commit: Settle, *names: str) -> Market:
    """Draw the sliders of a market that are named, inside a slider panel; return the market with the values of all."""
    for name in names:
        _SLIDERS[name](on_commit)
    start = Market()
    values = {name: slider_value(f"market:{name}", factor * getattr(start, name)) / factor for name, factor in FACTORS}
    return replace(market, **values)


FACTORS = (("volatility", 100.0), ("leverage", 1.0), ("fund", 100.0), ("depth", 100.0))


def _volatility(on_commit: Settle) -> None:
    live_slider(
        "Volatility", 0, 300, 100 * Market().volatility, 1, key="market:volatility", unit=" %", on_commit=on_commit,
        help="How much the price moves in a year, its jumps left out. Formula: standard deviation of the log price.",
    )  # fmt: skip


def _leverage(on_commit: Settle) -> None:
    live_slider(
        "Leverage of the others", 1, 50, Market().leverage, 0.1, key="market:leverage", unit="x", digits=1, scale="log",
        on_commit=on_commit, help="How large the median trader's position is against its own money.",
    )  # fmt: skip


def _fund(on_commit: Settle) -> None:
    fund = slider_value("market:fund", 100 * Market().fund)
    live_slider(
        f"Insurance fund, {money(fund / 100 * OPEN_INTEREST, 'USD')}", 0, 20, 100 * Market().fund, 0.05,
        key="market:fund", unit=" %", digits=2, on_commit=on_commit,
        help="Money kept for bankrupt traders, as a share of open interest; at a clearing house all that members and "
        "house put in before anybody else pays.",
    )  # fmt: skip


def _depth(on_commit: Settle) -> None:
    live_slider(
        "Market depth", 0.5, 50, 100 * Market().depth, 0.1, key="market:depth", unit=" %", digits=1, scale="log",
        on_commit=on_commit, help="How much must be sold to move the price 1 %, as a share of open interest.",
    )  # fmt: skip


_SLIDERS = {"volatility": _volatility, "leverage": _leverage, "fund": _fund, "depth": _depth}
