"""Joint paths of K coins, drawn in blocks: one set of shocks, of which each coin's own price model makes its path.

Shocks depend on seed and block only, so betas, correlations and volatilities move the paths and not the luck. The first
source of normals is the one that a model of one coin has: with one coin its paths are that model's, bit for bit.
"""

from __future__ import annotations

import math

import numpy as np

from engine.arrays import Floats
from engine.compile import compiled
from engine.drawing.blocks import price_paths
from engine.drawing.depeg import asset_paths
from engine.drawing.gaps import has_gaps, open_paths
from engine.drawing.joint_settings import JointPathModel, joint_dates
from engine.drawing.path_models import LARGEST_LOG_MOVE, Shocks, draw_shocks
from engine.errors import Checker
from engine.streams import Stream, check_seed, stream

NORMAL = ("gbm", "student_t", "merton", "garch", "crash", "waypoints")


def has_joint_gaps(model: JointPathModel) -> bool:
    """Tell whether some step of some coin can open elsewhere than at the last close."""
    return bool(model.assets) or any(has_gaps(one) for one in model.coin_models)


def draw_joint_block(
    *, model: JointPathModel, initial_price: Floats, seed: int, block: int, out: Floats, opens: Floats | None = None
) -> Floats:
    """Return the first paths of one block, written into `out` (n_paths, K + J, n_steps + 1), USD per coin or unit.

    The assets come behind the coins. `initial_price` (K,) are the prices at step 0, USD per coin (`prices_at_start`);
    seed and block, both >= 0, key the random streams; `opens`, like out, takes where each step opens, None: not wanted.
    Safe to call from many threads at once.
    """
    check_seed(seed)
    check = Checker()
    check.whole("block", block, least=0)
    check.raise_if_any()
    shocks = joint_shocks(model=model, seed=seed, block=block, n_paths=out.shape[0])
    fill = _fill_garch if model.kind == "garch" else _fill_coins
    fill(model, shocks, initial_price, out, opens)
    if model.assets:
        _fill_assets(model, (seed, block), out, opens)
    return out


def _fill_coins(
    model: JointPathModel, shocks: list[Shocks], start: Floats, closes: Floats, opens: Floats | None
) -> None:
    """Fill prices of coins that each move by their own model."""
    n_paths = closes.shape[0]
    path = np.empty((n_paths, model.n_steps + 1))
    opening = np.empty(path.shape if opens is not None else (n_paths, 0))
    for k, (one, own) in enumerate(zip(model.coin_models, shocks, strict=True)):
        price_paths(model=one, initial_price=float(start[k]), shocks=own, out=path, opens=opening)
        closes[:, k] = path
        if opens is not None:
            opens[:, k] = opening


def _fill_assets(model: JointPathModel, key: tuple[int, int], closes: Floats, opens: Floats | None) -> None:
    """Fill prices of collateral, behind those of the coins."""
    normal = None
    if any(asset.correlation > 0 for asset in model.assets):
        normal = draw_shocks(model=model.first, seed=key[0], block=key[1], n_paths=closes.shape[0]).normal
    ones = np.ones((closes.shape[0], model.n_steps + 1))
    for j, asset in enumerate(model.assets):
        of = asset.coin
        own = (ones, ones) if of is None else (closes[:, of], closes[:, of] if opens is None else opens[:, of])
        made = asset_paths(asset, j, minutes=model.minutes_per_step, key=key, normal=normal, prices=own)
        closes[:, model.n_coins + j] = made[0]
        if opens is not None:
            opens[:, model.n_coins + j] = made[1]


def joint_shocks(*, model: JointPathModel, seed: int, block: int, n_paths: int) -> list[Shocks]:
    """Return each coin's shocks of the first n_paths paths of a block, (K,).

    Notes
    -----
    docs/MODEL.md section 8. Recorded rows: one draw for all coins. Otherwise normals L z; the chi-squares of
    "student_t" and the jump counts of "merton" are the same for all coins, a jump's normals have loadings of their own.
    """
    first = model.first
    if model.kind == "history":
        return _recorded_rows(model, seed, block, n_paths)
    common = draw_shocks(model=first, seed=seed, block=block, n_paths=n_paths)
    if model.kind not in NORMAL:
        return [common] * model.n_coins
    assert common.normal is not None
    normals = _mixed(model.loadings, common.normal, Stream.PATHS, seed, block)
    jumps: list[Floats | None] = [None] * model.n_coins
    if common.jump_normal is not None:
        jumps = list(_mixed(model.jump_loadings, common.jump_normal, Stream.PATH_JUMP_SIZES, seed, block))
    return [common._replace(normal=own, jump_normal=jump) for own, jump in zip(normals, jumps, strict=True)]


def _recorded_rows(model: JointPathModel, seed: int, block: int, n_paths: int) -> list[Shocks]:
    """Return the same days for all coins, each by its number in that coin's own history."""
    dates = joint_dates(model)
    drawn = stream(seed, Stream.PATHS, block).integers(0, dates.size, size=(n_paths, 1))
    return [Shocks(return_index=np.searchsorted(one.recorded_days().date, dates)[drawn]) for one in model.models]


def _mixed(loadings: Floats, first: Floats, name: Stream, seed: int, block: int) -> list[Floats]:
    """Return L z for every coin; the first z is given, the others have streams of their own."""
    sources = [first]
    for f in range(1, loadings.shape[1]):
        is_used = bool((loadings[:, f] != 0.0).any())
        sources.append(stream(seed, name, block, f).standard_normal(first.shape) if is_used else first)
    mixed = []
    for row in loadings:
        used = np.flatnonzero(row).tolist()
        if len(used) == 1 and row[used[0]] == 1.0:
            mixed.append(sources[used[0]])
            continue
        total = np.zeros_like(first)
        for f in used:
            total += row[f] * sources[f]
        mixed.append(total)
    return mixed


def _fill_garch(
    model: JointPathModel, shocks: list[Shocks], start: Floats, closes: Floats, opens: Floats | None
) -> None:
    """Fill prices of GARCH coins, which share one scale of variance."""
    ones = model.coin_models
    normal = np.stack([own.normal for own in shocks if own.normal is not None], axis=1)
    coins = closes[:, : model.n_coins]
    targets = np.array([one.step_volatility**2 for one in ones])
    _garch_walks(normal, coins, targets, model.first.alpha, model.first.beta)
    time = np.arange(1.0, model.n_steps + 1) * model.first.step_years
    for k, one in enumerate(ones):
        path = closes[:, k]
        path[:, 1:] += time * one.drift
        np.clip(path, -LARGEST_LOG_MOVE, LARGEST_LOG_MOVE, out=path)
        np.exp(path, out=path)
        path *= start[k]
        if opens is not None:
            open_paths(model=one, shocks=shocks[k], prices=path, out=opens[:, k])


@compiled
def _garch_walks(normal: Floats, out: Floats, targets: Floats, alpha: float, beta: float) -> None:
    """Write the compensated walks of K coins: variances are scale x target, and the scale is GARCH(1,1).

    Its shock is the mean over coins of the squared normals, of mean 1.
    """
    n_paths, n_coins, n_steps = normal.shape
    for path in range(n_paths):
        scale = 1.0
        out[path, :, 0] = 0.0
        for step in range(n_steps):
            square = 0.0
            for k in range(n_coins):
                z, variance = normal[path, k, step], min(scale * targets[k], 1e6)
                square += z * z
                out[path, k, step + 1] = out[path, k, step] + math.sqrt(variance) * z - 0.5 * variance
            scale = min((1.0 - alpha - beta) + scale * (alpha * square / n_coins + beta), 1e12)
