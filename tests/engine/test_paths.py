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
from engine.history import recorded_days

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


def test_a_path_of_history_is_a_recorded_day_from_its_first_hour() -> None:
    given = model("history", n_steps=288, until="2022-12-31")
    closes, opens = draw_paths(model=given, initial_price=START, n_paths=400, seed=2, return_opens=True)
    days = recorded_days(coin="BTC", since="2022-01-01", until="2022-12-31", minutes_per_step=5.0)
    shape, gaps = (days.closes / days.closes[:, :1]), days.opens[:, 1:] / days.closes[:, :-1]
    drawn = draw_shocks(model=given, seed=2, block=0, n_paths=BLOCK).return_index[:, 0]
    np.testing.assert_allclose(closes[:BLOCK] / START, shape[drawn], rtol=1e-12)
    np.testing.assert_allclose(opens[:BLOCK, 1:] / closes[:BLOCK, :-1], gaps[drawn], rtol=1e-12)
    assert len(set(drawn.tolist())) > 0.4 * len(days)
    scaled = draw_paths(model=model("history", n_steps=288, volatility=1.2), initial_price=START, n_paths=999, seed=2)
    hourly = np.diff(np.log(scaled[:, ::12]), axis=1)
    assert math.sqrt(float(hourly.var()) * 8760) == pytest.approx(1.2, rel=0.2)


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


def test_student_t_has_fat_tails_and_the_log_drift_of_gbm() -> None:
    given = model("student_t", degrees_of_freedom=5.0, drift=3.0, minutes_per_step=60.0)
    logs = np.log(paths(given, 40_000))
    mean = np.diff(logs, axis=1).ravel()
    expected = (3.0 - 0.5 * 0.8**2) * given.step_years
    assert abs(mean.mean() - expected) < 4 * mean.std() / np.sqrt(mean.size)
    standard = (mean - mean.mean()) / mean.std()
    assert np.mean(standard**4) > 5  # normal: 3; nine in the limit
    assert np.mean(np.abs(standard) > 4) > 10 * 6.3e-5


def test_garch_clusters_volatility() -> None:
    moves = np.diff(np.log(paths(model("garch", alpha=0.3, beta=0.6, n_steps=100), 5000)), axis=1)
    squares = moves**2 - np.mean(moves**2)
    clustering = np.mean(squares[:, 50:-1] * squares[:, 51:]) / np.mean(squares[:, 50:] ** 2)
    plain = np.diff(np.log(paths(model(n_steps=100), 5000)), axis=1) ** 2
    plain -= plain.mean()
    assert clustering > 0.1 > 0.02 > np.mean(plain[:, :-1] * plain[:, 1:]) / np.mean(plain**2)


def test_garch_follows_its_recursion() -> None:
    given = model("garch", alpha=0.3, beta=0.5, drift=1.0)
    normal = draw_shocks(model=given, seed=0, block=0, n_paths=1).normal
    assert normal is not None
    target = given.step_volatility**2
    variance, level, expected = target, 0.0, [0.0]
    for step, shock in enumerate(normal[0], start=1):
        level += np.sqrt(variance) * shock - variance / 2
        expected.append(level + given.drift * given.step_years * step)
        variance = 0.2 * target + 0.3 * variance * shock**2 + 0.5 * variance
    np.testing.assert_allclose(np.log(paths(given, 1)[0] / START), expected, atol=1e-13)


def test_merton_without_jumps_is_gbm() -> None:
    assert np.array_equal(paths(model("merton", jump_intensity=0.0, drift=0.3)), paths(model(drift=0.3)))


def test_a_higher_jump_intensity_only_adds_jumps() -> None:
    few, many = (model("merton", jump_intensity=rate, minutes_per_step=1440.0) for rate in (100.0, 400.0))
    shocks = draw_shocks(model=few, seed=0, block=0, n_paths=BLOCK)
    counts = []
    for given in (few, many):
        where, count = jump_counts(model=given, shocks=shocks)
        counts.append(np.bincount(where, count, minlength=BLOCK * 24))
    assert (counts[1] >= counts[0]).all()
    for given, count in zip((few, many), counts, strict=True):
        mean = given.jump_intensity / 365
        assert abs(count.mean() - mean) < 4 * np.sqrt(mean / count.size)
        assert abs(count.var() - mean) < 0.1 * mean


