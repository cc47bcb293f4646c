"""The controls of a position whose hidden cost is asked about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine import OwnBook
from ui.cost.position import CRASH, CostQuery
from ui.cost.real_answers import DaysQuery
from ui.frame.formats import SPACE, usd
from ui.settings.market_controls import DEPTH, FUND, LEVERAGE, LISTS, VOLATILITY, market
from ui.settings.own import has_own, own_data
from ui.settings.page_settings import Pick, Slider, sliders_of
from ui.settings.recorded import MARKET, recorded_market

START = CostQuery()
SIDE = Pick(
    key="cost:side", name="side", label="Side", start="Long", choices=lambda: ("Long", "Short"),
    help="Whether the position wins when the price rises or when it falls.",
)  # fmt: skip
SIZE = Slider(
    key="cost:size", name="size", label="Size", low=1e3, high=1e8, start=DaysQuery().notional, step=1, unit=" $",
    digits=0, scale="log", beside=usd,
    help="What the position is worth at today's price.",
)  # fmt: skip
OWN_LEVERAGE = Slider(
    key="cost:leverage", name="leverage", label="Leverage", low=1, high=125, start=DaysQuery().leverage, step=0.1,
    unit="x", digits=1, scale="log",
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
REAL, DRAWN, PORTFOLIO = "Real days", "Drawn days", "A portfolio"
MODE = Pick(
    key="cost:mode", name="days", label="Days", start=REAL, choices=lambda: (REAL, DRAWN, PORTFOLIO),
    help="One position on every recorded day, or on days drawn from a price model in a market that is assumed; or "
    "several coins on one account, on recorded days.",
)  # fmt: skip
OF_DRAWN = tuple(setting.name for setting in (*LISTS, GAIN, CRASH_SIZE, VOLATILITY, LEVERAGE, FUND, DEPTH))


def follow_link(given: Mapping[str, str]) -> None:
    """Show drawn days for a link that sets one of their settings and does not say which days it is about."""
    if MODE.name not in given and any(name in given for name in OF_DRAWN):
        MODE.put(DRAWN)


CLASS = Pick(
    key="cost:class", name="compare", label="Compare", start="Bitcoin", choices=lambda: ("Bitcoin", "A small coin"),
    help="Which markets are compared: bitcoin's, or those of smaller coins, where losses are shared more often.",
)  # fmt: skip


def _times(name: str, label: str, key: str, low: float, help: str) -> Slider:
    """Return the slider of a figure of the market, times what is recorded."""

    def absolute(times: float) -> str:
        if not key:
            return "as recorded" if times == 1.0 else "changed"
        value = recorded_market(MARKET.value).values[key] * times
        unit = "x" if key == "leverage" else f"{SPACE}% of open interest"
        return f"{value:.3g}{unit}" if key == "leverage" else f"{100 * value:.3g}{unit}"

    return Slider(
        key=f"cost:times:{name}", name=f"{name}-times", label=label, low=low, high=8, start=1, step=0.01, digits=2,
        unit=" times", scale="log", beside=absolute, help=help,
    )  # fmt: skip


MOVES = _times("moves", "Moves of the price", "", 0.1, "Every recorded move of a day, times this; 1 is as it was.")
OTHERS = _times("others", "Leverage of the others", "leverage", 0.25, "The median trader's leverage, times recorded.")
FUND_TIMES = _times("fund", "Insurance fund", "fund", 0.01, "The fund, times what is recorded of it.")
DEPTH_TIMES = _times("depth", "Market depth", "depth", 0.05, "What must be sold to move the price 1 %, times recorded.")
DAYS_PANEL = (
    ("", (SIZE, OWN_LEVERAGE)),
    ("Change the market", (MOVES, OTHERS, FUND_TIMES, DEPTH_TIMES)),
)
SETTINGS = (MODE, MARKET, CLASS, *LISTS, SIDE, *sliders_of(PANEL), *sliders_of(DAYS_PANEL[1:]))


def chosen_days() -> DaysQuery:
    """Return the position that is chosen, in its recorded market."""
    return DaysQuery(
        market=MARKET.value,
        side=1 if SIDE.value == "Long" else -1,
        notional=SIZE.value,
        leverage=OWN_LEVERAGE.value,
        moves=MOVES.value,
        others=OTHERS.value,
        fund=FUND_TIMES.value,
        depth=DEPTH_TIMES.value,
    )


DRAWN_TRADERS, MY_BOOK = "Drawn", "My book"
MOST_OWN = 5000  # positions of one's own that a draft can run on many paths


def own_book() -> OwnBook | None:
    """Return the session's own book as this page can have it; None where there is none, or a larger one."""
    found = own_data().market_book if has_own() else None
    return None if found is None or found.n_traders > MOST_OWN else found


TRADERS = Pick(
    key="cost:traders", name="traders", label="Other traders", start=DRAWN_TRADERS,
    choices=lambda: (DRAWN_TRADERS, MY_BOOK) if own_book() is not None else (DRAWN_TRADERS,),
    help="Who else is in the market: traders that are drawn, or the positions of your own file.",
)  # fmt: skip


def chosen_query() -> CostQuery:
    """Return the position that is chosen, in its market."""
    return CostQuery(
        market=replace(market(), own=own_book() if TRADERS.value == MY_BOOK else None),
        side=1 if SIDE.value == "Long" else -1,
        notional=SIZE.value,
        leverage=OWN_LEVERAGE.value,
        gain=GAIN.value / 100,
        crash=CRASH_SIZE.value / 100,
    )
