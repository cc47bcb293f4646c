"""A market to ask questions of many paths about: a venue's rules, its traders, and how the price may move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import streamlit as st

from engine import PathModel, Position, Scenario, load_preset
from engine.venue_presets import apply_venue, load_venue_preset, venue_preset_names
from ui.formats import duration, money
from ui.live import live_slider, slider_value

PRICE = 60_000.0
OPEN_INTEREST = 1e9
N_TRADERS = 400
HALF_LIFE_MINUTES = 10.0
HORIZONS = {"8 hours": 1 / 3, "1 day": 1.0, "3 days": 3.0, "7 days": 7.0, "30 days": 30.0}
MODELS = {
    "merton": "Jumps (Merton)",
    "student_t": "Fat tails (Student t)",
    "garch": "Clustered volatility (GARCH)",
    "gbm": "No jumps (GBM)",
}
ASSUMED = (
    f"Assumed, not recorded: {N_TRADERS} traders with open interest of {money(OPEN_INTEREST, 'USD')} a side, half of "
    f"an order's impact gone after {duration(HALF_LIFE_MINUTES)}; with jumps, 24 a year of "
    "\N{MINUS SIGN}3 % on average with a standard deviation of 6 %; a price without drift."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What both pages of many paths ask about; fractions, days."""

    venue: str = "deribit"
    model: str = "merton"
    days: float = 1.0
    volatility: float = 1.0
    leverage: float = 12.0
    fund: float = 0.005
    depth: float = 0.04

    @property
    def minutes(self) -> float:
        """Length of a step: longer horizons are looked at less often, so that there are a few hundred steps."""
        return 5.0 if self.days <= 1 else 20.0 if self.days <= 7 else 60.0

    @property
    def fund_money(self) -> float:
        """The fund in USD."""
        return self.fund * OPEN_INTEREST


@lru_cache(maxsize=256)
def market_scenario(market: Market, positions: tuple[Position, ...] = (), n_traders: int = N_TRADERS) -> Scenario:
    """Return the scenario of a market, with named positions in its book."""
    calm = load_preset("calm").scenario
    path = PathModel(
        model=market.model,
        volatility=market.volatility,
        initial_price=PRICE,
        minutes_per_step=market.minutes,
        n_steps=round(market.days * 1440.0 / market.minutes),
    )
    book = replace(
        calm.book, n_traders=n_traders, open_interest=OPEN_INTEREST, entry_price=PRICE, leverage=market.leverage
    )
    venue = replace(
        calm.venue,
        fund=market.fund_money,
        depth=market.depth * OPEN_INTEREST,
        impact_half_life=HALF_LIFE_MINUTES / market.minutes,
    )
    plain = Scenario(name="market", book=book, path=path, venue=venue, positions=positions)
    return apply_venue(load_venue_preset(market.venue), plain)


def title(venue: str) -> str:
    """Return a venue's name."""
    return load_venue_preset(venue).title


def short_title(venue: str) -> str:
    """Return a venue's name without what stands in brackets behind it."""
    return title(venue).split(" (")[0] if venue not in ("bitmex", "okx") else f"{title(venue).split(' (')[0]} (ADL)"


def lists(page: str, on_commit: Callable[[], None]) -> Market:
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

    venue = choose(
        "venue", "Venue", list(venue_preset_names()), title, "Whose rules share a loss, as its documents say."
    )
    days = choose("days", "Horizon", list(HORIZONS), str, "How long the position or the fund is exposed.")
    model = choose("model", "Price moves", list(MODELS), MODELS.__getitem__, "How the price is drawn, without drift.")
    return replace(start, venue=venue, days=HORIZONS[days], model=model)


def sliders(market: Market, on_commit: Callable[[], None]) -> Market:
    """Draw the market's sliders, inside a slider panel, and return the market with their values."""
    start = Market()
    volatility = live_slider(
        "Volatility", 0, 300, 100 * start.volatility, 1, key="market:volatility", unit=" %", on_commit=on_commit,
        help="How much the price moves in a year, its jumps left out. Formula: standard deviation of the log price.",
    )  # fmt: skip
    leverage = live_slider(
        "Leverage of the others", 1, 50, start.leverage, 0.1, key="market:leverage", unit="x", digits=1, scale="log",
        on_commit=on_commit, help="How large the median trader's position is against its own money.",
    )  # fmt: skip
    fund = slider_value("market:fund", 100 * start.fund)
    fund = live_slider(
        f"Insurance fund, {money(fund / 100 * OPEN_INTEREST, 'USD')}", 0, 20, 100 * start.fund, 0.05, key="market:fund",
        unit=" %", digits=2, on_commit=on_commit,
        help="Money kept for bankrupt traders, as a share of open interest; at a clearing house all that members and "
        "house put in before anybody else pays.",
    )  # fmt: skip
    depth = live_slider(
        "Market depth", 0.5, 50, 100 * start.depth, 0.1, key="market:depth", unit=" %", digits=1, scale="log",
        on_commit=on_commit, help="How much must be sold to move the price 1 %, as a share of open interest.",
    )  # fmt: skip
    return replace(market, volatility=volatility / 100, leverage=leverage, fund=fund / 100, depth=depth / 100)
