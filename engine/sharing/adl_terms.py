"""Terms of an auto-deleveraging: score, capacity and tier of an account, and the closing price.

docs/MODEL.md section 5. The cascade and `engine.auto_deleverage` both read them here.
"""

from __future__ import annotations

import math

import numpy as np

from engine.compile import compiled, inlined
from engine.sharing.policy_record import PRICES, SCORES

BITMEX, BINANCE, OKX, HYPERLIQUID, HYPERLIQUID_ONE = range(len(SCORES))
PRICE_BANKRUPTCY, PRICE_MARK, PRICE_PREVIOUS_MARK, PRICE_BLEND = range(len(PRICES))
IN_PROFIT, IN_LOSS = 0.0, 1.0  # tiers: whoever is in loss at the mark is closed only when nobody in profit is left


@inlined
def closing_value(price_rule: int, blend: float, bankruptcy: float, mark: float, previous_mark: float) -> float:
    """Return f(price) at which the bankrupt and its counterparties are closed; the last three are values of f."""
    if price_rule == PRICE_BANKRUPTCY:
        return bankruptcy
    if price_rule == PRICE_MARK:
        return mark
    if price_rule == PRICE_PREVIOUS_MARK:
        return previous_mark
    if price_rule == PRICE_BLEND:
        return blend * bankruptcy + (1.0 - blend) * mark
    raise ValueError("no closing price of engine.sharing.adl_terms has this code")


@inlined
def closable_size(size: float, dust: float, position_equity: float, total_equity: float, unit_charge: float) -> float:
    """Return how much of an account can be closed, unsigned; 0 for one that is never taken.

    Parameters
    ----------
    size, dust : open size, unsigned, and the most that counts as nothing: what repeated closings left of a position
    position_equity : collateral and unrealized profit at the mark, money; an account with none is never taken
    total_equity : the same and the wallet; a charge stays within it
    unit_charge : money that closing one unit of size costs the account; negative is a gain
    """
    if size <= dust or position_equity <= 0.0:
        return 0.0
    if unit_charge > 0.0:
        return min(size, max(total_equity, 0.0) / unit_charge)
    return size


@inlined
def tier_of(unrealized_profit: float) -> float:
    """Return the tier of an account with this profit at the mark."""
    return IN_PROFIT if unrealized_profit > 0.0 else IN_LOSS


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
    elif code in (HYPERLIQUID, HYPERLIQUID_ONE):
        score = mark / entry * leverage
    else:
        raise ValueError("no score of engine.sharing.adl_terms has this code")
    return -np.inf if math.isnan(score) else score
