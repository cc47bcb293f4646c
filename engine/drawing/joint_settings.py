"""Settings of joint price paths: one model a coin, and what ties the coins together (docs/MODEL.md section 8)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from engine.arrays import Floats
from engine.drawing.depeg import AssetModel
from engine.drawing.path_settings import PRICE_RANGE, PathModel, frozen
from engine.errors import Checker, is_number, wrong_input
from engine.history import Dates, common_dates

RECORDED = ("history", "bootstrap")  # what ties their coins together is the rows of the record
SAME = {  # what coins of one kind share beside their steps: one draw a step is for all of them
    "student_t": ("degrees_of_freedom",),
    "merton": ("jump_intensity",),
    "garch": ("alpha", "beta"),
    "bootstrap": ("block_length",),
    "history": ("start_hour",),
}
MOST_COINS = 500
ROUNDING = 1e-10  # of a matrix whose diagonal is 1


@dataclass(frozen=True, slots=True, kw_only=True)
class JointPathModel:
    """How the reference prices of K coins move together; each coin alone moves by its own PathModel.

    Either `models` with a `correlation` matrix (none for recorded rows), or one `factor` with betas.

    Parameters
    ----------
    models : (K,) PathModel
        Of one kind and one number of steps. "student_t": of one number of degrees of freedom; "merton": of one jump
        intensity; "garch": of one alpha and beta; "bootstrap": returns of the same rows; "history": of one start hour.
    correlation : (K, K) float or None
        Of the normal shocks (and of the jumps of "merton"): symmetric with unit diagonal, positive semidefinite. None
        for one coin, and for "history" and "bootstrap", whose coins depend on one another as the rows of the record do.
    is_clipped : bool
        Make a matrix that is not positive semidefinite one: negative eigenvalues become 0, and the diagonal is scaled
        back to 1. `clipped_by` says how far that moved it.
    factor : PathModel or None
        What all coins follow: "gbm", "student_t", "merton" or "garch". Its drift is each coin's.
    betas, residual_volatility : (K,) float
        With a factor: the coin's log return for one of the factor, and the volatility per year of what is the coin's
        own, >= 0 (empty: 0).
    residual_jump_volatility : (K,) float
        With a "merton" factor: standard deviation of what a jump of the log price has of the coin's own, >= 0 (empty:
        0).
    initial_prices : (K,) float
        With a factor: prices at step 0, USD per coin; empty: given where paths are drawn.
    assets : (J,) AssetModel
        Collateral, whose prices come behind those of the coins.

    Raises
    ------
    InputError
        For models that do not go together, a matrix that is none, histories without a day in common, ...: each by name.

    Notes
    -----
    docs/MODEL.md section 8, "Joint paths". Normal shocks are L z, z independent, the same for every setting: L the
    Cholesky factor of the correlation, or rows (beta_k sigma_M, residual_k) / sigma_k with a factor, sigma_k^2 =
    (beta_k sigma_M)^2 + residual_k^2. Per step one chi-square makes all tails, one number counts all jumps (jump k =
    beta_k J + noise), one scale of variance serves all coins of "garch".

    Examples
    --------
    >>> pair = JointPathModel(factor=PathModel(volatility=0.6), betas=(1.0, 1.5), residual_volatility=(0.0, 0.4))
    >>> [round(model.level, 4) for model in pair.coin_models], round(float(pair.loadings[0] @ pair.loadings[1]), 4)
    ([0.6, 0.9849], 0.9138)
    """

    models: tuple[PathModel, ...] = ()
    correlation: tuple[tuple[float, ...], ...] | None = None
    is_clipped: bool = False
    factor: PathModel | None = None
    betas: tuple[float, ...] = ()
    residual_volatility: tuple[float, ...] = ()
    residual_jump_volatility: tuple[float, ...] = ()
    initial_prices: tuple[float, ...] = ()
    assets: tuple[AssetModel, ...] = ()

    def __post_init__(self) -> None:
        """Freeze the sequences and validate every field."""
        check = Checker("joint")
        for name in ("models", "betas", "residual_volatility", "residual_jump_volatility", "initial_prices", "assets"):
            object.__setattr__(self, name, frozen(getattr(self, name)))
        if self.correlation is not None:
            object.__setattr__(self, "correlation", tuple(frozen(row) for row in frozen(self.correlation)))
        if self.factor is None:
            _check_models(check, self)
        else:
            _check_factor(check, self)
        if not check.has_any:
            _check_assets(check, self)
        check.raise_if_any()

    @property
    def n_coins(self) -> int:
        """Number of coins, K."""
        return len(self.betas) if self.factor is not None else len(self.models)

    @property
    def n_prices(self) -> int:
        """Number of coins and assets, K + J."""
        return self.n_coins + len(self.assets)

    @property
    def first(self) -> PathModel:
        """The model whose kind and steps are those of all coins."""
        return self.models[0] if self.factor is None else self.factor

    @property
    def kind(self) -> str:
        """Which PathModel.model all coins are of."""
        return self.first.model

    @property
    def n_steps(self) -> int:
        """Number of steps."""
        return self.first.n_steps

    @property
    def minutes_per_step(self) -> float:
        """Length of a step."""
        return self.first.minutes_per_step

    @property
    def coin_models(self) -> tuple[PathModel, ...]:
        """What each coin alone moves by, (K,)."""
        return _coin_models(self)

    @property
    def loadings(self) -> Floats:
        """L, (K, F): the normal shocks of the coins are L z with F independent z; rows have length 1 (or 0)."""
        if self.factor is not None:
            return _factor_loadings(self.betas, self.factor.level, self.residual_volatility)
        return np.eye(self.n_coins) if self.correlation is None else _root(_psd(self))

    @property
    def jump_loadings(self) -> Floats:
        """The same for the jumps of "merton"."""
        if self.factor is not None:
            return _factor_loadings(self.betas, self.factor.jump_volatility, self.residual_jump_volatility)
        return self.loadings

    @property
    def clipped_by(self) -> float:
        """The largest change that clipping made to an entry of the correlation; 0 where there was none."""
        if self.correlation is None or not self.is_clipped:
            return 0.0
        return float(np.abs(_psd(self) - np.array(self.correlation)).max())

    @property
    def is_certain(self) -> bool:
        """Whether nothing is random in it, so that one path is every path."""
        is_pegged = all(asset.intensity == 0.0 or asset.size == 0.0 for asset in self.assets)
        return is_pegged and all(model.is_certain for model in self.coin_models)

    def prices_at_start(self, given: Any = None) -> Floats:
        """Return the prices at step 0, (K,) USD per coin: a model's own points, else those given, else the model's."""
        if given is not None and np.ndim(given) != 1:
            raise wrong_input("initial_price", f"{self.n_coins} prices, one for each coin", given)
        prices: list[float | None] = [None] * self.n_coins if given is None else list(given)
        if len(prices) != self.n_coins:
            raise wrong_input("initial_price", f"{self.n_coins} prices, one for each coin", f"{len(prices)} prices")
        check = Checker()
        own: tuple[float | None, ...] = self.initial_prices
        own = own or tuple(model.initial_price for model in self.coin_models)
        for k, model in enumerate(self.coin_models):
            if model.given_price is not None:
                prices[k] = model.given_price
            elif prices[k] is None:
                prices[k] = own[k]
            check.number(f"initial_price[{k}]", prices[k], least=PRICE_RANGE[0], most=PRICE_RANGE[1])
        check.raise_if_any()
        return np.array(prices, dtype=np.float64)


@lru_cache(maxsize=64)
def joint_dates(model: JointPathModel) -> Dates:
    """Return the dates that are whole days in the histories of all coins, rising."""
    return common_dates(_histories(model))


def _histories(model: JointPathModel) -> dict[str, Dates]:
    """Return the dates of each history, by its coin and, where a coin is there twice, its place."""
    found = {}
    for k, one in enumerate(model.models):
        name = one.coin if one.coin not in found else f"{one.coin} ({k})"
        found[name] = one.recorded_days().date
    return found


@lru_cache(maxsize=64)
def _coin_models(model: JointPathModel) -> tuple[PathModel, ...]:
    factor = model.factor
    if factor is None:
        return model.models
    own = model.residual_volatility or (0.0,) * model.n_coins
    jumps = model.residual_jump_volatility or (0.0,) * model.n_coins
    return tuple(
        replace(
            factor,
            volatility=math.hypot(beta * factor.level, residual),
            jump_mean=beta * factor.jump_mean,
            jump_volatility=math.hypot(beta * factor.jump_volatility, jump),
            initial_price=model.initial_prices[k] if model.initial_prices else factor.initial_price,
        )
        for k, (beta, residual, jump) in enumerate(zip(model.betas, own, jumps, strict=True))
    )


def _factor_loadings(betas: tuple[float, ...], of_factor: float, own: tuple[float, ...]) -> Floats:
    shared, rest = of_factor * np.array(betas), np.array(own or (0.0,) * len(betas))
    whole = np.hypot(shared, rest)
    scale = np.divide(1.0, whole, out=np.zeros_like(whole), where=whole > 0)
    return np.column_stack((shared * scale, np.diag(rest * scale)))


@lru_cache(maxsize=64)
def _psd(model: JointPathModel) -> Floats:
    """Return the correlation matrix, negative eigenvalues clipped where that was asked for."""
    matrix = np.array(model.correlation, dtype=np.float64)
    values, vectors = np.linalg.eigh(matrix)
    if values[0] >= -ROUNDING or not model.is_clipped:
        return matrix
    clipped = (vectors * np.maximum(values, 0.0)) @ vectors.T
    scale = 1.0 / np.sqrt(np.diag(clipped))
    clipped *= scale[:, None] * scale
    np.fill_diagonal(clipped, 1.0)
    return np.asarray(0.5 * (clipped + clipped.T), dtype=np.float64)


def _root(matrix: Floats) -> Floats:
    """Return the lower triangular L with L L' = the matrix, a column of 0 where nothing is left."""
    root = np.zeros_like(matrix)
    for j in range(matrix.shape[0]):
        rest = matrix[j:, j] - root[j:, :j] @ root[j, :j]
        if rest[0] > ROUNDING:
            root[j:, j] = rest / math.sqrt(rest[0])
    return root


