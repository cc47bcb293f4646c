"""Names that sentences use: coins, parties, and what kind of statement a figure is."""

from __future__ import annotations

from engine import IDEAS, is_day, preset_names

COINS = {
    "cascade": "The price",
    "dozen": "The price",
    "hyperliquid-2025": "BTC",
    "hyperliquid-eth-2025": "ETH",
    "hyperliquid-jelly-2025": "JELLY",
    "hyperliquid-popcat-2025": "POPCAT",
    "dydx-yfi-2023": "YFI",
    "binance-2020": "BTC",
    "bitmex-2020": "BTC",
    "okex-2018": "BTC",
    "bitvc-2014": "BTC",
    "calm": "BTC",
    "bybit-new": "The price",
}

PARTIES = {
    "traders": "Traders",
    "market_makers": "Market makers",
    "insurance_fund": "Insurance fund",
    "venue_capital": "Venue capital",
    "backstop": "Backstop",
    "unfunded": "Unfunded loss",
}

LIQUIDATION_WORDS = {  # of engine.LIQUIDATION_ORDERS
    "pro_rata": "The same share of every position",
    "largest_loss": "The position that has lost most",
    "largest_notional": "The largest position",
    "random": "One drawn by lot",
}

CLEARING_WORDS = {  # of engine.CLEARING_ORDERS
    "recorded": "As on record",
    "own_first": "Own capital first",
    "members_first": "Members first",
    "side_by_side": "Side by side",
}

STATUS = {
    "recorded": "printed by the source",
    "computed": "arithmetic on recorded figures",
    "assumed": "chosen, with the reason beside it",
    "disputed": "recorded more than once with different values",
}


def coin_of(preset: str) -> str:
    """Return what a preset trades, as the subject of a sentence."""
    market = preset.partition("@")[0]
    return COINS.get(market, market.rpartition("-")[2].upper() if is_day(preset) else "The price")


def replay_names() -> tuple[str, ...]:
    """Return the names of all replays, the presets of the five ideas among them."""
    return (*preset_names(), *IDEAS)
