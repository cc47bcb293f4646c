"""Settings of a price path: which model, its parameters, and their bounds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from engine.drawing.path_checks import MINUTES_PER_YEAR, MODEL_CHECKS, PRICE_RANGE, is_whole
from engine.errors import Checker, InputError, UnknownNameError

PATH_MODELS = ("gbm", "student_t", "merton", "garch", "bootstrap", "crash", "waypoints", "array")
GIVEN_MODELS = ("waypoints", "array")


@dataclass(frozen=True, slots=True, kw_only=True)
class PathModel:
    """How the reference price moves. Volatility and drift are per year of 365 days, everything else is a fraction.

    Every model is a function of shocks that do not depend on `volatility` or `drift`: the same seed gives the same
    shocks, scaled. Bounds of all fields are checked at once; those that tie fields together only for the model chosen.

    Parameters
    ----------
    model : str
        One of PATH_MODELS. "gbm": normal log returns. "student_t": Student-t log returns scaled to the volatility.
        "merton": gbm plus normal jumps of the log price. "garch": GARCH(1,1) whose stationary variance is the
        volatility's. "bootstrap": blocks of the given returns, standardized, at this volatility and drift. "crash": a
        scripted fall and recovery times a gbm. "waypoints": given prices at given steps, a Brownian bridge in log price
        between them and a gbm after the last. "array": given prices at every step.
    volatility : float
        Standard deviation of the log price per sqrt(year), >= 0. In "merton" that of the diffusion alone, without the
        jumps.
    drift : float
        Growth rate of the expected price per year: E[S_T] = S_0 exp(drift T), so 0 is a martingale, for gbm, merton and
        garch, and step by step for bootstrap. "crash": E[S_T] = script x exp(drift T). "student_t", whose mean price
        is infinite, uses the same log drift as gbm, drift - volatility^2 / 2.
    initial_price : float or None
        Price at step 0 in USD per coin; None: the size-weighted mean entry price of the book. "waypoints" and "array"
        bring their own, it must be None there.
    minutes_per_step, n_steps : float, int
        Length of a step, and how many there are; a path has n_steps + 1 prices.
    degrees_of_freedom : float
        student_t: > 2.
    jump_intensity, jump_mean, jump_volatility : float
        merton: jumps per year; mean and standard deviation of a jump of the log price.
    alpha, beta : float
        garch: weight of the last squared shock and of the last variance, alpha + beta < 1.
    returns, block_length : tuple of float, int
        bootstrap: log returns per step, and how many consecutive ones (circularly) one draw takes.
    crash_depth, crash_start, crash_steps, recovery, recovery_steps : float, int, int, float, int
        crash: share of the price lost, first step, length; share of the loss regained, and in how many steps. Falls and
        rises are straight lines in log price; a recovery may run past the last step, the fall may not.
    points : tuple of (step, price)
        waypoints: steps whole and rising from 0 to at most n_steps; every path hits every price exactly.
    prices : tuple of float
        array: n_steps + 1 prices.

    Raises
    ------
    InputError
        With one sentence per violation. NaN and infinity are refused everywhere.

    Examples
    --------
    >>> round(PathModel(volatility=1.5, n_steps=500).step_volatility, 6)
    0.004626
    """

    model: str = "gbm"
    volatility: float = 0.8
    drift: float = 0.0
    initial_price: float | None = None
    minutes_per_step: float = 5.0
    n_steps: int = 288
    degrees_of_freedom: float = 4.0
    jump_intensity: float = 24.0
    jump_mean: float = -0.03
    jump_volatility: float = 0.06
    alpha: float = 0.1
    beta: float = 0.85
    returns: tuple[float, ...] = ()
    block_length: int = 12
    crash_depth: float = 0.3
    crash_start: int = 48
    crash_steps: int = 36
    recovery: float = 0.4
    recovery_steps: int = 96
    points: tuple[tuple[int, float], ...] = ()
    prices: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Freeze the sequences and validate every field."""
        object.__setattr__(self, "returns", _frozen(self.returns))
        object.__setattr__(self, "prices", _frozen(self.prices))
        object.__setattr__(self, "points", tuple(_frozen(point) for point in _frozen(self.points)))
        check = Checker("path")
        is_known = isinstance(self.model, str) and self.model in PATH_MODELS
        check.choice("model", self.model, PATH_MODELS)
        self._check_common(check)
        self._check_own(check)
        if self.model in GIVEN_MODELS and self.initial_price is not None:
            check.add("initial_price", f"None with model {self.model!r}, which brings its prices", self.initial_price)
        if is_known and self.model in MODEL_CHECKS and is_whole(self.n_steps):
            MODEL_CHECKS[self.model](check, self)
        check.raise_if_any(InputError if is_known else UnknownNameError)

    def _check_common(self, check: Checker) -> None:
        low, high = PRICE_RANGE
        check.number("volatility", self.volatility, least=0, most=1000)
        check.number("drift", self.drift, least=-1e9, most=1e9)
        if self.initial_price is not None:
            check.number("initial_price", self.initial_price, least=low, most=high)
        check.number("minutes_per_step", self.minutes_per_step, above=0, most=MINUTES_PER_YEAR)
        check.whole("n_steps", self.n_steps, least=1, most=10_000_000)

    def _check_own(self, check: Checker) -> None:
        check.number("degrees_of_freedom", self.degrees_of_freedom, above=2, most=1e6)
        check.number("jump_intensity", self.jump_intensity, least=0)
        check.number("jump_mean", self.jump_mean, least=-10, most=10)
        check.number("jump_volatility", self.jump_volatility, least=0, most=10)
        check.number("alpha", self.alpha, least=0, most=1)
        check.number("beta", self.beta, least=0, most=1)
        check.whole("block_length", self.block_length, least=1)
        check.number("crash_depth", self.crash_depth, least=0, most=0.999999)
        check.whole("crash_start", self.crash_start, least=0)
        check.whole("crash_steps", self.crash_steps, least=1)
        check.number("recovery", self.recovery, least=0, most=10)
        check.whole("recovery_steps", self.recovery_steps, least=1)

    @property
    def step_years(self) -> float:
        """Length of a step in years of 365 days."""
        return self.minutes_per_step / MINUTES_PER_YEAR

    @property
    def step_volatility(self) -> float:
        """Standard deviation of the log price over one step."""
        return self.volatility * math.sqrt(self.step_years)

    @classmethod
    def from_prices(cls, prices: ArrayLike, *, minutes_per_step: float = 5.0) -> PathModel:
        """Return the "array" model of these prices."""
        given = tuple(np.asarray(prices, dtype=np.float64).ravel().tolist())
        return cls(model="array", prices=given, n_steps=max(len(given) - 1, 1), minutes_per_step=minutes_per_step)

    @classmethod
    def from_waypoints(
        cls, points: Iterable[Sequence[float]], *, volatility: float = 0.8, minutes_per_step: float = 5.0
    ) -> PathModel:
        """Return the "waypoints" model that ends at the last of these (step, price) points."""
        given = tuple((int(step), float(price)) for step, price in points)
        n_steps = max([1, *(step for step, _ in given)])
        return cls(
            model="waypoints", points=given, n_steps=n_steps, volatility=volatility, minutes_per_step=minutes_per_step
        )

    @classmethod
    def from_returns(
        cls, returns: ArrayLike, *, block_length: int = 12, minutes_per_step: float = 5.0, n_steps: int = 288
    ) -> PathModel:
        """Return the "bootstrap" model whose volatility and drift are the series' own: its increments are `returns`."""
        given = np.asarray(returns, dtype=np.float64).ravel()
        years = minutes_per_step / MINUTES_PER_YEAR
        known = given if given.size and np.isfinite(given).all() else np.zeros(1)
        return cls(
            model="bootstrap",
            returns=tuple(given.tolist()),
            block_length=block_length,
            minutes_per_step=minutes_per_step,
            n_steps=n_steps,
            volatility=float(known.std()) / math.sqrt(years) if np.ptp(known) > 0 else 0.0,
            drift=log_mean_exp(known) / years,
        )


def log_mean_exp(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    """Return log(mean(exp(values))) without overflow."""
    top = float(values.max())
    return top + math.log(float(np.mean(np.exp(values - top))))


def _frozen(values: object) -> tuple[object, ...]:
    return tuple(values) if isinstance(values, Iterable) and not isinstance(values, str) else (values,)
