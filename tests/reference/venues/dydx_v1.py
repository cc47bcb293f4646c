"""dYdX perpetual contracts v1: deleveraging pro rata to size, and final settlement, first come, first served.

Sources, read 2026-11-20: dydxprotocol/perpetual, snapshot 87f22632d94d, contracts/protocol/v1/traders/
P1Deleveraging.sol and impl/P1FinalSettlement.sol with their tests. There is no insurance fund. Amounts are whole token
units, rounded against the account that is deleveraged and down on withdrawal.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from tests.reference.venues.exact import Number, ceil_to, exact, floor_to, require

TOKEN = 1


class Balance(NamedTuple):
    """An account: margin in tokens (signed) and signed position."""

    margin: Fraction
    size: Fraction


def balance(margin: Number, size: Number) -> Balance:
    """Return a balance from plain numbers."""
    return Balance(exact(margin), exact(size))


def value(*, holder: Balance, price: Number) -> Fraction:
    """Return the account's value, margin + size * price, signed, tokens."""
    return holder.margin + holder.size * exact(price)


def is_underwater(*, holder: Balance, price: Number) -> bool:
    """Return whether the account's positive value is less than its negative value (strictly)."""
    return value(holder=holder, price=price) < 0


def deleverage(*, maker: Balance, taker: Balance, amount: Number) -> tuple[Balance, Balance]:
    """Return both balances after the underwater `maker` is closed against `taker`, at its exact bankruptcy price.

    Notes
    -----
    The amount is bounded by both positions. Margin moves pro rata to size: maker.margin * amount / |maker.size|,
    rounded up when the maker is long, else down.
    """
    require("deleverage", above_zero={"amount": amount, "maker.size": abs(maker.size)})
    done = min(exact(amount), abs(maker.size), abs(taker.size))
    sign = 1 if maker.size > 0 else -1
    share = maker.margin * done / abs(maker.size)
    moved = ceil_to(share, TOKEN) if sign > 0 else floor_to(share, TOKEN)
    return (
        Balance(maker.margin - moved, maker.size - sign * done),
        Balance(taker.margin + moved, taker.size + sign * done),
    )


def withdrawable(*, holder: Balance, price: Number) -> Fraction:
    """Return what the account may withdraw in final settlement: max(0, value), down to a whole unit.

    The net is rounded, not its two sides: rounding each would pay out more than there is.
    """
    return max(Fraction(0), floor_to(value(holder=holder, price=price), TOKEN))


def settle(
    *, owed: Sequence[Number], vault: Number, order: Sequence[int], bailout: Number = 0
) -> tuple[list[Fraction], list[Fraction], Fraction]:
    """Return (paid per withdrawal, still owed per account, what the vault holds) of a first-come settlement.

    Each of `order` takes min(vault, what it is owed); what is not paid stays owed, and an account may come again. The
    operator adds the bailout once, before the next withdrawal, when the vault is empty while somebody is still owed.
    """
    require("settle", not_negative={"vault": vault, "bailout": bailout, "owed": min(owed)})
    left, held, rescue = [exact(amount) for amount in owed], exact(vault), exact(bailout)
    paid: list[Fraction] = []
    for who in order:
        if held == 0 and any(left):
            held, rescue = held + rescue, Fraction(0)
        paid.append(min(held, left[who]))
        left[who] -= paid[-1]
        held -= paid[-1]
    return paid, left, held
