"""Joint paths of several coins: moments and correlation as in theory, recorded rows as recorded, wrong input named."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import engine
from engine import AssetModel, JointPathModel, PathModel, draw_paths
from engine.drawing.joint_paths import joint_shocks
from engine.drawing.joint_settings import joint_dates

N_PATHS, SEED = 4000, 5
ONE_STEP = {"n_steps": 1, "minutes_per_step": 525_600.0 / 100.0, "initial_price": 100.0}  # a hundredth of a year
FACTOR = {"betas": (1.0, 1.5, -0.5), "residual_volatility": (0.0, 0.4, 0.9)}


def moves(model: JointPathModel, n_paths: int = N_PATHS) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Log returns over the whole path, (n_paths, K)."""
    paths = draw_paths(model=model, n_paths=n_paths, seed=SEED)
    return np.log(paths[:, :, -1] / paths[:, :, 0])


def expected_correlation() -> np.ndarray[Any, np.dtype[np.float64]]:
    """Beta_i beta_j sigma^2 / (s_i s_j), by hand from FACTOR and a factor of 0.8."""
    beta, own = np.array(FACTOR["betas"]), np.array(FACTOR["residual_volatility"])
    covariance = np.outer(beta, beta) * 0.64 + np.diag(own**2)
    deviation = np.sqrt(np.diag(covariance))
    return np.asarray(covariance / np.outer(deviation, deviation))


def close(found: Any, expected: Any, errors: float) -> None:
    """Five standard errors."""
    assert np.all(np.abs(np.asarray(found) - np.asarray(expected)) <= 5.0 * errors)


@pytest.mark.parametrize("kind", ["gbm", "student_t", "merton", "garch"])
def test_one_coin_has_the_draws_of_its_own_model(kind: str) -> None:
    one = PathModel(model=kind, n_steps=40, initial_price=100.0)
    alone = draw_paths(model=one, n_paths=300, seed=3, return_opens=True)
    for joint in (JointPathModel(models=(one,)), JointPathModel(factor=one, betas=(1.0,))):
        together = draw_paths(model=joint, n_paths=300, seed=3, return_opens=True)
        for prices, of_joint in zip(alone, together, strict=True):
            if kind == "garch":  # one scale for all coins: the same recursion in another order
                np.testing.assert_allclose(of_joint[:, 0], prices, rtol=1e-12)
            else:
                np.testing.assert_array_equal(of_joint[:, 0], prices)


def test_a_factor_gives_each_coin_its_volatility_and_each_pair_its_correlation() -> None:
    model = JointPathModel(factor=PathModel(volatility=0.8, **ONE_STEP), **FACTOR)
    found = moves(model)
    sigma = 0.1 * np.hypot(0.8 * np.array(FACTOR["betas"]), FACTOR["residual_volatility"])
    close(found.std(axis=0) / sigma, 1.0, 1.0 / math.sqrt(2 * N_PATHS))
    close(found.mean(axis=0) / sigma, -0.5 * sigma, 1.0 / math.sqrt(N_PATHS))
    close(np.corrcoef(found.T), expected_correlation(), 1.0 / math.sqrt(N_PATHS))
    np.testing.assert_allclose(model.loadings @ model.loadings.T, expected_correlation(), atol=1e-12)


def test_a_correlation_matrix_is_that_of_the_moves() -> None:
    matrix = ((1.0, 0.7, -0.2), (0.7, 1.0, 0.1), (-0.2, 0.1, 1.0))
    models = tuple(PathModel(volatility=v, **ONE_STEP) for v in (0.5, 1.0, 2.0))
    found = moves(JointPathModel(models=models, correlation=matrix))
    close(np.corrcoef(found.T), matrix, 1.0 / math.sqrt(N_PATHS))


def test_correlation_and_volatility_move_the_paths_and_not_the_luck() -> None:
    """The first coin keeps its path whatever the others are; two coins of correlation 1 are one."""
    models = (PathModel(volatility=0.5, **ONE_STEP), PathModel(volatility=0.5, **ONE_STEP))
    alone, tied = (moves(JointPathModel(models=models, correlation=((1.0, r), (r, 1.0)))) for r in (0.0, 1.0))
    np.testing.assert_array_equal(alone[:, 0], tied[:, 0])
    np.testing.assert_allclose(tied[:, 1], tied[:, 0], rtol=1e-12)
    assert abs(np.corrcoef(alone.T)[0, 1]) < 5.0 / math.sqrt(N_PATHS)


