"""Derive v2: an insolvent auction paid by the fund, and cash claims diluted for everybody who withdraws.

Sources, read 2026-11-20: derivexyz/v2-core, snapshot 7736900d3957, src/assets/CashAsset.sol, src/SecurityModule.sol
and src/liquidation/DutchAuction.sol. Amounts in USD.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.reference.venues.exact import require


class InsolventBid(NamedTuple):
    """What a bidder is paid for taking over a part of an insolvent account: by the fund, and newly minted cash."""

    payout: float
    from_fund: float
    minted: float


def withdrawal_rate(*, stable: float, claims: float) -> float:
    """Return the exchange rate of cash claims: min(1, stable / claims), 1 when there are no claims.

    A withdrawal of w burns w / rate of claims; those who stay bear what the rate does not pay out.
    """
    require("withdrawal_rate", not_negative={"stable": stable, "claims": claims})
    return min(1.0, stable / claims) if claims > 0 else 1.0


def claims_burned(*, withdrawal: float, stable: float, claims: float) -> float:
    """Return the claims that a withdrawal costs: withdrawal / rate, USD.

    Raises
    ------
    InputError
        When there is nothing to withdraw from.
    """
    rate = withdrawal_rate(stable=stable, claims=claims)
    require("claims_burned", above_zero={"rate": rate}, not_negative={"withdrawal": withdrawal})
    return withdrawal / rate


def insolvent_payout(
    *, portion: float, mark_to_market: float, maintenance_margin: float, elapsed: float, duration: float
) -> float:
    """Return what the bidder for a portion of an insolvent account is paid, USD, >= 0.

    Notes
    -----
    portion * -(min(MTM, 0) (1 - t / T) + MM t / T): from the account's negative value to its maintenance margin
    (negative when insolvent), linear in time.
    """
    require(
        "insolvent_payout",
        above_zero={"duration": duration},
        fractions={"portion": portion, "progress": elapsed / duration if duration > 0 else 0.0},
    )
    progress = elapsed / duration
    price = min(mark_to_market, 0.0) * (1 - progress) + maintenance_margin * progress
    return max(0.0, -portion * price)


def pay_insolvent_bid(*, payout: float, fund: float) -> InsolventBid:
    """Return who pays a bid: the security module up to its balance, the rest is minted and dilutes every claim."""
    require("pay_insolvent_bid", not_negative={"payout": payout, "fund": fund})
    paid = min(payout, fund)
    return InsolventBid(payout, paid, payout - paid)


def fund_fee_share(*, rate: float, share: float) -> float:
    """Return the security module's share of fees: all of them until the withdrawal rate is back at 1."""
    require("fund_fee_share", fractions={"rate": rate, "share": share})
    return share if rate >= 1 else 1.0
