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
from tests.model.oracle_layers import backstop, layers_can_pay, pay_from_layers
from tests.model.oracle_rules import Account, share
from tests.model.oracle_state import (
    DUST,
    State,
    Trader,
    as_compared,
    displacement,
    mean_over_flow,
    notional,
    position_equity,
    total_equity,
    trade_with_makers,
    trigger,
    value,
)


@dataclass
class OracleRun:
    """What a run leaves; names as in the engine's."""

    mark: list[float]
    mark_low: list[float]
    mark_high: list[float]
    impact: list[float]
    impact_low: list[float]
    impact_high: list[float]
    fund: list[float]
    deficit: list[float]
    equity: list[float]
    charge: list[float]
    claim: list[float]
    haircut_rate: list[float]
    liquidated_at: list[int]
    wallet: list[float]
    collateral: list[float]
    size: list[float]
    unfunded: float
    venue_capital: float
    backstop: float
    market_maker: float
    halted: list[bool]
    residual: float
    closest: float
    contribution: list[float]


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
            state.note_order(price, first_price)
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
    usd = abs(trader.size) * fraction * (state.book_price if state.contract == "linear" else 1.0)
    side = 1 if trader.size > 0 else -1
    if state.venue.impact == "linear":
        flow_after, fill_value = walk_linear(state, usd, sells=side > 0)
    else:
        flow_after = state.flow - side * usd / state.depth
        per_unit = mean_over_flow(state.contract, state.venue, state.flow, flow_after)
        fill_value = per_unit * state.reference if state.contract == "linear" else per_unit / state.reference
    gain = trader.size * (fill_value - value(state.contract, trader.entry))
    return Order(fraction, flow_after, fill_value, trader.collateral + gain)


def walk_linear(state: State, usd: float, *, sells: bool) -> tuple[float, float]:
    """x after the order, and f(fill)."""
    depth = state.depth / (1 + state.venue.thinning * 100 * abs(state.x))
    v = min(0.01 * usd / depth, 1.0)
    shrink = -math.expm1(-v) / v if v > 0 else 1.0  # (1 - exp(-v)) / v
    grow = math.expm1(v) / v if v > 0 else 1.0  # (exp(v) - 1) / v
    x_after = min(max(state.x - v if sells else state.x + v, -3.0), 3.0)
    if state.contract == "linear":
        return x_after, state.book_price * (shrink if sells else grow)
    return x_after, -(grow if sells else shrink) / state.book_price


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


# section 4: the waterfall


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


# the run


def wealth(state: State) -> list[float]:
    """Every party's wealth at the mark; a claim the venue cannot honor enters with a minus sign."""
    makers = state.maker_size * value(state.contract, state.mark) - state.maker_cost
    traders = [total_equity(state.contract, trader, state.mark) for trader in state.traders]
    return [*traders, makers, state.fund, state.venue_capital, backstop(state), -state.unfunded]


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


def run_oracle(book: Any, prices: Any, venue: Any, opens: Any = None) -> OracleRun:
    """Run the cascade of sections 3 to 5 step by step; raises AssertionError when money appears or vanishes."""
    state = open_state(book, prices, venue)
    opening = wealth(state)
    scale = sum(abs(amount) for amount in opening)
    state.note_prices(is_first=True)
    marks, deficits, halted, worst = [state.mark], [0.0], [False], 0.0
    ranges = [(*state.mark_range, state.x, *state.x_range)]
    last = len(prices) - 1
    for step in range(1, last + 1):
        state.step, state.deficit = step, 0.0
        state.previous_mark = marks[-1]
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
        state.variance = decay * state.variance + (1 - decay) * math.log(state.mark / marks[-1]) ** 2
        marks.append(state.mark)
        ranges.append((*state.mark_range, state.x, *state.x_range))
        deficits.append(state.deficit)
        halted.append(state.halted_until >= step)
        now = wealth(state)
        carried = state.residual[1] + state.residual[-1]  # a loss waiting for its settlement
        gap = abs(sum(now) - carried - sum(opening))
        scale = max(scale, sum(abs(amount) for amount in now))
        worst = max(worst, gap / scale if scale else gap)
        assert worst < 1e-9, f"step {step}: {gap} appeared or vanished"
    return report(state, marks, ranges, deficits, halted, worst)


def report(
    state: State,
    marks: list[float],
    ranges: list[tuple[float, ...]],
    deficits: list[float],
    halted: list[bool],
    worst: float,
) -> OracleRun:
    traders = state.traders
    low, high, x, x_low, x_high = (list(column) for column in zip(*ranges, strict=True))
    return OracleRun(
        mark=marks,
        mark_low=low,
        mark_high=high,
        impact=x,
        impact_low=x_low,
        impact_high=x_high,
        fund=state.fund_ends,
        deficit=deficits,
        equity=[total_equity(state.contract, trader, state.mark) for trader in traders],
        charge=[trader.charge for trader in traders],
        claim=[trader.claim for trader in traders],
        haircut_rate=[trader.charge / trader.claim if trader.claim > 0 else 0.0 for trader in traders],
        liquidated_at=[trader.liquidated_at for trader in traders],
        wallet=[trader.wallet for trader in traders],
        collateral=[trader.collateral for trader in traders],
        size=[trader.size for trader in traders],
        unfunded=state.unfunded,
        venue_capital=state.venue_capital,
        backstop=backstop(state),
        market_maker=state.maker_size * value(state.contract, state.mark) - state.maker_cost,
        halted=halted,
        residual=worst,
        closest=state.closest,
        contribution=[trader.contribution for trader in traders],
    )
