"""Margin of an account: profit, requirement, equity, the position that leads and its liquidation price.

docs/MODEL.md section 8.
"""

from __future__ import annotations

import math

import numpy as np

from engine.compile import inlined, inner
from engine.kernel.accounts.state import LARGEST_LOSS, PRO_RATA, RANDOM, AccountBuffers, is_halted
from engine.kernel.state import Record
from engine.margin import liquidation_value, requirement
from engine.ties import to_compare

NOBODY = -1
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31 = np.uint64(30), np.uint64(27), np.uint64(31)


@inlined
def profit_of(p: int, value: float, buffers: AccountBuffers) -> float:
    """Return the unrealized profit of a position at f(price) = `value`, signed."""
    terms = buffers.terms[p]
    return terms.side * buffers.size[p] * (value - terms.entry_value)


@inlined
def factor_of(a: int, buffers: AccountBuffers, venue: Record) -> float:
    """Return what requirements of an account are multiplied by: the target while it is in liquidation, else 1."""
    return venue.target if buffers.accounts[a].is_in_liquidation != 0 else 1.0


@inlined
def gain_of(p: int, buffers: AccountBuffers) -> float:
    """Return the unrealized profit of a position at its mark, signed."""
    return profit_of(p, buffers.markets[buffers.terms[p].market].value, buffers)


@inlined
def requirement_at(value: float, p: int, factor: float, buffers: AccountBuffers, venue: Record) -> float:
    """Return the maintenance requirement of a position at f(price) = `value`, times a factor, dynamic margin in it."""
    terms = buffers.terms[p]
    basis = terms.entry_value if venue.is_entry_maintenance != 0 else value
    scale = buffers.markets[terms.market].margin_scale * factor
    return requirement(buffers.size[p] * abs(basis), terms.rate, terms.amount, buffers.lines, scale)


@inlined
def requirement_of(p: int, factor: float, buffers: AccountBuffers, venue: Record) -> float:
    """Return the maintenance requirement of a position at its mark."""
    return requirement_at(buffers.markets[buffers.terms[p].market].value, p, factor, buffers, venue)


@inlined
def cash_and_profit(a: int, buffers: AccountBuffers) -> float:
    """Return cash and unrealized profit of an account at the marks, its collateral in assets apart."""
    total = buffers.accounts[a].cash
    for p in range(buffers.first[a], buffers.first[a + 1]):
        if buffers.size[p] > 0.0:
            total += gain_of(p, buffers)
    return total


@inlined
def value_of_units(a: int, buffers: AccountBuffers) -> float:
    """Return what an account's collateral in assets is worth at the marks, haircuts apart."""
    total = 0.0
    for j in range(buffers.assets.size):
        total += buffers.units[a, j] * buffers.assets[j].mark
    return total


@inlined
def counted_of(a: int, j: int, buffers: AccountBuffers) -> float:
    """Return what of an account's holding of asset j counts as margin."""
    asset = buffers.assets[j]
    return (1.0 - asset.haircut) * (buffers.units[a, j] * asset.mark)


@inlined
def counted_units(a: int, buffers: AccountBuffers) -> float:
    """Return what of an account's collateral in assets counts as margin: its value less haircuts."""
    total = 0.0
    for j in range(buffers.assets.size):
        total += counted_of(a, j, buffers)
    return total


@inlined
def equity_of(a: int, buffers: AccountBuffers) -> float:
    """Return cash, unrealized profit and collateral of an account at the marks, without haircuts and without wallet."""
    return cash_and_profit(a, buffers) + value_of_units(a, buffers)


@inlined
def proceeds_of(a: int, buffers: AccountBuffers) -> float:
    """Return the cash that an account's collateral has brought, which is no profit."""
    return buffers.proceeds[a] if buffers.proceeds.size > 0 else 0.0


@inlined
def settled_equity(a: int, buffers: AccountBuffers) -> float:
    """Return an account's equity, wallet included, collateral apart, at the marks of the last settlement."""
    total = buffers.accounts[a].cash
    for p in range(buffers.first[a], buffers.first[a + 1]):
        if buffers.size[p] > 0.0:
            total += profit_of(p, buffers.markets[buffers.terms[p].market].settled_value, buffers)
    return buffers.accounts[a].wallet + total - proceeds_of(a, buffers)