def _check_models(check: Checker, joint: JointPathModel) -> None:
    """One model a coin, alike in what is drawn for all; a matrix, or recorded rows."""
    models = joint.models
    wrong = [(k, model) for k, model in enumerate(models) if not isinstance(model, PathModel)]
    for k, model in wrong:
        check.add(f"models[{k}]", "an engine.PathModel", model)
    if not 1 <= len(models) <= MOST_COINS:
        check.add("models", f"1 to {MOST_COINS} models, or a factor with betas", f"{len(models)} of them")
    for name in ("betas", "residual_volatility", "residual_jump_volatility", "initial_prices"):
        if getattr(joint, name):
            check.add(name, "left out without a factor", getattr(joint, name))
    if check.has_any:
        return
    first = models[0]
    for k, model in enumerate(models[1:], start=1):
        for name in ("model", "n_steps", "minutes_per_step", *SAME.get(first.model, ())):
            if getattr(model, name) != getattr(first, name):
                check.add(f"models[{k}].{name}", f"that of models[0], {getattr(first, name)!r}", getattr(model, name))
        if len(model.returns) != len(first.returns) and first.model == "bootstrap":
            check.add(f"models[{k}].returns", f"{len(first.returns)} rows like models[0]", f"{len(model.returns)} rows")
    _check_correlation(check, joint)
    if first.model == "history" and not check.has_any:
        _check_dates(check, joint)


