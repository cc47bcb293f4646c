"""Crypto.com (and Deribit, ZKE): losses shared by winners pro rata to realized gain, in one version at a floor rate.

Source, read 2026-11-20: https://help.crypto.com/en/articles/4894442-insurance-fund-and-socialised-loss-mechanism; only
one of the two stored versions of the page has the floor. ZKE: https://insurance.zke.com/ (pro rata).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tests.reference.venues.exact import require
from tests.reference.venues.sharing import pro_rata

FLOOR_RATE = 0.01


class Shared(NamedTuple):
    """Charges by account, their sum, what of it the fund keeps, and what nobody paid; money."""

    charges: dict[str, float]
    collected: float
    to_fund: float
    unpaid: float
    rate: float


def share_loss(*, loss: float, profits: Mapping[str, float], floor_rate: float = 0.0) -> Shared:
    """Return each winner's charge for a loss that the fund could not cover.

    Parameters
    ----------
    loss : float
        Money, >= 0.
    profits : mapping of account to realized gain
        Signed; losers pay nothing.
    floor_rate : float
        Least rate while there is a loss, a fraction; what it raises beyond the loss goes to the fund. 0: pro rata.

    Notes
    -----
    charge_i = profit_i * max(loss / sum of profits, floor), at most the profit.

    Examples
    --------
    >>> share_loss(loss=30, profits={"A": 100, "B": 200}).charges
    {'A': 10.0, 'B': 20.0}
    """
    require("share_loss", not_negative={"loss": loss}, fractions={"floor_rate": floor_rate})
    gains = {name: max(0.0, float(profit)) for name, profit in profits.items()}
    total = sum(gains.values())
    raised = max(loss, floor_rate * total) if loss > 0 else 0.0
    charges = dict(zip(gains, pro_rata(amount=raised, caps=list(gains.values())), strict=True))
    collected = sum(charges.values())
    rate = min(1.0, raised / total) if total > 0 else 0.0
    return Shared(charges, collected, max(0.0, collected - loss), max(0.0, loss - collected), rate)
