"""Drift v2: the waterfall of a bankrupt position, the insurance fund's shares, and the limit on claiming profit.

Sources, read 2026-11-20: drift-labs/protocol-v2, snapshot 0ae3e3b1db78, programs/drift/src/{math/liquidation,
math/insurance,math/bankruptcy,controller/liquidation,controller/insurance,controller/amm,state/user}.rs with their
tests. Charges round up, payouts down.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from tests.reference.venues.exact import MICRO, NANO, Number, ceil_to, exact, floor_to, require

INDEX_STEP = Fraction(1, 10**10)
LOSS_ROUNDING = "up in 1e-9 units"
FEE_POOL_THRESHOLD = 250
TIER_CAP = {"A": 100_000_000, "B": 1_000_000, "C": 100_000, "speculative": 0, "isolated": 0}


class PerpBankruptcy(NamedTuple):
    """Who pays a bankrupt position: USD from fund and fee pool, then `per_base` from every open base unit."""

    from_fund: Fraction
    from_fee_pool: Fraction
    social_loss: Fraction
    per_base: Fraction


def loss_per_base(*, loss: Number, open_interest_long: Number, open_interest_short: Number) -> Fraction:
    """Return the charge on every open base unit, longs and shorts alike, raised to 1e-9 USD.

    Notes
    -----
    loss / (|OI long| + |OI short|); the cumulative funding rate of longs rises by it, that of shorts falls by it.

    Raises
    ------
    InputError
        When nobody holds a position: the venue cannot resolve the bankruptcy.
    """
    interest = abs(exact(open_interest_long)) + abs(exact(open_interest_short))
    require("loss_per_base", above_zero={"open_interest": interest}, not_negative={"loss": loss})
    return ceil_to(exact(loss) / interest, NANO)


def fund_payment(
    *, loss: Number, fund: Number, market_cap: Number | None = None, already_settled: Number = 0
) -> Fraction:
    """Return what the insurance fund pays: min(loss, fund, market cap - settled before), USD."""
    require("fund_payment", not_negative={"loss": loss, "fund": fund, "already_settled": already_settled})
    paid = min(exact(loss), exact(fund))
    if market_cap is not None:
        paid = min(paid, max(Fraction(0), exact(market_cap) - exact(already_settled)))
    return paid


def resolve_perp(
    *,
    loss: Number,
    fund: Number,
    fee_pool: Number,
    open_interest_long: Number,
    open_interest_short: Number,
    market_cap: Number | None = None,
    already_settled: Number = 0,
) -> PerpBankruptcy:
    """Return who pays a bankrupt perpetual position: fund, the market's fee pool, then every open position.

    Parameters
    ----------
    loss : number
        What the bankrupt account owes, USD, >= 0.
    fund, fee_pool : number
        What each can pay, USD, >= 0.
    open_interest_long, open_interest_short : number
        Base of the others; the bankrupt account is flat.
    market_cap : number, optional
        Most that the fund pays for this market (`TIER_CAP`), USD, of which `already_settled` is used up.
    """
    require("resolve_perp", not_negative={"fee_pool": fee_pool})
    from_fund = fund_payment(loss=loss, fund=fund, market_cap=market_cap, already_settled=already_settled)
    from_pool = min(exact(loss) - from_fund, exact(fee_pool))
    rest = exact(loss) - from_fund - from_pool
    if rest == 0:
        return PerpBankruptcy(from_fund, from_pool, rest, rest)
    per_base = loss_per_base(loss=rest, open_interest_long=open_interest_long, open_interest_short=open_interest_short)
    return PerpBankruptcy(from_fund, from_pool, rest, per_base)


def deposit_index_cut(*, loss: Number, deposits: Number, index: Number = 1) -> Fraction:
    """Return by how much the deposit index falls, raised to 1e-10: index * loss / deposits, at most the index.

    0 when there are no deposits: nobody can be charged.
    """
    require("deposit_index_cut", not_negative={"loss": loss, "deposits": deposits, "index": index})
    if deposits == 0:
        return Fraction(0)
    return min(ceil_to(exact(index) * exact(loss) / exact(deposits), INDEX_STEP), exact(index))


def claimable_profit(
    *, profit: Number, realized: Number, pnl_pool: Number, net_user_profit: Number, fee_pool: Number = 0
) -> tuple[Fraction, Fraction]:
    """Return (excess of the profit pool, what the user can claim), USD.

    Notes
    -----
    excess = max(0, pnl pool + fee pool / 5 - max(0, net user profit)); a profit is claimable up to realized + excess,
    a loss in full (then negative).
    """
    excess = max(Fraction(0), exact(pnl_pool) + exact(fee_pool) / 5 - max(Fraction(0), exact(net_user_profit)))
    if profit <= 0:
        return excess, exact(profit)
    return excess, min(exact(profit), max(Fraction(0), exact(realized)) + excess)


def share_value(*, shares: Number, total_shares: Number, vault: Number) -> Fraction:
    """Return what shares of the insurance fund redeem for, floored to 1e-6: shares * vault / total."""
    require("share_value", not_negative={"shares": shares, "vault": vault, "total_shares": total_shares})
    return floor_to(exact(shares) * exact(vault) / exact(total_shares), MICRO) if total_shares else Fraction(0)


def shares_lost(*, vault: Number, total_shares: Number, shares: Number, requested_value: Number) -> Fraction:
    """Return the shares that a staker forfeits between request and unstaking: gains since the request stay in the fund.

    Notes
    -----
    n - floor(v (T - n) / (V - v)) when the n shares are now worth more than the value v at request, else 0.
    """
    now = share_value(shares=shares, total_shares=total_shares, vault=vault)
    if now <= exact(requested_value):
        return Fraction(0)
    rest = exact(vault) - exact(requested_value)
    kept = floor_to(exact(requested_value) * (exact(total_shares) - exact(shares)) / rest, MICRO)
    return exact(shares) - kept


def fee_pool_surplus(
    *,
    fee_pool: Number,
    total_social_loss: Number,
    threshold: Number = FEE_POOL_THRESHOLD,
    most: Number | None = None,
) -> Fraction:
    """Return what moves from a market's fee pool to the revenue pool, USD: the part above threshold + social loss."""
    require("fee_pool_surplus", not_negative={"fee_pool": fee_pool, "total_social_loss": total_social_loss})
    surplus = max(Fraction(0), exact(fee_pool) - exact(threshold) - exact(total_social_loss))
    return surplus if most is None else min(surplus, exact(most))


def revenue_to_fund(*, revenue_pool: Number, fund: Number, hours: Number = 1, share: Number = 0.1) -> Fraction:
    """Return what the revenue pool pays the fund: at most a tenth of the pool and 1000 % a year of the fund."""
    require("revenue_to_fund", not_negative={"revenue_pool": revenue_pool, "fund": fund, "hours": hours})
    yearly = exact(fund) * 10 * exact(hours) / (24 * 365)
    return floor_to(min(exact(revenue_pool) * exact(share), yearly), MICRO)
