"""Bitfinex 2016 and WazirX 2024: one haircut on every balance, claim tokens for it, and their redemption.

Sources, read 2026-11-20: https://www.razor-forex.com/2016/09/digital-currency-exchange-bitfinex.html,
http://www.zerohedge.com/news/2016-08-07/first-bitcoin-bail-all-bitfinex-users-lose-36-shared-loss-after-historic-hack,
https://business-standard.com/markets/news/wazirx-unveils-recovery-plan-after-230-mn-cyberattack-seeks-user-vote-
124072800424_1.html. Custody losses, not derivatives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tests.reference.venues.exact import require
from tests.reference.venues.sharing import pro_rata


class Haircut(NamedTuple):
    """One rate for everybody: what stays available, and the claims handed out for the rest; money."""

    rate: float
    available: list[float]
    claims: list[float]


def haircut_rate(*, loss: float, balances: Sequence[float]) -> float:
    """Return loss / sum of balances, from 0 to 1."""
    total = sum(balances)
    require("haircut_rate", not_negative={"loss": loss}, above_zero={"balances": total})
    return min(1.0, loss / total)


def haircut(*, rate: float, balances: Sequence[float]) -> Haircut:
    """Return every balance after the haircut and its claim: balance * (1 - rate) and balance * rate."""
    require("haircut", fractions={"rate": rate})
    return Haircut(rate, [held * (1 - rate) for held in balances], [held * rate for held in balances])


def redeem(*, rate: float, claims: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return (paid, outstanding) per holder when a share `rate` of all outstanding tokens is redeemed, pro rata."""
    require("redeem", fractions={"rate": rate})
    paid = pro_rata(amount=rate * sum(claims), caps=list(claims))
    return paid, [held - got for held, got in zip(claims, paid, strict=True)]
