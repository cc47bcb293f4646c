"""What every order of a run of accounts has: its walk, the range of marks, a row of the log, the deficit it leaves."""

from __future__ import annotations

from engine.compile import inlined, inner
from engine.kernel.accounts.margin import NOBODY
from engine.kernel.accounts.state import IMPACT_HIGH, IMPACT_LOW, MARK_HIGH, MARK_LOW, AccountBuffers
from engine.kernel.layers import pay_from_layers
from engine.kernel.orders import plan_walk
from engine.kernel.state import Floats, Record


@inner
def walk_book(side: float, size: float, market: Record) -> tuple[float, float]:
    """Return f(fill) of an order that closes `size` in a market or an asset, and the flow after it.

    Not inlined: the laws of impact are long, and every caller would compile them anew.
    """
    return plan_walk(side, size, market, market)


@inlined
def note_mark(k: int, market: Record, marks: Floats, state: Record) -> None:
    """Widen the range of marks and displacements in this step, of market or asset k, to those of the moment."""
    t = state.step
    marks[MARK_LOW, k, t] = min(marks[MARK_LOW, k, t], market.mark)
    marks[MARK_HIGH, k, t] = max(marks[MARK_HIGH, k, t], market.mark)
    marks[IMPACT_LOW, k, t] = min(marks[IMPACT_LOW, k, t], market.impact)
    marks[IMPACT_HIGH, k, t] = max(marks[IMPACT_HIGH, k, t], market.impact)


@inlined
def new_event(kind: int, p: int, size: float, buffers: AccountBuffers, state: Record) -> int:
    """Start a row of the log and return its index, -1 when the log is full; the count goes on."""
    at = state.n_events
    state.n_events += 1
    if at >= buffers.events.size:
        return -1
    row, terms = buffers.events[at], buffers.terms[p]
    row.position, row.market = terms.place, terms.market
    fill_event(row, kind, terms.account, size, buffers.markets[terms.market], buffers, state)
    return at


@inlined
def fill_event(
    row: Record, kind: int, a: int, size: float, market: Record, buffers: AccountBuffers, state: Record
) -> None:
    """Fill a row of the log with what is known before an order of account a in a market or an asset."""
    row.step, row.kind, row.account, row.cause, row.against = state.step, kind, a, state.cause, NOBODY
    row.size, row.trigger, row.reference = size, state.asked_price, market.reference
    row.mark_before, row.mark_after, row.fill = market.mark, market.mark, market.book_price
    row.cash, row.equity, row.fee, row.residual, row.deficit = buffers.accounts[a].cash, 0.0, 0.0, 0.0, 0.0
    row.fund_paid, row.venue_paid, row.backstop_paid, row.carried = 0.0, 0.0, 0.0, 0.0
    row.realized, row.charge, row.naked, row.fund = 0.0, 0.0, 0.0, state.fund


@inlined
def absorb(deficit: float, notional: float, r: int, buffers: AccountBuffers, state: Record, venue: Record) -> None:
    """Pass a deficit down the layers; the rest waits for the settlement, booked to the market and side of row r."""
    step = buffers.steps[state.step]
    step.deficit += deficit
    left = pay_from_layers(deficit, notional, step, state, venue)
    market = buffers.markets[r // 2]
    if r % 2 == 0:
        market.residual_long += left
    else:
        market.residual_short += left
    state.has_residual = 1 if left > 0.0 else state.has_residual
