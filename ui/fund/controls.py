"""The controls of a fund whose size is asked about."""

from __future__ import annotations

from ui.fund.answers import FundQuery
from ui.fund.tiers import KEYS
from ui.settings.market_controls import DEPTH, FUND, LEVERAGE, LISTS, VOLATILITY, market
from ui.settings.page_settings import Pick, Slider, sliders_of
from ui.settings.recorded import MARKET

START = FundQuery()
TARGET = Slider(
    key="fund:target", name="target", label="Acceptable chance", low=0.01, high=50, start=100 * START.target,
    step=0.01, unit=" %", digits=2, scale="log",
    help="How often the fund may be too small within the horizon.",
)  # fmt: skip
TURNOVER = Slider(
    key="fund:turnover", name="turnover", label="Traded a day", low=0.1, high=50, start=START.turnover, step=0.1,
    unit=" x open interest", digits=1, scale="log",
    help="Notional traded in a day over open interest; assumed.",
)  # fmt: skip
BUILD = Slider(
    key="fund:build", name="build", label="Time to build the fund", low=7, high=730, start=START.build_days, step=1,
    unit=" days", digits=0,
    help="Until when contributions shall have filled the fund up.",
)  # fmt: skip
FUND_TARGET = Slider(
    key="fund:tier_target", name="fund_target", label="Target of the fund", low=0.05, high=20,
    start=100 * START.fund_target, step=0.05, unit=" %", digits=2, scale="log",
    help="What the fund should hold, as a share of open interest; below it open positions pay into it.",
)  # fmt: skip
DEEP_LEVEL = Slider(
    key="fund:deep_level", name="deep_level", label="Second tier below", low=1, high=99, start=100 * START.deep_level,
    step=1, unit=" %", digits=0,
    help="Where the second, dearer tier begins, as a share of the target.",
)  # fmt: skip
TIER_RATE = Slider(
    key="fund:tier_rate", name="tier_rate", label="Rate below the target", low=0.1, high=1000,
    start=100 * START.tier_rate, step=0.1, unit=" %", digits=1, scale="log",
    help="What open positions pay into the fund, as a share of their notional a year.",
)  # fmt: skip
DEEP_RATE = Slider(
    key="fund:deep_rate", name="deep_rate", label="Rate in the second tier", low=0.1, high=1000,
    start=100 * START.deep_rate, step=0.1, unit=" %", digits=1, scale="log",
    help="What they pay there; it must be above the first rate.",
)  # fmt: skip
FUND_KEY = Pick(
    key="fund:key", name="fund_key", label="Contributions shared by", start=START.fund_key, choices=lambda: KEYS,
    show=KEYS.__getitem__, help="Notional, margin posted, component ES (who causes the worst losses), or notional x "
    "track record.",
)  # fmt: skip
PANEL = (
    ("", (LEVERAGE, VOLATILITY, FUND, TARGET)),
    ("Market", (DEPTH,)),
    ("Contributions", (TURNOVER, BUILD)),
    ("Tiers", (FUND_TARGET, DEEP_LEVEL, TIER_RATE, DEEP_RATE)),
)
SETTINGS = (*LISTS, *sliders_of(PANEL), FUND_KEY, MARKET)


def chosen_query() -> FundQuery:
    """Return what is asked about the fund of the market that is chosen."""
    return FundQuery(
        market=market(), target=TARGET.value / 100, turnover=TURNOVER.value, build_days=BUILD.value,
        fund_target=FUND_TARGET.value / 100, deep_level=DEEP_LEVEL.value / 100, tier_rate=TIER_RATE.value / 100,
        deep_rate=DEEP_RATE.value / 100, fund_key=FUND_KEY.value,
    )  # fmt: skip
