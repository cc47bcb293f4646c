"""Price paths: what they are made of, that they never depend on how they are drawn, and their moments."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from engine.drawing.blocks import BLOCK, draw_block, price_paths
from engine.drawing.gaps import has_gaps, new_opens
from engine.drawing.path_models import draw_shocks, jump_counts, log_paths
from engine.drawing.path_settings import PATH_MODELS, PathModel
from engine.drawing.paths import draw_paths

START = 100.0
RETURNS = tuple(np.random.default_rng(3).standard_t(5, 400) * 0.002)
POINTS = ((0, 100.0), (7, 80.0), (8, 91.5), (20, 85.0))
OWN: dict[str, dict[str, Any]] = {
    "bootstrap": {"returns": RETURNS},
    "crash": {"crash_start": 3, "crash_steps": 5, "recovery_steps": 7},
    "waypoints": {"points": POINTS},
    "array": {"prices": tuple(np.linspace(100, 60, 25))},
    "history": {"coin": "BTC", "since": "2022-01-01", "volatility": None},
}
RANDOM = tuple(name for name in PATH_MODELS if name not in ("array", "history"))
EVERY_MODEL = pytest.mark.parametrize("name", PATH_MODELS)


def model(name: str = "gbm", **more: Any) -> PathModel:
    return PathModel(**({"model": name, "n_steps": 24} | OWN.get(name, {}) | more))


def start_of(name: str) -> float | None:
    return None if name in ("waypoints", "array") else START


def paths(given: PathModel, n_paths: int = 3, seed: int = 0) -> np.ndarray:
    return draw_paths(model=given, initial_price=start_of(given.model), n_paths=n_paths, seed=seed)


def block_of(given: PathModel, block: int, n_paths: int = BLOCK) -> np.ndarray:
    out = np.empty((n_paths, given.n_steps + 1))
    return draw_block(model=given, initial_price=start_of(given.model), seed=0, block=block, out=out)


def errors(values: np.ndarray) -> np.ndarray:
    """Standard error of the mean over paths."""
    return values.std(axis=0, ddof=1) / np.sqrt(values.shape[0])


@EVERY_MODEL
def test_shape_start_and_seed(name: str) -> None:
    drawn = paths(model(name), 5)
    assert drawn.shape == (5, 25)
    assert drawn.dtype == np.float64
    assert (drawn[:, 0] == START).all()
    assert np.array_equal(drawn, paths(model(name), 5))
    assert np.array_equal(drawn, paths(model(name), 5, seed=1)) == (name == "array")


@EVERY_MODEL
def test_a_path_is_the_same_however_many_are_drawn(name: str) -> None:
    everything = paths(model(name), 2 * BLOCK + 44)
    for count in (1, 2, 7, 100, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 43):
        assert np.array_equal(paths(model(name), count), everything[:count])
    for count in (9, 60):
        assert np.array_equal(block_of(model(name), 1, count), everything[BLOCK : BLOCK + count])


@EVERY_MODEL
def test_a_path_is_the_same_on_any_number_of_threads(name: str) -> None:
    everything = paths(model(name), 4 * BLOCK)
    for workers in (1, 2, 4):
        with ThreadPoolExecutor(workers) as pool:
            blocks = pool.map(lambda block: block_of(model(name), block), reversed(range(4)))
            assert np.array_equal(np.concatenate(list(blocks)[::-1]), everything)


def test_a_block_is_written_into_a_buffer() -> None:
    out = np.empty((10, 25))
    drawn = draw_block(model=model(), initial_price=START, seed=0, block=0, out=out)
    assert drawn is out
    assert np.array_equal(out, paths(model(), 10))


@pytest.mark.parametrize("name", RANDOM)
def test_shocks_do_not_depend_on_volatility_or_drift(name: str) -> None:
    calm = draw_shocks(model=model(name), seed=4, block=1, n_paths=6)
    wild = draw_shocks(model=model(name, volatility=3.0, drift=-5.0), seed=4, block=1, n_paths=6)
    for left, right in zip(calm, wild, strict=True):
        assert (left is None and right is None) or np.array_equal(left, right)


@pytest.mark.parametrize("name", ["gbm", "student_t", "crash", "waypoints", "bootstrap", "garch"])
def test_volatility_scales_the_same_shocks(name: str) -> None:
    def noise(volatility: float) -> np.ndarray:
        logs = np.log(paths(model(name, volatility=volatility)))
        return (logs - np.log(paths(model(name, volatility=0.0)))) / volatility

    # The convexity term, -volatility^2 dt / 2 per step, is what scales differently; it is about 1e-8 here.
    np.testing.assert_allclose(noise(1e-4), noise(1e-3), rtol=0, atol=1e-6)
    assert np.abs(noise(1e-3)).max() > 1e-3


@EVERY_MODEL
def test_shocks_to_prices_by_hand_is_what_is_drawn(name: str) -> None:
    shocks = draw_shocks(model=model(name), seed=0, block=0, n_paths=5)
    kept = [None if part is None else part.copy() for part in shocks]
    out = price_paths(model=model(name), initial_price=start_of(name), shocks=shocks, out=np.empty((5, 25)))
    assert np.array_equal(out, paths(model(name), 5))
    for left, right in zip(kept, shocks, strict=True):
        assert (left is None and right is None) or np.array_equal(left, right)


@pytest.mark.parametrize("name", ["gbm", "student_t", "garch", "bootstrap"])
@pytest.mark.parametrize("drift", [0.0, 2.0])
def test_zero_volatility_grows_at_the_drift(name: str, drift: float) -> None:
    given = model(name, volatility=0.0, drift=drift)
    expected = START * np.exp(drift * given.step_years * np.arange(25))
    np.testing.assert_allclose(paths(given), np.tile(expected, (3, 1)), rtol=1e-14)
    if drift == 0:
        assert (paths(given) == START).all()


@pytest.mark.parametrize("name", RANDOM)
@pytest.mark.parametrize("volatility", [10.0, 1000.0])
@pytest.mark.parametrize("minutes", [5.0, 365 * 1440.0])
def test_extreme_volatility_gives_prices_above_zero(name: str, volatility: float, minutes: float) -> None:
    more = (
        {"degrees_of_freedom": 2.001} if name == "student_t" else {"jump_intensity": 50.0} if name == "merton" else {}
    )
    drawn = paths(model(name, volatility=volatility, minutes_per_step=minutes, **more), 50)
    assert np.isfinite(drawn).all()
    assert (drawn > 0).all()
    assert np.abs(np.log(drawn / START)).max() <= 50 + 1e-9


@pytest.mark.parametrize("drift", [-1e9, 1e9])
def test_extreme_drift_stays_finite(drift: float) -> None:
    drawn = paths(model(drift=drift, minutes_per_step=1440.0))
    assert np.isfinite(drawn).all()
    assert (drawn > 0).all()


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("gbm", {}),
        ("merton", {"jump_intensity": 300.0, "jump_mean": -0.05, "jump_volatility": 0.1}),
        ("garch", {"alpha": 0.2, "beta": 0.7}),
        ("bootstrap", {"block_length": 1}),
    ],
)
@pytest.mark.parametrize("drift", [0.0, 1.5])
def test_the_expected_price_grows_at_the_drift(name: str, more: dict[str, Any], drift: float) -> None:
    given = model(name, volatility=1.5, drift=drift, minutes_per_step=720.0, **more)
    ratio = paths(given, 40_000, seed=11) / START
    expected = np.exp(drift * given.step_years * np.arange(25))
    assert (np.abs(ratio.mean(axis=0) - expected) <= 4 * errors(ratio) + 1e-15).all()


@pytest.mark.parametrize(
    ("name", "more", "jumps"),
    [
        ("gbm", {}, 0.0),
        ("student_t", {"degrees_of_freedom": 8.0}, 0.0),
        ("garch", {}, 0.0),
        ("bootstrap", {"block_length": 1}, 0.0),
        ("merton", {"jump_intensity": 50.0, "jump_mean": -0.05, "jump_volatility": 0.1}, 50 * (0.05**2 + 0.1**2)),
    ],
)
def test_the_variance_of_the_log_price_is_the_volatilitys(name: str, more: dict[str, Any], jumps: float) -> None:
    given = model(name, volatility=0.9, **more)
    logs = np.log(paths(given, 40_000, seed=5) / START)
    squares = (logs - logs.mean(axis=0)) ** 2
    expected = (0.9**2 + jumps) * given.step_years * np.arange(25)
    assert (np.abs(squares.mean(axis=0) - expected) <= 4 * errors(squares) + 1e-15).all()


def test_log_paths_starts_at_zero() -> None:
    shocks = draw_shocks(model=model(), seed=0, block=0, n_paths=2)
    assert (log_paths(model=model(), shocks=shocks, out=np.full((2, 25), np.nan))[:, 0] == 0).all()


def opens_of(given: PathModel, n_paths: int = 3) -> tuple[np.ndarray, np.ndarray]:
    start = start_of(given.model)
    closes, opens = draw_paths(model=given, initial_price=start, n_paths=n_paths, seed=0, return_opens=True)
    assert np.array_equal(closes, paths(given, n_paths))
    assert closes.shape == opens.shape
    assert np.array_equal(opens[:, 0], closes[:, 0])
    return closes, opens


@EVERY_MODEL
def test_a_step_opens_at_the_last_close_unless_the_price_jumps(name: str) -> None:
    closes, opens = opens_of(model(name))
    if name in ("merton", "history"):
        assert has_gaps(model(name))
    else:
        assert not has_gaps(model(name))
        assert np.array_equal(opens[:, 1:], closes[:, :-1])
        assert new_opens(model=model(name), n_paths=3).shape == (3, 0)


def test_mertons_jump_is_the_gap_and_the_diffusion_follows() -> None:
    given = model("merton", jump_intensity=20_000.0, jump_mean=-0.02, jump_volatility=0.05, volatility=0.6)
    n_paths = BLOCK + 30
    closes, opens = opens_of(given, n_paths)
    shocks = [draw_shocks(model=given, seed=0, block=block, n_paths=k) for block, k in ((0, BLOCK), (1, 30))]
    count = np.zeros((n_paths, 24))
    for row, drawn in zip((0, BLOCK), shocks, strict=True):
        where, number = jump_counts(model=given, shocks=drawn)
        count.reshape(-1)[row * 24 + where] = number
    gap = np.log(opens[:, 1:] / closes[:, :-1])
    assert (gap[count == 0] == 0).all()
    assert (gap[count > 0] != 0).all()
    normal = np.concatenate([part.jump_normal for part in shocks if part.jump_normal is not None])
    np.testing.assert_allclose(gap, count * -0.02 + np.sqrt(count) * 0.05 * normal, atol=1e-12)
    growth = 20_000 * (math.exp(-0.02 + 0.05**2 / 2) - 1) + 0.5 * 0.6**2  # what keeps the price a martingale
    diffusion = np.concatenate([part.normal for part in shocks if part.normal is not None]) * given.step_volatility
    np.testing.assert_allclose(np.log(closes[:, 1:] / opens[:, 1:]), diffusion - growth * given.step_years, atol=1e-12)


def test_jumps_without_end_open_at_finite_prices() -> None:
    for mean in (-10.0, 10.0):
        given = model("merton", jump_intensity=5e4, jump_mean=mean, minutes_per_step=600.0)
        _, opens = opens_of(given, 20)
        assert np.isfinite(opens).all()
        assert (opens > 0).all()


def test_a_crash_of_one_step_is_a_gap_and_a_longer_one_is_not() -> None:
    script = {"crash_depth": 0.4, "crash_start": 5, "recovery_steps": 1}
    closes, opens = opens_of(model("crash", volatility=0.7, **script | {"crash_steps": 1}))
    expected = closes[:, :-1].copy()
    expected[:, 5] *= 0.6  # step 6 opens 40 % lower; the recovery of one step is no gap
    np.testing.assert_allclose(opens[:, 1:], expected, rtol=1e-15)
    assert (opens[:, 6] != closes[:, 6]).all()
    assert not has_gaps(model("crash", **script | {"crash_steps": 2}))


@pytest.mark.parametrize("name", ["crash", "waypoints", "array", "gbm", "garch"])
def test_gap_steps_open_where_they_close(name: str) -> None:
    given = model(name, gap_steps=[2, 7, 24])
    closes, opens = opens_of(given)
    is_gap = np.isin(np.arange(25), (0, 2, 7, 24))
    assert np.array_equal(opens[:, is_gap], closes[:, is_gap])
    assert np.array_equal(opens[:, 1:][:, ~is_gap[1:]], closes[:, :-1][:, ~is_gap[1:]])
    assert new_opens(model=given, n_paths=3).shape == (3, 25)


def test_opens_are_written_into_a_buffer_and_do_not_depend_on_how_they_are_drawn() -> None:
    given = model("merton", jump_intensity=20_000.0)
    _, everything = opens_of(given, BLOCK + 9)
    buffer = new_opens(model=given, n_paths=9)
    draw_block(model=given, initial_price=START, seed=0, block=1, out=np.empty((9, 25)), opens=buffer)
    assert np.array_equal(buffer, everything[BLOCK:])