@inlined
def note_changed(a: int, buffers: AccountBuffers, state: Record) -> None:
    """Keep an account's equity at the last settlement before the run changes it, where profit counts from there."""
    account = buffers.accounts[a]
    if state.has_base != 0 and account.base_stamp != state.settlement + 1:
        account.base_equity = settled_equity(a, buffers)
        account.base_stamp = state.settlement + 1


@inlined
def has_other(a: int, but: int, buffers: AccountBuffers) -> bool:
    """Tell whether an account has an open position beside `but`."""
    n_others = 0
    for p in range(buffers.first[a], buffers.first[a + 1]):
        n_others += 1 if p != but and buffers.size[p] > 0.0 else 0
    return n_others > 0


@inlined
def can_trade(p: int, buffers: AccountBuffers, state: Record) -> bool:
    """Tell whether a position is open and its market has not halted."""
    return buffers.size[p] > 0.0 and not is_halted(buffers.markets[buffers.terms[p].market], state)


@inlined
def mixed(h: np.uint64, part: int) -> np.uint64:
    """Return the finalizer of SplitMix64 on h + (part + 1) times the golden number."""
    h = h + (np.uint64(part) + np.uint64(1)) * _GOLDEN
    h = (h ^ (h >> _30)) * _FIRST
    h = (h ^ (h >> _27)) * _SECOND
    return h ^ (h >> _31)


@inner
def random_place(n: int, a: int, buffers: AccountBuffers, state: Record, venue: Record) -> int:
    """Return a number below n that seed, account, step and the turns that it has had give."""
    h = mixed(mixed(np.uint64(0), venue.seed), a)
    h = mixed(mixed(h, state.step), buffers.accounts[a].n_turns)
    return int(h % np.uint64(n))


@inlined
def lead_of(a: int, buffers: AccountBuffers, state: Record, venue: Record) -> int:
    """Return the position that leads the account by the venue's order, NOBODY where none can be traded."""
    best, best_key, n = NOBODY, math.inf, 0
    for p in range(buffers.first[a], buffers.first[a + 1]):
        if can_trade(p, buffers, state):
            n += 1
            value = buffers.markets[buffers.terms[p].market].value
            key = profit_of(p, value, buffers) if venue.order == LARGEST_LOSS else -(buffers.size[p] * abs(value))
            if to_compare(key) < best_key:
                best, best_key = p, to_compare(key)
    if venue.order == RANDOM and n > 1:
        place = random_place(n, a, buffers, state, venue)
        for p in range(buffers.first[a], buffers.first[a + 1]):
            if can_trade(p, buffers, state):
                if place == 0:
                    return p
                place -= 1
    return best


@inlined
def closed_by(a: int, p: int, is_stop: bool, buffers: AccountBuffers, venue: Record) -> tuple[int, int]:
    """Return the range of positions of which a turn closes a part or all: every one, or the lead alone."""
    if is_stop or venue.order != PRO_RATA:
        return p, p + 1
    return buffers.first[a], buffers.first[a + 1]


@inlined
def lead_price(a: int, lead: int, buffers: AccountBuffers, venue: Record) -> float:
    """Return the liquidation price of the leading position, all other marks as they are."""
    factor, free = factor_of(a, buffers, venue), buffers.accounts[a].cash + counted_units(a, buffers)
    for p in range(buffers.first[a], buffers.first[a + 1]):
        if p != lead and buffers.size[p] > 0.0:
            free += gain_of(p, buffers) - requirement_of(p, factor, buffers, venue)
    terms = buffers.terms[lead]
    return liquidation_value(
        terms.side,
        buffers.size[lead],
        terms.entry_value,
        free,
        terms.rate,
        terms.amount,
        buffers.lines,
        buffers.markets[terms.market].margin_scale * factor,
        venue.is_inverse != 0,
        venue.is_entry_maintenance != 0,
    )


@inlined
def is_met(p: int, price: float, buffers: AccountBuffers) -> bool:
    """Tell whether the mark of a position's market has reached a price that forces it out."""
    terms = buffers.terms[p]
    mark = buffers.markets[terms.market].mark
    return mark <= price if terms.side > 0.0 else mark >= price
