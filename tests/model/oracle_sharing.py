"""The settlement in the oracle (docs/MODEL.md section 4): who has gained what, and the charges of a policy."""

from __future__ import annotations

from typing import Any

from tests.model import oracle_offset
from tests.model.oracle_rules import Account, share
from tests.model.oracle_state import State, Trader, notional, position_equity, total_equity


def gain(state: State, trader: Trader) -> float:
    """g_i: the gain in total equity since entry, or since the last settlement."""
    start = trader.base if state.venue.profit_base == "settlement" else trader.opening_collateral
    return total_equity(state.contract, trader, state.mark) - start


def account(state: State, trader: Trader) -> Account:
    exposure = notional(state.contract, trader.size, state.mark)
    margin = position_equity(state.contract, trader, state.mark)
    by_size = any(rule.options.get("order") == "size" for rule in oracle_offset.rules_of(state.venue))
    return Account(
        profit=max(gain(state, trader), 0.0),
        equity=total_equity(state.contract, trader, state.mark),
        size=trader.size,
        cash=trader.wallet + trader.collateral,
        notional=exposure,
        leverage=exposure / margin if margin > 0 else 0.0,
        place=-trader.opening_size if by_size else trader.index,
        record=trader.record,
    )


def settle(state: State) -> None:
    """Share what the layers left, then start the next period."""
    oracle_offset.pay_out(state)
    if state.residual[1] + state.residual[-1] > 0:
        note_claims(state)
        oracle_offset.settle_in_order(state, allocate)
    state.residual = {1: 0.0, -1: 0.0}
    for trader in state.traders:
        trader.base = total_equity(state.contract, trader, state.mark)


def note_claims(state: State) -> None:
    """What the haircut rate is measured against: the chargeable profit before charges."""
    for trader in state.traders:
        if state.venue.profit_base == "settlement":
            trader.claim += max(gain(state, trader), 0.0)
        else:  # a charge that took more than the profit does not count as profit
            trader.claim = max(trader.claim, gain(state, trader) + trader.charge)


def allocate(state: State, policy: str, options: Any, amount: float, payers: list[Trader]) -> float:
    """Charge the payers by a policy; an excess is the fund's. Returns what nobody can be charged."""
    accounts = [account(state, trader) for trader in payers]
    charges = share(policy, amount, accounts, options)
    for trader, charge in zip(payers, charges, strict=True):
        charge_trader(trader, charge)
    left = amount - sum(charges)
    state.fund += max(-left, 0.0)
    return max(left, 0.0) if left > 1e-12 * amount else 0.0


def charge_trader(trader: Trader, charge: float) -> None:
    """The wallet pays first, then the collateral (which may go negative against unrealized profit)."""
    from_wallet = min(charge, trader.wallet)
    trader.wallet -= from_wallet
    trader.collateral -= charge - from_wallet
    trader.charge += charge
