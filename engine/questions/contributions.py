"""What traders have to pay into a fund so that it reaches a target and stays there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from engine.errors import Checker
from engine.montecarlo.risk import Estimated, mean, probability, value_at_risk
from engine.streams import Stream, stream


@dataclass(frozen=True, slots=True, kw_only=True)
class ContributionRate:
    """A levy on traded notional that fills a fund, as fractions of notional.

    `reach` gets the fund to its target by the end of the horizon in a share `confidence` of the histories; `hold` pays
    for what the fund loses on average and so keeps it there; `probability_empty` is the chance that a fund filled at
    `reach` was empty on the way.
    """

    reach: Estimated
    hold: Estimated
    probability_empty: Estimated
    n_periods: int


def contribution_rate(
    *,
    net_payouts: ArrayLike,
    traded_notional: float,
    target_fund: float,
    n_periods: int,
    fund: float = 0.0,
    confidence: float = 0.95,
    n_histories: int = 4000,
    seed: int = 0,
) -> ContributionRate:
    """Return the contribution per unit of traded notional that reaches and holds a target fund.

    Parameters
    ----------
    net_payouts : (n_paths,)
        What the fund paid less what it took in (fees, margin left by liquidations) over one period, settlement
        currency: of an estimate on a venue whose fund suffices, `venue.fund - est.paths["fund"]`.
    traded_notional : float
        Per period, > 0.
    target_fund, fund : float
        Target and start, >= 0.
    n_periods : int
        Length of the horizon in periods, >= 1.
    confidence : float
        Share of the histories that reach the target, 0 < confidence < 1.
    n_histories, seed
        Histories put together from the given periods at random, each period on its own.

    Notes
    -----
    History h ends at fund + n rate traded - sum(net payouts), so it reaches the target from the rate
    (target - fund + sum) / (n traded) on; `reach` is the quantile of that over histories, not less than 0. A fund that
    is empty pays nothing further; the share of histories in which that happens is `probability_empty`.
    """
    check = Checker()
    payouts = np.asarray(net_payouts, dtype=np.float64).ravel()
    check.array("net_payouts", payouts)
    if payouts.size == 0:
        check.add("net_payouts", "at least one number", [])
    check.number("traded_notional", traded_notional, above=0)
    check.number("target_fund", target_fund, least=0)
    check.number("fund", fund, least=0)
    check.whole("n_periods", n_periods, least=1, most=100_000)
    check.number("confidence", confidence, above=0)
    if isinstance(confidence, int | float) and confidence >= 1:
        check.add("confidence", "< 1", confidence)
    check.whole("n_histories", n_histories, least=2, most=10_000_000)
    check.raise_if_any()
    rng = stream(seed, Stream.RESAMPLING)
    lost, worst = np.zeros(n_histories), np.full(n_histories, -np.inf)
    order = rng.integers(0, payouts.size, (n_periods, n_histories))
    for period in range(n_periods):
        lost += payouts[order[period]]
        np.maximum(worst, (lost - fund) / (period + 1), out=worst)  # the rate at which this moment is survived
    needed = np.maximum((target_fund - fund + lost) / n_periods, 0.0)
    reach = value_at_risk(needed, confidence)
    hold = mean(payouts)
    return ContributionRate(
        reach=Estimated(reach.value / traded_notional, math.hypot(reach.stderr, hold.stderr) / traded_notional),
        hold=Estimated(max(hold.value, 0.0) / traded_notional, hold.stderr / traded_notional),
        probability_empty=probability(worst > reach.value),
        n_periods=n_periods,
    )