def test_student_t_crashes_are_joint() -> None:
    """One chi-square a step: squares of independent normals become dependent, by 2 / (nu - 2) for the covariance.

    With x = t_i, y = t_j of variance 1 over a common chi-square, E[x^2 y^2] = (nu - 2) / (nu - 4) at correlation 0.
    """
    nu, n = 12.0, 60_000
    models = tuple(PathModel(model="student_t", degrees_of_freedom=nu, volatility=1.0, **ONE_STEP) for _ in range(2))
    model = JointPathModel(models=models, correlation=((1.0, 0.0), (0.0, 1.0)))
    found = 10.0 * (moves(model, n) + 0.5 * 0.01)  # the trend is that of a gbm
    product = found[:, 0] ** 2 * found[:, 1] ** 2
    close(product.mean(), (nu - 2.0) / (nu - 4.0), product.std() / math.sqrt(n))
    close(found.std(axis=0), 1.0, 1.5 / math.sqrt(n))


def test_merton_jumps_come_together_and_scale_with_beta() -> None:
    """Jump k is beta_k J: without diffusion and noise a move is beta times the factor's, but for the trend."""
    jumps_alone = {"model": "merton", "volatility": 0.0, "jump_intensity": 200.0}
    factor = PathModel(jump_mean=-0.05, jump_volatility=0.02, **jumps_alone, **ONE_STEP)
    model = JointPathModel(factor=factor, betas=(1.0, 1.5))
    found = moves(model)
    trend = [0.01 * 200.0 * math.expm1(beta * -0.05 + 0.5 * (beta * 0.02) ** 2) for beta in (1.0, 1.5)]
    np.testing.assert_allclose(found[:, 1] + trend[1], 1.5 * (found[:, 0] + trend[0]), atol=1e-12)
    jumps = found[:, 0] + trend[0]
    close((np.abs(jumps) < 1e-9).mean(), math.exp(-2.0), 0.5 / math.sqrt(N_PATHS))  # intensity 200 a year, 2 a step
    variance = 2.0 * (0.05**2 + 0.02**2)
    close(jumps.mean(), -0.1, math.sqrt(variance / N_PATHS))
    with_noise = JointPathModel(factor=factor, betas=(1.0, 1.5), residual_jump_volatility=(0.0, 0.04))
    noisy = moves(with_noise)[:, 1]
    wanted = 2.0 * ((1.5 * 0.05) ** 2 + (1.5 * 0.02) ** 2 + 0.04**2)
    close(noisy.var() / wanted, 1.0, 3.0 / math.sqrt(N_PATHS))


def test_merton_opens_behind_the_jump_in_every_coin() -> None:
    factor = PathModel(model="merton", volatility=0.0, jump_intensity=200.0, **ONE_STEP)
    closes, opens = draw_paths(
        model=JointPathModel(factor=factor, betas=(1.0, 2.0)), n_paths=50, seed=1, return_opens=True
    )
    jumped = opens[:, :, 1] != closes[:, :, 0]
    np.testing.assert_array_equal(jumped[:, 0], jumped[:, 1])
    assert 0 < jumped.sum() < jumped.size


def test_garch_coins_share_one_scale_of_variance() -> None:
    """Its stationary mean is 1, so steps keep their variance; and squares of two coins move together."""
    one = {"model": "garch", "alpha": 0.3, "beta": 0.6, "initial_price": 100.0, "n_steps": 60}
    models = (PathModel(volatility=0.5, **one), PathModel(volatility=1.0, **one))
    paths = draw_paths(
        model=JointPathModel(models=models, correlation=((1.0, 0.0), (0.0, 1.0))), n_paths=N_PATHS, seed=2
    )
    steps = np.diff(np.log(paths), axis=2)
    variance = steps.var(axis=(0, 2)) / [model.step_volatility**2 for model in models]
    assert np.all(np.abs(variance - 1.0) < 0.05)
    squares = steps[:, :, 30:] ** 2
    assert np.corrcoef(squares[:, 0].ravel(), squares[:, 1].ravel())[0, 1] > 0.1


def test_bootstrap_takes_rows() -> None:
    """The second coin's returns are twice the first's, row by row, so are its paths' (drift of the mean aside)."""
    rows = (0.01, -0.02, 0.005, 0.0, -0.03, 0.04)
    models = tuple(
        PathModel(
            model="bootstrap",
            returns=tuple(k * r for r in rows),
            block_length=2,
            volatility=0.5 * k,
            n_steps=30,
            initial_price=1.0,
        )
        for k in (1, 2)
    )
    paths = np.log(draw_paths(model=JointPathModel(models=models), n_paths=20, seed=4))
    steps = np.diff(paths, axis=2)
    centered = steps - steps.mean(axis=(0, 2), keepdims=True)
    np.testing.assert_allclose(centered[:, 1], 2.0 * centered[:, 0], atol=1e-12)
    alone = np.log(draw_paths(model=models[0], n_paths=20, seed=4))
    np.testing.assert_allclose(paths[:, 0], alone, atol=1e-15)


