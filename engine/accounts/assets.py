"""The assets that a venue takes as collateral: haircut, and the order book in which they are sold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.conditions import read_as
from engine.errors import Checker
from engine.impact import IMPACT_LAWS, SQUARE_ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One asset that margins accounts, such as a coin, a staked coin or a stablecoin.

    Parameters
    ----------
    name : str
        For people.
    haircut : float
        Share of its value that does not count as margin, 0 to 1. It moves triggers, never wealth.
    depth, impact, impact_half_life, thinning, index_weight : float, str, float, float, float
        The order book in which it is sold, as in `Venue`: depth in the settlement currency, half-life in steps. A
        coin's book here and its contract's are not coupled.

    Examples
    --------
    >>> Asset(name="USDe", haircut=0.1, depth=5e6).haircut
    0.1
    """

    name: str = ""
    haircut: float
    depth: float
    impact: str = SQUARE_ROOT
    impact_half_life: float = math.inf
    thinning: float = 0.0
    index_weight: float = 0.0

    def check(self, check: Checker, name: str) -> None:
        """Report what is wrong with it, under the name of its place."""
        check.text(f"{name}.name", self.name)
        check.number(f"{name}.haircut", self.haircut, least=0, most=1)
        check.number(f"{name}.depth", self.depth, above=0, infinite=True)
        check.choice(f"{name}.impact", self.impact, IMPACT_LAWS)
        check.number(f"{name}.impact_half_life", self.impact_half_life, above=0, infinite=True)
        check.number(f"{name}.thinning", self.thinning, least=0)
        if self.impact == SQUARE_ROOT and self.thinning != 0:
            check.add(f"{name}.thinning", f"0 with impact {SQUARE_ROOT!r}", self.thinning)
        check.number(f"{name}.index_weight", self.index_weight, least=0, most=1)


def read_assets(check: Checker, given: object) -> Any:
    """Return the assets as a tuple of Asset, of mappings or records; what is wrong is reported."""
    if isinstance(given, str) or not isinstance(given, Sequence | np.ndarray):
        check.add("assets", "a sequence of Asset, or of mappings of its fields", given)
        return ()
    return tuple(read_as(Asset, check, f"assets[{at}]", one) for at, one in enumerate(given))


def check_assets(check: Checker, assets: tuple[Any, ...]) -> None:
    """Report what is wrong with a venue's assets."""
    for at, asset in enumerate(assets):
        if isinstance(asset, Asset):
            asset.check(check, f"assets[{at}]")
        else:
            check.add(f"assets[{at}]", "an Asset", asset)
    names = [asset.name for asset in assets if isinstance(asset, Asset) and asset.name]
    if len(set(names)) < len(names):
        check.add("assets", "of different names", names)
