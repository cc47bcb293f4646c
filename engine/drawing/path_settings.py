"""Settings of a price path: which model, its parameters, their bounds, and what ties them together per model."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.errors import Checker, InputError, UnknownNameError, is_number, is_whole
from engine.history import HOURS, STEP_LENGTHS, RecordedDays, kept_days, recorded_coins

MINUTES_PER_YEAR = 365 * 24 * 60
PRICE_RANGE = (1e-100, 1e100)
MOST_JUMPS_PER_STEP = 100.0
LARGEST_RETURN = 50.0

PATH_MODELS = ("gbm", "student_t", "merton", "garch", "bootstrap", "crash", "waypoints", "array", "history")
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
        between them and a gbm after the last. "array": given prices at every step. "history": recorded days, each as
        likely as any other, hour by hour (engine.history.recorded_days, docs/MODEL.md section 7).
    volatility : float or None
        Standard deviation of the log price per sqrt(year), >= 0. In "merton" that of the diffusion alone, without the
        jumps. "history": the level that days are scaled to (filtered historical simulation); None, allowed there alone:
        days as they were.
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
    crash_volatility : float
        crash: the volatility at which the script is what the fields above say; with another one its log moves grow and
        shrink in proportion, so that `volatility` scales the whole path. 0: the script does not depend on it.
    points : tuple of (step, price)
        waypoints: steps whole and rising from 0 to at most n_steps; every path hits every price exactly.
    prices : tuple of float
        array: n_steps + 1 prices.
    coin, since, until, start_hour : str, str or None, str or None, int
        history: whose days, the first and last of them ("2022-01-31"; None: as far as the record goes), and the hour,
        UTC, at which they start. A path is a day or its first hours, in steps of one of engine.history.STEP_LENGTHS.
    gap_steps : tuple of int
        Rising steps in which the price jumps: they open where they close, and nobody could trade in between. All others
        move from the last close to theirs without a gap, but for the jumps of "merton" and a crash of one step.

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
    volatility: float | None = 0.8
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
    crash_volatility: float = 0.0
    points: tuple[tuple[int, float], ...] = ()
    prices: tuple[float, ...] = ()
    coin: str = ""
    since: str | None = None
    until: str | None = None
    start_hour: int = 0
    gap_steps: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Freeze the sequences and validate every field."""
        for name in ("returns", "prices", "gap_steps"):
            object.__setattr__(self, name, frozen(getattr(self, name)))
        object.__setattr__(self, "points", tuple(frozen(point) for point in frozen(self.points)))
        check = Checker("path")
        is_known = isinstance(self.model, str) and self.model in PATH_MODELS
        check.choice("model", self.model, PATH_MODELS)
        self._check_common(check)
        self._check_own(check)
        if self.model in GIVEN_MODELS and self.initial_price is not None:
            check.add("initial_price", f"None with model {self.model!r}, which brings its prices", self.initial_price)
        if is_known and self.model in _MODEL_CHECKS and is_whole(self.n_steps):
            _MODEL_CHECKS[self.model](check, self)
        if is_whole(self.n_steps):
            _check_gaps(check, self)
        check.raise_if_any(InputError if is_known else UnknownNameError)

    def _check_common(self, check: Checker) -> None:
        low, high = PRICE_RANGE
        check.number("volatility", self.volatility, least=0, most=1000, is_optional=self.model == "history")
        check.number("drift", self.drift, least=-1e9, most=1e9)
        check.number("initial_price", self.initial_price, least=low, most=high, is_optional=True)
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
        check.number("crash_volatility", self.crash_volatility, least=0, most=1000)
        self._check_kept(check)

    def _check_kept(self, check: Checker) -> None:
        """Require the right types of what the model does not look at, too: settings are compared and hashed."""
        if self.model != "history":
            check.text("coin", self.coin)
        check.text("since", self.since, is_optional=True)
        check.text("until", self.until, is_optional=True)
        check.whole("start_hour", self.start_hour, least=0, most=HOURS - 1)
        for name, model in (("returns", "bootstrap"), ("prices", "array")):
            if self.model != model:
                check.numbers(name, getattr(self, name))
        if self.model != "waypoints":
            check.numbers("points", (number for point in self.points for number in point))

    @property
    def is_certain(self) -> bool:
        """Whether nothing is random in it, so that one path is every path."""
        has_jumps = self.model == "merton" and self.jump_intensity > 0
        return self.model == "array" or (self.volatility == 0 and not has_jumps)

    @property
    def given_price(self) -> float | None:
        """The price at step 0 of a model that brings its prices, None of any other."""
        if self.model == "array":
            return self.prices[0]
        return self.points[0][1] if self.model == "waypoints" else None

    def recorded_days(self) -> RecordedDays:
        """Return the days that the paths of a "history" are drawn from."""
        return kept_days(self.coin, self.since, self.until, self.start_hour, self.volatility, self.minutes_per_step)

    @property
    def step_years(self) -> float:
        """Length of a step in years of 365 days."""
        return self.minutes_per_step / MINUTES_PER_YEAR

    @property
    def level(self) -> float:
        """The volatility as a number; recorded days as they were have none."""
        if self.volatility is None:
            raise InputError([("volatility", "path.volatility must be a number here, was None")])
        return self.volatility

    @property
    def step_volatility(self) -> float:
        """Standard deviation of the log price over one step."""
        return self.level * math.sqrt(self.step_years)

    @property
    def crash_scale(self) -> float:
        """What the log moves of a scripted crash are multiplied by."""
        return self.level / self.crash_volatility if self.crash_volatility > 0 else 1.0


