"""Scores that rank the counterparties of an auto-deleveraging, as five venues print them (docs/MODEL.md section 5)."""

from __future__ import annotations

import math

import numpy as np

from engine.compile import compiled
from engine.sharing.policy_record import SCORES

BITMEX, BINANCE, OKX, HYPERLIQUID, HYPERLIQUID_ONE = range(len(SCORES))


@compiled
def adl_score(
    code: int,
    side: float,
    size_abs: float,
    entry: float,
    collateral: float,
    mark: float,
    is_inverse: bool,
    maintenance: float,
) -> float:
    """Return the rank score of an open position, higher is taken first; -inf for equity <= 0, never NaN.

    Parameters
    ----------
    code : BITMEX, BINANCE, OKX, HYPERLIQUID or HYPERLIQUID_ONE
    side : +1 long, -1 short
    size_abs : size > 0, coins (linear) or USD contracts (inverse)
    entry, mark : USD per coin
    collateral : of the position, in the settlement currency
    is_inverse : type of the contract
    maintenance : maintenance requirement at the mark, in the settlement currency (not a rate)

    Notes
    -----
    With profit p as a share of entry notional, leverage = notional / equity and margin ratio = equity / maintenance:
    BITMEX p * leverage if p > 0, else p / leverage; OKX p / margin ratio if p > 0, else p * margin ratio;
    BINANCE max(0, profit) / max(1, collateral) * maintenance / equity; HYPERLIQUID mark / entry * leverage for longs,
    entry / mark * leverage for shorts; HYPERLIQUID_ONE mark / entry * leverage for both, as its documents print it.
    """
    if is_inverse:
        profit = side * size_abs * (1.0 / entry - 1.0 / mark)
        entry_notional, notional = size_abs / entry, size_abs / mark
    else:
        profit = side * size_abs * (mark - entry)
        entry_notional, notional = size_abs * entry, size_abs * mark
    equity = collateral + profit
    if equity <= 0.0:
        return -np.inf
    score, leverage, gain = 0.0, notional / equity, profit / entry_notional
    if code == BITMEX:
        score = gain * leverage if gain > 0.0 else gain / leverage
    elif code == BINANCE:
        score = max(profit, 0.0) / max(1.0, collateral) * (maintenance / equity)
    elif code == OKX:
        if gain > 0.0:
            score = gain * (maintenance / equity)
        elif gain < 0.0:
            score = gain * (equity / maintenance) if maintenance > 0.0 else -np.inf
    elif code == HYPERLIQUID and side < 0.0:
        score = entry / mark * leverage
    else:
        score = mark / entry * leverage
    return -np.inf if math.isnan(score) else score
