"""What each price model is: its tails, recursions, jumps, scripts, bridges, blocks and recorded days."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.drawing.blocks import BLOCK
from engine.drawing.path_models import draw_shocks, jump_counts
from engine.drawing.path_settings import PathModel
from engine.drawing.paths import draw_paths
from engine.history import recorded_days
from tests.engine.test_paths import RETURNS, START, errors, model, paths


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
