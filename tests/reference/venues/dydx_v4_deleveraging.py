"""dYdX v4: deleveraging transfers, the scan over counterparties, and the waterfall of one liquidation order.

Sources, read 2026-11-20: dydxprotocol/v4-chain, snapshot 84d4664bae71, protocol/x/clob/keeper/{deleveraging,
liquidations_deleveraging}.go with their tests. There is no ranking: the venue scans from a pseudo-random account on;
here the caller's order is the scan's order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from tests.reference.venues import dydx_v4
from tests.reference.venues.dydx_v4 import Account, Rates, Transition
from tests.reference.venues.exact import Number, exact, require


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
        return dydx_v4.risk(
            holder=holder,
            prices=self.prices,
            initial_rate=self.initial_rate,
            maintenance_rate=self.maintenance_rate,
        )

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


class Order(NamedTuple):
    """A resting order: price in USD, unsigned amount, and which of the makers placed it."""

    price: Fraction
    amount: Fraction
    maker: int


class Liquidation(NamedTuple):
    """What one liquidation order did; amounts in USDC, the fund's changes + received and - paid."""

    filled: Fraction
    fund_deltas: list[Fraction]
    deleveraged: Fraction
    remaining: Fraction
    closed_after: Account
    makers_after: list[Account]


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


def scan(
    *,
    closed: Account,
    offsets: Sequence[Account],
    market: Market,
    amount: Number | None = None,
    at_oracle_price: bool = False,
) -> Scan:
    """Return the accounts after closing against each counterparty in order, min(left, its size) each.

    Counterparties on the same side, without a position, or failing the collateral check are skipped; what is left in
    the end stays open, even with negative equity.
    """
    size = closed.positions.get(market.name, Fraction(0))
    remaining = min(abs(exact(amount)), abs(size)) if amount is not None else abs(size)
    fills: list[Fraction] = []
    after: list[Account] = []
    for offset in offsets:
        take = min(remaining, abs(offset.positions.get(market.name, Fraction(0))))
        done = transfer(closed=closed, offset=offset, market=market, amount=take, at_oracle_price=at_oracle_price)
        is_done = take > 0 and done.outcome is Transition.SUCCESS
        fills.append(take if is_done else Fraction(0))
        after.append(done.offset_after if is_done else offset)
        if is_done:
            closed, remaining = done.closed_after, remaining - take
    return Scan(fills, remaining, closed, after)


def liquidate(
    *,
    closed: Account,
    makers: Sequence[Account],
    orders: Sequence[Order],
    market: Market,
    insurance_balance: Number,
    max_fee_rate: Number = 0.005,
    limit_price: Number | None = None,
    is_fee_credited: bool = True,
) -> Liquidation:
    """Return the result of one liquidation order over the whole position: book and fund first, then deleveraging.

    Parameters
    ----------
    closed : Account
        The account that is liquidated.
    makers : sequence of Account
        Who may be filled, and deleveraged in this order.
    orders : sequence of Order
        In the order in which they match.
    market : Market
    insurance_balance : number
        USDC, >= 0.
    max_fee_rate : number
        Highest fee to the fund, as a fraction of the fill.
    limit_price : number, optional
        Worst price; the fillable price of the account where not given.
    is_fee_credited : bool
        Whether the fee of one fill can pay for the next. The chain credits it; the venue's own tests hold the balance.

    Notes
    -----
    Matching stops at the first fill that the fund cannot pay for. Deleveraging follows only when nothing was filled
    and the account's equity is negative.
    """
    require("liquidate", not_negative={"insurance_balance": insurance_balance, "max_fee_rate": max_fee_rate})
    if limit_price is None:
        limit_price = dydx_v4.fillable_price(
            holder=closed, market=market.name, prices=market.prices, maintenance_rate=market.maintenance_rate
        )
    side = -1 if closed.positions[market.name] > 0 else 1
    crossing = [order for order in orders if side * (order.price - exact(limit_price)) <= 0]
    funding = (exact(insurance_balance), max_fee_rate, is_fee_credited)
    matched, after, deltas = _match(closed, list(makers), crossing, market, funding)
    left = abs(matched.positions.get(market.name, Fraction(0)))
    filled = abs(closed.positions[market.name]) - left
    if filled or market.risk(matched).net_collateral >= 0:
        return Liquidation(filled, deltas, Fraction(0), left, matched, after)
    over = scan(closed=matched, offsets=after, market=market)
    return Liquidation(filled, deltas, left - over.remaining, over.remaining, over.closed_after, over.offsets_after)


def _match(
    closed: Account,
    makers: list[Account],
    orders: Sequence[Order],
    market: Market,
    funding: tuple[Fraction, Number, bool],
) -> tuple[Account, list[Account], list[Fraction]]:
    """Fill order after order until one needs more than the fund has; return the accounts and the fund's deltas."""
    balance, max_fee_rate, is_fee_credited = funding
    deltas: list[Fraction] = []
    for order in orders:
        size = closed.positions.get(market.name, Fraction(0))
        if not size:
            break
        delta = min(order.amount, abs(size)) * (-1 if size > 0 else 1)
        quote = -delta * order.price
        gain = dydx_v4.insurance_delta(
            fill_quote=quote, bankrupt_quote=market.bankruptcy_quote(closed, delta), max_fee_rate=max_fee_rate
        )
        if not dydx_v4.is_insurance_delta_valid(balance=balance, delta=gain):
            break
        balance += gain if gain < 0 or is_fee_credited else 0
        deltas.append(gain)
        closed = closed.moved(market=market.name, size=delta, usdc=quote - gain)
        makers[order.maker] = makers[order.maker].moved(market=market.name, size=-delta, usdc=-quote)
    return closed, makers, deltas
