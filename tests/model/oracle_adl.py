"""Auto-deleveraging (docs/MODEL.md section 5): one bankrupt position against the other side, at one price for both.

That price is the bankruptcy price unless the venue's `price` says otherwise; then the defaulter leaves money or a hole.
"""

from __future__ import annotations

import math
from itertools import pairwise

from tests.model.oracle_layers import pay_from_layers
from tests.model.oracle_offset import first_policy, rules_of
from tests.model.oracle_rules import fill_up
from tests.model.oracle_state import (
    DUST,
    State,
    Trader,
    as_compared,
    notional,
    position_equity,
    requirement,
    total_equity,
    trade_with_makers,
    value,
)


def is_adl(policy: str) -> bool:
    return policy in POLICY


def deleverage(state: State, bankrupt: Trader) -> None:
    """Close the whole position without an order: the impact does not change."""
    side = 1 if bankrupt.size > 0 else -1
    entry_value, mark_value = value(state.contract, bankrupt.entry), value(state.contract, state.mark)
    bankrupt_value = entry_value - bankrupt.collateral / bankrupt.size
    price_value = closing_value(state, bankrupt_value)
    unit_charge = side * (price_value - mark_value)
    size, need = abs(bankrupt.size), abs(bankrupt.size)
    state.n_events += 1
    for group in groups(state, side, unit_charge):
        closed = POLICY[first_policy(state.venue)](state, need, group, [limit(state, t, unit_charge) for t in group])
        for other, taken in zip(group, closed, strict=True):
            if taken > 0:
                take(state, other, taken, unit_charge)
                state.n_events += 1
        need -= sum(closed)
    need = need if need > 1e-15 * size else 0.0
    if price_value != bankrupt_value:  # at its bankruptcy price it leaves nothing
        closed_part = size - need
        keep_or_owe(
            state, side, bankrupt.collateral * closed_part / size + side * closed_part * (price_value - entry_value)
        )
    if need > 0:
        left = bankrupt.collateral * need / size + side * need * (mark_value - entry_value)
        trade_with_makers(state, side * need, mark_value)
        state.fund += max(left, 0.0)
        state.unfunded += max(-left, 0.0)
    bankrupt.size = bankrupt.collateral = 0.0


def closing_value(state: State, bankrupt_value: float) -> float:
    """f of the price at which both sides are closed, by the venue's `price` option."""
    options = rules_of(state.venue)[0].options
    mark_value = value(state.contract, state.mark)
    blend = options.get("blend", 2 / 3)
    return {
        "bankruptcy": bankrupt_value,
        "mark": mark_value,
        "previous_mark": value(state.contract, state.previous_mark),
        "blend": blend * bankrupt_value + (1 - blend) * mark_value,
    }[options.get("price", "bankruptcy")]


def keep_or_owe(state: State, side: int, left: float) -> None:
    """What the closed part leaves is the fund's; what it lacks is a deficit like any other, down the layers."""
    if left > 0:
        state.fund += left
    elif left < 0:
        state.deficit += -left
        is_later = state.venue.fund_payout == "pro_rata"
        state.residual[side] += -left if is_later else pay_from_layers(state, -left, 0.0)


def limit(state: State, trader: Trader, unit_charge: float) -> float:
    """How much of a position can be taken: all of it, but no charge beyond total equity."""
    if unit_charge > 0:
        return min(abs(trader.size), max(total_equity(state.contract, trader, state.mark), 0.0) / unit_charge)
    return abs(trader.size)


def groups(state: State, side: int, unit_charge: float) -> list[list[Trader]]:
    """Those on the other side who may be taken: first the profitable ones, then the losers; a scan knows no rank."""
    is_open = [t for t in state.traders if t.size * side < 0 and abs(t.size) > DUST * abs(t.opening_size)]
    others = [t for t in is_open if has_equity(state, t, unit_charge)]
    if first_policy(state.venue) == "adl_scan":
        return [others]
    winners = [t for t in others if state.is_above(profit(state, t), 0.0, notional(state.contract, t.size, state.mark))]
    return [winners, [t for t in others if t not in winners]]


def has_equity(state: State, trader: Trader, unit_charge: float) -> bool:
    """An account without equity at the mark is never taken."""
    equity = position_equity(state.contract, trader, state.mark)
    if unit_charge > 0 and first_policy(state.venue) != "adl_scan":
        return equity > 0  # no close call: where each unit costs something, a rounding of equity buys nothing
    return state.is_above(equity, 0.0, notional(state.contract, trader.size, state.mark))


# how much of each, given what is needed and how far each can be closed


def in_line(need: float, limits: list[float], line: list[int]) -> list[float]:
    """Close one after the other, each as far as it goes."""
    closed = [0.0] * len(limits)
    for i in line:
        closed[i] = min(need, limits[i])
        need -= closed[i]
    return closed


