"""An independent reading of docs/MODEL.md sections 1 to 5: one trader at a time, each step scanning all positions.

Written from the text, not from the kernel. Everything is a float, a list or a small dataclass; where the page is read
one way out of two, the comment says so. `run_oracle` takes the engine's Book and Venue by attribute and checks its own
money.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from tests.model import oracle_adl
from tests.model.oracle_layers import backstop, layers_can_pay, pay_from_layers
from tests.model.oracle_rules import Account, share
from tests.model.oracle_state import (
    DUST,
    State,
    Trader,
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


# section 3: the cascade


def next_forced(state: State, side: int) -> Trader | None:
    """The first position of this side whose trigger the mark has reached: longs from the top, shorts from below."""
    first, first_price, others = None, math.nan, []
    for trader in state.traders:
        if trader.size * side <= 0:
            continue
        price, _ = trigger(state, trader)
        others.append((price, trader))
        if first is None or price * side > first_price * side:
            first, first_price = trader, price
    if first is None or state.is_above(state.mark * side, first_price * side, first_price):
        return None
    for price, other in others:
        if not is_copy(other, first):  # copies tie exactly, and the lowest index goes first
            state.is_above(price, first_price, first_price)
    return first


def is_copy(one: Trader, other: Trader) -> bool:
    """The same position: whatever is computed for the one comes out the same for the other."""
    return all(getattr(one, name) == getattr(other, name) for name in ("size", "entry", "collateral", "rate", "amount"))


def cascade(state: State) -> None:
    """Longs while any is triggered, then shorts, and again until neither side is; a halt ends it."""
    acted = True
    while acted:
        acted = False
        for side in (1, -1):
            while (trader := next_forced(state, side)) is not None:
                if not force_out(state, trader):
                    state.halted_until = state.step + state.venue.halt_steps
                    state.n_events += 1
                    return
                acted = True


@dataclass
class Order:
    """The market order that would close a position or a part of it."""

    fraction: float
    is_stop: bool
    x_after: float
    fill_value: float  # f(fill)
    equity: float  # of the part closed, at the fill


def plan_order(state: State, trader: Trader) -> Order:
    """What the order would do if it were sent now."""
    venue, contract = state.venue, state.contract
    _, is_stop = trigger(state, trader)
    fraction = 1.0 if is_stop else venue.liquidation_fraction
    remaining = abs(trader.size) * (1 - fraction)
    least = max(venue.min_size, DUST * trader.opening_size)
    if fraction < 1 and not state.is_above(remaining, least, abs(trader.size)):
        fraction = 1.0
    book_price = state.book_price
    depth = venue.depth / (1 + venue.thinning * 100 * abs(state.x))
    usd = abs(trader.size) * fraction * (book_price if contract == "linear" else 1.0)
    v = min(0.01 * usd / depth, 1.0)
    sells = trader.size > 0
    x_after = min(max(state.x - v if sells else state.x + v, -3.0), 3.0)
    shrink = -math.expm1(-v) / v if v > 0 else 1.0  # (1 - exp(-v)) / v
    grow = math.expm1(v) / v if v > 0 else 1.0  # (exp(v) - 1) / v
    if contract == "linear":
        fill_value = book_price * (shrink if sells else grow)
    else:
        fill_value = -(grow if sells else shrink) / book_price
    gain = trader.size * fraction * (fill_value - value(contract, trader.entry))
    return Order(fraction, is_stop, x_after, fill_value, trader.collateral * fraction + gain)


def force_out(state: State, trader: Trader) -> bool:
    """Close the position or a part of it; False when the price band forbids the order."""
    order = plan_order(state, trader)
    if state.is_above(abs(order.x_after), state.venue.price_band, state.venue.price_band):
        return False
    if trader.liquidated_at < 0:
        trader.liquidated_at = state.step
    if oracle_adl.is_adl(state.venue.policy):
        exposure = notional(state.contract, trader.size, state.mark)
        if state.is_above(-order.equity, layers_can_pay(state), exposure):
            oracle_adl.deleverage(state, trader)
            return True
    state.n_events += 1
    trade_with_makers(state, trader.size * order.fraction, order.fill_value)
    state.x = order.x_after
    deficit = split_margin(state, trader, order)
    if deficit > 0:
        state.deficit += deficit
        side = 1 if trader.size > 0 else -1
        state.residual[side] += pay_from_layers(state, deficit)
    close_part(trader, order.fraction)
    return True


def split_margin(state: State, trader: Trader, order: Order) -> float:
    """What is left of the closed part's margin: fee to the fund, the rest to fund or trader; returns the deficit."""
    fee = 0.0
    if not order.is_stop:
        fill_price = order.fill_value if state.contract == "linear" else -1.0 / order.fill_value
        fee = state.venue.liquidation_fee * notional(state.contract, trader.size * order.fraction, fill_price)
        if not state.venue.is_penalty_beyond_equity:
            fee = min(fee, max(order.equity, 0.0))
    state.fund += fee
    left = max(order.equity - fee, 0.0)
    if order.is_stop or state.venue.residual_margin == "trader":
        trader.wallet += left
    else:
        state.fund += left
    return max(fee - order.equity, 0.0)


def close_part(trader: Trader, fraction: float) -> None:
    if fraction == 1.0:
        trader.size = trader.collateral = 0.0
    else:
        trader.size *= 1 - fraction
        trader.collateral *= 1 - fraction


# section 4: the waterfall


