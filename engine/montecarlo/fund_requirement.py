"""What a path needs: the smallest fund that pays every deficit on it, in one run and without trying funds."""

from __future__ import annotations

import math
from dataclasses import replace

from engine.kernel.state import Floats
from engine.montecarlo.many_paths import run_many
from engine.montecarlo.workspace import Request
from engine.venue import Venue

WITHOUT_FUND = {"fund": 0.0, "fund_max_drawdown": 1.0, "venue_capital": math.inf}


def run_needs(request: Request) -> tuple[Floats, Floats]:
    """Return the fund that each path needs, in the settlement currency, and the weights; two (n_paths,) arrays.

    Notes
    -----
    Let D be the deficits and I the fund's income up to a moment of the path. A fund that starts at F has had F + I - D
    until it is short, so the path needs F = max(D - I), the largest over all moments. That is what a layer of endless
    capital behind an empty fund pays in all: the fund saves its income and the layer pays whenever it is empty.
    Up to the first shortfall nothing else depends on F: prices move by liquidations, and those by collateral, which no
    layer touches. (Losses shared and positions deleveraged move prices only afterwards.) So fund + venue capital +
    backstop falls short exactly when the need exceeds their sum, whatever the policy. A drawdown limit breaks the
    argument; the need is then that of a fund without one.
    """
    venue = replace(request.venue, policy="none", policy_options={})
    totals = run_many(replace(request, venue=venue, changes=WITHOUT_FUND))
    needed: Floats = totals.paths["venue_paid"].copy()
    return needed, totals.weights


def capacity(venue: Venue) -> float:
    """Return what layers 2 to 4 can pay at most, before any income: fund, venue capital and backstop."""
    return venue.fund + venue.venue_capital + venue.backstop
