"""Bounds that tie the fields of a path model together, one check per model."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import Checker

if TYPE_CHECKING:
    from engine.drawing.path_settings import PathModel

MINUTES_PER_YEAR = 365 * 24 * 60
PRICE_RANGE = (1e-100, 1e100)
MOST_JUMPS_PER_STEP = 100.0
LARGEST_RETURN = 50.0


def is_whole(value: object) -> bool:
    """Return whether a value is a whole number (booleans are none)."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """Return whether a value is a finite real number (booleans are none)."""
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and math.isfinite(value)


def check_jumps(check: Checker, model: PathModel) -> None:
    """Merton: few enough jumps per step to count them."""
    if is_number(model.jump_intensity) and is_number(model.minutes_per_step) and model.minutes_per_step > 0:
        most = MOST_JUMPS_PER_STEP * MINUTES_PER_YEAR / model.minutes_per_step
        check.number("jump_intensity", model.jump_intensity, most=most)


def check_garch(check: Checker, model: PathModel) -> None:
    """GARCH: a stationary variance exists."""
    if is_number(model.alpha) and is_number(model.beta) and model.alpha + model.beta >= 1:
        check.add("beta", f"< 1 - alpha = {1 - model.alpha:g}", model.beta)


def check_returns(check: Checker, model: PathModel) -> None:
    """Bootstrap: a series of finite returns, at least a block long, with a scale of its own."""
    returns, length = model.returns, model.block_length
    if not all(is_number(value) and abs(value) <= LARGEST_RETURN for value in returns):
        check.add(
            "returns", f"numbers from {-LARGEST_RETURN:g} to {LARGEST_RETURN:g}", _first_bad(returns, LARGEST_RETURN)
        )
        return
    if len(returns) < 2:
        check.add("returns", "at least 2 numbers", returns)
        return
    if is_whole(length) and length > len(returns):
        check.add("block_length", f"<= {len(returns)}, the number of returns", length)
    if min(returns) == max(returns) and model.volatility != 0:
        check.add("returns", "not all equal unless volatility is 0", returns[0])


def check_script(check: Checker, model: PathModel) -> None:
    """Crash: the fall ends within the path."""
    if is_whole(model.crash_start) and is_whole(model.crash_steps):
        most = model.n_steps - model.crash_start
        if model.crash_steps > most:
            check.add("crash_steps", f"<= n_steps - crash_start = {most}", model.crash_steps)


def check_points(check: Checker, model: PathModel) -> None:
    """Waypoints: whole rising steps from 0 to at most n_steps, prices in range."""
    if len(model.points) < 1:
        check.add("points", "at least one (step, price)", model.points)
    previous = -1
    for row, point in enumerate(model.points):
        if len(point) != 2:
            check.add(f"points[{row}]", "a (step, price) pair", point)
            continue
        step, price = point
        check.whole(f"points[{row}].step", step, least=previous + 1, most=model.n_steps)
        check.number(f"points[{row}].price", price, least=PRICE_RANGE[0], most=PRICE_RANGE[1])
        if row == 0 and step != 0:
            check.add("points[0].step", "0", step)
        previous = step if is_whole(step) else previous


def check_prices(check: Checker, model: PathModel) -> None:
    """Array: one price in range for every step."""
    if len(model.prices) != model.n_steps + 1:
        check.add("prices", f"n_steps + 1 = {model.n_steps + 1} prices", f"{len(model.prices)} prices")
    low, high = PRICE_RANGE
    for step, price in enumerate(model.prices):
        if not (is_number(price) and low <= price <= high):
            check.number(f"prices[{step}]", price, least=low, most=high)
            return


MODEL_CHECKS: Mapping[str, Callable[[Checker, PathModel], None]] = MappingProxyType(
    {
        "merton": check_jumps,
        "garch": check_garch,
        "bootstrap": check_returns,
        "crash": check_script,
        "waypoints": check_points,
        "array": check_prices,
    }
)


def _first_bad(values: tuple[float, ...], largest: float) -> object:
    return next(value for value in values if not (is_number(value) and abs(value) <= largest))
