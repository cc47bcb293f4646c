"""Every setting of 10 October 2025 in all coins, in the order of its link, and what they ask."""

from __future__ import annotations

from engine import LIQUIDATION_ORDERS, POLICIES, OctoberQuestion, OwnHedge, october_coins
from ui.settings.page_settings import Pick, Slider, Whole, sliders_of
from ui.settings.words import LIQUIDATION_WORDS

START, OWN = OctoberQuestion(), OwnHedge()
DELEVERAGING = tuple(name for name, policy in POLICIES.items() if policy.family == "adl")


def coins() -> list[str]:
    """Return the coins of the replay."""
    return [coin["name"] for coin in october_coins()["coin"]]


LONG = Pick(
    key="october:long", name="long", label="You are long", start=OWN.long, choices=coins,
    help="One leg of your own hedge, $1M at 21:10.",
)  # fmt: skip
SHORT = Pick(
    key="october:short", name="short", label="and short", start=OWN.short, choices=coins,
    help="The other leg, $1M as well: another coin than the long one.",
)  # fmt: skip
ORDER = Pick(
    key="october:order", name="order", label="What is liquidated first", start=START.order,
    choices=lambda: LIQUIDATION_ORDERS, show=LIQUIDATION_WORDS.__getitem__,
    help="Which of an account's positions a forced sale closes. The venue sends every position at once.",
)  # fmt: skip
POLICY = Pick(
    key="october:policy", name="policy", label="How winners are closed", start=START.policy,
    choices=lambda: DELEVERAGING, show=lambda name: POLICIES[name].label,
    help="What is compared with a haircut on account profit. The venue closed by rank.",
)  # fmt: skip
LEVERAGE = Slider(
    key="october:leverage", name="leverage", label="Your leverage", low=1, high=30, start=OWN.leverage, step=0.5,
    unit="x", digits=1, help="Both legs together over your cash.",
)  # fmt: skip
DEPTH = Slider(
    key="october:depth", name="depth", label="Depth left", low=1, high=100, start=100 * START.depth, step=1,
    unit=" % of usual", digits=0, scale="log",
    help="What was left of the order books; under 10 % is reported of key venues.",
)  # fmt: skip
HEDGED = Slider(
    key="october:hedged", name="hedged", label="Hedged accounts", low=0, high=100, start=100 * START.hedged_share,
    step=1, unit=" %", digits=0, help="Of the drawn accounts with several coins; assumed.",
)  # fmt: skip
SEED = Whole(
    key="october:seed", name="seed", label="Drawing of the accounts", start=START.seed, low=0, high=999,
    help="Another number draws other accounts; nobody knows the real ones.",
)  # fmt: skip
PANEL = (("", (LEVERAGE, DEPTH)), ("Accounts", (HEDGED,)))
LISTS = (LONG, SHORT, ORDER, POLICY)
SETTINGS = (*LISTS, *sliders_of(PANEL), SEED)


def asked() -> OctoberQuestion:
    """Return what is asked; InputError where the legs of the hedge are one coin."""
    return OctoberQuestion(
        order=ORDER.value,
        policy=POLICY.value,
        depth=DEPTH.value / 100,
        hedged_share=HEDGED.value / 100,
        seed=SEED.value,
        own=OwnHedge(long=LONG.value, short=SHORT.value, leverage=LEVERAGE.value),
    )
