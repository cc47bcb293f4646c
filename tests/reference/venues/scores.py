"""Rank scores of auto-deleveraging as the venues print them, from a position's values and not from its parts.

Sources, read 2026-11-20: https://www.bitmex.com/app/autoDeleveraging;
https://www.binance.com/zh-CN/support/announcement/360033525471;
https://www.okx.com/help/iv-introduction-to-auto-deleveraging-adl (a third party's copy of the rank);
https://hyperliquid.gitbook.io/hyperliquid-docs/trading/auto-deleveraging, whose one index falls with a short's profit:
`hyperliquid` turns it round for shorts, `hyperliquid_one` does not.
"""

from __future__ import annotations


def bitmex(*, mark_value: float, bankruptcy_value: float, entry_value: float) -> float:
    """Return profit % times leverage, over it in loss; position values at three prices, signed like the position.

    Notes
    -----
    profit % = (MV - AEV) / |AEV|, effective leverage = |MV| / (MV - BV).
    """
    share = (mark_value - entry_value) / abs(entry_value)
    leverage = abs(mark_value) / (mark_value - bankruptcy_value)
    return share * leverage if share > 0 else share / leverage


def binance(*, unrealized: float, wallet: float, maintenance: float) -> float:
    """Return max(0, uPnL) / max(1, wallet) * maintenance / (wallet + uPnL)."""
    return max(0.0, unrealized) / max(1.0, wallet) * maintenance / (wallet + unrealized)


def okx(*, profit_share: float, margin_ratio: float) -> float:
    """Return profit % / margin ratio in profit, profit % * margin ratio in loss."""
    return profit_share / margin_ratio if profit_share > 0 else profit_share * margin_ratio


def hyperliquid(*, mark: float, entry: float, notional: float, account_value: float, is_long: bool = True) -> float:
    """Return (mark / entry) * (notional / account value), with entry / mark for a short."""
    return (mark / entry if is_long else entry / mark) * notional / account_value
