"""Paradex: partial liquidation in steps of 20 %, and a socialized-loss factor charged on withdrawals.

Sources, read 2026-11-20: tradeparadex/paradex-docs, snapshot 9b82a75a0353, fern/pages/risk-system/
{socialized-losses,liquidations}.mdx. The documents contradict themselves twice: the factor's worked number divides by
the exchange's balance alone (25 %) where the formula adds the bankruptcy (20 %), and the liquidation table charges
50 % of the requirement per share where the text says 70 %. Both readings are here; the rates are parameters.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.reference.venues.exact import require

SHARES = (0.2, 0.4, 0.6, 0.8, 1.0)
TARGET_RATIO = 0.9


class Partial(NamedTuple):
    """An account after a share of every position was liquidated; USD, ratio = requirement / value."""

    penalty: float
    requirement: float
    value: float
    margin_ratio: float


def exchange_bankruptcy(*, user_bankruptcy: float, insurance: float) -> float:
    """Return what the insurance fund lacks: max(0, sum of negative account values - fund), USD."""
    require("exchange_bankruptcy", not_negative={"user_bankruptcy": user_bankruptcy})
    return max(0.0, user_bankruptcy - insurance)


def loss_factor(*, bankruptcy: float, total_balance: float) -> float:
    """Return the socialized-loss factor by the written formula: bankruptcy / (exchange balance + bankruptcy)."""
    require("loss_factor", not_negative={"bankruptcy": bankruptcy}, above_zero={"total_balance": total_balance})
    return bankruptcy / (total_balance + bankruptcy)


def loss_factor_of_example(*, bankruptcy: float, total_balance: float) -> float:
    """Return the factor as the documents' worked example takes it: bankruptcy / exchange balance, at most 1."""
    require("loss_factor_of_example", not_negative={"bankruptcy": bankruptcy}, above_zero={"total": total_balance})
    return min(1.0, bankruptcy / total_balance)


def withdraw(*, amount: float, factor: float) -> tuple[float, float]:
    """Return (received, charge to the insurance fund) of a withdrawal; who does not withdraw pays nothing."""
    require("withdraw", not_negative={"amount": amount}, fractions={"factor": factor})
    return amount * (1 - factor), amount * factor


def liquidate_share(*, value: float, requirement: float, share: float, penalty_rate: float = 0.7) -> Partial:
    """Return the account after liquidating `share` of every position.

    Notes
    -----
    penalty = share * rate * requirement, to the insurance fund; the requirement shrinks to (1 - share).
    """
    require("liquidate_share", fractions={"share": share}, not_negative={"requirement": requirement})
    penalty = share * penalty_rate * requirement
    left, worth = requirement * (1 - share), value - penalty
    ratio = 0.0 if left <= 0 else left / worth if worth > 0 else float("inf")
    return Partial(penalty, left, worth, ratio)


def smallest_share(*, value: float, requirement: float, penalty_rate: float = 0.7) -> float:
    """Return the smallest share, a multiple of 20 %, that brings the margin ratio to 90 % or less; else all."""
    for share in SHARES:
        after = liquidate_share(value=value, requirement=requirement, share=share, penalty_rate=penalty_rate)
        if after.value > 0 and after.margin_ratio <= TARGET_RATIO:
            return share
    return SHARES[-1]
