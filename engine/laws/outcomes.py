"""What a policy does to the small markets of law_cases: charges of money policies, closed sizes of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.book import Book
from engine.laws.cases import MARK, Case
from engine.sharing.allocation import allocate
from engine.sharing.deleveraging import ADL_METHODS, auto_deleverage
from engine.sharing.policy_record import Claim, Policy, Weight, checked_options

Floats = NDArray[np.float64]
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
    claim = _claims(policy, options, profit, equity, size, cash)
    raised = done.charge.sum(axis=1) - done.surplus + done.paid_by_pool
    left = np.broadcast_to(done.unallocated, amount.shape)
    return [
        Outcome(done.charge[k], claim[k], done.charge[k], float(amount[k]), float(raised[k]), float(left[k]))
        for k in range(len(cases))
    ]


def _claims(policy: Policy, options: Options, profit: Floats, equity: Floats, size: Floats, cash: Floats) -> Floats:
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
