"""Perpetual Protocol v2: the penalty is bad debt where the account cannot pay it, and the fund settles that.

Source, read 2026-11-20: perpetual-protocol/perp-curie-contract, snapshot d520bd8e2c42, contracts/{ClearingHouse,Vault,
InsuranceFund}.sol with their tests. USD at 6 decimals: debts round up, the fund's value down.
"""

from __future__ import annotations

from fractions import Fraction

from tests.reference.venues.exact import MICRO, Number, ceil_to, exact, floor_to


def collateral_sale(*, amount: Number, price: Number, discount: Number, fund_cut: Number) -> tuple[Fraction, Fraction]:
    """Return (proceeds for the account, fee to the fund) of collateral sold at a discount, USD."""
    sold = exact(amount) * exact(price) * (1 - exact(discount))
    return sold * (1 - exact(fund_cut)), sold * exact(fund_cut)


def settle_bad_debt(
    *,
    size: Number,
    price: Number,
    cash: Number,
    penalty_rate: Number = 0.025,
    fund_share: Number = 0.5,
    collateral_fee: Number = 0,
) -> tuple[Fraction, Fraction]:
    """Return (debt that the fund settles, its value afterwards from 0) once nothing else is left, USD.

    Parameters
    ----------
    size : number
        Signed; `price` is the index price at liquidation, USD.
    cash : number
        Deposit, signed quote and proceeds of other collateral, USD.
    penalty_rate, fund_share : number
        Liquidation penalty per notional and the fund's part of it.
    collateral_fee : number
        What the fund got from selling other collateral.

    Notes
    -----
    debt = max(0, -(cash + size P - penalty)), up to 1e-6; fund = share * penalty + fee - debt.
    """
    worth = exact(size) * exact(price)
    penalty = abs(worth) * exact(penalty_rate)
    debt = ceil_to(max(Fraction(0), penalty - exact(cash) - worth), MICRO)
    return debt, floor_to(exact(fund_share) * penalty + exact(collateral_fee) - debt, MICRO)
