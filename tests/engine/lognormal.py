"""A price from 100 that is lognormal and has no drift: chances and puts in closed form, and a day of it."""

from __future__ import annotations

import math
from statistics import NormalDist

import engine

Phi = NormalDist().cdf
SIGMA = 2.0 * math.sqrt(1 / 365)  # of a day at 200 % a year

# a day in one step whose price gaps: 100 jumps on average, nearly the lognormal with their variance
DAY = engine.PathModel(
    model="merton",
    volatility=0.0,
    jump_intensity=36_500.0,
    jump_mean=-0.5 * (SIGMA / 10) ** 2,
    jump_volatility=SIGMA / 10,
    n_steps=1,
    minutes_per_step=60 * 24,
)


def below(strike: float, sigma: float = SIGMA) -> float:
    """The chance of a price below the strike."""
    return Phi((math.log(strike / 100) + sigma**2 / 2) / sigma)


def put(strike: float, sigma: float = SIGMA) -> float:
    """The mean of what the price is below the strike."""
    return strike * below(strike, sigma) - 100 * Phi((math.log(strike / 100) - sigma**2 / 2) / sigma)
