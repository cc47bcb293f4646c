"""Prices of collateral beside joint paths: a parity, or a coin, times a depeg that jumps and recovers (section 8)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from engine.arrays import Floats, Whole
from engine.drawing.path_models import poisson_cdf
from engine.drawing.path_settings import MINUTES_PER_YEAR, MOST_JUMPS_PER_STEP, PRICE_RANGE
from engine.errors import Checker, is_number
from engine.streams import Stream, stream

OWN = 1000  # first key of the streams of assets, behind those of coins
LARGEST_DEPEG = 50.0
LEAST_TAIL = 1e-15  # of a number of jumps in a step: what is rarer is not drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetModel:
    """How the price of a collateral asset moves: parity (or a coin's price) x exp(-depeg).

    Parameters
    ----------
    coin : int or None
        Place of the coin whose price it has, as a staked coin or the coin itself; None: a stablecoin at `parity`.
    parity : float
        Price without a depeg, settlement currency per unit; with a coin, units of it.
    intensity : float
        Depegs a year, >= 0; 0: none.
    size : float
        What one adds to the depeg, a log distance >= 0: ln(1 / 0.65) = 0.43 brings 1.00 to 0.65.
    half_life_minutes : float
        In which half of a depeg is gone, > 0; infinity: it stays.
    correlation : float
        Of what makes it jump with the first source of the coins' normals (the factor), 0 to 1: near 1 it jumps when
        they fall. 0 for recorded days, which have no such source.

    Examples
    --------
    >>> AssetModel(intensity=0.5, size=0.43, half_life_minutes=20.0).parity
    1.0
    """

    coin: int | None = None
    parity: float = 1.0
    intensity: float = 0.0
    size: float = 0.0
    half_life_minutes: float = math.inf
    correlation: float = 0.0

    def check(self, check: Checker, name: str, n_coins: int, minutes_per_step: float) -> None:
        """Report what is wrong with it, under the name of its place."""
        if self.coin is not None:
            check.whole(f"{name}.coin", self.coin, least=0, most=n_coins - 1)
        check.number(f"{name}.parity", self.parity, least=PRICE_RANGE[0], most=PRICE_RANGE[1])
        most = MOST_JUMPS_PER_STEP * MINUTES_PER_YEAR / minutes_per_step if is_number(minutes_per_step) else None
        check.number(f"{name}.intensity", self.intensity, least=0, most=most)
        check.number(f"{name}.size", self.size, least=0, most=10)
        check.number(f"{name}.half_life_minutes", self.half_life_minutes, above=0, infinite=True)
        check.number(f"{name}.correlation", self.correlation, least=0, most=1)


def asset_paths(
    asset: AssetModel,
    place: int,
    *,
    minutes: float,
    key: tuple[int, int],
    normal: Floats | None,
    prices: tuple[Floats, Floats],
) -> tuple[Floats, Floats]:
    """Return closing and opening prices of an asset, (n_paths, n_steps + 1) each.

    Its `place` among the assets is for its stream, `key` is (seed, block), `minutes` the length of a step, `normal`
    (n_paths, n_steps) the first source of the coins' normals; `prices` are closes and opens of its coin, or ones.

    Notes
    -----
    A step opens with its jumps and recovers until its close: d_t = (d_(t-1) + n_t size) 2^(-minutes / half-life). The
    number of jumps is the Poisson quantile of Phi(-y), y = rho z + sqrt(1 - rho^2) w with w of its own.
    """
    closes, opens = prices
    seed, block = key
    w = stream(seed, Stream.PATH_JUMP_COUNTS, block, OWN + place).standard_normal(
        (closes.shape[0], closes.shape[1] - 1)
    )
    if normal is not None and asset.correlation > 0:
        w = asset.correlation * normal + math.sqrt(1.0 - asset.correlation**2) * w
    jump = asset.size * jump_numbers(w, asset.intensity * minutes / MINUTES_PER_YEAR)
    left, depeg = 2.0 ** (-minutes / asset.half_life_minutes), np.zeros(closes.shape[0])
    at_close, at_open = np.zeros_like(closes), np.zeros_like(closes)
    for step in range(jump.shape[1]):
        at_open[:, step + 1] = np.minimum(depeg + jump[:, step], LARGEST_DEPEG)
        depeg = at_open[:, step + 1] * left
        at_close[:, step + 1] = depeg
    return asset.parity * closes * np.exp(-at_close), asset.parity * opens * np.exp(-at_open)


def jump_numbers(y: Floats, mean: float) -> Whole:
    """Return the Poisson quantiles of Phi(-y), like y: the lower y, the more."""
    count = np.zeros(y.shape, np.int64)
    for below in poisson_cdf(mean):
        if not LEAST_TAIL < 1.0 - below < 1.0:
            break
        count += y < NormalDist().inv_cdf(1.0 - below)
    return count
