"""BitMEX: dynamic profit equalization, the deleveraging queue, and the insurance fund's gains and payments.

Sources, read 2026-11-20: https://blog.bitmex.com/dynamic-profit-equalisation/,
https://blog.bitmex.com/the-bitmex-insurance-fund/, https://www.bitmex.com/app/autoDeleveraging and
.../autoDeleveragingExamples; the queue as restated at https://doc.sat.is (undated stored pages).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from engine.errors import Checker
from tests.reference.venues.exact import require, require_same_length

PERCENTILE_STEP = 20


class Equalization(NamedTuple):
    """Total loss and profit of a settlement, the rate, and what each winner keeps; money."""

    loss: float
    profit: float
    rate: float
    kept: list[float]


class Queue(NamedTuple):
    """A deleveraging: indices in rank order, percentile of each index, size closed of each, size left to close."""

    order: list[int]
    percentile: list[int]
    closed: list[float]
    unfilled: float


class Deficit(NamedTuple):
    """Two opposite traders at a settlement price, USD: what the winner is owed and what the loser can pay."""

    profit: float
    collateral: float
    deficit: float


def collectable_loss(*, profit: float, margin: float) -> float:
    """Return what a loser pays: its loss, at most its posted margin; 0 for a winner."""
    require("collectable_loss", not_negative={"margin": margin})
    return min(max(0.0, -profit), margin)


def equalize(*, loss: float, profits: Sequence[float]) -> Equalization:
    """Return the dynamic profit equalization of a settlement.

    Notes
    -----
    rate = total system loss / total system profit, at most 1; a winner keeps profit * (1 - rate).

    Examples
    --------
    >>> equalize(loss=6, profits=[10]).kept
    [4.0]
    """
    require("equalize", not_negative={"loss": loss})
    total = sum(max(0.0, profit) for profit in profits)
    rate = min(1.0, loss / total) if total > 0 else 0.0
    return Equalization(loss, total, rate, [profit * (1 - rate) if profit > 0 else profit for profit in profits])


def deleveraging_score(*, mark_value: float, bankruptcy_value: float, entry_value: float) -> float:
    """Return the rank score from position values at mark, bankruptcy and entry price, all signed alike.

    Notes
    -----
    profit % = (MV - AEV) / |AEV|, effective leverage = |MV| / (MV - BV); profit % * leverage in profit, profit % /
    leverage in loss.
    """
    require("deleveraging_score", above_zero={"equity": mark_value - bankruptcy_value, "entry_value": abs(entry_value)})
    share = (mark_value - entry_value) / abs(entry_value)
    leverage = abs(mark_value) / (mark_value - bankruptcy_value)
    return share * leverage if share > 0 else share / leverage


def rank(*, scores: Sequence[float]) -> list[int]:
    """Return the indices from the highest score to the lowest; ties by index."""
    return sorted(range(len(scores)), key=lambda index: (-scores[index], index))


def percentiles(*, sizes: Sequence[float], order: Sequence[int], step: int = PERCENTILE_STEP) -> list[int]:
    """Return each index's percentile in the queue: cumulative size / total, raised to the next 20 %."""
    total, running = math.fsum(sizes), 0.0
    require("percentiles", above_zero={"total": total})
    result = [0] * len(sizes)
    for index in order:
        running += sizes[index]
        result[index] = math.ceil(round(100 * running / total / step, 9)) * step
    return result


def deleverage(*, sizes: Sequence[float], scores: Sequence[float], amount: float) -> Queue:
    """Return the queue and what it closes, each up to its whole size, at the bankruptcy price of the liquidated order.

    Parameters
    ----------
    sizes, scores : sequence of float
        Unsigned sizes and scores of the open positions on the other side.
    amount : float
        Size of the liquidated order that the book and the fund could not take, >= 0.
    """
    require("deleverage", not_negative={"amount": amount})
    require_same_length("deleverage", sizes=list(sizes), scores=list(scores))
    order, left, closed = rank(scores=scores), amount, [0.0] * len(sizes)
    for index in order:
        closed[index] = min(left, sizes[index])
        left -= closed[index]
    return Queue(order, percentiles(sizes=sizes, order=order) if sum(sizes) > 0 else [0] * len(sizes), closed, left)


def fund_after_fills(
    *, fund: float, bankruptcy_price: float, fills: Sequence[float], size: float, is_long: bool = True
) -> tuple[list[float], bool]:
    """Return the fund after each fill of liquidated positions, and whether deleveraging was needed.

    Notes
    -----
    The fund gains size * (fill - bankruptcy price) for a long, the opposite for a short, and stops at 0.
    """
    require("fund_after_fills", not_negative={"fund": fund}, above_zero={"size": size})
    path, is_short_of = [], False
    for fill in fills:
        gain = size * (fill - bankruptcy_price) * (1 if is_long else -1)
        is_short_of = is_short_of or fund + gain < 0
        fund = max(0.0, fund + gain)
        path.append(fund)
    return path, is_short_of


def two_trader_deficit(
    *, margin_coin: float, notional_coin: float, entry: float, price: float, is_long_winning: bool = True
) -> Deficit:
    """Return what a winner is owed, what the opposite loser's coin margin is worth, and the gap, USD."""
    check = Checker("two_trader_deficit")
    check.number("price", price, above=0)
    check.raise_if_any()
    move = price - entry if is_long_winning else entry - price
    profit, collateral = notional_coin * move, margin_coin * price
    return Deficit(profit, collateral, max(0.0, profit - collateral))


def share_of_contracts(*, deficit: float, liquidated: float, sizes: Sequence[float]) -> list[float]:
    """Return the loss that each of the queue takes: in contracts, deficit * size closed / liquidated size."""
    require("share_of_contracts", above_zero={"liquidated": liquidated}, not_negative={"deficit": deficit})
    left, shares = liquidated, []
    for size in sizes:
        taken = min(left, size)
        shares.append(deficit * taken / liquidated)
        left -= taken
    return shares
