"""A market in sentences: how often a year something happens, and what can still be moved to see it happen."""

from __future__ import annotations

import math

from ui.settings.market import Market

YEAR = 365.0  # days
HIGHEST = {"volatility": 3.0, "leverage": 50.0}  # ends of the sliders
LOWEST = {"fund": 0.0, "depth": 0.005}
NAMES = {
    "volatility": "the volatility",
    "leverage": "the leverage of the others",
    "fund": "the fund",
    "depth": "the depth",
}


def per_year(chance: float, days: float) -> str:
    """Return how often that is, of as many horizons as a year has: about 33 times a year; about once in 3.4 years."""
    times = chance * YEAR / days
    if times <= 0.0:
        return "not seen"
    if times >= 0.95:
        return f"about {times:,.0f} times a year" if times >= 1.5 else "about once a year"
    years = 1.0 / times
    return f"about once in {years:,.{1 if years < 10 else 0}f} years"


def what_moves(market: Market) -> str:
    """Return which settings can still be moved towards losses, as the beginning of a sentence; empty if none can."""
    higher = [NAMES[name] for name, end in HIGHEST.items() if getattr(market, name) < end]
    lower = [NAMES[name] for name, end in LOWEST.items() if getattr(market, name) > end and not _is_close(market, name)]
    parts = [f"raise {' or '.join(higher)}"] if higher else []
    parts += [f"lower {' or '.join(lower)}"] if lower else []
    return ", or ".join(parts).capitalize()


def _is_close(market: Market, name: str) -> bool:
    return math.isclose(getattr(market, name), LOWEST[name], rel_tol=1e-9, abs_tol=1e-12)
