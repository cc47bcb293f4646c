"""dYdX perpetual contracts v1: deleveraging pro rata to size, and final settlement, first come, first served.

Sources, read 2026-11-20: dydxprotocol/perpetual, snapshot 87f22632d94d, contracts/protocol/v1/traders/
P1Deleveraging.sol and impl/P1FinalSettlement.sol with their tests. There is no insurance fund. Amounts are whole token
units (`unit`), rounded against the account that is deleveraged and down on withdrawal.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from engine.errors import Checker
from tests.reference.venues.exact import MICRO, Number, ceil_to, exact, floor_to, require


class Outcome(StrEnum):
    """What became of a deleveraging request."""

    DONE = "done"
    NOT_UNDERWATER = "maker is not underwater"
    SAME_SIDE = "taker position has wrong sign to deleverage this maker"
    LESS_THAN_AMOUNT = "allOrNothing is set and a position is less than amount"


class Balance(NamedTuple):
    """An account: margin in tokens (signed) and signed position."""

    margin: Fraction
    size: Fraction


class Deleveraging(NamedTuple):
    """The outcome and both balances, which are unchanged unless the outcome is `done`."""

    outcome: Outcome
    maker: Balance
    taker: Balance


def balance(margin: Number, size: Number) -> Balance:
    """Return a balance from plain numbers."""
    return Balance(exact(margin), exact(size))


def value(*, holder: Balance, price: Number) -> Fraction:
    """Return the account's value, margin + size * price, signed, tokens."""
    return holder.margin + holder.size * exact(price)


def is_underwater(*, holder: Balance, price: Number) -> bool:
    """Return whether the account's positive value is less than its negative value (strictly)."""
    return value(holder=holder, price=price) < 0


def margin_moved(*, margin: Number, size: Number, amount: Number, unit: Number = MICRO) -> Fraction:
    """Return the margin that goes with `amount` of a position: up to a unit for a long, down for a short."""
    require("margin_moved", above_zero={"size": abs(exact(size))})
    share = exact(margin) * exact(amount) / abs(exact(size))
    return ceil_to(share, unit) if size > 0 else floor_to(share, unit)


def deleverage(
    *,
    maker: Balance,
    taker: Balance,
    price: Number,
    amount: Number,
    is_all_or_nothing: bool = False,
    unit: Number = MICRO,
) -> Deleveraging:
    """Return both balances after the underwater `maker` is closed against `taker`, at its exact bankruptcy price.

    Parameters
    ----------
    maker, taker : Balance
        The account deleveraged and the one opposite; neither may be flat.
    price : number
        Oracle price, > 0.
    amount : number
        Requested size, > 0; bounded by both positions unless `is_all_or_nothing`.
    unit : number
        Smallest token amount.

    Notes
    -----
    Margin moves pro rata to size: maker.margin * amount / |maker.size|, rounded up when the maker is long, else down.
    """
    require("deleverage", above_zero={"price": price, "amount": amount, "maker.size": abs(maker.size)})
    if not is_underwater(holder=maker, price=price):
        return Deleveraging(Outcome.NOT_UNDERWATER, maker, taker)
    if maker.size * taker.size >= 0:
        return Deleveraging(Outcome.SAME_SIDE, maker, taker)
    done = min(exact(amount), abs(maker.size), abs(taker.size))
    if is_all_or_nothing and done < exact(amount):
        return Deleveraging(Outcome.LESS_THAN_AMOUNT, maker, taker)
    moved = margin_moved(margin=maker.margin, size=maker.size, amount=done, unit=unit)
    sign = 1 if maker.size > 0 else -1
    return Deleveraging(
        Outcome.DONE,
        Balance(maker.margin - moved, maker.size - sign * done),
        Balance(taker.margin + moved, taker.size + sign * done),
    )


def withdrawable(*, holder: Balance, price: Number, unit: Number = MICRO) -> Fraction:
    """Return what the account may withdraw in final settlement: max(0, value), down to a whole unit.

    The net is rounded, not its two sides: rounding each would pay out more than there is.
    """
    return max(Fraction(0), floor_to(value(holder=holder, price=price), unit))


def settle(
    *,
    owed: Sequence[Number],
    vault: Number,
    order: Sequence[int],
    bailout: Number = 0,
) -> tuple[list[Fraction], list[Fraction], Fraction]:
    """Return (paid per withdrawal, still owed per account, what the vault holds) of a first-come settlement.

    Parameters
    ----------
    owed : sequence of number
        What each account may withdraw, tokens, >= 0.
    vault : number
        Tokens there, >= 0.
    order : sequence of int
        Account number of each withdrawal, in order; an account may come again.
    bailout : number
        Tokens that the operator adds when the vault is empty while somebody is still owed, once, before the next
        withdrawal.

    Notes
    -----
    pay = min(vault, owed); what is not paid stays owed.
    """
    require(
        "settle", not_negative={"vault": vault, "bailout": bailout, **{f"owed[{i}]": o for i, o in enumerate(owed)}}
    )
    check = Checker("settle")
    for number, who in enumerate(order):
        if not 0 <= who < len(owed):
            check.add(f"order[{number}]", f"an account from 0 to {len(owed) - 1}", who)
    check.raise_if_any()
    left, held, rescue = [exact(amount) for amount in owed], exact(vault), exact(bailout)
    paid: list[Fraction] = []
    for who in order:
        if held == 0 and any(left):
            held, rescue = held + rescue, Fraction(0)
        paid.append(min(held, left[who]))
        left[who] -= paid[-1]
        held -= paid[-1]
    return paid, left, held
