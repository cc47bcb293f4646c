"""What an estimate over many paths says: of the venue, of each trader, of the fund over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.kernel.state import Floats, Ints, Rows
from engine.margin import notional
from engine.montecarlo.many_paths import Totals
from engine.montecarlo.risk import (
    Estimated,
    effective_sample_size,
    expected_shortfall,
    mean,
    mean_of,
    probability,
    probability_of,
    quantiles,
    ratio_of,
    value_at_risk,
)
from engine.montecarlo.study import Study

FUND_LEVELS = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class TraderEstimates:
    """Per trader, arrays of shape (n,) in settlement currency, each with its standard error.

    Parameters
    ----------
    charge, charge_probability, charge_given_charged
        Expected charge; chance of a charge > 0; mean of the charge where there is one (0 where there never was).
    cut_probability
        Chance of being charged or of being deleveraged, whatever it cost.
    liquidation_probability
        Chance of being forced out.
    profit_before, profit_after
        Expected gain in equity since entry, before and after charges.
    """

    charge: Estimated
    charge_probability: Estimated
    charge_given_charged: Estimated
    cut_probability: Estimated
    liquidation_probability: Estimated
    profit_before: Estimated
    profit_after: Estimated


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class FundBand:
    """Quantiles of the fund over paths: `value` (levels, points) at `steps` (points,)."""

    steps: Ints
    levels: tuple[float, ...]
    value: Floats


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Estimate:
    """What many paths say, each number with a standard error; money in the settlement currency.

    Parameters
    ----------
    shortfall_probability
        Chance of any shortfall: a residual after layers 2 to 4 > 0, shared or unfunded, or a position that is
        auto-deleveraged for want of it.
    haircut_probability
        Chance that any trader is charged or deleveraged.
    fund_depletion_probability
        Chance that the fund cannot pay a deficit in full, its drawdown limit included; below zero for an overdraft.
    expected_deficit, value_at_risk, expected_shortfall
        Of the path's deficits before any layer paid: mean, VaR and ES at the level that was asked for.
    expected_charged, charged_value_at_risk, charged_expected_shortfall
        Of what traders were charged, gains from auto-deleveraging deducted.
    expected_unfunded, unfunded_probability, expected_fund, expected_fund_paid
        Of what nobody paid; of the fund at the end and of what it paid out.
    liquidated_share, forced_share
        Share of the traders forced out; notional of forced trades over opening notional.
    traders
        Per trader.
    paths, weights, watched : (n_paths,) records, (n_paths,), (n_paths, n_watched) records
        Every path (engine.kernel.batch.PATH_DTYPE), its likelihood ratio, and the watched traders on it.
    effective_sample_size
        (sum w)^2 / sum w^2, n_paths for plain Monte Carlo.
    importance : rare_events.plans.WeightReport or None
        What the weights of importance sampling are worth; None for plain Monte Carlo.
    is_exact : bool
        The price path has nothing random in it: one path is the answer, and errors are 0.
    """

    n_paths: int
    is_exact: bool
    importance: Any
    shortfall_probability: Estimated
    haircut_probability: Estimated
    fund_depletion_probability: Estimated
    expected_deficit: Estimated
    value_at_risk: Estimated
    expected_shortfall: Estimated
    expected_charged: Estimated
    charged_value_at_risk: Estimated
    charged_expected_shortfall: Estimated
    expected_unfunded: Estimated
    unfunded_probability: Estimated
    expected_fund: Estimated
    expected_fund_paid: Estimated
    liquidated_share: Estimated
    forced_share: Estimated
    effective_sample_size: float
    traders: TraderEstimates
    paths: Rows
    weights: Floats
    watched: Rows
    fund_steps: Ints
    fund_paths: Floats

    @property
    def fund_band(self) -> FundBand:
        """Quantiles of the fund over time, their weights scaled to a mean of 1."""
        weights = self.weights[: self.fund_paths.shape[0]]
        value = quantiles(self.fund_paths, FUND_LEVELS, weights / weights.mean())
        return FundBand(steps=self.fund_steps, levels=FUND_LEVELS, value=value)

    @property
    def charge(self) -> Floats:
        """Expected charge per trader, (n,)."""
        charge: Floats = self.traders.charge.value
        return charge

    @property
    def charge_probability(self) -> Floats:
        """Chance of being charged per trader, (n,)."""
        chance: Floats = self.traders.charge_probability.value
        return chance


def read_totals(totals: Totals, *, study: Study, level: float) -> dict[str, Any]:
    """Return the fields of an Estimate that follow from the sums; without errors where one path says all."""
    paths, weights, book = totals.paths, totals.weights, study.book
    opening = float(notional(book=book, price=study.start).sum())
    fields: dict[str, Any] = venue_fields(paths, weights, level, book.n_traders, opening)
    inverse = book.is_inverse
    last = -1.0 / paths["mark"] if inverse else paths["mark"]
    entry = -1.0 / book.entry_price if inverse else book.entry_price
    fields["traders"] = _trader_fields(totals, book.size, entry, last)
    fields["effective_sample_size"] = float(study.n_paths) if study.is_certain else effective_sample_size(weights)
    return without_errors(fields) if study.is_certain else fields


def venue_fields(paths: Rows, w: Floats, level: float, n_traders: int, notional: float) -> dict[str, Any]:
    """Return what records of paths with their weights say of the venue, by the fields of Estimate."""
    deficit, charged = paths["deficit"], paths["charged"]
    below_fund = paths["venue_paid"] + paths["backstop_paid"] > 0.0
    is_depleted = below_fund | (paths["is_short"] > 0) | (paths["lowest_fund"] < 0.0)
    return {
        "shortfall_probability": probability(paths["is_short"], w),
        "haircut_probability": probability(paths["n_cut"] > 0, w),
        "fund_depletion_probability": probability(is_depleted, w),
        "expected_deficit": mean(deficit, w),
        "value_at_risk": value_at_risk(deficit, level, w),
        "expected_shortfall": expected_shortfall(deficit, level, w),
        "expected_charged": mean(charged, w),
        "charged_value_at_risk": value_at_risk(charged, level, w),
        "charged_expected_shortfall": expected_shortfall(charged, level, w),
        "expected_unfunded": mean(paths["unfunded"], w),
        "unfunded_probability": probability(paths["unfunded"] > 0, w),
        "expected_fund": mean(paths["fund"], w),
        "expected_fund_paid": mean(paths["fund_paid"], w),
        "liquidated_share": mean(paths["n_liquidated"] / n_traders, w),
        "forced_share": mean(paths["forced"] / notional, w),
    }


def _trader_fields(totals: Totals, size: Floats, entry: Floats, last: Floats) -> TraderEstimates:
    """Return the traders' estimates; the profit of a position held to the end is the same formula on every path."""
    n, s, w = totals.n_paths, totals.traders, totals.weights
    most = float(w.max())
    center = float(last.mean())
    move, at_center = last - center, size * (center - entry)
    first, second, square = float(w @ move), float((w * w) @ move), float((w * w) @ (move * move))
    held = size * first + at_center * float(w.sum())
    held_square = size * size * square + 2.0 * size * at_center * second + at_center * at_center * float(w @ w)
    before, before_square = held + s["drift"], held_square + s["drift_square"]
    charge, charge_square = s["charge"] - s["gain"], s["charge_square"] + s["gain_square"]
    return TraderEstimates(
        charge=mean_of(charge, charge_square, n),
        charge_probability=probability_of(s["hit"], s["hit_square"], n, most),
        charge_given_charged=ratio_of(s["charge"], s["charge_square"], s["hit"], s["hit_square"], s["second"]),
        cut_probability=probability_of(s["cut"], s["cut_square"], n, most),
        liquidation_probability=probability_of(s["liquidated"], s["liquidated_square"], n, most),
        profit_before=mean_of(before, before_square, n),
        profit_after=mean_of(before - charge, before_square - 2.0 * s["cross"] + charge_square, n),
    )


def without_errors(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the same fields with errors of 0: there was nothing random."""
    return {name: _exact(value) for name, value in fields.items()}


def _exact(value: Any) -> Any:
    if isinstance(value, Estimated):
        return Estimated(value.value, np.zeros_like(value.value)[()])
    if isinstance(value, TraderEstimates):
        return TraderEstimates(**{name: _exact(getattr(value, name)) for name in value.__dataclass_fields__})
    return value
