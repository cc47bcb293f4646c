"""OKX (OKCoin, OKEx): weekly clawback until 2018, deleveraging on a 30 % drawdown of the fund since.

Sources, read 2026-11-20: https://support.okexcn.com/hc/en-us/articles/115001762991,
https://www.okx.com/help/iv-introduction-to-auto-deleveraging-adl (text of 2025-03 and before). Deleveraging closes at
the current mark; afterwards there is no loss socialization.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.reference.venues.exact import require

DRAWDOWN = 0.30


def clawback_rate(*, deficits: Sequence[float], fund: float, profits: Sequence[float]) -> float:
    """Return the rate on net weekly profit: (sum of deficits - fund) / sum of positive net profits, from 0 to 1.

    Parameters
    ----------
    deficits : sequence of float
        Of the weekly, bi-weekly and quarterly contract of one coin, merged; coin, >= 0.
    fund : float
        Insurance fund with injections, coin, >= 0.
    profits : sequence of float
        Each user's net result over all three contracts for the week, realized and unrealized, signed.
    """
    require("clawback_rate", not_negative={"fund": fund, "deficits": sum(deficits)})
    left, total = max(0.0, sum(deficits) - fund), sum(max(0.0, profit) for profit in profits)
    return min(1.0, left / total) if total > 0 else 0.0


def implied_profit(*, uncovered: float, rate: float) -> float:
    """Return the total profit that a published clawback rate implies: uncovered loss / rate."""
    require("implied_profit", above_zero={"rate": rate}, not_negative={"uncovered": uncovered})
    return uncovered / rate


def notional(*, contracts: float, face: float) -> float:
    """Return contracts * face value, USD."""
    return contracts * face


def is_deleveraging_triggered(*, balance: float, peak: float, needed: float = 0.0, drawdown: float = DRAWDOWN) -> bool:
    """Return whether the fund is insufficient or has fallen from its 8-hour peak by the drawdown or more."""
    require("is_deleveraging_triggered", above_zero={"peak": peak}, fractions={"drawdown": drawdown})
    return balance < needed or balance <= 0 or balance <= peak * (1 - drawdown)


def rank_score(*, profit_share: float, margin_ratio: float) -> float:
    """Return the rank score: profit % / margin ratio in profit, profit % * margin ratio in loss."""
    require("rank_score", above_zero={"margin_ratio": margin_ratio})
    return profit_share / margin_ratio if profit_share > 0 else profit_share * margin_ratio