def frozen(values: object) -> tuple[object, ...]:
    """Return a sequence as a tuple, of anything else a tuple of it alone, which the checks then refuse."""
    return tuple(values) if isinstance(values, Iterable) and not isinstance(values, str) else (values,)


def _check_jumps(check: Checker, model: PathModel) -> None:
    """Merton: few enough jumps per step to count them."""
    if is_number(model.jump_intensity) and is_number(model.minutes_per_step) and model.minutes_per_step > 0:
        most = MOST_JUMPS_PER_STEP * MINUTES_PER_YEAR / model.minutes_per_step
        check.number("jump_intensity", model.jump_intensity, most=most)


def _check_garch(check: Checker, model: PathModel) -> None:
    """GARCH: a stationary variance exists."""
    if is_number(model.alpha) and is_number(model.beta) and model.alpha + model.beta >= 1:
        check.add("beta", f"< 1 - alpha = {1 - model.alpha:g}", model.beta)


def _check_returns(check: Checker, model: PathModel) -> None:
    """Bootstrap: a series of finite returns, at least a block long, with a scale of its own."""
    returns, length = model.returns, model.block_length
    bad = [value for value in returns if not (is_number(value) and abs(value) <= LARGEST_RETURN)]
    if bad:
        check.add("returns", f"numbers from {-LARGEST_RETURN:g} to {LARGEST_RETURN:g}", bad[0])
        return
    if len(returns) < 2:
        check.add("returns", "at least 2 numbers", returns)
        return
    if is_whole(length) and length > len(returns):
        check.add("block_length", f"<= {len(returns)}, the number of returns", length)
    if min(returns) == max(returns) and model.volatility != 0:
        check.add("returns", "not all equal unless volatility is 0", returns[0])


def _check_script(check: Checker, model: PathModel) -> None:
    """Crash: the fall ends within the path."""
    if is_whole(model.crash_start) and is_whole(model.crash_steps):
        most = model.n_steps - model.crash_start
        if model.crash_steps > most:
            check.add("crash_steps", f"<= n_steps - crash_start = {most}", model.crash_steps)


def _check_points(check: Checker, model: PathModel) -> None:
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


def _check_prices(check: Checker, model: PathModel) -> None:
    """Array: one price in range for every step."""
    if len(model.prices) != model.n_steps + 1:
        check.add("prices", f"n_steps + 1 = {model.n_steps + 1} prices", f"{len(model.prices)} prices")
    low, high = PRICE_RANGE
    for step, price in enumerate(model.prices):
        if not (is_number(price) and low <= price <= high):
            check.number(f"prices[{step}]", price, least=low, most=high)
            return


def _check_gaps(check: Checker, model: PathModel) -> None:
    """Whole rising steps of the path."""
    previous = 0
    for row, step in enumerate(model.gap_steps):
        check.whole(f"gap_steps[{row}]", step, least=previous + 1, most=model.n_steps)
        previous = step if is_whole(step) else previous


def _check_history(check: Checker, model: PathModel) -> None:
    """History: a recorded coin, steps that fit into a leg and a day, no drift, and at least one whole day."""
    check.choice("coin", model.coin, recorded_coins())
    lengths = ", ".join(f"{length:g}" for length in STEP_LENGTHS)
    if model.minutes_per_step not in STEP_LENGTHS:
        check.add("minutes_per_step", f"one of {lengths}, which divide an hour's legs", model.minutes_per_step)
    elif model.n_steps > HOURS * 60 / model.minutes_per_step:
        check.add("n_steps", f"<= {HOURS * 60 / model.minutes_per_step:g}, the steps of a day", model.n_steps)
    if model.drift != 0:
        check.add("drift", "0 for recorded days", model.drift)
    if not check.has_any:
        model.recorded_days()


_MODEL_CHECKS: Mapping[str, Callable[[Checker, PathModel], None]] = MappingProxyType(
    {
        "merton": _check_jumps,
        "garch": _check_garch,
        "bootstrap": _check_returns,
        "crash": _check_script,
        "waypoints": _check_points,
        "array": _check_prices,
        "history": _check_history,
    }
)
