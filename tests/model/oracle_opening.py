"""A book's traders and a venue's layers before the first step, for the oracle."""

from __future__ import annotations

import math
from typing import Any

from tests.model import oracle_offset
from tests.model.oracle_state import State, Trader, notional, total_equity, value


def open_state(book: Any, prices: Any, venue: Any) -> State:
    """The parties before the first step."""
    contract = str(getattr(book.contract, "value", book.contract))
    traders = []
    for i in range(len(book.size)):
        size, entry, collateral = float(book.size[i]), float(book.entry_price[i]), float(book.collateral[i])
        lines = maintenance(book, venue, i, notional(contract, size, entry))
        stop = math.nan if book.stop_price is None else float(book.stop_price[i])
        side = 1 if size > 0 else -1
        traders.append(Trader(i, size, entry, collateral, lines, stop, abs(size), collateral, side))
        traders[-1].record = 1.0 if book.track_record is None else float(book.track_record[i])
        traders[-1].weight = 0.0 if book.contribution_weight is None else float(book.contribution_weight[i])
    first = float(prices[0])
    state = State(contract, venue, traders, reference=first)
    state.maker_size = -sum(trader.size for trader in traders)
    state.maker_cost = state.maker_size * value(contract, first)
    state.fund, state.venue_capital, state.vault = float(venue.fund), float(venue.venue_capital), float(venue.vault)
    state.members = float(sum(venue.default_fund))
    state.assessments = state.members * venue.assessment_cap
    for rule in oracle_offset.rules_of(venue):
        if rule.policy == "lp_pool":
            state.vault_kept = (1 - rule.options.get("pool_cap", 1.0)) * state.vault
    state.first, state.variance = first, venue.reference_volatility**2
    state.open_interest = sum(notional(contract, trader.size, first) for trader in traders) / 2
    state.fund_ends = [state.fund]
    for trader in traders:
        trader.base = total_equity(contract, trader, first)
    return state


def maintenance(book: Any, venue: Any, i: int, entry_notional: float) -> tuple[tuple[float, float], ...]:
    """The trader's own rate and amount, else all rows of the table, else the venue's rate."""
    amount = 0.0 if book.maintenance_amount is None else float(book.maintenance_amount[i])
    if book.maintenance_rate is not None:
        return ((float(book.maintenance_rate[i]), amount),)
    if not venue.brackets:
        return ((venue.maintenance_rate, amount),)
    if book.maintenance_amount is None:
        return tuple((rate, row_amount) for _, rate, row_amount in venue.brackets)
    held = [rate for floor, rate, _ in venue.brackets if floor <= entry_notional] or [venue.brackets[0][1]]
    return ((held[-1], amount),)  # an amount without a rate: that of the row at entry
