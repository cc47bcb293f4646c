"""What a policy is: a frozen record of claim x weight x rule, and the flat form of it that compiled code reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from engine.errors import Checker
from engine.sharing import rules


class Family(IntEnum):
    """Where a policy acts: nowhere, on money at a settlement, on positions (section 5), or as a layer of its own."""

    NONE = 0
    MONEY = 1
    ADL = 2
    LAYER = 3


class Claim(IntEnum):
    """The most that a trader can be made to pay; always within positive equity."""

    NONE = 0
    PROFIT = 1
    EQUITY = 2
    CASH = 3
    CONTRIBUTION = 4


class Weight(IntEnum):
    """What the charge is shared by; the last two are tiers, the lowest paying first."""

    CLAIM = 0
    ONE = 1
    SIZE = 2
    POWER = 3
    TIER_FLAT_LAST = 4
    TIER_ORDER = 5


class Rule(IntEnum):
    """How an amount is split over claims: engine.sharing.rules."""

    PROPORTIONAL = rules.PROPORTIONAL
    EQUAL_AWARDS = rules.EQUAL_AWARDS
    TALMUD = rules.TALMUD
    PRIORITY = rules.PRIORITY


class Taking(IntEnum):
    """How a position is closed against others: engine.sharing.deleveraging."""

    QUEUE = 0
    PRORATA = 1
    MINIMAX = 2
    SCAN = 3


SCORES = ("bitmex", "binance", "okx", "hyperliquid", "hyperliquid_one")
PRICES = ("bankruptcy", "mark", "previous_mark", "blend")
ORDERS = ("index", "size", "random")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A parameter of a policy: a number within [low, high], or one of the named choices."""

    name: str
    default: float | str
    low: float = 0.0
    high: float = 0.0
    choices: tuple[str, ...] = ()
    whole: bool = False
    help: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A loss-sharing policy: who can be charged (claim), by what measure (weight), how (rule), and who uses it.

    `counterparty` is "counter" where only the side opposite the bankrupt pays; `cap_option` names the option that
    multiplies the claim; `laws` are the laws (of engine.laws) that the policy claims to keep.
    """

    name: str
    label: str
    who_pays: str
    family: str = "money"
    claim: Claim = Claim.NONE
    weight: Weight = Weight.CLAIM
    rule: Rule = Rule.PROPORTIONAL
    counterparty: str = "all"
    cap_option: str = ""
    adl_rule: Taking = Taking.QUEUE
    is_overdraft: bool = False
    options: tuple[Option, ...] = ()
    used_by: str
    source: str
    laws: tuple[str, ...] = ()

    @property
    def numeraire(self) -> str:
        """Say what the policy takes: "money", or "contracts" (size of positions) for auto-deleveraging."""
        return "contracts" if self.family == "adl" else "money"

    def defaults(self) -> dict[str, float | str]:
        """Return the default of every option."""
        return {option.name: option.default for option in self.options}


_CODES = ("family", "claim", "weight", "rule", "is_counter", "is_overdraft")
_CHOICES = ("adl_rule", "score", "price_rule", "order", "seed")
_EXPONENTS = ("profit_exponent", "leverage_exponent", "notional_exponent")
_AMOUNTS = ("cap_factor", "floor", "pool", "pool_cap", "assessment_cap", "blend")
_ADDRESSES = ("charges_at", "deleverage_at")  # of kernels that the cascade calls, see engine.kernel.links
POLICY_DTYPE = np.dtype(
    [(name, np.int64) for name in (*_CODES, *_CHOICES, *_ADDRESSES)]
    + [(name, np.float64) for name in (*_EXPONENTS, *_AMOUNTS)]
)

_FIELDS = {
    "profit": "profit_exponent",
    "leverage": "leverage_exponent",
    "notional": "notional_exponent",
    "price": "price_rule",
}


def policy_record(policy: Policy, options: Mapping[str, float | str] | None = None) -> NDArray[np.void]:
    """Return a policy with its options as a one-element structured array that compiled code reads as `record[0]`.

    Parameters
    ----------
    policy : Policy
    options : mapping
        Option name to value; what is not given keeps its default. A named choice is given by name.

    Raises
    ------
    InputError
        For an option that the policy does not have and for a value out of bounds, all at once.
    """
    values = checked_options(policy, options or {})
    record = np.zeros(1, POLICY_DTYPE)
    row = record[0]
    row["family"] = Family[policy.family.upper()]
    for name in ("claim", "weight", "rule", "adl_rule", "is_overdraft"):
        row[name] = getattr(policy, name)
    row["is_counter"] = policy.counterparty == "counter"
    row["cap_factor"] = values.get(policy.cap_option, 1.0)
    row["pool_cap"] = row["blend"] = 1.0
    for option in policy.options:
        field = _FIELDS.get(option.name, option.name)
        value = values[option.name]
        if field in (POLICY_DTYPE.names or ()):  # kappa has no field of its own: it is the cap factor
            row[field] = option.choices.index(str(value)) if option.choices else value
    return record


def checked_options(policy: Policy, options: Mapping[str, float | str]) -> dict[str, float | str]:
    """Return every option of a policy with its value, defaults filled in; raises as `policy_record` does."""
    check = Checker(policy.name)
    known = {option.name: option for option in policy.options}
    for name, value in options.items():
        if name not in known:
            check.add(name, f"one of its options ({', '.join(known) or 'it has none'})", value)
            continue
        option = known[name]
        if option.choices:
            check.choice(name, value, option.choices)
        elif option.whole:
            check.whole(name, value, least=int(option.low), most=int(option.high))
        else:
            check.number(name, value, least=option.low, most=option.high)
    check.raise_if_any()
    return {**policy.defaults(), **options}
