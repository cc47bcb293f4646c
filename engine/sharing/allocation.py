"""Sharing one amount over traders by a policy: the public form of what a settlement does, for one book or a batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.contracts import SIDES
from engine.errors import Checker
from engine.sharing.claims import allocate_rows
from engine.sharing.policies import get_policy, withdrawal_places
from engine.sharing.policy_record import Claim, Policy, Weight, checked_options, policy_record
from engine.sharing.rules import split

Floats = NDArray[np.float64]
Record = NDArray[np.void]

# What each claim and each weight reads. Equity caps every charge; not given, there is no such cap.
CLAIM_COLUMNS: Mapping[Claim, tuple[str, ...]] = {
    Claim.NONE: (),
    Claim.PROFIT: ("profit",),
    Claim.EQUITY: ("equity",),
    Claim.CASH: ("cash",),
    Claim.CONTRIBUTION: ("contribution",),
}
WEIGHT_COLUMNS: Mapping[Weight, tuple[str, ...]] = {
    Weight.CLAIM: (),
    Weight.ONE: (),
    Weight.SIZE: ("size",),
    Weight.POWER: ("profit", "leverage", "notional", "record"),  # each where its exponent is not 0
    Weight.TIER_FLAT_LAST: ("size",),
    Weight.TIER_ORDER: ("order",),  # or what the policy's option makes it from
}


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Allocation:
    """What each trader pays and what is left: sum(charge) - surplus + paid_by_pool + unallocated = amount.

    `charge` has shape (n,) or (n_paths, n); the others are floats, or arrays of shape (n_paths,) for a batch.
    `surplus` is what a floor rate raises beyond the amount (it belongs to the fund); `paid_by_pool` is what a liquidity
    pool paid first.
    """

    charge: Floats
    unallocated: float | Floats
    surplus: float | Floats = 0.0
    paid_by_pool: float | Floats = 0.0


def allocate(
    *,
    policy: str | Policy,
    amount: ArrayLike,
    profit: ArrayLike | None = None,
    equity: ArrayLike | None = None,
    size: ArrayLike | None = None,
    leverage: ArrayLike | None = None,
    notional: ArrayLike | None = None,
    contribution: ArrayLike | None = None,
    cash: ArrayLike | None = None,
    bankrupt_side: str | None = None,
    order: ArrayLike | None = None,
    record: ArrayLike | None = None,
    options: Mapping[str, float | str] | None = None,
) -> Allocation:
    """Return how a policy shares an amount over traders.

    Parameters
    ----------
    policy : str or Policy
        A name from `engine.POLICIES`, or a record of your own.
    amount : float or (n_paths,)
        Money to raise, >= 0.
    profit : (n,) or (n_paths, n)
        Profit in money; only what is positive can be charged.
    equity : (n,) or (n_paths, n)
        Total equity in money, any sign. Nobody pays more than its positive equity; not given: no such cap.
    size : (n,) or (n_paths, n)
        Signed open size, 0 for none.
    leverage, notional : (n,) or (n_paths, n)
        Effective leverage (a negative one counts as 0) and notional >= 0, where an exponent uses them.
    contribution : (n,) or (n_paths, n)
        Default-fund contributions of members in money, >= 0.
    cash : (n,) or (n_paths, n)
        Wallet + collateral in money, without unrealized profit.
    bankrupt_side : {"long", "short"} or None
        For a counter-side policy the side that does not pay; None: every position given is opposite the bankrupt.
    order : (n,) or (n_paths, n)
        For `first_come` each account's place in line, lowest first out; not given: by the policy's option `order`.
    record : (n,) or (n_paths, n)
        Track record >= 0 (engine.track_record), where an exponent uses it.
    options : mapping
        The policy's own options; what is not given keeps its default.

    Returns
    -------
    Allocation

    Raises
    ------
    InputError
        With every violation at once; NaN and infinity are refused in every array. Auto-deleveraging policies take
        positions, not money: they are refused here, see `auto_deleverage`.

    Notes
    -----
    docs/MODEL.md section 4. 0 <= charge <= min(claim, max(equity, 0)), and the rule raises min(amount, capacity).
    `profit_prorata_floor` raises max(amount, floor * sum of profits). `lp_pool` lets the pool pay
    min(amount, pool_cap * pool) and charges winners for the rest: with amount = sum of profits a winner is left with
    profit * pool_cap * pool / sum of profits, the payout cap of GMX v2. `default_fund` charges
    contribution * min(1 + assessment_cap, amount / sum of contributions). `fund_overdraft` charges nobody.

    Examples
    --------
    >>> allocate(policy="profit_prorata", amount=30.0, profit=[100.0, 50.0, -20.0]).charge.tolist()
    [20.0, 10.0, 0.0]
    """
    chosen = get_policy(policy)
    values = checked_options(chosen, options or {})
    given = {
        "profit": profit,
        "equity": equity,
        "size": size,
        "leverage": leverage,
        "notional": notional,
        "contribution": contribution,
        "cash": cash,
        "order": order,
        "record": record,
    }
    check = Checker("allocate")
    arrays = {name: _floats(check, name, value) for name, value in given.items() if value is not None}
    amounts = _floats(check, "amount", amount)
    _check(check, chosen, values, arrays, amounts, bankrupt_side)
    check.raise_if_any()
    return _allocate(chosen, policy_record(chosen, values), arrays, amounts, SIDES.get(bankrupt_side or "", 0.0))


def _floats(check: Checker, field: str, value: ArrayLike) -> Floats:
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        check.add(field, "numbers", value)
        return np.zeros(0)


def _needed(policy: Policy, values: Mapping[str, float | str]) -> list[str]:
    """Return the arrays without which a policy cannot be computed."""
    claim, weight = list(CLAIM_COLUMNS[policy.claim]), list(WEIGHT_COLUMNS[policy.weight])
    if policy.weight == Weight.SIZE:
        claim = [name for name in claim if name != "equity"]  # a cap, and all that it says
    elif policy.weight == Weight.POWER:
        weight = [name for name in weight if values.get(name, 0.0) != 0.0]
        weight += ["equity", "notional"] if values.get("collateral", 0.0) != 0.0 else []
    elif policy.weight == Weight.TIER_ORDER:
        weight = ["size"] if values.get("order") == "size" else []
    return list(dict.fromkeys(claim + weight))


def _check(
    check: Checker,
    policy: Policy,
    values: Mapping[str, float | str],
    arrays: Mapping[str, Floats],
    amounts: Floats,
    bankrupt_side: str | None,
) -> None:
    if policy.family == "adl":
        check.add("policy", "one that shares money (positions are closed by engine.auto_deleverage)", policy.name)
    is_ordered = policy.weight == Weight.TIER_ORDER and "order" in arrays
    for name in _needed(policy, values):
        is_replaced = name == "size" and is_ordered
        if name not in arrays and not is_replaced:
            check.add(name, f"given for {policy.name}", None)
    if bankrupt_side is not None:
        check.choice("bankrupt_side", bankrupt_side, SIDES)
    for name, values_of in arrays.items():
        least = 0.0 if name in ("contribution", "notional", "record") else None
        check.array(name, values_of.reshape(-1), least=least)
        if values_of.ndim not in (1, 2):
            check.add(name, "of shape (n,) or (n_paths, n)", values_of.shape)
    if amounts.ndim > 1:
        check.add("amount", "a number or of shape (n_paths,)", amounts.shape)
    elif amounts.ndim == 0:
        check.number("amount", float(amounts), least=0)
    else:
        check.array("amount", amounts, least=0.0)
    try:
        np.broadcast_shapes((*amounts.shape, 1), *(array.shape for array in arrays.values()))
    except ValueError:
        shapes = {name: array.shape for name, array in arrays.items()}
        check.add("arrays", "of one shape, (n,) or (n_paths, n), with one amount or n_paths amounts", shapes)


def _allocate(policy: Policy, record: Record, arrays: dict[str, Floats], amounts: Floats, side: float) -> Allocation:
    shapes = [array.shape for array in arrays.values()] or [(0,)]
    shape = np.broadcast_shapes((*amounts.shape, 1) if amounts.ndim else (1,), *shapes)
    rows = (1, *shape) if len(shape) == 1 else shape
    due = np.ascontiguousarray(np.broadcast_to(amounts, rows[:1]))
    # copies, whatever was given: compiled code is compiled anew for an array that cannot be written, or has gaps
    full = {name: np.array(np.broadcast_to(array, rows), order="C") for name, array in arrays.items()}
    pool = np.minimum(due, record["pool"] * record["pool_cap"])
    charge, raised = np.empty(rows), np.empty(rows[0])
    if policy.claim == Claim.CONTRIBUTION:
        limits = full["contribution"] * (1.0 + float(record["assessment_cap"][0]))
        for row in range(rows[0]):
            raised[row] = split(policy.rule, due[row], limits[row], full["contribution"][row], charge[row])
    else:
        columns = _columns(record, full, rows, side)
        cap, weight = np.empty(rows[1]), np.empty(rows[1])
        allocate_rows(record[0], due - pool, columns, cap, weight, charge, raised)
    rest = due - pool - raised
    surplus, unallocated = np.maximum(-rest, 0.0), np.maximum(rest, 0.0)
    if len(shape) == 1:
        return Allocation(
            charge=charge[0], unallocated=float(unallocated[0]), surplus=float(surplus[0]), paid_by_pool=float(pool[0])
        )
    return Allocation(charge=charge, unallocated=unallocated, surplus=surplus, paid_by_pool=pool)


def _columns(record: Record, full: dict[str, Floats], rows: tuple[int, ...], side: float) -> tuple[Floats, ...]:
    """Return the inputs of claims_and_weights in its order; NaN for what was not given and so must not be read."""
    not_given = np.full(rows, np.nan)
    weight = record["weight"][0]
    size, leverage, order = (full.get(name, not_given) for name in ("size", "leverage", "order"))
    if weight == Weight.SIZE and record["is_counter"][0] and side != 0.0:
        size = np.where(size * side < 0.0, np.abs(size), 0.0)
    elif weight in (Weight.SIZE, Weight.TIER_FLAT_LAST):
        size = np.abs(size)
    if weight == Weight.TIER_ORDER and "order" not in full:
        order = np.array(np.broadcast_to(withdrawal_places(record, size), rows), order="C")
    if weight == Weight.POWER:
        leverage = np.maximum(leverage, 0.0)
    equity = full["equity"] if "equity" in full else np.full(rows, np.inf)
    profit, cash, notional, own = (full.get(name, not_given) for name in ("profit", "cash", "notional", "record"))
    return profit, equity, cash, size, leverage, notional, order, own
