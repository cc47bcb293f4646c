"""MCDEX MAI v2: a liquidation that restores the initial margin, and the loss that the side opposite pays per contract.

Source, read 2026-11-20: mcdexio mai-protocol-v2, snapshot 090dcd0c7980, contracts/perpetual/MarginAccount.sol with its
tests.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.reference.venues.exact import require, side_sign


class Position(NamedTuple):
    """A margin account: cash, signed size, entry price, and what it was charged per contract since entry; USD."""

    cash: float
    size: float
    entry: float
    social_loss: float = 0.0
    funding: float = 0.0


class Rates(NamedTuple):
    """Initial margin, liquidator's penalty and fund's penalty, fractions of notional."""

    initial: float = 0.1
    liquidator: float = 0.005
    fund: float = 0.005


class Liquidation(NamedTuple):
    """After a liquidation: amount, the account's cash and size, the liquidator's penalty, the fund, the new charge."""

    amount: float
    cash: float
    size: float
    liquidator_penalty: float
    fund: float
    social_loss_per_contract: float


def profit(position: Position, price: float) -> float:
    """Return the profit of a position after what it was charged.

    Notes
    -----
    size * (price - entry - funding) - |size| * social loss: longs pay a rise of the funding, shorts receive it.
    """
    gain = position.size * (price - position.entry - position.funding)
    return gain - abs(position.size) * position.social_loss


def liquidation_amount(*, position: Position, price: float, rates: Rates) -> float:
    """Return how many contracts bring the account back to initial margin, between 0 and its size.

    Notes
    -----
    (IM - balance) / (P * (IMR - penalty - fund penalty)), balance at the price and after charges.
    """
    require("liquidation_amount", above_zero={"price": price, "rate": rates.initial - rates.liquidator - rates.fund})
    size = abs(position.size)
    balance = position.cash + profit(position, price)
    room = price * (rates.initial - rates.liquidator - rates.fund)
    return min(max(0.0, (rates.initial * size * price - balance) / room), size)


def loss_per_contract(*, loss: float, total_size: float) -> float:
    """Return the charge on each contract of the paying side: loss / size of that side.

    Raises
    ------
    InputError
        When that side holds nothing: the venue reverts.
    """
    require("loss_per_contract", not_negative={"loss": loss}, above_zero={"total_size": total_size})
    return loss / total_size


def liquidate(
    *, position: Position, price: float, amount: float, rates: Rates, fund: float, counter_size: float
) -> Liquidation:
    """Return the result of liquidating `amount` contracts at the mark price.

    Notes
    -----
    Both penalties come out of the account's cash, the fund's own first filling the fund; a negative cash balance is
    taken from the fund, and the rest is added per contract to the counter side.
    """
    size = abs(position.size)
    require("liquidate", above_zero={"amount": amount, "price": price}, not_negative={"left": size - amount})
    sign = side_sign(position.size)
    gain = profit(position._replace(size=sign * amount), price)
    penalty, fund_penalty = rates.liquidator * amount * price, rates.fund * amount * price
    cash = position.cash + gain - penalty - fund_penalty
    fund += fund_penalty
    from_fund = min(max(0.0, -cash), fund)
    rest = max(0.0, -cash) - from_fund
    charge = loss_per_contract(loss=rest, total_size=counter_size) if rest > 0 else 0.0
    return Liquidation(amount, max(cash, 0.0), sign * (size - amount), penalty, fund - from_fund, charge)
