"""An independent reading of docs/MODEL.md sections 1 to 5: one trader at a time, each step scanning all positions.

Written from the text, not from the kernel. Everything is a float, a list or a small dataclass; where the page is read
one way out of two, the comment says so. `run_oracle` takes the engine's Book and Venue by attribute and checks its own
money.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from tests.model import oracle_adl, oracle_offset
from tests.model.oracle_layers import layers_can_pay, pay_from_layers
from tests.model.oracle_opening import open_state
from tests.model.oracle_report import OracleRun, report, row_of, wealth
from tests.model.oracle_sharing import settle
from tests.model.oracle_state import (
    DUST,
    State,
    Trader,
    as_compared,
    displacement,
    notional,
    position_equity,
    trade_with_makers,
    trigger,
    value,
)

# section 3: the cascade


def next_forced(state: State, side: int, mark: float) -> Trader | None:
    """The first position of this side whose trigger `mark` has reached: longs from the top, shorts from below."""
    first, first_price, others = None, math.nan, []
    for trader in state.traders:
        if trader.size * side <= 0:
            continue
        price, _ = trigger(state, trader)
        others.append((price, trader))
        if first is None or as_compared(price) * side > as_compared(first_price) * side:
            first, first_price = trader, price
    if first is None:
        return None
    # what ties with the position that the reference was moved to is triggered there, too, however the mark is rounded
    is_met = as_compared(first_price) == as_compared(state.met) and math.isclose(mark, first_price, rel_tol=1e-12)
    if not is_met and state.is_above(as_compared(mark) * side, as_compared(first_price) * side, first_price):
        return None
    for price, other in others:
        if other is not first:
            state.note_order(price, first_price, abs(first_price))
    return first


def cascade(state: State, close: float) -> None:
    """What is triggered at the opening, then whom the reference meets on its way to `close`; a halt ends it."""
    state.met = math.nan
    while force_triggered(state):
        side = 1 if close < state.reference else -1  # whom the move threatens
        trader = next_forced(state, side, state.mark_at(close))
        if trader is None:
            return
        state.met, _ = trigger(state, trader)
        state.reference = state.met / state.mark_at(1.0)
        state.note_prices()
        if not force_out(state, trader):
            return


def force_triggered(state: State) -> bool:
    """At the present mark: longs while any is triggered, then shorts, until neither is; False after a halt."""
    acted = True
    while acted:
        acted = False
        for side in (1, -1):
            while (trader := next_forced(state, side, state.mark)) is not None:
                if not force_out(state, trader):
                    return False
                acted = True
    return True


@dataclass
class Order:
    """The market order that would close a position or a part of it."""

    fraction: float
    flow_after: float
    fill_value: float  # f(fill)
    equity: float  # of the whole position, at the fill


def fraction_to_close(state: State, trader: Trader) -> float:
    """A part, but the whole of a stop, of what is bankrupt at the mark, and where too little would remain."""
    fraction = state.venue.liquidation_fraction
    if fraction == 1 or trigger(state, trader)[1]:
        return 1.0
    exposure = notional(state.contract, trader.size, state.mark)
    if not state.is_above(position_equity(state.contract, trader, state.mark), 0.0, exposure):
        return 1.0
    least = max(state.venue.min_size, DUST * trader.opening_size)
    return fraction if state.is_above(abs(trader.size) * (1 - fraction), least, abs(trader.size)) else 1.0


def plan_order(state: State, trader: Trader, fraction: float) -> Order:
    """What an order for this fraction would do if it were sent now."""
    fill_value, flow_after = state.walk(1 if trader.size > 0 else -1, abs(trader.size) * fraction)
    gain = trader.size * (fill_value - value(state.contract, trader.entry))
    return Order(fraction, flow_after, fill_value, trader.collateral + gain)


def force_out(state: State, trader: Trader) -> bool:
    """Close the position or a part of it; False when the price band forbids the order, and trading halts."""
    order = plan_order(state, trader, fraction_to_close(state, trader))
    band = state.price_band
    if state.is_above(abs(displacement(state.venue, order.flow_after)), band, band):
        state.halted_until = state.step + state.venue.halt_steps
        state.n_events += 1
        return False
    if trader.liquidated_at < 0:
        trader.liquidated_at = state.step
    rule = oracle_offset.rules_of(state.venue)[0]
    if oracle_adl.is_adl(rule.policy):  # which is asked about the whole position
        whole = plan_order(state, trader, 1.0)
        lacking, taken_over = -whole.equity, trader.size * abs(whole.fill_value)
        exposure = notional(state.contract, trader.size, state.mark)
        is_too_much = state.is_above(lacking, max(layers_can_pay(state, taken_over), 0.0), exposure)
        if is_too_much and oracle_offset.is_met(state, rule.trigger, lacking):
            oracle_adl.deleverage(state, trader)
            return True
    state.n_events += 1
    trade_with_makers(state, trader.size * order.fraction, order.fill_value)
    if order.fraction < 1:
        close_part(state, trader, order)
    else:
        close_whole(state, trader, order)
    state.flow = order.flow_after
    state.note_prices()
    return True


def fee_of(state: State, trader: Trader, order: Order, equity: float) -> float:
    """The fee on the notional that was closed; no more than the equity, unless the venue takes a penalty in full."""
    fill_price = order.fill_value if state.contract == "linear" else -1.0 / order.fill_value
    fee = state.venue.liquidation_fee * notional(state.contract, trader.size * order.fraction, fill_price)
    return fee if state.venue.is_penalty_beyond_equity else min(fee, max(equity, 0.0))


def close_part(state: State, trader: Trader, order: Order) -> None:
    """The margin stays with the position, which pays the fee and the loss on what was closed."""
    fee = fee_of(state, trader, order, position_equity(state.contract, trader, state.mark))
    state.fund += fee
    closed = trader.size * order.fraction
    trader.collateral += closed * (order.fill_value - value(state.contract, trader.entry)) - fee
    trader.size *= 1 - order.fraction


def close_whole(state: State, trader: Trader, order: Order) -> None:
    """Fee to the fund, the rest to fund or trader, a deficit down the layers."""
    is_stop = trigger(state, trader)[1]
    fee = 0.0 if is_stop else fee_of(state, trader, order, order.equity)
    state.fund += fee
    left = max(order.equity - fee, 0.0)
    if is_stop or state.venue.residual_margin == "trader":
        trader.wallet += left
    else:
        state.fund += left
    deficit = max(fee - order.equity, 0.0)
    if deficit > 0:
        state.deficit += deficit
        side = 1 if trader.size > 0 else -1
        is_later = state.venue.fund_payout == "pro_rata"
        taken_over = trader.size * abs(order.fill_value)
        state.residual[side] += deficit if is_later else pay_from_layers(state, deficit, taken_over)
    trader.size = trader.collateral = 0.0


# the run


def run_oracle(book: Any, prices: Any, venue: Any, opens: Any = None) -> OracleRun:
    """Run the cascade of sections 3 to 5 step by step; raises AssertionError when money appears or vanishes."""
    state = open_state(book, prices, venue)
    opening = wealth(state)
    scale = sum(abs(amount) for amount in opening)
    state.note_prices(is_first=True)
    rows, last = [row_of(state)], len(prices) - 1
    for step in range(1, last + 1):
        state.step, state.deficit = step, 0.0
        state.previous_mark = state.mark
        ratio = oracle_offset.ratio(state, "volatility")
        state.depth = venue.depth * (min(max(1 / ratio, venue.depth_floor), 1.0) if ratio > 0 else 1.0)
        state.multiplier = min(max(ratio, 1.0), venue.dynamic_margin_cap)
        if venue.maintenance_scale is not None:
            state.multiplier = oracle_offset.followed(state, venue.maintenance_scale)
        state.price_band = oracle_offset.followed(state, venue.price_band)
        state.flow *= 2 ** (-1 / venue.impact_half_life)
        state.reference = float(prices[step - 1] if opens is None else opens[step])
        state.note_prices(is_first=True)
        if step > state.halted_until:
            cascade(state, float(prices[step]))
        state.reference = float(prices[step])
        state.note_prices()
        oracle_offset.contribute(state)
        if step % venue.settlement_interval == 0 or step == last:
            settle(state)
        state.fund_ends.append(state.fund)
        state.fund_position *= 2 ** (-1 / state.venue.fund_position_half_life)
        decay = 2 ** (-1 / venue.dynamic_margin_half_life)
        state.variance = decay * state.variance + (1 - decay) * math.log(state.mark / state.previous_mark) ** 2
        rows.append(row_of(state))
        now = wealth(state)
        carried = state.residual[1] + state.residual[-1]  # a loss waiting for its settlement
        gap = abs(sum(now) - carried - sum(opening))
        scale = max(scale, sum(abs(amount) for amount in now))
        assert gap <= 1e-9 * scale, f"step {step}: {gap} appeared or vanished"
    return report(state, rows)