def history(coin: str, **window: Any) -> PathModel:
    return PathModel(
        model="history", coin=coin, volatility=None, minutes_per_step=20.0, n_steps=72, initial_price=50.0, **window
    )


def test_history_gives_the_recorded_rows_of_one_day_to_all_coins() -> None:
    window = {"since": "2021-05-15", "until": "2021-05-25"}
    model = JointPathModel(models=(history("BTC", **window), history("ETH", **window)))
    closes, opens = draw_paths(model=model, n_paths=40, seed=9, return_opens=True)
    days = [engine.recorded_days(coin=coin, **window) for coin in ("BTC", "ETH")]
    for path in range(40):
        rows = [
            np.flatnonzero(np.isclose(d.closes[:, -1] / d.closes[:, 0], c[-1] / 50.0, rtol=1e-12))
            for d, c in zip(days, closes[path], strict=True)
        ]
        assert rows[0].size == 1
        np.testing.assert_array_equal(rows[0], rows[1])
        for k, recorded in enumerate(days):
            at = recorded.closes[rows[0][0]]
            np.testing.assert_allclose(closes[path, k] / 50.0, at / at[0], rtol=1e-12)
            np.testing.assert_allclose(opens[path, k] / 50.0, recorded.opens[rows[0][0]] / at[0], rtol=1e-12)


def test_a_gap_in_one_coin_drops_the_day() -> None:
    window = {"since": "2020-08-01", "until": "2021-03-31"}
    model = JointPathModel(models=(history("BTC", **window), history("SOL", **window)))
    whole = [set(engine.recorded_days(coin=coin, **window).date.tolist()) for coin in ("BTC", "SOL")]
    assert set(joint_dates(model).tolist()) == whole[0] & whole[1]
    assert whole[0] != whole[0] & whole[1]


def test_a_matrix_that_is_none_is_refused_or_clipped() -> None:
    matrix = ((1.0, 0.9, -0.9), (0.9, 1.0, 0.9), (-0.9, 0.9, 1.0))  # eigenvalues 1.9, 1.9, -0.8
    with pytest.raises(engine.InputError, match=r"positive semidefinite \(is_clipped makes it so\), was .*-0.8"):
        JointPathModel(models=(PathModel(),) * 3, correlation=matrix)
    clipped = JointPathModel(models=(PathModel(),) * 3, correlation=matrix, is_clipped=True)
    assert clipped.clipped_by == pytest.approx(0.4)
    np.testing.assert_allclose((clipped.loadings**2).sum(axis=1), 1.0)
    kept = JointPathModel(models=(PathModel(),) * 2, correlation=((1.0, 1.0), (1.0, 1.0)), is_clipped=True)
    assert kept.clipped_by == 0.0


