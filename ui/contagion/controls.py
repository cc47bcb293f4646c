"""Every setting of the page Contagion, in the order of its link, and the question that they make."""

from __future__ import annotations

from collections.abc import Mapping

from engine import CONTAGION_COINS, LIQUIDATION_ORDERS, POLICIES, Contagion, measure_coins
from ui.contagion.answers import Asked
from ui.settings.page_settings import Pick, Slider, sliders_of
from ui.settings.words import LIQUIDATION_WORDS

START = Contagion()
MARGINS = {"cross": "Cross: one margin for all coins", "isolated": "Isolated: a margin for each position"}
COIN = Pick(
    key="contagion:coin", name="coin", label="Coin that crashes", start="SOL", choices=lambda: CONTAGION_COINS,
    help="Whose crash is told. The matrix shows the crash of every coin; a click in it chooses the column's.",
)  # fmt: skip
MARGIN = Pick(
    key="contagion:margin", name="margin", label="Margin", start="cross", choices=lambda: MARGINS,
    show=MARGINS.__getitem__,
    help="The same positions and the same money either way; isolated, a trader's cash is divided over its positions.",
)  # fmt: skip
POLICY = Pick(
    key="contagion:policy", name="policy", label="Who pays a deficit", start=START.policy, choices=lambda: POLICIES,
    show=lambda name: POLICIES[name].label, help="After the insurance fund. Auto-deleveraging closes winners early.",
)  # fmt: skip
ORDER = Pick(
    key="contagion:order", name="order", label="What is liquidated first", start=START.order,
    choices=lambda: LIQUIDATION_ORDERS, show=LIQUIDATION_WORDS.__getitem__,
    help="Which of an account's positions a forced sale closes; in isolated margin there is only one.",
)  # fmt: skip
CRASH = Slider(
    key="contagion:crash", name="crash", label="Crash of the coin", low=0, high=90, start=100 * START.crash, step=0.5,
    unit=" %", digits=1, help="How far the one coin falls, from the first price to the low.",
)  # fmt: skip
CORRELATION = Slider(
    key="contagion:correlation", name="correlation", label="Correlation", low=0, high=1, start=START.correlation,
    step=0.01, digits=2,
    help="How closely the other coins' prices follow. At 0 they stand still, and what happens in them is forced "
    f"selling alone. Measured, hour by hour since 2022: {measure_coins(CONTAGION_COINS).mean_correlation:.2f} on "
    "average.",
)  # fmt: skip
COMMON = Slider(
    key="contagion:common", name="common", label="Common fall", low=0, high=60, start=100 * START.common_fall, step=0.5,
    unit=" %", digits=1, help="A fall of all coins besides: BTC by this much, each other by its measured beta.",
)  # fmt: skip
LEVERAGE = Slider(
    key="contagion:leverage", name="leverage", label="Leverage", low=1, high=30, start=START.leverage, step=0.1,
    unit="x", digits=1, scale="log", help="All positions of the median trader together over its own money.",
)  # fmt: skip
HOURS = Slider(
    key="contagion:hours", name="hours", label="Time to the low", low=0.1, high=24, start=START.hours, step=0.1,
    unit=" h", digits=1, scale="log", help="A slower crash leaves buyers time to come back between forced sales.",
)  # fmt: skip
DEPTH = Slider(
    key="contagion:depth", name="depth", label="Depth left", low=1, high=100, start=100 * START.depth, step=1,
    unit=" % of usual", digits=0, scale="log",
    help="What is left of the order books in the crash; under 10 % was left at key venues on 10 October 2025.",
)  # fmt: skip
FUND = Slider(
    key="contagion:fund", name="fund", label="Insurance fund", low=0, high=5, start=100 * START.fund, step=0.01,
    unit=" %", digits=2, help="One fund for all coins, as a share of their open interest.",
)  # fmt: skip
HEDGED = Slider(
    key="contagion:hedged", name="hedged", label="Hedged traders", low=0, high=100, start=100 * START.hedged_share,
    step=1, unit=" %", digits=0,
    help="Of those with several coins: who holds the largest against all the others, one side long, the other short.",
)  # fmt: skip
OWN = tuple(
    Slider(
        key=f"contagion:fall:{coin}", name=f"fall_{coin.lower()}", label=f"{coin} falls besides", low=0, high=90,
        start=0, step=0.5, unit=" %", digits=1, help=f"A fall of {coin} of its own that comes with every crash.",
    )
    for coin in CONTAGION_COINS
)  # fmt: skip
PANEL = (
    ("", (CRASH, CORRELATION, COMMON, LEVERAGE)),
    ("Each coin's own fall", OWN),
    ("Market", (HOURS, DEPTH, FUND, HEDGED)),
)
LISTS = (COIN, MARGIN, POLICY, ORDER)
SLIDERS = sliders_of(PANEL)
SETTINGS = (*LISTS, *SLIDERS)


def asked(moved: Mapping[str, float] | None = None, lists: Mapping[str, str] | None = None) -> Asked:
    """Return what is asked: by the controls, or by the values of sliders and lists that a drag brings, by key."""
    at = {slider.key: slider.value if moved is None else slider.start for slider in SLIDERS} | dict(moved or {})
    named = {pick.key: pick.value for pick in LISTS} if lists is None else lists
    own = tuple(at[slider.key] / 100 for slider in OWN)
    question = Contagion(
        coins=CONTAGION_COINS,
        crash=at[CRASH.key] / 100,
        correlation=at[CORRELATION.key],
        common_fall=at[COMMON.key] / 100,
        own_falls=own if any(own) else (),
        leverage=at[LEVERAGE.key],
        hours=at[HOURS.key],
        depth=at[DEPTH.key] / 100,
        fund=at[FUND.key] / 100,
        hedged_share=at[HEDGED.key] / 100,
        is_cross=named[MARGIN.key] == "cross",
        policy=named[POLICY.key],
        order=named[ORDER.key],
    )
    return Asked(question, named[COIN.key])
