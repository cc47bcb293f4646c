"""Sharing over accounts what the layers could not pay (docs/MODEL.md sections 4 and 8)."""

from __future__ import annotations

from engine.compile import compiled, inlined, inner
from engine.intrinsics import number_at
from engine.kernel.accounts.margin import (
    NOBODY,
    cash_and_profit,
    note_changed,
    proceeds_of,
    settled_equity,
    value_of_units,
)
from engine.kernel.accounts.state import AccountBuffers, note_account
from engine.kernel.charging import fill_claims, largest_rate, split_claims
from engine.kernel.layers import note_unfunded
from engine.kernel.settlement import CLAIM_PROFIT, WEIGHT_CLAIM, book_charges, charge_prorata, is_plain_prorata
from engine.kernel.state import CAP, CASH, CHARGE, EQUITY, LEVERAGE, NOTIONAL, PROFIT, SIZE, WEIGHT, Record
from engine.sharing.policy_record import MONEY


@inlined
def _measure_details(a: int, opposite: int, margin: float, units: float, buffers: AccountBuffers) -> None:
    """Fill cash, collateral of value `units` counted in, size, notional and leverage of one account."""
    account, measures = buffers.accounts[a], buffers.measures
    notional, counted, is_one_market = 0.0, 0.0, buffers.markets.size == 1
    for p in range(buffers.first[a], buffers.first[a + 1]):
        terms = buffers.terms[p]
        value = buffers.size[p] * abs(buffers.markets[terms.market].value)
        notional += value
        if opposite == NOBODY or terms.row == opposite:
            counted += buffers.size[p] if is_one_market else value
    measures[CASH, a] = account.wallet + account.cash + units
    measures[SIZE, a], measures[NOTIONAL, a] = counted, notional
    measures[LEVERAGE, a] = notional / margin if margin > 0.0 else 0.0


@inner
def measure(opposite: int, buffers: AccountBuffers, state: Record, venue: Record, policy: Record) -> float:
    """Fill what a policy may look at, of every account at the marks; return total profit.

    Chargeable profit and equity always, the rest where claim or weight are made of it. `opposite` is the row of the
    positions whose notional counts as size where one side alone pays, else NOBODY.
    """
    is_detailed, measures = policy.claim != CLAIM_PROFIT or policy.weight != WEIGHT_CLAIM, buffers.measures
    total = 0.0
    for a in range(buffers.accounts.size):
        account = buffers.accounts[a]
        own, units = cash_and_profit(a, buffers), value_of_units(a, buffers)
        margin, earned = own + units, account.wallet + own - proceeds_of(a, buffers)
        base = buffers.opening[a]
        if venue.is_entry_base == 0:
            is_known = account.base_stamp == state.settlement + 1
            base = account.base_equity if is_known else settled_equity(a, buffers)
        measures[PROFIT, a], measures[EQUITY, a] = max(earned - base, 0.0), account.wallet + margin
        total += measures[PROFIT, a]
        if is_detailed:
            _measure_details(a, opposite, margin, units, buffers)
    return total


@inlined
def note_claims(buffers: AccountBuffers, venue: Record) -> None:
    """Record the chargeable profit before charges, against which an account's haircut rate is measured."""
    for a in range(buffers.accounts.size):
        if venue.is_entry_base != 0:
            earned = buffers.measures[EQUITY, a] - value_of_units(a, buffers) - proceeds_of(a, buffers)
            before = earned - buffers.opening[a] + buffers.accounts[a].charge
            buffers.claim[a] = max(buffers.claim[a], before)
        else:
            buffers.claim[a] += buffers.measures[PROFIT, a]


@inlined
def charge_one(a: int, amount: float, buffers: AccountBuffers, state: Record) -> None:
    """Take a charge from the wallet, then from cash; what the reserve does not hold has the account looked at."""
    note_changed(a, buffers, state)
    account = buffers.accounts[a]
    from_wallet = min(account.wallet, amount)
    account.wallet -= from_wallet
    account.cash -= amount - from_wallet
    account.charge += amount
    account.reserve -= amount - from_wallet
    if account.reserve < 0.0:
        note_account(a, buffers, state)


@inner
def charge_accounts(buffers: AccountBuffers, state: Record) -> float:
    """Charge every account what stands in row CHARGE; return what was taken."""
    taken = 0.0
    for a in range(buffers.accounts.size):
        amount = buffers.measures[CHARGE, a]
        if amount > 0.0:
            taken += amount
            charge_one(a, amount, buffers, state)
    return taken


@compiled
def account_charges(amount: float, opposite: float, buffers: AccountBuffers, policy: Record) -> float:
    """Fill row CHARGE for what raises `amount` by the policy, 0 <= opposite where one side alone pays.

    Returns the largest rate.
    """
    measures = buffers.measures
    fill_claims(measures, policy)
    if opposite >= 0.0:
        for a in range(buffers.accounts.size):
            if measures[SIZE, a] == 0.0:
                measures[CAP, a], measures[WEIGHT, a] = 0.0, 0.0
    split_claims(amount, measures, policy)
    return largest_rate(measures)


@inner
def _fill_charges(
    amount: float, opposite: int, profit: float, buffers: AccountBuffers, venue: Record, policy: Record
) -> float:
    if is_plain_prorata(policy, venue):
        return charge_prorata(amount, profit, buffers.measures)
    return number_at(policy.charges_at, amount, float(opposite), buffers, policy)


@inner
def _share(
    amount: float, opposite: int, profit: float, buffers: AccountBuffers, state: Record, venue: Record, policy: Record
) -> None:
    """Share `amount`: what a floor rate raises above it is the fund's, what cannot be raised is unfunded."""
    step = buffers.steps[state.step]
    rate, taken = 0.0, 0.0
    if policy.family == MONEY:
        rate = _fill_charges(amount, opposite, profit, buffers, venue, policy)
        taken = charge_accounts(buffers, state)
    excess, left = book_charges(amount, taken, policy, step, state)
    note_unfunded(left, step, state)
    if state.n_settlements < buffers.settlements.size:
        row = buffers.settlements[state.n_settlements]
        row.step, row.amount, row.claim = state.step, amount, profit
        row.charged, row.to_fund, row.unfunded, row.largest_rate = taken, excess, left, rate
    state.n_settlements += 1


@inner
def settle(buffers: AccountBuffers, state: Record, venue: Record, policy: Record) -> None:
    """Share what waits, all of it or market by market and side by side where only the counter side pays."""
    is_by_side = policy.family == MONEY and policy.is_counter != 0
    n_rows = 2 * buffers.markets.size if is_by_side else 1
    is_first, total = True, 0.0
    for k in range(buffers.markets.size):
        total += buffers.markets[k].residual_long + buffers.markets[k].residual_short
    for row in range(n_rows):
        market = buffers.markets[row // 2]
        amount, opposite = total, NOBODY
        if is_by_side:
            amount = market.residual_long if row % 2 == 0 else market.residual_short
            opposite = row + 1 if row % 2 == 0 else row - 1
        if amount > 0.0:
            profit = measure(opposite, buffers, state, venue, policy)
            if is_first:
                note_claims(buffers, venue)
            is_first = False
            _share(amount, opposite, profit, buffers, state, venue, policy)
    for k in range(buffers.markets.size):
        buffers.markets[k].residual_long, buffers.markets[k].residual_short = 0.0, 0.0
    state.has_residual = 0