def test_crash_follows_its_script() -> None:
    given = PathModel(
        model="crash", volatility=0, n_steps=100, crash_depth=0.4, crash_start=10, crash_steps=20, recovery=0.5,
        recovery_steps=40,
    )  # fmt: skip
    path = draw_paths(model=given, initial_price=START, n_paths=1, seed=0)[0]
    np.testing.assert_allclose(path[[0, 10, 20, 30, 70, 100]], [100, 100, 100 * np.sqrt(0.6), 60, 80, 80], rtol=1e-14)
    assert (np.diff(path[10:31]) < 0).all()
    assert (np.diff(path[30:71]) > 0).all()


def test_crash_noise_is_a_martingale_around_the_script() -> None:
    given = model("crash", volatility=2.0, minutes_per_step=720.0)
    ratio = paths(given, 40_000) / paths(model("crash", volatility=0.0), 1)
    assert (np.abs(ratio.mean(axis=0) - 1) <= 4 * errors(ratio) + 1e-14).all()


def test_crash_recovery_may_run_past_the_end_but_the_fall_may_not() -> None:
    given = {"model": "crash", "volatility": 0.0, "n_steps": 20, "crash_start": 10, "recovery_steps": 50}
    path = draw_paths(model=PathModel(**given, crash_steps=10), initial_price=START, n_paths=1, seed=0)[0]
    assert path[-1] == pytest.approx(70.0)
    with pytest.raises(ValueError, match=r"path\.crash_steps must be <= n_steps - crash_start = 10, was 11"):
        PathModel(**given, crash_steps=11)


def test_every_path_hits_every_waypoint_exactly() -> None:
    points = ((0, 116885.1), (3, 104560.3), (4, 102497.7), (24, 0.0376))
    drawn = paths(model("waypoints", points=points, volatility=5.0), 300)
    for step, price in points:
        assert (drawn[:, step] == price).all()
    assert np.unique(drawn[:, 2]).size == 300


def test_the_bridge_has_the_variance_of_a_bridge_and_is_free_after_the_last_point() -> None:
    given = model("waypoints", points=((0, 100.0), (10, 120.0)), drift=4.0, minutes_per_step=720.0)
    logs = np.log(paths(given, 40_000))
    share = np.arange(11) / 10
    middle = logs[:, :11] - np.log(100) - share * np.log(1.2)
    variance = 0.64 * given.step_years * 10 * share * (1 - share)
    assert (np.abs(np.mean(middle, axis=0)) <= 4 * errors(middle) + 1e-14).all()
    assert (np.abs(np.mean(middle**2, axis=0) - variance) <= 4 * errors(middle**2) + 1e-14).all()
    free = np.exp(logs[:, -1]) / 120
    assert abs(free.mean() - np.exp(4.0 * given.step_years * 14)) < 4 * errors(free)


def test_waypoints_without_volatility_are_straight_in_log_price() -> None:
    path = paths(model("waypoints", volatility=0.0), 1)[0]
    np.testing.assert_allclose(np.log(path[:8]), np.linspace(np.log(100), np.log(80), 8), rtol=1e-14)
    np.testing.assert_allclose(path[20:], 85.0, rtol=1e-14)


def test_array_gives_its_prices() -> None:
    prices = [100.0, 0.1 + 0.2, 1e-9, 7e12]
    given = PathModel(model="array", prices=tuple(prices), n_steps=3)
    assert np.array_equal(draw_paths(model=given, n_paths=2, seed=0), [prices, prices])


def test_bootstrap_of_a_series_takes_blocks_of_it() -> None:
    years = PathModel().step_years
    given = PathModel(
        model="bootstrap",
        returns=RETURNS,
        block_length=6,
        n_steps=24,
        volatility=np.std(RETURNS) / math.sqrt(years),
        drift=math.log(np.mean(np.exp(RETURNS))) / years,
    )  # volatility and drift of the series itself
    moves = np.diff(np.log(paths(given, 50)), axis=1).reshape(-1, 6)
    circle = np.array(RETURNS + RETURNS)
    blocks = np.lib.stride_tricks.sliding_window_view(circle, 6)[: len(RETURNS)]
    distance = np.abs(moves[:, None, :] - blocks[None]).max(axis=2).min(axis=1)
    assert distance.max() < 1e-12


def test_bootstrap_of_equal_returns_is_their_line() -> None:
    drift = 0.01 / PathModel().step_years
    given = PathModel(model="bootstrap", returns=(0.01,) * 20, n_steps=5, volatility=0.0, drift=drift)
    np.testing.assert_allclose(paths(given, 1)[0], 100 * np.exp(0.01 * np.arange(6)), rtol=1e-12)


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
