"""Auto-deleveraging of a bankrupt account: each of its positions is closed against open ones of the other side.

docs/MODEL.md sections 5 and 8. Marks and impacts do not move.
"""

from __future__ import annotations

from engine.compile import compiled, inlined, inner
from engine.contracts import unit_notional, unit_price, unit_value
from engine.kernel.accounts.collateral import note_owing, sell_collateral
from engine.kernel.accounts.log import absorb, new_event
from engine.kernel.accounts.margin import (
    NOBODY,
    cash_and_profit,
    equity_of,
    gain_of,
    has_other,
    note_changed,
    requirement_of,
)
from engine.kernel.accounts.ranks import NOT_RANKED, capacity_of, score_of, select_ranked, touch
from engine.kernel.accounts.state import MARK, AccountBuffers, note_account
from engine.kernel.adl import give_to_makers, left_of_closed
from engine.kernel.state import (
    ACCOUNT_EQUITY,
    CAPACITY,
    CLOSED,
    COUNTERPARTY,
    DELEVERAGED,
    INDEX_PLACE,
    OPEN,
    SCORE,
    TIER,
    Record,
)
from engine.sharing.adl_selection import MINIMAX, QUEUE, SCAN, closing_value, select, tier_of

PRICE, MARGIN = 0, 1  # rows of AccountBuffers.closing
LEFT_OPEN = 1e-15  # of a position: what rounding leaves of it


@inlined
def exposure_of(a: int, but: int, buffers: AccountBuffers) -> tuple[float, float]:
    """Return signed notional of an account over all markets, and unsigned notional of all positions but one."""
    net, others = 0.0, 0.0
    for p in range(buffers.first[a], buffers.first[a + 1]):
        notional = buffers.size[p] * abs(buffers.markets[buffers.terms[p].market].value)
        net += buffers.terms[p].side * notional
        others += notional if p != but else 0.0
    return net, others


