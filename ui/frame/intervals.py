"""Estimates in words: the 95 % interval of an amount or a chance, kept within what is possible."""

from __future__ import annotations

import math
from collections.abc import Callable

from engine import Estimated
from ui.frame.formats import SPACE, money, percent, sign

Row = dict[str, str]


def bounds(value: Estimated, most: float = math.inf) -> tuple[float, float]:
    """Return the 95 % interval of what cannot be below 0, unless it is (a gain)."""
    low, high = value.interval()
    return (max(float(low), 0.0) if value.value >= 0 else float(low)), min(float(high), most)


def is_known(value: Estimated) -> bool:
    """Return whether enough was seen for an interval."""
    return math.isfinite(value.stderr)


def unknown(value: Estimated) -> str:
    """Return what stands in place of an interval: nothing was seen, or too little."""
    return "none seen" if value.value == 0.0 else "too few paths seen"


def seen(value: Estimated, write: Callable[[float], str] = lambda amount: money(amount, "USD")) -> str:
    """Return an estimate alone, or in its place that nothing, or too little, was seen."""
    return write(float(value.value)) if is_known(value) else unknown(value)


def within(value: Estimated) -> str:
    """Return an amount with half the width of its 95 % interval: $71.1M ± $45.6M (95 %)."""
    if not is_known(value):
        return unknown(value) if value.value == 0.0 else f"{money(value.value, 'USD')} ({unknown(value)})"
    low, high = value.interval()
    half = 0.5 * float(high - low)
    return f"{money(value.value, 'USD')} ± {money(half, 'USD')} (95{SPACE}%)" if half else money(value.value, "USD")


def between(value: Estimated, most: float = math.inf) -> str:
    """Return the interval of an amount, or of a chance where `most` is 1: $92 to $472; 5.2 % to 12.0 %."""
    return _interval(value, percent if most == 1.0 else lambda amount: money(amount, "USD"), most)


def _interval(value: Estimated, write: Callable[[float], str], most: float) -> str:
    if not is_known(value):
        return unknown(value)
    low, high = bounds(value, most)
    return f"{write(low)} to {write(high)}"


def basis_points(share: float) -> str:
    """Return a share in basis points: 2.8 bp."""
    value = abs(1e4 * share)
    text = f"{value:,.{0 if value >= 100 else 1 if value >= 0.1 or value == 0 else 2}f}"
    return f"{sign(share, text)}{text}{SPACE}bp"


def amount_row(name: str, value: Estimated, meaning: str) -> Row:
    """Return the row of an amount of money in a table of estimates."""
    return row(name, value, lambda amount: money(amount, "USD"), meaning)


def chance_row(name: str, value: Estimated, meaning: str) -> Row:
    """Return the row of a chance."""
    return row(name, value, percent, meaning, 1.0)


def row(name: str, value: Estimated, write: Callable[[float], str], meaning: str, most: float = math.inf) -> Row:
    """Return a row: what it is, the estimate, its interval, and what that means."""
    return figure_row(name, write(float(value.value)), meaning, _interval(value, write, most))


def figure_row(name: str, estimate: str, meaning: str, interval: str = "") -> Row:
    """Return a row of what is written already."""
    return {"figure": name, "estimate": estimate, "95 % interval": interval, "meaning": meaning}
