"""Vertex: losses of a perpetual shared by open interest, half on each side; of a token by deposits.

Sources, read 2026-11-20: vertex-protocol/vertex-contracts, snapshot e138181537bb, core/contracts/{PerpEngine,
SpotEngine,ClearinghouseLiq}.sol. There are no tests in the repository. Amounts in USD.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.reference.venues.exact import require

FUND_SHARE_OF_FEE = 0.5


class Socialized(NamedTuple):
    """A shared loss: per unit of size on either side, and the total of each side."""

    per_unit: float
    long_loss: float
    short_loss: float


def socialize_perp(*, loss: float, open_interest: float) -> Socialized:
    """Return the charge per unit on both sides: loss / open interest of one side / 2."""
    require("socialize_perp", not_negative={"loss": loss}, above_zero={"open_interest": open_interest})
    per_unit = loss / open_interest / 2
    return Socialized(per_unit, per_unit * open_interest, per_unit * open_interest)


def deposit_multiplier(*, deposits: float, bad_debt: float) -> float:
    """Return what every deposit of a token is multiplied with: (deposits - bad debt) / deposits, at least 0."""
    require("deposit_multiplier", above_zero={"deposits": deposits}, not_negative={"bad_debt": bad_debt})
    return max(0.0, (deposits - bad_debt) / deposits)


def liquidation_price(*, price: float, maintenance_weight: float) -> float:
    """Return the price at which a liquidator takes over: P * (1 + (maintenance weight - 1) / 5)."""
    require("liquidation_price", above_zero={"price": price})
    return price * (1 + (maintenance_weight - 1) / 5)