TWO: dict[str, Any] = {"models": (PathModel(), PathModel()), "correlation": ((1, 0), (0, 1))}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "joint.models must be 1 to 500 models, or a factor with betas"),
        ({"models": (PathModel(), PathModel())}, "joint.correlation must be a 2 x 2 matrix for 2 coins of model 'gbm'"),
        (TWO | {"models": (PathModel(), PathModel(n_steps=5))}, r"models\[1\].n_steps must be that of models\[0\]"),
        (TWO | {"correlation": ((1.0, 0.5), (0.4, 1.0))}, r"correlation\[1\]\[0\] must be correlation\[0\]\[1\] = 0.5"),
        (TWO | {"correlation": ((0.9, 0.5), (0.5, 1.0))}, r"correlation\[0\]\[0\] must be 1, was 0.9"),
        (TWO | {"correlation": ((1.0, math.nan), (math.nan, 1.0))}, r"\[0\]\[1\] must be a number from -1 to 1"),
        ({"models": (PathModel(),), "correlation": ((1.0, 0.0), (0.0, 1.0))}, r"correlation must be of shape \(1, 1\)"),
        ({"models": (history("BTC"), history("ETH")), "correlation": ((1, 0), (0, 1))}, "None with model 'history'"),
        ({"models": (history("BTC", until="2018-01-01"), history("SOL"))}, "in common, was 'BTC 2017-.*-01, SOL 2020-"),
        ({"factor": PathModel()}, "joint.betas must be 1 to 500 numbers"),
        ({"factor": PathModel(), "betas": (1.0, math.inf)}, r"betas\[1\] must be finite"),
        ({"factor": PathModel(), "betas": (1.0,), "residual_volatility": (0.1, 0.2)}, "must be empty or 1 numbers"),
        ({"factor": history("BTC"), "betas": (1.0,)}, "factor.model must be one of"),
    ],
)  # fmt: skip
def test_what_is_no_joint_model_is_a_sentence(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(engine.InputError, match=sentence):
        JointPathModel(**settings)


def test_prices_at_the_start_are_one_for_each_coin() -> None:
    model = JointPathModel(factor=PathModel(), betas=(1.0, 2.0))
    with pytest.raises(engine.InputError, match="2 prices, one for each coin"):
        draw_paths(model=model, initial_price=100.0, n_paths=1, seed=0)
    with pytest.raises(engine.InputError, match=r"initial_price\[0\] must be a number"):
        draw_paths(model=model, n_paths=1, seed=0)
    assert (
        draw_paths(model=model, initial_price=[100.0, 7.0], n_paths=2, seed=0)[:, :, 0].tolist() == [[100.0, 7.0]] * 2
    )


def test_a_beta_of_zero_without_anything_of_its_own_stands_still() -> None:
    model = JointPathModel(factor=PathModel(initial_price=10.0), betas=(0.0, 1.0))
    paths = draw_paths(model=model, n_paths=3, seed=0)
    np.testing.assert_array_equal(paths[:, 0], 10.0)
    assert joint_shocks(model=model, seed=0, block=0, n_paths=1)[0].normal is not None


STABLE = AssetModel(intensity=3.0, size=math.log(1.0 / 0.65), half_life_minutes=30.0)


def test_a_depeg_opens_at_its_size_and_recovers_by_its_half_life() -> None:
    """1.00 to 0.65 at the opening of a step; after 30 minutes half of the log distance is left: 0.65^(1/2)."""
    model = JointPathModel(factor=PathModel(initial_price=100.0), betas=(1.0,), assets=(STABLE,))
    closes, opens = draw_paths(model=model, n_paths=400, seed=6, return_opens=True)
    assert closes.shape == (400, 2, 289)
    price, opened = closes[:, 1], opens[:, 1]
    jumped = opened[:, 1:] < price[:, :-1] * 0.9
    first = jumped.argmax(axis=1)
    alone = np.flatnonzero((jumped.sum(axis=1) == 1) & (first < 280))
    assert alone.size > 0
    for path in alone:
        at = int(first[path]) + 1
        assert (price[path, :at] == 1.0).all()
        assert opened[path, at] == pytest.approx(0.65)
        assert price[path, at + 5] == pytest.approx(0.65**0.5)  # six steps of five minutes from its opening
    close(jumped.sum(axis=1).mean(), 3.0 / 365.0, math.sqrt(3.0 / 365.0 / 400))


def test_coins_keep_their_paths_beside_assets_and_a_staked_coin_has_its_coins() -> None:
    coins = {"factor": PathModel(initial_price=100.0), "betas": (1.0, 2.0)}
    alone = draw_paths(model=JointPathModel(**coins), n_paths=20, seed=1)
    joint = JointPathModel(**coins, assets=(AssetModel(coin=1, parity=1.1), STABLE))
    together = draw_paths(model=joint, n_paths=20, seed=1)
    np.testing.assert_array_equal(together[:, :2], alone)
    np.testing.assert_allclose(together[:, 2], 1.1 * alone[:, 1], rtol=1e-12)


def test_depegs_come_with_falls_of_the_factor() -> None:
    tied = AssetModel(intensity=5000.0, size=0.1, half_life_minutes=5.0, correlation=1.0)
    model = JointPathModel(factor=PathModel(initial_price=100.0), betas=(1.0,), assets=(tied,))
    closes, opens = draw_paths(model=model, n_paths=200, seed=6, return_opens=True)
    jumped = opens[:, 1, 1:] < closes[:, 1, :-1] * 0.97
    moves = np.diff(np.log(closes[:, 0]), axis=1)
    assert moves[jumped].max() < np.quantile(moves, 0.06)  # 4.6 % of the steps jump: the lowest ones
    close(jumped.mean(), 1.0 - math.exp(-5000.0 / 365.0 / 288.0), 0.5 / math.sqrt(jumped.size))


@pytest.mark.parametrize(
    ("asset", "sentence"),
    [
        (AssetModel(coin=1), r"assets\[0\].coin must be a whole number >= 0 and <= 0"),
        (AssetModel(size=-0.1), r"assets\[0\].size must be >= 0"),
        (AssetModel(parity=0.0), r"assets\[0\].parity"),
        (AssetModel(half_life_minutes=0.0), r"half_life_minutes must be > 0"),
        ("USDe", r"assets\[0\] must be an AssetModel"),
    ],
)
def test_what_is_no_asset_is_a_sentence(asset: Any, sentence: str) -> None:
    with pytest.raises(engine.InputError, match=sentence):
        JointPathModel(factor=PathModel(), betas=(1.0,), assets=(asset,))
    with pytest.raises(engine.InputError, match="correlation must be 0 with model 'history'"):
        JointPathModel(models=(history("BTC"),), assets=(AssetModel(correlation=0.5),))
