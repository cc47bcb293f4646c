"""Who is closed, and how far, when a position is deleveraged: by rank, pro rata, by leverage or in list order.

Each method fills `closed[:n]` (n = number of accounts) with 0 <= closed <= capacity and returns the total, which is
min(need, total capacity). Accounts that must not be taken come with capacity 0. `tier` is IN_PROFIT or IN_LOSS at the
mark: the second tier is only touched when the first is used up. docs/MODEL.md section 5.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.compile import allocating, compiled, compiled_allocating, inlined
from engine.sharing.policy_record import PRICES, SCORES, AdlMethod
from engine.sharing.rules import proportional
from engine.ties import to_compare

Floats = NDArray[np.float64]
LEAST_EQUITY = 1e-15  # of the notional: the search for a leverage starts from the largest
_MAX_PASSES = 200
_CLOSE = 1e-14  # relative step of the leverage at which the search stops; the rest of the need is spread at the end
BITMEX, BINANCE, OKX, HYPERLIQUID, HYPERLIQUID_ONE = range(len(SCORES))
BY_MARGIN = (BINANCE, OKX)
ROUNDING = 1e-9  # of a score and of what it is made of: a bound must not lie below one
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
    raise ValueError("no closing price of engine.sharing.adl_selection has this code")


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

    To ten digits, so that traders whose scores are equal but for rounding are equal (`engine.ties`).

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
        raise ValueError("no score of engine.sharing.adl_selection has this code")
    return -np.inf if math.isnan(score) else to_compare(score)


@inlined
def score_bound(
    code: int,
    side: float,
    profit: float,
    backing: float,
    gain: float,
    leverage: float,
    ratio: float,
    entry: float,
    low: float,
    high: float,
) -> float:
    """Return a bound of the scores in profit that a position can have while the mark is within [low, high].

    Parameters
    ----------
    code, side, entry : as in `adl_score`
    profit, gain, leverage, ratio : the most of profit, profit as a share of entry notional, leverage and maintenance /
        equity, which only scores BY_MARGIN look at
    backing : the least collateral
    """
    if code == BITMEX:
        bound = gain * leverage
    elif code == BINANCE:
        bound = profit / max(1.0, backing) * ratio
    elif code == OKX:
        bound = gain * ratio
    elif code == HYPERLIQUID and side < 0.0:
        bound = entry / low * leverage
    elif code in (HYPERLIQUID, HYPERLIQUID_ONE):
        bound = high / entry * leverage
    else:
        raise ValueError("no bound of engine.sharing.adl_selection has this code of a score")
    return math.inf if math.isnan(bound) else bound * (1.0 + ROUNDING)


QUEUE, PRORATA = int(AdlMethod.QUEUE), int(AdlMethod.PRORATA)
MINIMAX, SCAN = int(AdlMethod.MINIMAX), int(AdlMethod.SCAN)

_TIERS = (IN_PROFIT, IN_LOSS)


@allocating
def _is_before(a: int, b: int, tier: Floats, score: Floats) -> bool:
    if tier[a] != tier[b]:
        return tier[a] < tier[b]
    return score[a] > score[b] if score[a] != score[b] else a < b


@compiled_allocating
def select_queue(need: float, capacity: Floats, tier: Floats, score: Floats, closed: Floats) -> float:
    """Close in rank order (tier, then descending score, ties by lowest index) until the need is met.

    A quickselect weighted by capacity finds where the need runs out without sorting: expected O(n).
    """
    n = capacity.shape[0]
    ids, high, total = np.empty(n, np.int64), 0, 0.0
    for j in range(n):
        closed[j] = 0.0
        if capacity[j] > 0.0:
            ids[high], high = j, high + 1
            total += capacity[j]
    low, rest, state = 0, need, 12345
    if need >= total:
        low, rest = high, 0.0
        for j in range(n):
            closed[j] = max(capacity[j], 0.0)
    while low < high and rest > 0.0:
        state = (state * 1103515245 + 12345) % 2147483648
        at = low + state % (high - low)
        pivot = ids[at]
        ids[at], ids[high - 1] = ids[high - 1], pivot
        split, ahead = low, 0.0
        for k in range(low, high - 1):
            j = ids[k]
            if _is_before(j, pivot, tier, score):
                ids[k], ids[split] = ids[split], j
                ahead += capacity[j]
                split += 1
        if ahead >= rest:
            high = split
            continue
        for k in range(low, split):
            closed[ids[k]] = capacity[ids[k]]
        ids[high - 1], ids[split] = ids[split], pivot
        closed[pivot] = min(capacity[pivot], rest - ahead)
        low, rest = split + 1, rest - ahead - closed[pivot]
    return min(max(need, 0.0), total)


@allocating
def _tier_total(capacity: Floats, tier: Floats, level: float) -> float:
    """Return the capacity of one tier, with compensated summation."""
    total, lost = 0.0, 0.0
    for j in range(capacity.shape[0]):
        if tier[j] == level and capacity[j] > 0.0:
            moved = capacity[j] - lost
            grown = total + moved
            lost = (grown - total) - moved
            total = grown
    return total


@compiled_allocating
def select_prorata(need: float, size: Floats, capacity: Floats, tier: Floats, closed: Floats) -> float:
    """Close pro rata to size in the first tier, then in the second; what a capacity frees is spread over the rest."""
    n, rest, taken = capacity.shape[0], max(need, 0.0), 0.0
    closed[:n] = 0.0
    caps, part = np.empty(n), np.empty(n)
    for level in _TIERS:
        for j in range(n):
            caps[j] = capacity[j] if tier[j] == level else 0.0
        if rest > 0.0:
            found = proportional(rest, caps, size, part)
            closed[:n] += part
            rest, taken = max(rest - found, 0.0), taken + found
    return taken


@allocating
def _cuts(at: float, size: Floats, equity: Floats, capacity: Floats, n: int) -> tuple[float, float]:
    """Return the total closed when leverage `at` is left, and the size that one unit of leverage would bring back."""
    total, slope = 0.0, 0.0
    for k in range(n):
        cut = size[k] - at * equity[k]
        total += min(max(cut, 0.0), capacity[k])
        slope += equity[k] if 0.0 < cut < capacity[k] else 0.0
    return total, slope


@allocating
def _leverage_left(need: float, size: Floats, equity: Floats, capacity: Floats, n: int) -> float:
    """Return the leverage L at which the cuts add up to the need: Newton kept inside a bracket.

    The total cut is piecewise linear and falls as L rises; a step out of the bracket, and every eighth, is a bisection.
    """
    low, high = 0.0, 0.0
    for k in range(n):
        high = max(high, size[k] / equity[k])
    at = 0.5 * high
    for count in range(1, _MAX_PASSES):
        total, slope = _cuts(at, size, equity, capacity, n)
        if total < need:
            high = at
        else:
            low = at
        change = (total - need) / slope if slope > 0.0 else -2.0 * at
        if abs(change) <= _CLOSE * at or high - low <= _CLOSE * high:
            return at + change if slope > 0.0 else at
        at = 0.5 * (low + high) if not low < at + change < high or count % 8 == 0 else at + change
    return at


@compiled_allocating
def select_minimax(
    need: float, unit_notional: float, size: Floats, equity: Floats, capacity: Floats, tier: Floats, closed: Floats
) -> float:
    """Close so that the largest leverage left is as small as possible: what remains is min(notional, L * equity).

    Parameters
    ----------
    need : size to close
    unit_notional : notional of one unit of size at the mark, in money
    size, capacity : (n,) unsigned; what is open and what of it can be closed
    equity : (n,) equity of the position at the mark, in money, > 0 wherever capacity > 0
    tier, closed : (n,)
    """
    n, rest, taken = capacity.shape[0], max(need, 0.0), 0.0
    ids, sizes, limits = np.empty(n, np.int64), np.empty(n), np.empty(n)
    equities = np.empty(n)  # in units of size: the size that equity carries at leverage 1
    closed[:n] = 0.0
    for level in _TIERS:
        found = 0
        for j in range(n):
            if tier[j] == level and capacity[j] > 0.0:
                ids[found], sizes[found], limits[found] = j, size[j], capacity[j]
                equities[found] = max(equity[j] / unit_notional, LEAST_EQUITY * size[j])
                found += 1
        total = _tier_total(capacity, tier, level)
        part = min(rest, total)
        if part > 0.0:
            at = _leverage_left(part, sizes, equities, limits, found) if part < total else 0.0
            for k in range(found):
                cut = max(sizes[k] - at * equities[k], 0.0)
                closed[ids[k]] = min(cut, limits[k]) if part < total else limits[k]
        rest, taken = rest - part, taken + part
    return taken


@compiled_allocating
def select_scan(need: float, capacity: Floats, start: int, closed: Floats) -> float:
    """Close in list order from account `start`, around the end of the list, without rank or tier."""
    n, rest = capacity.shape[0], max(need, 0.0)
    closed[:n] = 0.0
    for k in range(n):
        if rest <= 0.0:
            break
        j = (start + k) % n
        if capacity[j] > 0.0:
            closed[j] = min(capacity[j], rest)
            rest -= closed[j]
    return max(need, 0.0) - rest


@compiled_allocating
def select(
    method: int,
    need: float,
    unit_notional: float,
    start: int,
    size: Floats,
    equity: Floats,
    capacity: Floats,
    tier: Floats,
    score: Floats,
    closed: Floats,
) -> float:
    """Fill what is closed of each account by the method of a policy, and return the total.

    Parameters
    ----------
    method : code of AdlMethod
    need : unsigned size of the bankrupt position
    unit_notional : notional of one unit of size at the mark, in money
    start : account at which a scan begins
    size, capacity : (n,) unsigned; what is open, and what of it can be closed
    equity : (n,) equity of the position at the mark, in money
    tier, score : (n,)
    closed : (n,) output

    Raises
    ------
    ValueError
        For a code without a method.
    """
    if method == QUEUE:
        return select_queue(need, capacity, tier, score, closed)
    if method == PRORATA:
        return select_prorata(need, size, capacity, tier, closed)
    if method == MINIMAX:
        return select_minimax(need, unit_notional, size, equity, capacity, tier, closed)
    if method == SCAN:
        return select_scan(need, capacity, start, closed)
    raise ValueError("no method of engine.sharing.adl_selection has this code")
