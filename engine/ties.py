"""When two numbers are a tie: what is equal but for rounding must not be put in an order by its rounding.

Traders who entered at one price with one leverage have one trigger and one score, computed from different sizes: they
differ in the last of their digits, and in which way depends on the processor and its library of functions. So orders
compare 33 binary digits, a ten-billionth, and equals go by index: docs/MODEL.md section 3, "Order of traders".
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.compile import inlined

LEAST_APART = 2.0**-32  # relative: numbers that lie farther apart are never a tie
_SPLIT = 2.0**20 + 1.0  # leaves 53 - 20 digits


@inlined
def to_compare(value: float) -> float:
    """Return a number as orders compare it: rounded to 33 binary digits; infinities and NaN as they are.

    Notes
    -----
    The larger half of T. J. Dekker's splitting of a number (Numerische Mathematik 18, 1971, p. 224), three operations.
    """
    scaled = _SPLIT * value
    return scaled - (scaled - value) if abs(scaled) < math.inf else value


def all_to_compare(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `to_compare` of each of an array of any shape.

    Examples
    --------
    >>> third, other = 1.0 / 3.0, (1.0 / 3.0) * (1.0 + 1e-15)
    >>> third == other
    False
    >>> bool(np.ptp(all_to_compare(np.array([third, other]))) == 0.0)
    True
    """
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = _SPLIT * values
        return np.where(np.abs(scaled) < np.inf, scaled - (scaled - values), values)
