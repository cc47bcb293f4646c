"""Bad path settings: one error with a sentence for every violation."""

from __future__ import annotations

import pickle
import re
from typing import Any

import numpy as np
import pytest

from engine.drawing.blocks import draw_block, first_price
from engine.drawing.path_settings import PATH_MODELS, PathModel
from engine.drawing.paths import draw_paths
from engine.errors import InputError, UnknownNameError
from tests.refusals import refused

NAN, INF = float("nan"), float("inf")


def test_all_violations_in_one_error() -> None:
    with pytest.raises(InputError) as caught:
        PathModel(volatility=-1.0, drift=NAN, n_steps=0, minutes_per_step=0, initial_price=-5, degrees_of_freedom=2)
    assert caught.value.violations == (
        "path.volatility must be >= 0 and <= 1000, was -1.0",
        "path.drift must be finite and >= -1e+09 and <= 1e+09, was nan",
        "path.initial_price must be >= 1e-100 and <= 1e+100, was -5",
        "path.minutes_per_step must be > 0 and <= 525600, was 0",
        "path.n_steps must be a whole number >= 1 and <= 10000000, was 0",
        "path.degrees_of_freedom must be > 2 and <= 1e+06, was 2",
    )


def test_an_unknown_model_is_an_error_never_a_fallback() -> None:
    with pytest.raises(UnknownNameError, match=r"path\.model must be one of array, .*, was 'heston'"):
        PathModel(model="heston")
    with pytest.raises(UnknownNameError):
        PathModel(model=None)  # type: ignore[arg-type]


FIELDS = (
    "volatility drift minutes_per_step n_steps degrees_of_freedom jump_intensity jump_mean jump_volatility alpha beta "
    "block_length crash_depth crash_start crash_steps recovery recovery_steps"
)


@pytest.mark.parametrize("bad", [NAN, INF, -INF, "1", None, True, 1j])
@pytest.mark.parametrize("field", FIELDS.split())
def test_no_field_takes_what_is_no_finite_number(field: str, bad: object) -> None:
    for name in PATH_MODELS:
        if (name, field, bad) == ("history", "volatility", None):
            continue  # recorded days as they were
        with pytest.raises(InputError) as caught:
            PathModel(**{"model": name, field: bad})  # type: ignore[arg-type]
        assert f"path.{field}" in caught.value.fields


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"n_steps": 2.5}, "path.n_steps must be a whole number >= 1 and <= 10000000, was 2.5"),
        ({"model": "garch", "alpha": 0.5, "beta": 0.5}, "path.beta must be < 1 - alpha = 0.5, was 0.5"),
        ({"model": "merton", "jump_intensity": 2e7}, "path.jump_intensity must be <= 1.0512e+07, was 20000000.0"),
        ({"model": "merton", "jump_intensity": -1}, "path.jump_intensity must be >= 0, was -1"),
        ({"model": "bootstrap"}, "path.returns must be at least 2 numbers, was ()"),
        (
            {"model": "bootstrap", "returns": (0.1, 0.2)},
            "path.block_length must be <= 2, the number of returns, was 12",
        ),
        (
            {"model": "bootstrap", "returns": (0.1,) * 12},
            "path.returns must be not all equal unless volatility is 0, was 0.1",
        ),
        ({"model": "bootstrap", "returns": (0.1, NAN)}, "path.returns must be numbers from -50 to 50, was nan"),
        ({"model": "bootstrap", "returns": (0.1, "x")}, "path.returns must be numbers from -50 to 50, was 'x'"),
        ({"model": "crash", "gap_steps": (0,)}, "path.gap_steps[0] must be a whole number >= 1 and <= 288, was 0"),
        (
            {"model": "array", "prices": (5.0,) * 4, "n_steps": 3, "gap_steps": (2, 2, "x", 4)},
            "path.gap_steps[1] must be a whole number >= 3 and <= 3, was 2; "
            "path.gap_steps[2] must be a whole number >= 3 and <= 3, was 'x'; "
            "path.gap_steps[3] must be a whole number >= 3 and <= 3, was 4",
        ),
        ({"model": "crash", "crash_depth": 1}, "path.crash_depth must be >= 0 and <= 0.999999, was 1"),
        ({"model": "waypoints"}, "path.points must be at least one (step, price), was ()"),
        ({"model": "waypoints", "points": (3,)}, "path.points[0] must be a (step, price) pair, was (3,)"),
        ({"model": "waypoints", "points": ((1, 5.0),)}, "path.points[0].step must be 0, was 1"),
        (
            {"model": "waypoints", "points": ((0, 5.0), (9, 4.0), (9, 5.0))},
            "path.points[2].step must be a whole number >= 10 and <= 288, was 9",
        ),
        (
            {"model": "waypoints", "points": ((0, 5.0), (300, -4.0))},
            "path.points[1].step must be a whole number >= 1 and <= 288, was 300; "
            "path.points[1].price must be >= 1e-100 and <= 1e+100, was -4.0",
        ),
        (
            {"model": "waypoints", "points": ((0, 5.0),), "initial_price": 5.0},
            "path.initial_price must be None with model 'waypoints', which brings its prices, was 5.0",
        ),
        ({"model": "array", "prices": (1.0,)}, "path.prices must be n_steps + 1 = 289 prices, was '1 prices'"),
        (
            {"model": "array", "prices": (1.0, 0.0), "n_steps": 1},
            "path.prices[1] must be >= 1e-100 and <= 1e+100, was 0.0",
        ),
    ],
)  # fmt: skip
def test_bounds_that_tie_fields_together(given: dict[str, Any], sentence: str) -> None:
    assert refused(PathModel, **given) == sentence


