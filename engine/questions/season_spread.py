"""How far seasons move with their draw: the same question over many seeds, each answer with its error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.errors import Checker
from engine.kernel.state import Floats
from engine.montecarlo.risk import Estimated, mean_error
from engine.questions.seasons import seasons, times

N_SEEDS = 40


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class SeasonSpread:
    """What seasons of s seeds say together; nothing in it hangs on one draw.

    Parameters
    ----------
    n_days : int
        Of each season.
    totals : (s, 2, 2, 2)
        By seed, with the record and without it, charges and profits, defaulters and others.
    short : (s, 2)
        On how many days of a season the fund could not pay a deficit in full: with tiers, without.
    """

    n_days: int
    totals: Floats
    short: Floats

    @property
    def times_charged(self) -> Estimated:
        """Return how many times the rate of the others defaulters are charged, charges and profits of all seeds."""
        return _jackknife(lambda totals: times(totals[0]), self.totals)

    @property
    def times_without_record(self) -> Estimated:
        """Return the same where nobody keeps a record."""
        return _jackknife(lambda totals: times(totals[1]), self.totals)

    @property
    def times_by_record(self) -> Estimated:
        """Return what the record itself does: the first over the second, in the same markets."""
        return _jackknife(lambda totals: times(totals[0]) / times(totals[1]), self.totals)

    @property
    def short_days(self) -> Estimated:
        """Return the mean number of days of a season on which the fund is short, (2,): with tiers, without."""
        n = len(self.short)
        return Estimated(self.short.mean(axis=0), mean_error(self.short.sum(axis=0), (self.short**2).sum(axis=0), n))

    @property
    def sentence(self) -> str:
        """Say what the record does to defaulters and whether the fund holds, with 95 % intervals."""
        days, short = self.n_days, self.short_days
        with_tiers, without = map(_days, short.value, short.stderr)
        verb = "holds" if not self.short[:, 0].any() else "does not always hold"
        return (
            f"Over {len(self.totals)} draws of {days} days: {self._charges()} The fund {verb}: it cannot pay in full "
            f"on {with_tiers} of {days} days with tiers, on {without} without them. In brackets: 95 % intervals."
        )

    def _charges(self) -> str:
        record, others = self.times_by_record, self.times_charged
        if not np.isfinite([record.value, record.stderr, others.stderr]).all():
            return "on too few days did defaulters of earlier days win and pay, so what the record does cannot be said."
        low, high = others.interval()
        unsure = ", which cannot be told from as much as they do" if low <= 1.0 <= high else ""
        return (
            f"who had left a deficit to others before is charged {_words(record)} times what it would be without a "
            f"record. Beside the others it is charged {_words(others)} times their share of profit{unsure}."
        )


def _words(found: Estimated) -> str:
    low, high = found.interval()
    return f"{found.value:.2f} ({low:.2f} to {high:.2f})"


def _days(mean: float, error: float) -> str:
    if not np.isfinite(error):  # the same in every draw
        return f"{mean:.1f}"
    low, high = Estimated(mean, error).interval()
    return f"{mean:.1f} ({max(low, 0.0):.1f} to {high:.1f})"


def _jackknife(of: Callable[[Floats], float], totals: Floats) -> Estimated:
    """Return `of` all seeds' sums, its error from leaving out one seed after another (Efron and Stein, 1981)."""
    whole = totals.sum(axis=0)
    parts = np.array([of(whole - one) for one in totals])
    n = len(parts)
    return Estimated(of(whole), float(np.sqrt((n - 1) / n * ((parts - parts.mean()) ** 2).sum())))


def season_spread(
    *, n_seeds: int = N_SEEDS, n_days: int = 10, n_traders: int = 200, first_seed: int = 0
) -> SeasonSpread:
    """Return what the seasons of `n_seeds` seeds, `first_seed` and after, say together.

    Parameters
    ----------
    n_seeds, n_days, n_traders, first_seed : int
        Of engine.seasons; at least 2 seeds, for an error.
    """
    Checker().whole("n_seeds", n_seeds, least=2, most=1000).raise_if_any()
    totals, short = np.zeros((n_seeds, 2, 2, 2)), np.zeros((n_seeds, 2))
    for place in range(n_seeds):
        found = seasons(n_days=n_days, n_traders=n_traders, seed=first_seed + place)
        totals[place] = found.totals(found.runs), found.totals(found.forgetful)
        short[place] = found.empty_days(found.runs), found.empty_days(found.untiered)
    return SeasonSpread(n_days=n_days, totals=totals, short=short)
