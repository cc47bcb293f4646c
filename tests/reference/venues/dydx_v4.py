"""dYdX v4: risk of an account, bankruptcy price, fee to the insurance fund, and the collateral check.

Sources, read 2026-11-20: dydxprotocol/v4-chain, snapshot 84d4664bae71, protocol/x/clob/keeper/{liquidations,
deleveraging}.go and protocol/x/subaccounts/lib/updates.go, with their tests. Amounts are USDC and
exact to one quantum, 0.000001; sizes are signed, + long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from engine.errors import Checker
from tests.reference.venues.exact import MICRO, Number, ceil_to, exact, floor_to, require

Rates: TypeAlias = Number | Mapping[str, Number]


class Transition(StrEnum):
    """What the collateral check says of an update: the only good outcome is `success`."""

    SUCCESS = "success"
    NEWLY_UNDERCOLLATERALIZED = "newly_undercollateralized"
    STILL_UNDERCOLLATERALIZED = "still_undercollateralized"
    INVALID_SIZE = "invalid_size"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A subaccount: USDC balance (signed) and signed sizes by market; flat markets are left out."""

    usdc: Fraction
    positions: Mapping[str, Fraction] = field(default_factory=dict)

    def moved(self, *, market: str, size: Fraction, usdc: Fraction) -> Account:
        """Return the account after a fill: `size` more of the market and `usdc` more cash, both signed."""
        left = {**self.positions, market: self.positions.get(market, Fraction(0)) + size}
        return Account(usdc=self.usdc + usdc, positions={name: held for name, held in left.items() if held})


class Risk(NamedTuple):
    """Three additive quantities in USDC: net collateral (signed), initial and maintenance requirement (>= 0)."""

    net_collateral: Fraction
    initial: Fraction
    maintenance: Fraction


def account(usdc: Number, positions: Mapping[str, Number]) -> Account:
    """Return an account from plain numbers."""
    return Account(usdc=exact(usdc), positions={name: exact(size) for name, size in positions.items() if size})


def _rate(rates: Rates, market: str) -> Fraction:
    return exact(rates[market] if isinstance(rates, Mapping) else rates)


def requirement(*, size: Number, price: Number, rate: Number) -> Fraction:
    """Return rate * |size| * price, raised to a whole quantum."""
    return ceil_to(exact(rate) * abs(exact(size)) * exact(price), MICRO)


def risk(*, holder: Account, prices: Mapping[str, Number], initial_rate: Rates, maintenance_rate: Rates) -> Risk:
    """Return the risk of an account at oracle prices: usdc + sum(size * price), and the sums of both requirements."""
    net, initial, maintenance = holder.usdc, Fraction(0), Fraction(0)
    for market, size in holder.positions.items():
        price = exact(prices[market])
        net += floor_to(size * price, MICRO)
        initial += requirement(size=size, price=price, rate=_rate(initial_rate, market))
        maintenance += requirement(size=size, price=price, rate=_rate(maintenance_rate, market))
    return Risk(net, initial, maintenance)


def check_size_delta(holder: Account, market: str, size_delta: Fraction) -> None:
    """Raise an InputError unless the delta reduces the position, by at most all of it."""
    size = holder.positions.get(market, Fraction(0))
    check = Checker()
    if size * size_delta >= 0 or abs(size_delta) > abs(size):
        check.add("size_delta", f"opposite to and at most the position {float(size)}", float(size_delta))
    check.raise_if_any()


def bankruptcy_quote(
    *, holder: Account, market: str, size_delta: Number, prices: Mapping[str, Number], maintenance_rate: Rates
) -> Fraction:
    """Return the USDC that changes hands at the bankruptcy price: + received by the account, - paid.

    Parameters
    ----------
    holder : Account
    market : str
    size_delta : number
        Signed change of the position, opposite to it and at most all of it.
    prices : mapping of market to oracle price, USD
    maintenance_rate : number, or mapping of market to number

    Notes
    -----
    Q = -delta * P - floor(e * dMMR / sum(MMR)), floored toward minus infinity at one quantum: the equity e is split
    over the positions pro rata to maintenance margin. With one position the price is -usdc / size.

    Examples
    --------
    >>> float(bankruptcy_quote(holder=account(-4501, {"BTC": 0.1}), market="BTC", size_delta=-0.1,
    ...                        prices={"BTC": 50000}, maintenance_rate=0.1))
    4501.0
    """
    delta = exact(size_delta)
    check_size_delta(holder, market, delta)
    state = risk(holder=holder, prices=prices, initial_rate=maintenance_rate, maintenance_rate=maintenance_rate)
    size, price, rate = holder.positions[market], exact(prices[market]), _rate(maintenance_rate, market)
    before = requirement(size=size, price=price, rate=rate)
    freed = before - requirement(size=size + delta, price=price, rate=rate)
    require("bankruptcy_quote", above_zero={"maintenance": state.maintenance})
    share = floor_to(state.net_collateral * freed / state.maintenance, MICRO)
    return -floor_to(delta * price, MICRO) - share


def insurance_delta(*, fill_quote: Number, bankrupt_quote: Number, max_fee_rate: Number) -> Fraction:
    """Return what the insurance fund gets from a fill (+) or pays (-), USDC.

    Notes
    -----
    d = Q_fill - Q_bankruptcy; the fund gets min(d, fee rate * |Q_fill|) when d > 0 and pays |d| otherwise.
    """
    surplus = exact(fill_quote) - exact(bankrupt_quote)
    return min(surplus, floor_to(exact(max_fee_rate) * abs(exact(fill_quote)), MICRO)) if surplus > 0 else surplus


def transition(*, before: Risk, after: Risk) -> Transition:
    """Return what the collateral check says of an update of one account.

    Notes
    -----
    Fine when net collateral covers the initial requirement. Else the maintenance requirement must not rise and
    net collateral / maintenance must not fall; without positions left, negative collateral must at least improve.
    """
    if after.net_collateral >= after.initial:
        return Transition.SUCCESS
    was_covered = before.net_collateral >= before.initial
    failure = Transition.NEWLY_UNDERCOLLATERALIZED if was_covered else Transition.STILL_UNDERCOLLATERALIZED
    if after.maintenance > before.maintenance:
        return failure
    if after.maintenance == 0 or before.maintenance == 0:
        is_better = after.net_collateral > before.net_collateral
        return Transition.SUCCESS if after.maintenance == 0 and after.net_collateral < 0 and is_better else failure
    is_not_riskier = after.net_collateral * before.maintenance >= before.net_collateral * after.maintenance
    return Transition.SUCCESS if is_not_riskier else failure