def _check_dates(check: Checker, joint: JointPathModel) -> None:
    """Report histories without a whole day in common."""
    histories = _histories(joint)
    if common_dates(histories).size == 0:
        spans = ", ".join(f"{coin} {dates[0]} to {dates[-1]}" for coin, dates in histories.items())
        check.add("models", "histories with at least one whole day in common", spans)


def _check_correlation(check: Checker, joint: JointPathModel) -> None:
    """A correlation matrix where one is needed, none where rows of a record say it."""
    n, kind = len(joint.models), joint.models[0].model
    if joint.correlation is None:
        if n > 1 and kind not in (*RECORDED, "array"):
            check.add("correlation", f"a {n} x {n} matrix for {n} coins of model {kind!r}", None)
        return
    if kind in RECORDED:
        check.add("correlation", f"None with model {kind!r}, whose rows are recorded together", "given")
        return
    rows = joint.correlation
    if len(rows) != n or any(len(row) != n for row in rows):
        check.add("correlation", f"of shape ({n}, {n}), a row for each coin", f"{len(rows)} rows")
        return
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            if not is_number(value) or abs(value) > 1.0:
                check.add(f"correlation[{i}][{j}]", "a number from -1 to 1", value)
            elif i == j and value != 1.0:
                check.add(f"correlation[{i}][{i}]", "1", value)
            elif j < i and is_number(rows[j][i]) and value != rows[j][i]:
                check.add(f"correlation[{i}][{j}]", f"correlation[{j}][{i}] = {rows[j][i]:g}", value)
    if not check.has_any and not joint.is_clipped:
        least = float(np.linalg.eigvalsh(np.array(rows, dtype=np.float64))[0])
        if least < -ROUNDING:
            check.add(
                "correlation", "positive semidefinite (is_clipped makes it so)", f"one with an eigenvalue {least:g}"
            )