def by_rank(state: State, need: float, group: list[Trader], limits: list[float]) -> list[float]:
    """The highest score first, ties by lowest index."""
    scores = [score(state, t) for t in group]
    line = sorted(range(len(group)), key=lambda i: (-as_compared(scores[i]), group[i].index))
    for i, j in pairwise(line):
        state.note_order(scores[i], scores[j])
    return in_line(need, limits, line)


def by_size(state: State, need: float, group: list[Trader], limits: list[float]) -> list[float]:
    """Pro rata to size; what a limit frees is spread again over the rest."""
    return fill_up(need, limits, [abs(t.size) for t in group])


def by_leverage(state: State, need: float, group: list[Trader], limits: list[float]) -> list[float]:
    """Cut to one leverage: what is left of each is worth at most that many times its equity at the mark."""
    if not group or need >= sum(limits):
        return limits
    carried = [
        position_equity(state.contract, t, state.mark) / notional(state.contract, t.size, state.mark) * abs(t.size)
        for t in group
    ]  # the size that a leverage of 1 carries

    def cuts(leverage: float) -> list[float]:
        rest = [max(abs(t.size) - leverage * unit, 0.0) for t, unit in zip(group, carried, strict=True)]
        return [min(a, b) for a, b in zip(rest, limits, strict=True)]

    low, high = 0.0, max(abs(t.size) / unit for t, unit in zip(group, carried, strict=True))
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if sum(cuts(middle)) < need else (middle, high)
    return cuts(low)


def by_scan(state: State, need: float, group: list[Trader], limits: list[float]) -> list[float]:
    """In list order from a start that seed and history give, round the end of the list."""
    n = len(state.traders)
    start = (int(rules_of(state.venue)[0].options.get("seed", 0)) + state.n_events - 1) % n
    return in_line(need, limits, sorted(range(len(group)), key=lambda i: (group[i].index - start) % n))


POLICY = {"adl_queue": by_rank, "adl_prorata": by_size, "adl_minimax_leverage": by_leverage, "adl_scan": by_scan}


def profit(state: State, trader: Trader) -> float:
    return trader.size * (value(state.contract, state.mark) - value(state.contract, trader.entry))


def score(state: State, trader: Trader) -> float:
    """The rank of a position by the venue's `score` option, the highest first."""
    return SCORES[rules_of(state.venue)[0].options.get("score", "bitmex")](state, trader)


def percent(state: State, trader: Trader) -> float:
    """Profit over the notional at entry."""
    return profit(state, trader) / notional(state.contract, trader.size, trader.entry)


def leverage(state: State, trader: Trader) -> float:
    """Notional over the position's own equity, both at the mark."""
    equity = position_equity(state.contract, trader, state.mark)
    return notional(state.contract, trader.size, state.mark) / equity


def margin_use(state: State, trader: Trader) -> float:
    """Maintenance requirement over equity, both at the mark; the requirement has the step's dynamic margin in it."""
    needed = requirement(state.contract, state.venue, trader, state.mark, state.multiplier)
    return needed / position_equity(state.contract, trader, state.mark)


def bitmex(state: State, trader: Trader) -> float:
    """Per cent times leverage in profit, divided by it in loss."""
    gained = percent(state, trader)
    return gained * leverage(state, trader) if gained > 0 else gained / leverage(state, trader)


def binance(state: State, trader: Trader) -> float:
    """Profit over collateral of at least 1, times the share of the margin in use; nothing for a loser."""
    return max(profit(state, trader), 0.0) / max(trader.collateral, 1.0) * margin_use(state, trader)


def okx(state: State, trader: Trader) -> float:
    """Per cent over the margin ratio (equity / maintenance) in profit, times it in loss."""
    gained, use = percent(state, trader), margin_use(state, trader)
    if gained >= 0:
        return gained * use
    return gained / use if use > 0 else -math.inf


def hyperliquid(state: State, trader: Trader) -> float:
    """How far the price went for the position, as a ratio, times leverage."""
    ratio = state.mark / trader.entry if trader.size > 0 else trader.entry / state.mark
    return ratio * leverage(state, trader)


def hyperliquid_one(state: State, trader: Trader) -> float:
    """The formula as printed: the same ratio for both sides."""
    return state.mark / trader.entry * leverage(state, trader)


SCORES = {f.__name__: f for f in (bitmex, binance, okx, hyperliquid, hyperliquid_one)}


def take(state: State, trader: Trader, taken: float, unit_charge: float) -> None:
    """Close `taken` of a counterparty's position: its profit at the mark into the wallet, less the charge."""
    share = taken / abs(trader.size)
    side = 1 if trader.size > 0 else -1
    per_unit = side * (value(state.contract, state.mark) - value(state.contract, trader.entry))
    trader.wallet += trader.collateral * share + taken * per_unit - taken * unit_charge
    trader.charge += taken * unit_charge
    if taken == abs(trader.size):
        trader.size = trader.collateral = 0.0
    else:
        trader.size *= 1 - share
        trader.collateral *= 1 - share
    if trader.wallet < 0:
        trader.collateral += trader.wallet
        trader.wallet = 0.0
