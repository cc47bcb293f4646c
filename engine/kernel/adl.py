"""Auto-deleveraging inside the cascade: one bankrupt position is closed against open positions of the other side.

docs/MODEL.md section 5. The order book and the mark are left alone, and so is the fund but for a surplus
that market makers find.
"""

from __future__ import annotations

from engine.compile import compiled, inlined, inner
from engine.contracts import unit_price, unit_value
from engine.kernel.adl_accounts import select_among_all, select_in_order
from engine.kernel.adl_index import note_partly_closed, select_from_index
from engine.kernel.layers import note_unfunded
from engine.kernel.orders import absorb, new_event, note_changed, position_trigger
from engine.kernel.state import CLOSED, COUNTERPARTY, DELEVERAGED, Record, RunBuffers
from engine.kernel.trigger_queue import mark_moved
from engine.sharing.adl_selection import SCAN, closing_value


@inlined
def close_counterparty(
    j: int, size: float, unit_charge: float, buffers: RunBuffers, state: Record, venue: Record
) -> float:
    """Close `size` of position j at the closing price and return the charge; negative is a gain."""
    note_changed(buffers, j, state)
    terms, position = buffers.terms[j], buffers.positions[j]
    share = 1.0 if size == position.size else size / position.size
    charge = size * unit_charge
    released = position.collateral * share
    position.wallet += released + terms.side * size * (state.value - terms.entry_value) - charge
    if share == 1.0:
        position.size = 0.0
        position.collateral = 0.0
    else:
        position.size -= size
        position.collateral -= released
    if position.wallet < 0.0:
        position.collateral += position.wallet
        position.wallet = 0.0
    position.charge += charge
    if position.size > 0.0:
        position.trigger = position_trigger(buffers, j, state, venue)
        mark_moved(buffers, j)
    return charge


@compiled
def deleverage(i: int, buffers: RunBuffers, state: Record, venue: Record, policy: Record) -> None:
    """Close the whole bankrupt position i against the other side; market makers take what nobody is left to take.

    Reads the mark and the one before; writes positions, queue, index, events, the step's sums and the layers.
    """
    note_changed(buffers, i, state)
    inverse = venue.is_inverse != 0
    terms, position = buffers.terms[i], buffers.positions[i]
    side, size, collateral, entry = terms.side, position.size, position.collateral, terms.entry_value
    bankruptcy = entry - side * collateral / size
    before = unit_value(buffers.steps[state.step - 1].mark, inverse)
    closing = closing_value(policy.price_rule, policy.blend, bankruptcy, state.value, before)
    unit_charge = side * (closing - state.value)
    count, taken = -1, size
    if policy.adl_method == SCAN:
        start = (policy.seed + state.n_events) % buffers.positions.size
        count, taken = select_in_order(size, side, unit_charge, start, buffers, state)
    elif buffers.adl_index.shape[1] > 0:
        count = select_from_index(size, side, unit_charge, buffers, state, venue, policy)
    is_ranked = count >= 0
    if not is_ranked:
        count, taken = select_among_all(size, side, unit_charge, buffers, state, venue, policy)
    at = new_event(DELEVERAGED, i, side * size, buffers, state)
    if at >= 0:
        row = buffers.events[at]
        row.fill, row.bankruptcy = unit_price(closing, inverse), unit_price(bankruptcy, inverse)
        row.collateral, row.equity = collateral, collateral + side * size * (state.value - entry)
        row.realized = taken
    position.size = 0.0
    position.collateral = 0.0
    if position.liquidated_at < 0:
        position.liquidated_at = state.step
    _close_counterparties(i, count, is_ranked, closing, unit_charge, buffers, state, venue)
    left = left_of_closed(side, taken, size, collateral, closing, bankruptcy, entry)
    if left > 0.0:
        state.fund += left
    elif left < 0.0:
        absorb(-left, 0.0, side, buffers, state, venue)
    rest = size - taken
    if rest > 0.0:
        give_to_makers(side, rest, collateral * rest / size, entry, state, buffers.steps[state.step], state)


@inner
def _close_counterparties(
    i: int,
    count: int,
    is_ranked: bool,
    closing: float,
    unit_charge: float,
    buffers: RunBuffers,
    state: Record,
    venue: Record,
) -> None:
    for at in range(count):
        j = buffers.selected[at]
        terms, position = buffers.terms[j], buffers.positions[j]
        size = min(buffers.adl[CLOSED, j], position.size)
        if size <= 0.0:
            continue
        gain = terms.side * size * (state.value - terms.entry_value)
        event = new_event(COUNTERPARTY, j, terms.side * size, buffers, state)
        charge = close_counterparty(j, size, unit_charge, buffers, state, venue)
        if event >= 0:
            row = buffers.events[event]
            row.against, row.fill = i, unit_price(closing, venue.is_inverse != 0)
            row.realized, row.charge = gain, charge
        if position.size > 0.0 and buffers.adl_index.shape[1] > 0:
            note_partly_closed(j, is_ranked, buffers)


@inlined
def left_of_closed(
    side: float, taken: float, size: float, margin: float, closing: float, bankruptcy: float, entry: float
) -> float:
    """Return what the closed part of a bankrupt position of `size` leaves of its margin; nothing at its bankruptcy."""
    if closing == bankruptcy or taken <= 0.0:
        return 0.0
    return margin * taken / size + side * taken * (closing - entry)


@inlined
def give_to_makers(
    side: float, rest: float, margin: float, entry: float, market: Record, step: Record, state: Record
) -> None:
    """Hand the rest of a bankrupt position to market makers at the mark: a hole is unfunded, a surplus the fund's."""
    market.maker_size += side * rest
    market.maker_cost += side * rest * market.value
    equity = margin + side * rest * (market.value - entry)
    if equity >= 0.0:
        state.fund += equity
    else:
        note_unfunded(-equity, step, state)
