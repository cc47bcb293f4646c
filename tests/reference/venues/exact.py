"""Exact arithmetic at a venue's own precision: decimals read as written, then floored or raised to the venue's step."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TypeAlias

from engine.errors import Checker

Number: TypeAlias = int | float | Fraction

MICRO = Fraction(1, 10**6)
NANO = Fraction(1, 10**9)
CENT, DOLLAR, HALF_DOLLAR = 0.01, 1, 0.5  # steps at which venues publish prices


def exact(value: Number) -> Fraction:
    """Return the number as the fraction that its decimal notation spells: 0.1 is one tenth.

    Examples
    --------
    >>> exact(0.1) * 3 == exact(0.3)
    True
    """
    return Fraction(value) if isinstance(value, int | Fraction) else Fraction(repr(float(value)))


def floor_to(value: Number, step: Number) -> Fraction:
    """Return the largest multiple of `step` that is <= value (toward minus infinity)."""
    return math.floor(exact(value) / exact(step)) * exact(step)


def ceil_to(value: Number, step: Number) -> Fraction:
    """Return the smallest multiple of `step` that is >= value (toward plus infinity)."""
    return math.ceil(exact(value) / exact(step)) * exact(step)


def nearest_to(value: Number, step: Number) -> Fraction:
    """Return the multiple of `step` nearest to value, the higher one of two."""
    return math.floor(exact(value) / exact(step) + Fraction(1, 2)) * exact(step)


def side_sign(side: str | Number) -> int:
    """Return +1 for a long and -1 for a short, from the word or from a signed size.

    Raises
    ------
    InputError
        When the word is neither `long` nor `short`, or the size is 0.
    """
    if side in ("long", "short"):
        return 1 if side == "long" else -1
    check = Checker()
    if isinstance(side, str) or side == 0:
        check.add("side", "long, short or a signed size other than 0", side)
    check.raise_if_any()
    return 1 if float(side) > 0 else -1


def require(
    owner: str,
    *,
    above_zero: dict[str, Number] | None = None,
    not_negative: dict[str, Number] | None = None,
    fractions: dict[str, Number] | None = None,
) -> None:
    """Raise one InputError that names every argument out of its bounds; infinity passes one-sided bounds."""
    check = Checker(owner)
    for name, value in (above_zero or {}).items():
        check.number(name, float(value), above=0, infinite=True)
    for name, value in (not_negative or {}).items():
        check.number(name, float(value), least=0, infinite=True)
    for name, value in (fractions or {}).items():
        check.number(name, float(value), least=0, most=1)
    check.raise_if_any()
