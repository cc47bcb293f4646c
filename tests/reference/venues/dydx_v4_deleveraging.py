"""dYdX v4: deleveraging transfers and the scan over counterparties.

Sources, read 2026-11-20: dydxprotocol/v4-chain, snapshot 84d4664bae71, protocol/x/clob/keeper/deleveraging.go with
its tests. There is no ranking: the venue scans from a pseudo-random account on;
here the caller's order is the scan's order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from tests.reference.venues import dydx_v4
from tests.reference.venues.dydx_v4 import Account, Rates, Transition
from tests.reference.venues.exact import Number, exact


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """One market of an account: which, at which oracle prices, under which margin rates (IMR and MMR)."""

    name: str
    prices: Mapping[str, Number]
    initial_rate: Rates = 0.2
    maintenance_rate: Rates = 0.1

    def price(self) -> Fraction:
        """Return the oracle price of the market, USD."""
        return exact(self.prices[self.name])

    def risk(self, holder: Account) -> dydx_v4.Risk:
        """Return the risk of an account at these prices."""
        rates = {"initial_rate": self.initial_rate, "maintenance_rate": self.maintenance_rate}
        return dydx_v4.risk(holder=holder, prices=self.prices, **rates)

    def bankruptcy_quote(self, holder: Account, size_delta: Number) -> Fraction:
        """Return the USDC that the account receives (+) or pays (-) at its bankruptcy price."""
        return dydx_v4.bankruptcy_quote(
            holder=holder,
            market=self.name,
            size_delta=size_delta,
            prices=self.prices,
            maintenance_rate=self.maintenance_rate,
        )


class Transfer(NamedTuple):
    """A deleveraging attempt: both accounts are unchanged unless the outcome is `success`."""

    outcome: Transition
    quote: Fraction
    closed_after: Account
    offset_after: Account


class Scan(NamedTuple):
    """A scan over counterparties: sizes taken from each, the size left, and all accounts afterwards."""

    fills: list[Fraction]
    remaining: Fraction
    closed_after: Account
    offsets_after: list[Account]


def _opposes(size: Fraction, delta: Fraction) -> bool:
    return size * delta < 0 and abs(delta) <= abs(size)


def transfer(
    *, closed: Account, offset: Account, market: Market, amount: Number, at_oracle_price: bool = False
) -> Transfer:
    """Return the two accounts after `amount` is closed against the offsetting account, if the check allows it.

    Parameters
    ----------
    closed : Account
        The account that is deleveraged, or settled in final settlement.
    offset : Account
        On the other side of the same market.
    market : Market
    amount : number
        Unsigned size to close.
    at_oracle_price : bool
        False: at the bankruptcy price of `closed` (rounded in its favor by at most one quantum). True: at the oracle
        price, which final settlement uses for accounts with equity >= 0.

    Notes
    -----
    Both accounts must pass the collateral check (`dydx_v4.transition`), so bankruptcy prices that do not overlap fail.
    """
    size = closed.positions.get(market.name, Fraction(0))
    delta = abs(exact(amount)) * (-1 if size > 0 else 1)
    if not (_opposes(size, delta) and _opposes(offset.positions.get(market.name, Fraction(0)), -delta)):
        return Transfer(Transition.INVALID_SIZE, Fraction(0), closed, offset)
    quote = -delta * market.price() if at_oracle_price else market.bankruptcy_quote(closed, delta)
    pair = (
        (closed, closed.moved(market=market.name, size=delta, usdc=quote)),
        (offset, offset.moved(market=market.name, size=-delta, usdc=-quote)),
    )
    for before, after in pair:
        outcome = dydx_v4.transition(before=market.risk(before), after=market.risk(after))
        if outcome is not Transition.SUCCESS:
            return Transfer(outcome, quote, closed, offset)
    return Transfer(Transition.SUCCESS, quote, pair[0][1], pair[1][1])


def scan(*, closed: Account, offsets: Sequence[Account], market: Market) -> Scan:
    """Return the accounts after closing against each counterparty in order, min(left, its size) each.

    Counterparties on the same side, without a position, or failing the collateral check are skipped; what is left in
    the end stays open, even with negative equity.
    """
    remaining = abs(closed.positions.get(market.name, Fraction(0)))
    fills: list[Fraction] = []
    after: list[Account] = []
    for offset in offsets:
        take = min(remaining, abs(offset.positions.get(market.name, Fraction(0))))
        done = transfer(closed=closed, offset=offset, market=market, amount=take)
        is_done = take > 0 and done.outcome is Transition.SUCCESS
        fills.append(take if is_done else Fraction(0))
        after.append(done.offset_after if is_done else offset)
        if is_done:
            closed, remaining = done.closed_after, remaining - take
    return Scan(fills, remaining, closed, after)
