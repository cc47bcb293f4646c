"""Every label, help text and glossary entry: the field's own term, one sentence in everyday words, the formula."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """A setting or a notion: its name, one sentence in everyday words, and the formula for those who ask."""

    label: str
    help: str
    formula: str = ""

    @property
    def full_help(self) -> str:
        """Sentence and formula in one."""
        return f"{self.help} Formula: {self.formula}." if self.formula else self.help


SETTINGS: dict[str, Term] = {
    "preset": Term("Replay", "A real event, with its contract, prices, book and fund; or a calm day."),
    "book.leverage": Term(
        "Leverage",
        "How large the median trader's position is against its own money; all traders are scaled together.",
        "position value / collateral",
    ),
    "path.volatility": Term(
        "Volatility",
        "How much the price jitters between the known prices; the same jitter, scaled.",
        "standard deviation of the log price over a year",
    ),
    "venue.fund": Term(
        "Insurance fund",
        "Money the venue keeps to pay for bankrupt traders, as a share of open interest.",
        "fund / open interest of one side",
    ),
    "venue.policy": Term("Loss sharing", "Who pays what the fund and the layers behind it cannot."),
    "crash_depth": Term(
        "Crash depth",
        "How far the reference price falls below its start; the path keeps its shape.",
        "log prices are scaled",
    ),
    "crash_duration": Term(
        "Time to the low", "How long the price takes to reach its low; the path is stretched in time."
    ),
    "venue.depth": Term(
        "Market depth",
        "How much must be sold to move the price 1 %; at the right end nothing moves it.",
        "log price moves by 1 % x size / depth",
    ),
    "venue.maintenance_rate": Term(
        "Maintenance margin",
        "How much of the position's value a trader must still own; with less, the venue takes over.",
        "equity < rate x position value",
    ),
    "venue.liquidation_fee": Term(
        "Liquidation fee",
        "What a liquidated trader pays into the fund, out of what is left.",
        "min(equity left, rate x position value)",
    ),
    "venue.impact_half_life": Term(
        "Impact half-life",
        "How long until half of the price move that forced trading made is gone; at the right end it stays.",
        "impact x 2^(-time / half-life)",
    ),
    "venue.thinning": Term(
        "Order-book thinning",
        "How much thinner the order book gets for each percent that forced trading has moved it.",
        "depth / (1 + thinning x displacement in %)",
    ),
    "book.n_traders": Term("Number of traders", "How many traders share the same open interest."),
    "book.long_share": Term(
        "Long share", "Share of the traders who bet on a rise; both sides keep the same open interest."
    ),
    "seed": Term("Seed", "Which traders and which jitter are drawn; the same number gives the same ones."),
}

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Crash", ("crash_depth", "crash_duration")),
    ("Market", ("venue.depth", "venue.impact_half_life", "venue.thinning")),
    ("Margin", ("venue.maintenance_rate", "venue.liquidation_fee")),
    ("Traders", ("book.n_traders", "book.long_share", "seed")),
)

OPTIONS = {  # of policies; one that is not here goes by its name
    "kappa": "Cap",
    "floor": "Floor rate",
    "profit": "Exponent of profit",
    "leverage": "Exponent of leverage",
    "notional": "Exponent of notional",
    "pool_cap": "Usable share of the pool",
    "assessment_cap": "Assessments",
    "score": "Ranked by",
    "price": "Closed at",
    "blend": "Blend",
    "order": "Leaves first",
    "seed": "Seed of the order",
}

COINS = {
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
}

PARTIES = {
    "traders": "Traders",
    "market_makers": "Market makers",
    "insurance_fund": "Insurance fund",
    "venue_capital": "Venue capital",
    "backstop": "Backstop",
    "unfunded": "Unfunded loss",
}

STATUS = {
    "recorded": "printed by the source",
    "computed": "arithmetic on recorded figures",
    "assumed": "chosen, with the reason beside it",
    "disputed": "recorded more than once with different values",
}

GLOSSARY: dict[str, Term] = {
    "bankruptcy price": Term(
        "Bankruptcy price",
        "The price at which a position has used up its own collateral.",
        "equity = 0",
    ),
    "liquidation price": Term(
        "Liquidation price",
        "The price at which the venue takes a position over, some way before it is bankrupt.",
        "equity = maintenance rate x position value",
    ),
    "mark price": Term(
        "Mark price",
        "The price at which the venue values positions and decides who is liquidated.",
        "reference x exp((1 - index weight) x displacement)",
    ),
    "reference price": Term("Reference price", "The price elsewhere, which forced trades here do not move."),
    "open interest": Term("Open interest", "The value of all long positions, which is that of all short positions."),
    "notional": Term("Notional", "What a position is worth, whatever its owner put down for it."),
    "collateral": Term("Collateral", "A trader's own money behind a position."),
    "equity": Term(
        "Equity", "What is left to a trader if everything were closed now.", "collateral + unrealized profit"
    ),
    "shortfall": Term("Shortfall", "What one bankrupt account owes and does not have."),
    "deficit": Term("Deficit", "The shortfalls that a layer has to make good."),
    "insurance fund": Term(
        "Insurance fund", "Money kept by the venue for deficits, fed by liquidated traders' leftovers."
    ),
    "waterfall": Term("Waterfall", "The order in which a deficit is passed on: fund, venue, backstop, then traders."),
    "socialized loss": Term("Socialized loss", "A deficit that is shared among traders who did not cause it."),
    "haircut rate": Term(
        "Haircut rate", "The share of a trader's profit that it loses to a deficit.", "charge / profit"
    ),
    "auto-deleveraging": Term(
        "Auto-deleveraging",
        "Closing winners' positions against a bankrupt one instead of selling it in the market.",
    ),
    "unfunded": Term("Unfunded", "What nobody paid: a claim that the venue cannot honor."),
}


def coin_of(preset: str) -> str:
    """Return what a preset trades, as the subject of a sentence."""
    return COINS.get(preset, "The price")
