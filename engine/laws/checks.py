"""What a policy does to small markets, and the table of laws, each a check of that before and after a change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from engine.book import Book
from engine.kernel.state import Floats
from engine.laws.cases import MARK, UNIT, Case, Change, enlarge, halve, hedge, merge, rescale, reverse
from engine.sharing.allocation import allocate
from engine.sharing.deleveraging import ADL_METHODS, auto_deleverage
from engine.sharing.policy_record import Claim, Policy, Weight, checked_options

TOLERANCE = 1e-9
Options = Mapping[str, float | str]


@dataclass(frozen=True, eq=False, slots=True)
class Outcome:
    """What happened in one case.

    `taken` is in the policy's numeraire (money, or coins closed), `claim` the most that may be taken of each trader in
    it, read from the description of the policy and not from its result; `charge` is money. `amount` = `raised` + `left`
    is what the law of conservation asks for.
    """

    taken: Floats
    claim: Floats
    charge: Floats
    amount: float
    raised: float
    left: float


def outcomes(policy: Policy, cases: Sequence[Case], options: Options | None = None) -> list[Outcome]:
    """Return what a policy does in each case; `options` as the policy has them."""
    values = checked_options(policy, options or {})
    if policy.family == "adl":
        return [_deleverage(policy, case, values) for case in cases]
    done: list[Outcome | None] = [None] * len(cases)
    for size in {len(case.traders) for case in cases}:
        where = [index for index, case in enumerate(cases) if len(case.traders) == size]
        for index, outcome in zip(where, _share(policy, [cases[i] for i in where], values), strict=True):
            done[index] = outcome
    return [outcome for outcome in done if outcome is not None]


def _share(policy: Policy, cases: Sequence[Case], options: Options) -> list[Outcome]:
    """Allocate over cases of equally many traders in one batch."""
    columns = {name: np.array([case.column(name) for case in cases]) for name in ("size", "gain", "collateral")}
    size, cash = columns["size"], columns["collateral"]
    profit = np.abs(size) * columns["gain"]
    equity = cash + profit
    notional = np.abs(size) * MARK * np.array([[case.unit] for case in cases])
    leverage = np.divide(notional, equity, out=np.zeros_like(equity), where=equity > 0)
    amount = np.array([case.deficit for case in cases])
    done = allocate(
        policy=policy,
        amount=amount,
        profit=profit,
        equity=equity,
        size=size,
        leverage=leverage,
        notional=notional,
        contribution=cash,
        cash=cash,
        bankrupt_side="long",
        options=options,
    )
    claim = claims_of(policy, options, profit, equity, size, cash)
    raised = done.charge.sum(axis=1) - done.surplus + done.paid_by_pool
    left = np.broadcast_to(done.unallocated, amount.shape)
    return [
        Outcome(done.charge[k], claim[k], done.charge[k], float(amount[k]), float(raised[k]), float(left[k]))
        for k in range(len(cases))
    ]


def claims_of(policy: Policy, options: Options, profit: Floats, equity: Floats, size: Floats, cash: Floats) -> Floats:
    """Return the most that may be taken of each trader, read from the description of a policy."""
    solvent = np.maximum(equity, 0.0)
    if policy.claim == Claim.CONTRIBUTION:
        return cash * (1.0 + float(options.get("assessment_cap", 0.0)))
    if policy.claim == Claim.NONE:
        return np.zeros_like(equity)
    base = {Claim.PROFIT: np.maximum(profit, 0.0), Claim.EQUITY: solvent, Claim.CASH: cash}[policy.claim]
    claim = np.minimum(float(options.get(policy.cap_option, 1.0)) * base, solvent)
    if policy.weight == Weight.SIZE and policy.counterparty == "counter":
        claim = np.where(size < 0.0, claim, 0.0)
    return claim


def _deleverage(policy: Policy, case: Case, options: Options) -> Outcome:
    size, mark = case.column("size"), MARK * case.unit
    if not size.any():
        nothing = np.zeros(size.size)
        return Outcome(nothing, nothing, nothing, case.bankrupt_size, 0.0, case.bankrupt_size)
    is_open, rule = size != 0.0, ADL_METHODS[policy.adl_method]
    entry, own = mark - np.sign(size) * case.column("gain"), case.column("collateral")
    book = Book(size=size[is_open], entry_price=entry[is_open], collateral=own[is_open])
    known = {name: options[name] for name in ("score", "price", "blend") if name in options}
    done = auto_deleverage(
        size=case.bankrupt_size,
        bankruptcy_price=mark + case.loss * case.unit,
        mark=mark,
        book=book,
        rule=rule,
        previous_mark=mark,
        seed=int(options.get("seed", 0)),
        **known,  # type: ignore[arg-type]
    )
    claim = np.where((size < 0.0) & (case.column("equity") > 0.0), np.abs(size), 0.0)
    closed, charge = np.zeros((2, size.size))
    closed[is_open], charge[is_open] = done.closed, done.charge
    return Outcome(closed, claim, charge, case.bankrupt_size, float(closed.sum()), float(done.unfilled))


@dataclass(frozen=True, slots=True)
class Breach:
    """How a law is broken: whom it is about (index after the change, if there is one), and two numbers about it."""

    who: int
    first: float
    second: float
    other: int = -1


Check = Callable[[Case, Outcome, Case, Outcome], Breach | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """A promise that a rule may keep; `check` compares a market with the same market after `change`."""

    name: str
    label: str
    meaning: str
    check: Check
    change: Change | None = None


def _tolerance(*values: float) -> float:
    return TOLERANCE * max(1.0, *(abs(value) for value in values))


def _differs(a: float, b: float) -> bool:
    return abs(a - b) > _tolerance(a, b)


def _conserves(_case: Case, done: Outcome, _changed: Case, _after: Outcome) -> Breach | None:
    total = done.raised + done.left
    return Breach(-1, total, done.amount) if _differs(total, done.amount) or not np.isfinite(total) else None


def _within_claim(_case: Case, done: Outcome, _changed: Case, _after: Outcome) -> Breach | None:
    return _worst(np.maximum(done.taken - done.claim, -done.taken) - TOLERANCE, done.taken, done.claim)


def _anonymous(_case: Case, done: Outcome, _changed: Case, after: Outcome) -> Breach | None:
    return _largest_gap(done.taken[::-1], after.taken)


def _order(_case: Case, done: Outcome, _changed: Case, _after: Outcome) -> Breach | None:
    taken, kept = done.taken, done.claim - done.taken
    for i in np.argsort(-done.claim, kind="stable"):
        for j in range(taken.size):
            if done.claim[i] + TOLERANCE < done.claim[j] or i == j:
                continue
            if taken[i] < taken[j] - TOLERANCE or kept[i] < kept[j] - TOLERANCE:
                return Breach(int(i), float(taken[i]), float(taken[j]), int(j))
    return None


def _split(_case: Case, done: Outcome, _changed: Case, after: Outcome) -> Breach | None:
    before = float(done.taken[0])
    together = float(after.taken[0] + after.taken[-1])
    if _differs(before, together):
        return Breach(0, before, together)
    return _largest_gap(done.taken[1:], after.taken[1:-1], shift=1)


def _merged(_case: Case, done: Outcome, _changed: Case, after: Outcome) -> Breach | None:
    together, merged = float(done.taken[0] + done.taken[1]), float(after.taken[0])
    if _differs(together, merged):
        return Breach(0, together, merged)
    return _largest_gap(done.taken[2:], after.taken[1:], shift=1)


def _rescaled(_case: Case, done: Outcome, _changed: Case, after: Outcome) -> Breach | None:
    return _largest_gap(done.charge, after.charge / UNIT)


def _monotone(_case: Case, done: Outcome, _changed: Case, after: Outcome) -> Breach | None:
    return _worst(done.taken - after.taken - TOLERANCE, done.taken, after.taken)


def _spares(case: Case, done: Outcome, _changed: Case, _after: Outcome) -> Breach | None:
    charge = np.where(case.column("profit") <= 0.0, done.charge, 0.0)
    return _worst(charge - TOLERANCE, charge, np.zeros_like(charge))


def _hedged(_case: Case, _done: Outcome, changed: Case, after: Outcome) -> Breach | None:
    cost = float(after.charge[-2:].sum())
    who = len(changed.traders) - 2
    return Breach(who, cost, 0.0) if cost > TOLERANCE or _differs(*after.taken[-2:]) else None


def _largest_gap(before: Floats, after: Floats, shift: int = 0) -> Breach | None:
    return _worst(np.abs(before - after) - TOLERANCE * np.maximum(1.0, np.abs(before)), before, after, shift)


def _worst(excess: Floats, first: Floats, second: Floats, shift: int = 0) -> Breach | None:
    """Return the breach by whoever exceeds what is allowed the most, with its two numbers; None if nobody does."""
    if not excess.size or excess.max() <= 0.0:
        return None
    who = int(np.argmax(excess))
    return Breach(who + shift, float(first[who]), float(second[who]))


_TABLE = (
    Law(
        name="conserves_money",
        label="Conserves money",
        meaning="What is raised and what is left open make up the loss, to the cent.",
        check=_conserves,
    ),
    Law(
        name="within_claim",
        label="Nobody below zero",
        meaning="Nobody pays more than its claim, and nobody is paid.",
        check=_within_claim,
    ),
    Law(
        name="anonymous",
        label="Anonymous",
        meaning="Names and places in the list do not matter: equals pay alike.",
        check=_anonymous,
        change=reverse,
    ),
    Law(
        name="order_preserving",
        label="Keeps the order",
        meaning="Who has more at stake pays at least as much, and still keeps at least as much.",
        check=_order,
    ),
    Law(
        name="split_proof",
        label="Split-proof",
        meaning="Two accounts half as large pay together what one would: opening ten accounts changes nothing.",
        check=_split,
        change=halve,
    ),
    Law(
        name="merge_proof",
        label="Merge-proof",
        meaning="Two accounts on one side, both winning or both losing, pay the same as one that holds both.",
        check=_merged,
        change=merge,
    ),
    Law(
        name="unit_free",
        label="Free of the unit",
        meaning="Counting money in thousands changes no share.",
        check=_rescaled,
        change=rescale,
    ),
    Law(
        name="monotone",
        label="Monotone",
        meaning="After a larger deficit nobody pays less; with a larger fund, which leaves a smaller one, nobody more.",
        check=_monotone,
        change=enlarge,
    ),
    Law(name="spares_losers", label="Spares losers", meaning="Who has no profit pays nothing.", check=_spares),
    Law(
        name="leaves_hedges_whole",
        label="Leaves hedges whole",
        meaning="Who holds equal positions on both sides, and so neither wins nor loses, pays nothing and keeps both.",
        check=_hedged,
        change=hedge,
    ),
)
LAW_TABLE: Mapping[str, Law] = MappingProxyType({law.name: law for law in _TABLE})