def _check_assets(check: Checker, joint: JointPathModel) -> None:
    """Models of assets, on coins that are there; depegs follow a factor only where there is one."""
    for at, asset in enumerate(joint.assets):
        if not isinstance(asset, AssetModel):
            check.add(f"assets[{at}]", "an AssetModel", asset)
            continue
        asset.check(check, f"assets[{at}]", joint.n_coins, joint.minutes_per_step)
        if is_number(asset.correlation) and asset.correlation > 0 and joint.kind in (*RECORDED, "array"):
            check.add(f"assets[{at}].correlation", f"0 with model {joint.kind!r}", asset.correlation)


def _check_factor(check: Checker, joint: JointPathModel) -> None:
    """A factor that can be followed, a beta a coin."""
    factor, n = joint.factor, len(joint.betas)
    if not isinstance(factor, PathModel):
        check.add("factor", "an engine.PathModel", factor)
        return
    check.choice("factor.model", factor.model, ("gbm", "student_t", "merton", "garch"))
    if joint.models or joint.correlation is not None:
        check.add("models", "left out beside a factor, and correlation too", f"{len(joint.models)} models")
    if not 1 <= n <= MOST_COINS:
        check.add("betas", f"1 to {MOST_COINS} numbers", joint.betas)
    for k, beta in enumerate(joint.betas):
        check.number(f"betas[{k}]", beta, least=-100, most=100)
    for name, most in (("residual_volatility", 1000), ("residual_jump_volatility", 10)):
        values = getattr(joint, name)
        if values and len(values) != n:
            check.add(name, f"empty or {n} numbers like betas", f"{len(values)} numbers")
        for k, value in enumerate(values):
            check.number(f"{name}[{k}]", value, least=0, most=most)
    if joint.residual_jump_volatility and factor.model != "merton":
        check.add("residual_jump_volatility", "empty but for a merton factor", joint.residual_jump_volatility)
    if joint.initial_prices and len(joint.initial_prices) != n:
        check.add("initial_prices", f"empty or {n} numbers like betas", f"{len(joint.initial_prices)} numbers")
    for k, price in enumerate(joint.initial_prices):
        check.number(f"initial_prices[{k}]", price, least=PRICE_RANGE[0], most=PRICE_RANGE[1])
