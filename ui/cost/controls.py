"""The controls of a position whose hidden cost is asked about."""

from __future__ import annotations

from ui.cost.position import CRASH, CostQuery
from ui.frame.formats import money
from ui.settings.market_controls import DEPTH, FUND, LEVERAGE, LISTS, VOLATILITY, market
from ui.settings.page_settings import Pick, Slider, sliders_of

START = CostQuery()
SIDE = Pick(
    key="cost:side", name="side", label="Side", start="Long", choices=lambda: ("Long", "Short"),
    help="Whether the position wins when the price rises or when it falls.",
)  # fmt: skip
SIZE = Slider(
    key="cost:size", name="size", label="Size", low=1e3, high=1e8, start=START.notional, step=1, unit=" $", digits=0,
    scale="log", beside=lambda notional: money(notional, "USD"),
    help="What the position is worth at today's price.",
)  # fmt: skip
OWN_LEVERAGE = Slider(
    key="cost:leverage", name="leverage", label="Leverage", low=1, high=125, start=START.leverage, step=0.1, unit="x",
    digits=1, scale="log",
    help="Position over your own money. Formula: value at entry / collateral.",
)  # fmt: skip
GAIN = Slider(
    key="cost:gain", name="profit", label="Profit so far", low=-50, high=80, start=0, step=0.5, unit=" %", digits=1,
    help="How far the price has gone your way since you entered.",
)  # fmt: skip
CRASH_SIZE = Slider(
    key="cost:crash", name="crash", label="Crash", low=1, high=80, start=100 * CRASH, step=1, unit=" %",
    help="What would be taken from you if the price fell, or rose, that far at once.",
)  # fmt: skip
PANEL = (
    ("", (SIZE, OWN_LEVERAGE, GAIN)),
    ("Crash", (CRASH_SIZE,)),
    ("Market", (VOLATILITY, LEVERAGE, FUND, DEPTH)),
)
SETTINGS = (*LISTS, SIDE, *sliders_of(PANEL))


def chosen_query() -> CostQuery:
    """Return the position that is chosen, in its market."""
    return CostQuery(
        market=market(),
        side=1 if SIDE.value == "Long" else -1,
        notional=SIZE.value,
        leverage=OWN_LEVERAGE.value,
        gain=GAIN.value / 100,
        crash=CRASH_SIZE.value / 100,
    )
