"""What a policy is: a frozen record of claim x weight x rule, and the flat form of it that compiled code reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from engine.errors import Checker


class Family(IntEnum):
    """Where a policy acts: nowhere, on money at a settlement, on positions (section 5), or as a layer of its own."""

    NONE = 0
    MONEY = 1
    ADL = 2
    LAYER = 3


NONE, MONEY, ADL, LAYER = int(Family.NONE), int(Family.MONEY), int(Family.ADL), int(Family.LAYER)


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

    PROPORTIONAL = 0
    EQUAL_AWARDS = 1
    TALMUD = 2
    PRIORITY = 3


class AdlMethod(IntEnum):
    """How a position is closed against others: engine.sharing.adl_selection."""

    QUEUE = 0
    PRORATA = 1
    MINIMAX = 2
    SCAN = 3


SCORES = ("bitmex", "binance", "okx", "hyperliquid", "hyperliquid_one")
PRICES = ("bankruptcy", "mark", "previous_mark", "blend")
ORDERS = ("index", "size", "random")
LAWS = (
    "conserves_money",
    "within_claim",
    "anonymous",
    "order_preserving",
    "split_proof",
    "merge_proof",
    "unit_free",
    "monotone",
    "spares_losers",
    "leaves_hedges_whole",
)


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

    Pass one of your own by value, `Venue(policy=Policy(...))` or `allocate(policy=Policy(...))`; no registration.

    Parameters
    ----------
    name, label, who_pays, used_by, source : str
        For people: a short name, a title, a sentence, the venues that use it, where that is written down.
    family : {"none", "money", "adl", "layer"}
        Where it acts: nowhere, on money at a settlement, on positions, or as a layer of its own.
    claim : Claim
        The most that an account can be charged; "money" needs PROFIT, EQUITY or CASH.
    weight, rule : Weight, Rule
        What the charge is shared by, and how; a weight that is a tier needs Rule.PRIORITY.
    counterparty : {"all", "counter"}
        "counter" where only the side opposite the bankrupt pays.
    cap_option : str
        Name of the option that multiplies the claim; empty for none.
    adl_method : AdlMethod
        How a position is closed against others, for family "adl".
    is_overdraft : bool
        The fund pays all and goes negative.
    options : tuple of Option
        Each is `cap_option` or fills a field of the record that compiled code reads (OPTION_FIELDS).
    laws : tuple of str
        The laws (of LAWS) that it claims to keep.

    Raises
    ------
    InputError
        For a code, a combination, an option or a law that the engine does not know; all at once.
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
    adl_method: AdlMethod = AdlMethod.QUEUE
    is_overdraft: bool = False
    options: tuple[Option, ...] = ()
    used_by: str
    source: str
    laws: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what compiled code has no branch for."""
        check = Checker("policy")
        check.choice("family", self.family, [family.name.lower() for family in Family])
        check.choice("counterparty", self.counterparty, COUNTERPARTIES)
        for field, kind in (("claim", Claim), ("weight", Weight), ("rule", Rule), ("adl_method", AdlMethod)):
            if not isinstance(getattr(self, field), kind):
                check.add(field, f"a {kind.__name__}", getattr(self, field))
        check.raise_if_any()
        if self.family == "money" and self.claim not in _CHARGEABLE:
            check.add("claim", "PROFIT, EQUITY or CASH for family money", self.claim.name)
        if self.weight in TIERS and self.rule != Rule.PRIORITY:
            check.add("rule", f"PRIORITY for the tiers of {self.weight.name}", self.rule.name)
        for law in self.laws:
            check.choice("laws", law, LAWS)
        self._check_options(check)
        check.raise_if_any()

    def _check_options(self, check: Checker) -> None:
        names = [option.name for option in self.options]
        if len(set(names)) < len(names):
            check.add("options", "of different names", names)
        if self.cap_option and self.cap_option not in names:
            check.add("cap_option", f"one of its options ({', '.join(names) or 'it has none'})", self.cap_option)
        for option in self.options:
            known = OPTION_CHOICES.get(OPTION_FIELDS.get(option.name, ""), ())
            if option.name != self.cap_option and option.name not in OPTION_FIELDS:
                check.add(
                    f"options.{option.name}", f"its cap_option or one of {', '.join(OPTION_FIELDS)}", option.default
                )
            elif bool(known) != bool(option.choices) or not set(option.choices) <= set(known):
                bound = f"some of {', '.join(known)}" if known else "none: it is a number"
                check.add(f"options.{option.name}.choices", bound, option.choices)

    @property
    def numeraire(self) -> str:
        """Say what the policy takes: "money", or "contracts" (size of positions) for auto-deleveraging."""
        return "contracts" if self.family == "adl" else "money"

    def defaults(self) -> dict[str, float | str]:
        """Return the default of every option."""
        return {option.name: option.default for option in self.options}


COUNTERPARTIES = ("all", "counter")
TIERS = (Weight.TIER_FLAT_LAST, Weight.TIER_ORDER)
_CHARGEABLE = (Claim.PROFIT, Claim.EQUITY, Claim.CASH)

_CODES = ("family", "claim", "weight", "rule", "is_counter", "is_overdraft", "adl_method")
_CHOICES = ("score", "price_rule", "order", "seed")
EXPONENTS = ("profit", "leverage", "notional", "collateral", "record")
_AMOUNTS = ("floor", "pool", "pool_cap", "assessment_cap", "blend")
# of kernels that the cascade calls, see engine.kernel.dispatch
_ADDRESSES = ("charges_at", "deleverage_at", "settle_at", "collect_at", "trigger_at")
_RULE = ("quantity", "is_at_most", "is_limit_of_interest", "is_met")  # of a rule in a list, see engine.offset_rules
POLICY_DTYPE = np.dtype(
    [(name, np.int64) for name in (*_CODES, *_CHOICES, *_ADDRESSES, *_RULE)]
    + [(name, np.float64) for name in (*(f"{of}_exponent" for of in EXPONENTS), "cap_factor", *_AMOUNTS)]
    + [(name, np.float64) for name in ("limit", "level")]
)

OPTION_FIELDS = {
    **{of: f"{of}_exponent" for of in EXPONENTS},
    "price": "price_rule",
    **{name: name for name in ("score", "order", "seed", *_AMOUNTS)},
}
OPTION_CHOICES = {"score": SCORES, "price_rule": PRICES, "order": ORDERS}


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
    for name in ("claim", "weight", "rule", "adl_method", "is_overdraft"):
        row[name] = getattr(policy, name)
    row["is_counter"] = policy.counterparty == "counter"
    row["cap_factor"] = values.get(policy.cap_option, 1.0)
    row["pool_cap"] = row["blend"] = row["limit"] = 1.0
    row["quantity"] = -1
    for option in policy.options:
        field, value = option_field(policy, option.name), values[option.name]
        if option.name != policy.cap_option:
            row[field] = OPTION_CHOICES[field].index(str(value)) if option.choices else value
    return record


def option_field(policy: Policy, option: str) -> str:
    """Return the field of the record that an option of a policy fills."""
    return "cap_factor" if option == policy.cap_option else OPTION_FIELDS.get(option, "")


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