def test_another_models_fields_do_not_matter() -> None:
    other = {"crash_start": 900, "alpha": 1.0, "beta": 1.0, "block_length": 99, "points": ((5, 1.0),), "prices": (1.0,)}
    paths = [
        draw_paths(model=PathModel(n_steps=1, **fields), initial_price=100.0, n_paths=3, seed=0)
        for fields in ({}, other)
    ]
    assert (paths[0] == paths[1]).all()


@pytest.mark.parametrize("prices", [[], [100.0]])
def test_a_path_of_one_point_is_no_path(prices: list[float]) -> None:
    with pytest.raises(InputError, match=r"path\.prices must be n_steps \+ 1 = 2 prices"):
        PathModel(model="array", prices=tuple(prices), n_steps=1)


@pytest.mark.parametrize("returns", [[], [0.1], [0.1, NAN] * 10])
def test_a_series_without_returns_is_an_error(returns: list[float]) -> None:
    with pytest.raises(InputError, match=r"path\.returns must be "):
        PathModel(model="bootstrap", returns=tuple(returns))


@pytest.mark.parametrize("bad", [0, -1, 1.5, True, None])
def test_counts_of_paths(bad: Any) -> None:
    with pytest.raises(InputError, match=r"n_paths must be a whole number >= 1"):
        draw_paths(model=PathModel(), initial_price=1.0, n_paths=bad, seed=0)


@pytest.mark.parametrize("bad", [NAN, INF, 0.0, -1.0, "x"])
def test_initial_prices(bad: Any) -> None:
    with pytest.raises(InputError, match=r"initial_price must be "):
        draw_paths(model=PathModel(), initial_price=bad, n_paths=1, seed=0)


@pytest.mark.parametrize(
    "out", [np.empty((3, 288)), np.empty((3, 289), dtype=np.float32), np.empty((289, 3)).T, np.empty((257, 289))]
)
def test_buffers(out: np.ndarray) -> None:
    with pytest.raises(InputError):
        draw_block(model=PathModel(), initial_price=1.0, block=0, seed=0, out=out)


@pytest.mark.parametrize("n_paths", [0, 257])
def test_counts_of_paths_in_a_block(n_paths: int) -> None:
    with pytest.raises(InputError, match=r"n_paths must be a whole number >= 1 and <= 256"):
        draw_block(model=PathModel(), initial_price=1.0, block=0, seed=0, out=np.empty((n_paths, 289)))


def test_the_argument_goes_before_the_models_own_price() -> None:
    assert first_price(PathModel(initial_price=7.0)) == 7.0
    assert first_price(PathModel(initial_price=7.0), 9.0) == 9.0
    assert first_price(PathModel(model="waypoints", points=((0, 100.0),)), 9.0) == 100.0
    with pytest.raises(ValueError, match=r"initial_price must be a number >= 1e-100 and <= 1e\+100, was None"):
        draw_paths(model=PathModel(), n_paths=1, seed=0)


def test_settings_are_values() -> None:
    returns = [0.01, -0.02] * 6
    given, same = (PathModel(model="bootstrap", returns=kind(returns)) for kind in (list, tuple))
    assert given == same
    assert hash(given) == hash(same)
    assert pickle.loads(pickle.dumps(given)) == given
    assert PathModel(model="waypoints", points=[[0, 100.0], [5, 90.0]]).points == ((0, 100.0), (5, 90.0))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"coin": "PEPE"}, "path.coin must be one of BTC, DOGE, ETH, SOL, XTZ, was 'PEPE'"),
        ({"minutes_per_step": 7.0}, "path.minutes_per_step must be one of 1, 2, 4, 5, 10, 20"),
        ({"n_steps": 289}, "path.n_steps must be <= 288, the steps of a day, was 289"),
        ({"drift": 0.1}, "path.drift must be 0 for recorded days, was 0.1"),
        ({"since": "2031-01-01"}, "since must be such that there is a whole day of BTC until its end"),
    ],
)
def test_history_names_what_is_wrong(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=re.escape(sentence)):
        PathModel(**({"model": "history", "coin": "BTC", "volatility": None} | given))
    with pytest.raises(InputError, match=r"path\.volatility must be a number here, was None"):
        _ = PathModel(model="history", coin="BTC", volatility=None).step_volatility
