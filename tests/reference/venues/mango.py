"""Mango v4 (and v3's rule): settle, then insure, then socialize; base liquidation; bankrupt token positions.

Sources, read 2026-11-20: blockworks-foundation/mango-v4, snapshot 1303a4a16228, programs/mango-v4/src/instructions/
{perp_liq_negative_pnl_or_bankruptcy,perp_liq_base_or_positive_pnl,token_liq_bankruptcy}.rs, health/cache.rs and
state/perp_market.rs with their tests; mango-v3 c4d52dc7f08e. Tokens leave the insurance vault in whole units.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

from tests.reference.venues.exact import Number, exact, require


class Bankruptcy(NamedTuple):
    """A negative perpetual profit and who took it, in settle tokens; `insurance_tokens` left the vault."""

    settled: Fraction
    pnl_left: Fraction
    insurance_tokens: int = 0
    insured: Fraction = Fraction(0)
    socialized: Fraction = Fraction(0)
    long_funding_delta: Fraction = Fraction(0)
    short_funding_delta: Fraction = Fraction(0)


class BaseLiquidation(NamedTuple):
    """Base taken over by the liquidator: quote of the liquidator and of the account (+ received), platform fee."""

    liquidator_quote: Fraction
    account_quote: Fraction
    platform_fee: Fraction


class TokenBankruptcy(NamedTuple):
    """A bankrupt borrow: insurance tokens used, liability repaid by them, and what depositors lose."""

    insurance_tokens: int
    repaid: Fraction
    socialized: Fraction
    is_liquidator_involved: bool


def _floor(value: Number) -> int:
    return math.floor(exact(value))


def taken_for_health_zero(*, health: Number, balance: Number, asset_price: Number, liability_price: Number) -> Fraction:
    """Return how many tokens can leave before health falls to 0 (0 when it is negative).

    Parameters
    ----------
    health : number
        Weighted, USD, signed.
    balance : number
        Token balance, signed.
    asset_price, liability_price : number
        Weighted price of a positive and of a negative balance, USD.
    """
    left, taken = exact(health), Fraction(0)
    if left <= 0:
        return Fraction(0)
    if balance > 0:
        if asset_price > 0 and left <= exact(balance) * exact(asset_price):
            return left / exact(asset_price)
        taken, left = exact(balance), left - exact(balance) * exact(asset_price)
    require("taken_for_health_zero", above_zero={"liability_price": liability_price})
    return taken + left / exact(liability_price)


def given_for_health_zero(*, health: Number, balance: Number, asset_price: Number, liability_price: Number) -> Fraction:
    """Return how many tokens must come in until health rises to 0 (0 when it is positive)."""
    return taken_for_health_zero(
        health=-exact(health), balance=-exact(balance), asset_price=liability_price, liability_price=asset_price
    )


def resolve_negative_profit(
    *,
    profit: Number,
    max_settle: Number,
    settle_limit: Number,
    needed: Number,
    max_transfer: Number,
    vault: Number,
    settle_price: Number = 1,
    insurance_price: Number = 1,
    liquidation_fee: Number = 0,
    open_interest: Number = 0,
) -> Bankruptcy:
    """Return who takes an account's negative perpetual profit.

    Parameters
    ----------
    profit : number
        Unsettled profit, settle tokens, < 0.
    max_settle, settle_limit : number
        What health and the settle window allow to be settled from spot, tokens, >= 0.
    needed : number
        Tokens of profit that bring the account to initial health 0, >= 0; the rest of the loss stays.
    max_transfer : number
        Most that the liquidator asks for, tokens, >= 0, may be infinite.
    vault : number
        Insurance vault, its tokens, >= 0.
    settle_price, insurance_price : number
        USD, > 0.
    liquidation_fee : number
        What the liquidator earns for taking a loss against insurance tokens, a fraction.
    open_interest : number
        Lots of both sides together; 0 leaves nobody to charge.

    Notes
    -----
    1. settled = min(max_settle, settle_limit, max_transfer). 2. Only when no more could be settled: the fund pays
    ceil(x P_s (1 + l) / P_i) tokens for x = min(-profit left, needed, max_transfer left), or all it has. 3. Only when
    the vault is empty then: the rest of min(-profit left, needed) is socialized, R / open interest per lot.
    """
    require(
        "resolve_negative_profit",
        above_zero={"loss": -exact(profit), "settle_price": settle_price, "insurance_price": insurance_price},
        not_negative={"max_transfer": max_transfer, "vault": vault, "open_interest": open_interest},
    )
    could = max(Fraction(0), min(exact(max_settle), exact(settle_limit), -exact(profit)))
    settled = could if max_transfer == math.inf else min(could, exact(max_transfer))
    left = exact(profit) + settled
    if settled < could or left >= 0:
        return Bankruptcy(settled=settled, pnl_left=left)
    from_account = max(Fraction(0), min(-left, exact(needed)))
    to_liquidator = from_account if max_transfer == math.inf else min(from_account, exact(max_transfer) - settled)
    price = exact(settle_price) * (1 + exact(liquidation_fee)) / exact(insurance_price)
    tokens = min(math.ceil(to_liquidator * price), _floor(vault))
    insured = min(tokens / price, to_liquidator)
    socialized = from_account - insured if tokens == _floor(vault) else Fraction(0)
    per_lot = socialized / exact(open_interest) if open_interest else Fraction(0)
    return Bankruptcy(settled, left + insured + socialized, tokens, insured, socialized, per_lot, -per_lot)


def liquidate_base(
    *, base: Number, price: Number, liquidation_fee: Number, platform_fee: Number = 0
) -> BaseLiquidation:
    """Return the quote that changes hands when a liquidator takes over base; base signed as the account holds it.

    Notes
    -----
    A long is sold at P (1 - l - p) and bought at P (1 - l); a short is bought back at P (1 + l + p) and taken over at
    P (1 + l). The platform keeps p.
    """
    require("liquidate_base", not_negative={"price": price, "liquidation_fee": liquidation_fee})
    worth, sign = abs(exact(base)) * exact(price), 1 if base > 0 else -1
    fee = worth * exact(platform_fee)
    liquidator = -sign * worth * (1 - sign * exact(liquidation_fee))
    return BaseLiquidation(liquidator, -liquidator - fee, fee)


def resolve_token(
    *,
    borrow: Number,
    vault: Number,
    liability_price: Number = 1,
    insurance_price: Number = 1,
    liquidation_fee: Number = 0,
    is_insurance_token: bool = False,
    max_transfer: Number = math.inf,
) -> TokenBankruptcy:
    """Return who pays a bankrupt borrow: the insurance vault, and depositors once it is empty.

    Parameters
    ----------
    borrow : number
        Tokens owed, with fees, >= 0.
    vault : number
        Insurance tokens, >= 0.
    is_insurance_token : bool
        The vault repays directly: no liquidator, no fee.

    Notes
    -----
    tokens = ceil(x P_liab (1 + l) / P_ins) for x = min(borrow, max_transfer), at most the vault. The deposit index
    falls by (what is left) / deposits only when the vault is exhausted.
    """
    require("resolve_token", not_negative={"borrow": borrow, "vault": vault, "max_transfer": max_transfer})
    price = Fraction(1)
    if not is_insurance_token:
        price = exact(liability_price) * (1 + exact(liquidation_fee)) / exact(insurance_price)
    asked = exact(borrow) if max_transfer == math.inf else min(exact(borrow), exact(max_transfer))
    tokens = min(math.ceil(asked * price), _floor(vault))
    repaid = min(tokens / price, asked)
    rest = exact(borrow) - repaid if tokens == _floor(vault) else Fraction(0)
    return TokenBankruptcy(tokens, repaid, rest, not is_insurance_token)


def deposits_after(*, deposits: Number, loss: Number) -> Fraction:
    """Return the depositors' total after a socialized loss: the index falls by loss / deposits, at most to 0."""
    require("deposits_after", not_negative={"deposits": deposits, "loss": loss})
    return max(Fraction(0), exact(deposits) - exact(loss))