def gain(state: State, trader: Trader) -> float:
    """g_i: the gain in total equity since entry, or since the last settlement."""
    start = trader.base if state.venue.profit_base == "settlement" else trader.opening_collateral
    return total_equity(state.contract, trader, state.mark) - start


def account(state: State, trader: Trader) -> Account:
    exposure = notional(state.contract, trader.size, state.mark)
    margin = position_equity(state.contract, trader, state.mark)
    by_size = state.venue.policy_options.get("order") == "size"
    return Account(
        profit=max(gain(state, trader), 0.0),
        equity=total_equity(state.contract, trader, state.mark),
        size=trader.size,
        cash=trader.wallet + trader.collateral,
        notional=exposure,
        leverage=exposure / margin if margin > 0 else 0.0,
        place=-trader.opening_size if by_size else trader.index,
    )


def settle(state: State) -> None:
    """Allocate what the layers left, then start the next period."""
    amount = state.residual[1] + state.residual[-1]
    if amount > 0:
        note_claims(state)
    if state.venue.policy == "open_interest_counter_side":
        for side in (1, -1):
            allocate(state, state.residual[side], [t for t in state.traders if t.opening_side != side])
    elif state.venue.policy == "fund_overdraft":
        state.fund -= amount
    else:
        allocate(state, amount, state.traders)
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


def allocate(state: State, amount: float, payers: list[Trader]) -> None:
    """Charge the payers by the policy; what nobody can be charged is unfunded for good, an excess is the fund's."""
    accounts = [account(state, trader) for trader in payers]
    charges = share(state.venue.policy, amount, accounts, state.venue.policy_options)
    for trader, charge in zip(payers, charges, strict=True):
        charge_trader(trader, charge)
    left = amount - sum(charges)
    state.unfunded += max(left, 0.0)
    state.fund += max(-left, 0.0)


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
        rate, amount = maintenance(book, venue, i, notional(contract, size, entry))
        stop = math.nan if book.stop_price is None else float(book.stop_price[i])
        side = 1 if size > 0 else -1
        traders.append(Trader(i, size, entry, collateral, rate, amount, stop, abs(size), collateral, side))
    first = float(prices[0])
    state = State(contract, venue, traders, reference=first)
    state.maker_size = -sum(trader.size for trader in traders)
    state.maker_cost = state.maker_size * value(contract, first)
    state.fund, state.venue_capital, state.vault = float(venue.fund), float(venue.venue_capital), float(venue.vault)
    state.members = float(sum(venue.default_fund))
    state.assessments = state.members * venue.assessment_cap
    if venue.policy == "lp_pool":
        state.vault_kept = (1 - venue.policy_options.get("pool_cap", 1.0)) * state.vault
    state.fund_ends = [state.fund]
    for trader in traders:
        trader.base = total_equity(contract, trader, first)
    return state


def maintenance(book: Any, venue: Any, i: int, entry_notional: float) -> tuple[float, float]:
    """The trader's own rate and amount, else the bracket that holds the notional at entry, else the venue's rate."""
    rate, amount = venue.maintenance_rate, 0.0
    for row, (floor, bracket_rate, bracket_amount) in enumerate(venue.brackets):
        if entry_notional >= floor or row == 0:  # below the first floor the first bracket holds
            rate, amount = bracket_rate, bracket_amount
    if book.maintenance_rate is not None:
        rate, amount = float(book.maintenance_rate[i]), 0.0
    if book.maintenance_amount is not None:
        amount = float(book.maintenance_amount[i])
    return rate, amount


def run_oracle(book: Any, prices: Any, venue: Any) -> OracleRun:
    """Run the cascade of sections 3 to 5 step by step; raises AssertionError when money appears or vanishes."""
    state = open_state(book, prices, venue)
    opening = wealth(state)
    scale = sum(abs(amount) for amount in opening)
    marks, deficits, halted, worst = [state.mark], [0.0], [False], 0.0
    variance, last = venue.reference_volatility**2, len(prices) - 1
    for step in range(1, last + 1):
        state.step, state.reference, state.deficit = step, float(prices[step]), 0.0
        state.previous_mark = marks[-1]
        if venue.dynamic_margin_cap > 1:
            ratio = math.sqrt(variance) / venue.reference_volatility
            state.multiplier = min(max(ratio, 1.0), venue.dynamic_margin_cap)
        state.x *= 2 ** (-1 / venue.impact_half_life)
        if step > state.halted_until:
            cascade(state)
        if step % venue.settlement_interval == 0 or step == last:
            settle(state)
        state.fund_ends.append(state.fund)
        decay = 2 ** (-1 / venue.dynamic_margin_half_life)
        variance = decay * variance + (1 - decay) * math.log(state.mark / marks[-1]) ** 2
        marks.append(state.mark)
        deficits.append(state.deficit)
        halted.append(state.halted_until >= step)
        now = wealth(state)
        carried = state.residual[1] + state.residual[-1]  # a loss waiting for its settlement
        gap = abs(sum(now) - carried - sum(opening))
        scale = max(scale, sum(abs(amount) for amount in now))
        worst = max(worst, gap / scale if scale else gap)
        assert worst < 1e-9, f"step {step}: {gap} appeared or vanished"
    return report(state, marks, deficits, halted, worst)


def report(state: State, marks: list[float], deficits: list[float], halted: list[bool], worst: float) -> OracleRun:
    traders = state.traders
    return OracleRun(
        mark=marks,
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
    )
