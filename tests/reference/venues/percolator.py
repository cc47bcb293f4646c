"""Percolator (research code): crisis haircut of October 2025, and the global ratio and lazy ADL of its later spec.

Sources, read 2026-11-20: aeyakovenko/percolator, snapshot d594e6a904c6, crates/model_safety/src/crisis/haircut.rs;
xiaohkk/percolator, snapshot 285b611c8e69, tests/unit_tests.rs and spec.md. The crisis rule counts the insurance fund
as an asset and then draws it, which reopens the same deficit; `is_insurance_counted_once` is the corrected reading.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from tests.reference.venues.exact import exact, require


class Crisis(NamedTuple):
    """The three steps: warming profit burned, insurance drawn, share of equity cut."""

    warming_burned: float
    insurance_drawn: float
    equity_haircut: float
    is_solvent: bool


def crisis(
    *,
    principal: float,
    realized: float,
    warming: float,
    insurance: float,
    collateral: float,
    is_insurance_counted_once: bool = False,
) -> Crisis:
    """Return how a deficit is spread: unvested profit first, then insurance, then everybody's equity by one rate.

    Parameters
    ----------
    principal, realized, warming : float
        What accounts are owed: deposits, vested and unvested profit, USD.
    insurance, collateral : float
        Assets, USD, >= 0.
    is_insurance_counted_once : bool
        False: as the code does it, where drawing insurance lowers the assets by as much.

    Notes
    -----
    deficit = principal + realized + warming - collateral - insurance, recomputed after each step.
    """
    require("crisis", not_negative={"warming": warming, "insurance": insurance, "collateral": collateral})
    equity = principal + realized
    deficit = max(0.0, equity + warming - collateral - insurance)
    burned = min(deficit, warming)
    owed = equity + warming - burned - collateral
    drawn = min(owed if is_insurance_counted_once else deficit - burned, insurance) if deficit > 0 else 0.0
    left = max(0.0, owed - insurance + (0.0 if is_insurance_counted_once else drawn))
    rate = min(1.0, left / equity) if equity > 0 else 0.0
    return Crisis(burned, drawn, rate, equity > 0 or left == 0)


def haircut_ratio(*, vault: float, capital: float, insurance: float, positive_profit: float) -> tuple[float, float]:
    """Return (residual, ratio h) by which all matured profit is paid.

    Notes
    -----
    residual = max(0, V - C - I); h = min(residual, PNL+) / PNL+, 1 without profit. A payout is floor(profit * h).
    """
    require("haircut_ratio", not_negative={"positive_profit": positive_profit})
    residual = max(0.0, vault - capital - insurance)
    return residual, min(residual, positive_profit) / positive_profit if positive_profit > 0 else 1.0


def paid_profit(*, profit: int, residual: int, positive_profit: int) -> int:
    """Return the whole units that a matured profit pays: floor(profit * min(residual, PNL+) / PNL+)."""
    if profit <= 0 or positive_profit <= 0:
        return max(profit, 0)
    return profit * min(residual, positive_profit) // positive_profit


def lazy_deleveraging(*, deficit: int, closed: int, open_interest: int, scale: int = 10**6) -> tuple[int, int]:
    """Return (charge per scaled unit, position scale) that the opposite side takes lazily.

    Notes
    -----
    dK = ceil(D A / OI), A' = floor(A (OI - q) / OI): each account of the side loses floor(|q| dK / A) and keeps
    q A' / A. Flat accounts are never charged.
    """
    require("lazy_deleveraging", above_zero={"open_interest": open_interest}, not_negative={"deficit": deficit})
    charge = math.ceil(exact(deficit) * scale / open_interest)
    return charge, scale * (open_interest - closed) // open_interest