@inner
def select_on_side(
    row: int, need: float, unit_charge: float, start: int, buffers: AccountBuffers, venue: Record, policy: Record
) -> int:
    """List who is closed of a row by the policy's method, in rows INDEX_PLACE and CLOSED; return how many."""
    first, last, adl = buffers.side_first[row], buffers.side_first[row + 1], buffers.adl
    market = buffers.markets[row // 2]
    unit, n, begin = unit_notional(market.mark, venue.is_inverse != 0), last - first, 0
    for x in range(n):
        p = buffers.side_positions[first + x]
        begin += 1 if p < start else 0
        adl[OPEN, x], adl[ACCOUNT_EQUITY, x], adl[TIER, x], adl[SCORE, x] = buffers.size[p], 0.0, tier_of(0.0), 0.0
        adl[CAPACITY, x] = capacity_of(p, unit_charge, buffers)
        if adl[CAPACITY, x] > 0.0 and policy.adl_method != SCAN:
            a = buffers.terms[p].account
            if policy.adl_method == MINIMAX:  # all of an account's notional counts, in units of this market
                adl[OPEN, x] += exposure_of(a, p, buffers)[1] / unit
            adl[ACCOUNT_EQUITY, x] = equity_of(a, buffers)
            adl[TIER, x] = tier_of(gain_of(p, buffers))
            adl[SCORE, x] = score_of(p, buffers, venue, policy)
    select(
        policy.adl_method,
        need,
        unit,
        begin if begin < n else 0,
        adl[OPEN, :n],
        adl[ACCOUNT_EQUITY, :n],
        adl[CAPACITY, :n],
        adl[TIER, :n],
        adl[SCORE, :n],
        adl[CLOSED, :n],
    )
    count = 0
    for x in range(n):
        if adl[CLOSED, x] > 0.0:
            adl[INDEX_PLACE, count], adl[CLOSED, count] = buffers.side_positions[first + x], adl[CLOSED, x]
            count += 1
    return count


@inlined
def close_counterparty(p: int, size: float, unit_charge: float, buffers: AccountBuffers, state: Record) -> float:
    """Close `size` of a position at the closing price and return the charge; negative is a gain."""
    terms = buffers.terms[p]
    a, value = terms.account, buffers.markets[terms.market].value
    note_changed(a, buffers, state)
    account = buffers.accounts[a]
    share = 1.0 if size == buffers.size[p] else size / buffers.size[p]
    charge, gain = size * unit_charge, terms.side * size * (value - terms.entry_value)
    if account.is_isolated != 0:
        released = account.cash * share
        account.wallet += released + gain - charge
        account.cash = 0.0 if share == 1.0 else account.cash - released
        if account.wallet < 0.0:
            account.cash += account.wallet
            account.wallet = 0.0
    else:
        account.cash += gain - charge
    buffers.size[p] = 0.0 if share == 1.0 else buffers.size[p] - size
    account.charge += charge
    if has_other(a, NOBODY, buffers):
        touch(a, buffers, state)
    note_owing(a, buffers, state)
    note_account(a, buffers, state)
    return charge


@inner
def close_counterparties(
    a: int, count: int, closing: float, unit_charge: float, buffers: AccountBuffers, state: Record, venue: Record
) -> float:
    """Close what was listed, note what is left without its hedge, and return the size that was closed."""
    inverse, taken = venue.is_inverse != 0, 0.0
    for x in range(count):
        p = int(buffers.adl[INDEX_PLACE, x])
        size = min(buffers.adl[CLOSED, x], buffers.size[p])
        taken += size
        terms = buffers.terms[p]
        value = buffers.markets[terms.market].value
        before, _ = exposure_of(terms.account, p, buffers)
        at = new_event(COUNTERPARTY, p, terms.side * size, buffers, state)
        charge = close_counterparty(p, size, unit_charge, buffers, state)
        after, _ = exposure_of(terms.account, p, buffers)
        if at >= 0:
            event = buffers.events[at]
            event.against, event.fill, event.charge = a, unit_price(closing, inverse), charge
            event.realized = terms.side * size * (value - terms.entry_value)
            event.naked = max(0.0, abs(after) - abs(before))
    return taken


@inner
def set_closings(a: int, buffers: AccountBuffers, state: Record, venue: Record, policy: Record) -> None:
    """Fill the bankruptcy price of each position, as f(price), and the part of the account's margin that goes with it.

    Equity, all of it cash and profit by now, is split by requirement, by notional where all of them are 0. One position
    alone has all of the margin.
    """
    equity, needed, gross, n_open = cash_and_profit(a, buffers), 0.0, 0.0, 0
    first, last = buffers.first[a], buffers.first[a + 1]
    for p in range(first, last):
        if buffers.size[p] > 0.0:
            needed += requirement_of(p, 1.0, buffers, venue)
            gross += buffers.size[p] * abs(buffers.markets[buffers.terms[p].market].value)
            n_open += 1
    for p in range(first, last):
        if buffers.size[p] <= 0.0:
            continue
        terms, size, x = buffers.terms[p], buffers.size[p], p - first
        value = buffers.markets[terms.market].value
        if n_open == 1:
            buffers.closing[MARGIN, x] = buffers.accounts[a].cash
            buffers.closing[PRICE, x] = terms.entry_value - terms.side * buffers.accounts[a].cash / size
            continue
        part = requirement_of(p, 1.0, buffers, venue) / needed if needed > 0.0 else size * abs(value) / gross
        buffers.closing[MARGIN, x] = equity * part - gain_of(p, buffers)
        buffers.closing[PRICE, x] = value - terms.side * equity * part / size


@inner
def close_position(
    p: int, bankruptcy: float, margin: float, buffers: AccountBuffers, state: Record, venue: Record, policy: Record
) -> None:
    """Close one position of a bankrupt account; market makers take what nobody is left to take, at the mark."""
    terms, size, inverse = buffers.terms[p], buffers.size[p], venue.is_inverse != 0
    side, market = terms.side, buffers.markets[terms.market]
    before = unit_value(buffers.marks[MARK, terms.market, state.step - 1], inverse)
    closing = closing_value(policy.price_rule, policy.blend, bankruptcy, market.value, before)
    unit_charge = side * (closing - market.value)
    row = terms.row + 1 if side > 0.0 else terms.row - 1
    start = (policy.seed + state.n_events) % buffers.size.size
    count = NOT_RANKED
    if policy.adl_method == QUEUE:
        count = select_ranked(row, size, unit_charge, buffers, state, venue, policy)
    if count == NOT_RANKED:
        count = select_on_side(row, size, unit_charge, start, buffers, venue, policy)
    at = new_event(DELEVERAGED, p, side * size, buffers, state)
    buffers.size[p] = 0.0
    taken = close_counterparties(terms.account, count, closing, unit_charge, buffers, state, venue)
    taken = size if size - taken <= LEFT_OPEN * size else taken
    if at >= 0:
        event = buffers.events[at]
        event.fill, event.trigger, event.realized = unit_price(closing, inverse), unit_price(bankruptcy, inverse), taken
        event.cash, event.equity = margin, margin + side * size * (market.value - terms.entry_value)
    left = left_of_closed(side, taken, size, margin, closing, bankruptcy, terms.entry_value)
    if left > 0.0:
        state.fund += left
    elif left < 0.0:
        absorb(-left, 0.0, terms.row, buffers, state, venue)
    rest = size - taken
    if rest > 0.0:
        step = buffers.steps[state.step]
        give_to_makers(side, rest, margin * rest / size, terms.entry_value, market, step, state)


@compiled
def deleverage(a: int, buffers: AccountBuffers, state: Record, venue: Record, policy: Record) -> None:
    """Close all positions of the bankrupt account a against the other side of each of their markets."""
    note_changed(a, buffers, state)
    sell_collateral(a, True, buffers, state)
    set_closings(a, buffers, state, venue, policy)
    first, account = buffers.first[a], buffers.accounts[a]
    for p in range(first, buffers.first[a + 1]):
        if buffers.size[p] > 0.0:
            x = p - first
            bankruptcy, margin = buffers.closing[PRICE, x], buffers.closing[MARGIN, x]
            close_position(p, bankruptcy, margin, buffers, state, venue, policy)
    account.cash = 0.0
    account.n_turns += 1
    state.n_turns += 1
    if account.liquidated_at < 0:
        account.liquidated_at = state.step
    note_account(a, buffers, state)
