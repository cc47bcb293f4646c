"""The controls of a fund whose size is asked about."""

from __future__ import annotations

from ui.fund.answers import FundQuery
from ui.settings.market_controls import DEPTH, FUND, LEVERAGE, LISTS, VOLATILITY, market
from ui.settings.page_settings import Slider, sliders_of
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
PANEL = (
    ("", (LEVERAGE, VOLATILITY, FUND, TARGET)),
    ("Market", (DEPTH,)),
    ("Contributions", (TURNOVER, BUILD)),
)
SETTINGS = (*LISTS, *sliders_of(PANEL), MARKET)


def chosen_query() -> FundQuery:
    """Return what is asked about the fund of the market that is chosen."""
    return FundQuery(
        market=market(), target=TARGET.value / 100, turnover=TURNOVER.value, build_days=BUILD.value
    )  # fmt: skip
