"""Auto-deleveraging (docs/MODEL.md section 5): one bankrupt position against the other side, at one price for both.

That price is the bankruptcy price unless the venue's `price` says otherwise; then the defaulter leaves money or a hole.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

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
    previous, options = value(state.contract, state.previous_mark), rules_of(state.venue)[0].options
    price_value = closing_value(options, bankrupt_value, mark_value, previous)
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


def closing_value(options: Mapping[str, Any], bankrupt_value: float, mark_value: float, previous: float) -> float:
    """f of the price at which both sides are closed, by the venue's `price` option."""
    blend = options.get("blend", 2 / 3)
    return {
        "bankruptcy": bankrupt_value,
        "mark": mark_value,
        "previous_mark": previous,
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
        state.note_order(scores[i], scores[j], abs(scores[j]))
    return in_line(need, limits, line)


def by_size(state: State, need: float, group: list[Trader], limits: list[float]) -> list[float]:
    """Pro rata to size; what a limit frees is spread again over the rest."""
    return fill_up(need, limits, [abs(t.size) for t in group])


def by_leverage(state: State, need: float, group: list[Trader], limits: list[float]) -> list[float]:
    """Cut to one leverage: what is left of each is worth at most that many times its equity at the mark."""
    gross = [notional(state.contract, t.size, state.mark) for t in group]
    own = [position_equity(state.contract, t, state.mark) for t in group]
    return level_leverage(need, limits, gross, own, abs(value(state.contract, state.mark)))


def level_leverage(need: float, limits: list[float], gross: list[float], own: list[float], unit: float) -> list[float]:
    """Sizes closed, each within its limit, so that no notional is above one multiple of its equity."""
    if not limits or need >= sum(limits):
        return limits

    def cuts(leverage: float) -> list[float]:
        wanted = [(g - leverage * e) / unit for g, e in zip(gross, own, strict=True)]
        return [min(max(cut, 0.0), most) for cut, most in zip(wanted, limits, strict=True)]

    low, high = 0.0, max(g / e for g, e in zip(gross, own, strict=True))
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
    own = position_equity(state.contract, trader, state.mark)
    needed = requirement(state.contract, state.venue, trader, state.mark, state.multiplier)  # with dynamic margin in it
    gained, ratio = profit(state, trader), state.mark / trader.entry
    percent = gained / notional(state.contract, trader.size, trader.entry)
    kind = rules_of(state.venue)[0].options.get("score", "bitmex")
    if kind == "hyperliquid" and trader.size < 0:
        ratio = 1 / ratio
    leverage = notional(state.contract, trader.size, state.mark) / own
    return rank(kind, percent, leverage, needed / own, ratio, gained, trader.collateral)


def rank(
    kind: str, percent: float, leverage: float, use: float, ratio: float, gained: float, collateral: float
) -> float:
    """A position's score from its profit over the notional at entry and in money, its leverage and share of margin in
    use, both of the equity at the mark, and how far the price went for it, as a ratio.
    """
    if kind == "bitmex":
        return percent * leverage if percent > 0 else percent / leverage
    if kind == "binance":  # nothing for a loser
        return max(gained, 0.0) / max(collateral, 1.0) * use
    if kind == "okx":  # over the margin ratio in profit, times it in loss
        if percent >= 0:
            return percent * use
        return percent / use if use > 0 else -math.inf
    return ratio * leverage  # `hyperliquid`, and the formula as printed: the same ratio for both sides


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
