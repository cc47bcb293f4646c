"""The recorded market that pages ask about: its control, and its days."""

from __future__ import annotations

from functools import lru_cache

from engine import Market, load_market, market_names
from ui.settings.page_settings import Pick

START = "hyperliquid-btc"
SINCE = "2019-01-01"  # where the record of all coins' venues begins to be dense; an era has its own years


@lru_cache(maxsize=64)
def recorded_market(name: str) -> Market:
    """Return a market as recorded, by the name of its file."""
    venue, _, coin = name.rpartition("-")
    return load_market(venue, coin.upper())


def window_of(market: Market) -> dict[str, str | None]:
    """Return the days that a market is asked about: an era's own; else all since 2019."""
    return {"since": market.since if market.until else SINCE, "until": market.until or None}


MARKET = Pick(
    key="cost:market", name="market", label="Market", start=START, choices=market_names,
    show=lambda name: recorded_market(name).title,
    help="A venue and a coin: its rules, and what is recorded of open interest, depth, fund and leverage.",
)  # fmt: skip
