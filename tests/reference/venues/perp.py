"""Perpetual Protocol: bad debt and an insurance fund that may go negative (v2), and bad-debt closes (v1).

Sources, read 2026-11-20: perpetual-protocol/perp-curie-contract, snapshot d520bd8e2c42, contracts/{ClearingHouse,
Vault,InsuranceFund}.sol; perpetual-protocol/perpetual-protocol, snapshot bf5adf651ed9, both with their tests. USD at
6 decimals: debts round up, the fund's value down. Nothing is socialized.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from tests.reference.venues.exact import MICRO, Number, ceil_to, exact, floor_to, require


class BadDebt(NamedTuple):
    """What a bankrupt account leaves: debt settled by the fund, and the fund's value afterwards (may be negative)."""

    bad_debt: Fraction
    penalty: Fraction
    collateral_fee: Fraction
    fund_value: Fraction


class Close(NamedTuple):
    """A partial close: the margin left and the bad debt, which only a backstop provider may realize."""

    margin: float
    bad_debt: float
    is_allowed: bool


def collateral_sale(*, amount: Number, price: Number, discount: Number, fund_cut: Number) -> tuple[Fraction, Fraction]:
    """Return (proceeds for the account, fee to the fund) of collateral sold at a discount, USD."""
    require("collateral_sale", not_negative={"amount": amount, "price": price}, fractions={"discount": discount})
    sold = exact(amount) * exact(price) * (1 - exact(discount))
    return sold * (1 - exact(fund_cut)), sold * exact(fund_cut)


def settle_bad_debt(
    *,
    size: Number,
    price: Number,
    deposit: Number,
    open_notional: Number,
    penalty_rate: Number = 0.025,
    fund_share: Number = 0.5,
    proceeds: Number = 0,
    collateral_fee: Number = 0,
    fund_value: Number = 0,
) -> BadDebt:
    """Return the debt that the fund settles once neither positions nor other collateral remain.

    Parameters
    ----------
    size, open_notional : number
        Signed size, and signed quote (minus the cost of a long).
    price : number
        Index price at liquidation, USD.
    deposit : number
        Settlement-token balance, USD.
    penalty_rate, fund_share : number
        Liquidation penalty per notional and the fund's part of it.
    proceeds, collateral_fee : number
        From selling other collateral (`collateral_sale`).
    fund_value : number
        Value of the fund before, USD.

    Notes
    -----
    debt = max(0, -(deposit + quote + size P - penalty + proceeds)), up to 1e-6; fund += share * penalty + fee - debt.
    """
    notional = abs(exact(size)) * exact(price)
    penalty = notional * exact(penalty_rate)
    value = exact(deposit) + exact(open_notional) + exact(size) * exact(price) - penalty + exact(proceeds)
    debt = ceil_to(max(Fraction(0), -value), MICRO)
    income = exact(fund_share) * penalty + exact(collateral_fee)
    return BadDebt(debt, penalty, exact(collateral_fee), floor_to(exact(fund_value) + income - debt, MICRO))


def fund_capacity(*, account_value: Number, wallet: Number) -> Fraction:
    """Return the fund's capacity, value of its account (signed) + wallet, USD; liquidation needs >= the debt."""
    return exact(account_value) + exact(wallet)


def repay(*, account_value: Number, wallet: Number) -> tuple[Fraction, Fraction]:
    """Return (repaid, wallet left) when the wallet refills a negative fund account: min(wallet, -value).

    Raises
    ------
    InputError
        When the account is not negative: there is nothing to repay.
    """
    require("repay", above_zero={"debt": -exact(account_value)}, not_negative={"wallet": wallet})
    repaid = min(exact(wallet), -exact(account_value))
    return repaid, exact(wallet) - repaid


def surplus(*, capacity: Number, threshold: Number, free_collateral: Number) -> Fraction:
    """Return what the fund may distribute: min(max(capacity - threshold, 0), free collateral), at least 0."""
    require("surplus", above_zero={"threshold": threshold})
    return max(Fraction(0), min(max(exact(capacity) - exact(threshold), Fraction(0)), exact(free_collateral)))


def close_partly_v1(
    *, size: float, fraction: float, price: float, margin: float, open_notional: float, is_backstop: bool = False
) -> Close:
    """Return margin and bad debt of a partial close in v1 at a price without slippage; size signed, fraction in (0, 1].

    A close that realizes bad debt reverts unless a backstop provider does it.
    """
    require("close_partly_v1", above_zero={"fraction": fraction, "price": price}, fractions={"fraction": fraction})
    sign = 1.0 if size > 0 else -1.0
    left = margin + sign * fraction * (abs(size) * price - open_notional)
    return Close(left, max(0.0, -left), left >= 0 or is_backstop)
