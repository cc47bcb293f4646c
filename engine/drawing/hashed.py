"""Random numbers that are a hash of what they are for, so that nobody's depend on how many others are drawn."""

from __future__ import annotations

import math

import numpy as np

from engine.compile import inlined

PURPOSES = 4  # numbers that a trader has in a round
_GOLDEN, _MIX_1, _MIX_2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_11, _27, _30, _31, _32 = (np.uint64(shift) for shift in (11, 27, 30, 31, 32))


@inlined
def _mixed(z: np.uint64) -> np.uint64:
    """Return the finalizer of splitmix64: every bit of the result depends on every bit of z."""
    z = (z ^ (z >> _30)) * _MIX_1
    z = (z ^ (z >> _27)) * _MIX_2
    return z ^ (z >> _31)


@inlined
def hashed_key(base: np.uint64, number: int) -> np.uint64:
    """Return the key of a number, as a day since 1970, under a base."""
    return _mixed(base + np.uint64(number) * _GOLDEN)


@inlined
def hashed_uniform(key: np.uint64, trader: int, turn: int, purpose: int) -> float:
    """Return a number in (0, 1) that belongs to a key, a trader, a round and a purpose, 0 to PURPOSES - 1."""
    counter = (np.uint64(PURPOSES * turn + purpose) << _32) | np.uint64(trader)
    bits = _mixed(_mixed(counter * _GOLDEN + key) + key)
    return (float(bits >> _11) + 0.5) * 2.0**-53


@inlined
def hashed_normal(key: np.uint64, trader: int, turn: int, purpose: int) -> float:
    """Return a standard normal number (Box and Muller), which takes this purpose and the next."""
    radius = math.sqrt(-2.0 * math.log(hashed_uniform(key, trader, turn, purpose)))
    return radius * math.cos(2.0 * math.pi * hashed_uniform(key, trader, turn, purpose + 1))
