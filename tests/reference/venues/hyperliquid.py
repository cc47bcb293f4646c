"""Hyperliquid: deleveraging index, margin tiers and the liquidator vault.

Source, read 2026-11-20: https://hyperliquid.gitbook.io/hyperliquid-docs/trading/auto-deleveraging and
.../margin-tiers. The documents give one index; for shorts mark / entry falls with profit, so the side's handling is
undocumented: here a short's index uses entry / mark (docs/MODEL.md section 5).
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.reference.venues.exact import require, side_sign


def deleveraging_index(
    *, mark: float, entry: float, notional: float, account_value: float, side: str | float = "long"
) -> float:
    """Return the rank index (mark / entry) * (notional / account value), entry / mark for a short.

    Positions are closed at the previous mark; who has no open position never pays.
    """
    require("deleveraging_index", above_zero={"mark": mark, "entry": entry, "account_value": account_value})
    move = mark / entry if side_sign(side) > 0 else entry / mark
    return move * notional / account_value


def maintenance_rate(*, max_leverage: float) -> float:
    """Return the maintenance rate of a tier, 1 / (2 * highest leverage)."""
    require("maintenance_rate", above_zero={"max_leverage": max_leverage})
    return 1 / (2 * max_leverage)


def tier_deductions(*, floors: Sequence[float], max_leverages: Sequence[float]) -> list[float]:
    """Return the deduction of each tier that keeps the requirement continuous in notional, USD."""
    rates = [maintenance_rate(max_leverage=leverage) for leverage in max_leverages]
    amounts = [0.0]
    for number in range(1, len(rates)):
        amounts.append(amounts[-1] + floors[number] * (rates[number] - rates[number - 1]))
    return amounts
