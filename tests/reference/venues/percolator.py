"""Percolator (research code): a crisis burns unvested profit, then insurance, then everybody's equity by one rate.

Source, read 2026-11-20: aeyakovenko/percolator, snapshot d594e6a904c6, crates/model_safety/src/crisis/haircut.rs. It
counts the insurance fund as an asset and then draws it, which reopens the same deficit.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.reference.venues.exact import require


class Crisis(NamedTuple):
    """Unvested profit burned, insurance drawn (USD), the rate on all equity, and whether anything is left to cut."""

    warming_burned: float
    insurance_drawn: float
    equity_haircut: float
    is_solvent: bool


def crisis(*, principal: float, realized: float, warming: float, insurance: float, collateral: float) -> Crisis:
    """Return how a deficit is spread.

    Parameters
    ----------
    principal, realized, warming : float
        What accounts are owed: deposits, vested and unvested profit, USD.
    insurance, collateral : float
        Assets, USD, >= 0.

    Notes
    -----
    deficit = principal + realized + warming - collateral - insurance, recomputed after each step, where drawing
    insurance lowers the assets by as much.
    """
    require("crisis", not_negative={"warming": warming, "insurance": insurance, "collateral": collateral})
    equity = principal + realized
    deficit = max(0.0, equity + warming - collateral - insurance)
    burned = min(deficit, warming)
    drawn = min(deficit - burned, insurance)
    left = max(0.0, equity + warming - burned - collateral - insurance + drawn)
    return Crisis(burned, drawn, min(1.0, left / equity) if equity > 0 else 0.0, equity > 0 or left == 0)
