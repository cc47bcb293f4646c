"""The fund that a path requires: the smallest one that pays every deficit on it, found in one run."""

from __future__ import annotations

import math
from dataclasses import replace

from engine.kernel.state import Floats
from engine.montecarlo.many_paths import run_many
from engine.montecarlo.workspace import Request
from engine.venue import Venue

WITHOUT_FUND = {"fund": 0.0, "fund_max_drawdown": 1.0, "venue_capital": math.inf}


def fund_requirements(request: Request) -> tuple[Floats, Floats]:
    """Return the fund that each path requires, in the settlement currency, and the weights; two (n_paths,) arrays.

    Notes
    -----
    Let D be the deficits and I the fund's income up to a moment of the path. A fund that starts at F has had F + I - D
    until it is short, so the path requires F = max(D - I), the largest over all moments. That is what a layer of
    endless capital behind an empty fund pays in all: the fund saves its income and the layer pays whenever it is empty.
    Up to the first shortfall nothing else depends on F: prices move by liquidations, and those by collateral, which no
    layer touches. (Losses shared and positions deleveraged move prices only afterwards.) So fund + venue capital +
    backstop falls short exactly when the requirement exceeds their sum, whatever the policy. A drawdown limit breaks
    the argument; the requirement is then that of a fund without one.
    """
    venue = replace(request.venue, policy="none", policy_options={})
    totals = run_many(replace(request, venue=venue, changes=WITHOUT_FUND))
    required: Floats = totals.paths["venue_paid"].copy()
    return required, totals.weights


def capacity(venue: Venue) -> float:
    """Return what layers 2 to 4 can pay at most, before any income: fund, venue capital and backstop."""
    return venue.fund + venue.venue_capital + venue.backstop
