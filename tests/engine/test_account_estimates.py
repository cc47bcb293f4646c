"""Estimates over joint paths of accounts, held against a plain loop over simulate."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import engine
from engine import Book, JointPathModel, PathModel, Venue, VenueMarket

N_PATHS = 300
MODEL = JointPathModel(
    factor=PathModel(
        model="merton", volatility=1.0, jump_intensity=2000.0, jump_mean=-0.04, jump_volatility=0.08, n_steps=24
    ),
    betas=(1.0, 1.4),
    residual_volatility=(0.1, 0.6),
    initial_prices=(100.0, 100.0),
)


def accounts(n: int = 40) -> Book:
    """Accounts of two positions each, the first long the second coin and short the first."""
    rng = np.random.default_rng(2)
    size = rng.choice([-1.0, 1.0], 2 * n) * rng.exponential(1.0, 2 * n)
    size[:2] = -0.5, 0.5
    owner, notional = np.repeat(np.arange(n), 2), np.abs(size) * 100.0
    return Book(
        size=size,
        entry_price=np.full(2 * n, 100.0),
        account=owner,
        market=np.tile([0, 1], n),
        cash=np.bincount(owner, notional) / rng.uniform(4.0, 25.0, n),
    )


def venue(policy: str) -> Venue:
    return Venue(markets=(VenueMarket(depth=2e3), VenueMarket(depth=1e3)), maintenance_rate=0.01, policy=policy)


@pytest.mark.parametrize("policy", ["adl_queue", "profit_prorata"])
def test_an_estimate_is_the_mean_of_plain_runs(policy: str) -> None:
    book, there = accounts(), venue(policy)
    found = engine.estimate(book=book, venue=there, model=MODEL, n_paths=N_PATHS, seed=4, level=0.9, watch=(0, 3))
    closes, opens = engine.draw_paths(model=MODEL, n_paths=N_PATHS, seed=4, return_opens=True)
    runs: list[Any] = [
        engine.simulate(book=book, prices=c, venue=there, opens=o) for c, o in zip(closes, opens, strict=True)
    ]
    charge, deficit = np.array([run.charge for run in runs]), np.array([run.deficit.sum() for run in runs])
    assert (charge != 0.0).any()
    np.testing.assert_allclose(found.charge, charge.mean(axis=0), rtol=1e-10, atol=1e-12)
    error = charge.std(axis=0, ddof=1) / np.sqrt(N_PATHS)
    seen = (charge != 0.0).any(axis=0)
    np.testing.assert_allclose(found.traders.charge.stderr[seen], error[seen], rtol=1e-9)
    np.testing.assert_allclose(found.charge_probability, (charge > 0.0).mean(axis=0), atol=1e-12)
    out = np.array([run.liquidated_at >= 0 for run in runs])
    np.testing.assert_allclose(found.traders.liquidation_probability.value, out.mean(axis=0), atol=1e-12)
    tail = np.sort(deficit)[::-1][: N_PATHS // 10]
    assert found.expected_deficit.value == pytest.approx(deficit.mean())
    assert found.expected_shortfall.value == pytest.approx(tail.mean())
    assert found.value_at_risk.value == pytest.approx(np.sort(deficit)[::-1][N_PATHS // 10])
    assert found.expected_unfunded.value == pytest.approx(np.mean([run.unfunded for run in runs]))
    for name in ("naked", "adl_closed", "adl_cost"):
        plain = np.mean([getattr(run, name) for run in runs], axis=0)
        np.testing.assert_allclose(getattr(found, name).value, plain, rtol=1e-9, atol=1e-9)
    is_taken = np.array([run.adl_closed > 0 for run in runs])
    np.testing.assert_allclose(found.taken_probability.value, is_taken.mean(axis=0), atol=1e-12)
    assert is_taken.any() == (policy == "adl_queue")
    np.testing.assert_array_equal(found.watched["charge"], charge[:, [0, 3]])
    given = np.divide(np.maximum(charge, 0).sum(axis=0), (charge > 0).sum(axis=0).clip(1))
    np.testing.assert_allclose(found.traders.charge_given_charged.value, given, rtol=1e-9, atol=1e-12)
    profit = np.array([run.profit for run in runs])
    np.testing.assert_allclose(found.traders.profit_before.value, profit.mean(axis=0), rtol=1e-9, atol=1e-8)


def test_no_bit_depends_on_the_number_of_threads() -> None:
    one, two = (
        engine.estimate(book=accounts(), venue=venue("adl_queue"), model=MODEL, n_paths=300, n_threads=threads)
        for threads in (1, 2)
    )
    np.testing.assert_array_equal(one.charge, two.charge)
    np.testing.assert_array_equal(one.paths, two.paths)


def test_one_coin_in_one_market_is_the_estimate_of_isolated_positions() -> None:
    """Steps at once, isolated margin: docs/MODEL.md section 8, "One market"; the two estimates share their paths."""
    rng = np.random.default_rng(3)
    size = rng.choice([-1.0, 1.0], 30) * rng.exponential(1.0, 30)
    columns: dict[str, Any] = {
        "size": size,
        "entry_price": np.full(30, 100.0),
        "collateral": np.abs(size) * 100.0 / rng.uniform(4.0, 25.0, 30),
    }
    path = PathModel(volatility=2.0, n_steps=48, initial_price=100.0, gap_steps=tuple(range(1, 49)))
    settings: dict[str, Any] = {"maintenance_rate": 0.01, "policy": "profit_prorata"}
    alone = engine.estimate(book=Book(**columns), venue=Venue(depth=500.0, **settings), model=path, n_paths=200)
    joint = engine.estimate(
        book=Book(**columns),
        venue=Venue(markets=(VenueMarket(depth=500.0),), piece=np.inf, **settings),
        model=JointPathModel(models=(path,)),
        n_paths=200,
    )
    assert alone.expected_deficit.value > 0.0
    assert joint.expected_deficit.value == pytest.approx(alone.expected_deficit.value, rel=1e-9)
    np.testing.assert_allclose(joint.charge, alone.charge, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(joint.traders.charge.stderr, alone.traders.charge.stderr, rtol=1e-9, atol=1e-12)


def test_a_path_without_chance_is_exact() -> None:
    models = tuple(PathModel(model="array", prices=(100.0, last), n_steps=1, gap_steps=(1,)) for last in (60.0, 90.0))
    found = engine.estimate(
        book=accounts(), venue=venue("profit_prorata"), model=JointPathModel(models=models), n_paths=50
    )
    assert found.is_exact
    assert found.expected_deficit.value > 0.0
    assert found.expected_deficit.stderr == 0.0
    assert found.paths.size == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model": JointPathModel(factor=PathModel(), betas=(1.0,))}, "model must be of 2 coins, one for each market"),
        ({"n_paths": 0}, "n_paths must be a whole number >= 1"),
        ({"watch": (40,)}, r"watch\[0\] must be a whole number >= 0 and <= 39"),
        ({"importance": engine.TiltPlan(tilts=(engine.Tilt(),), shares=(1.0,))}, "importance must be left out"),
        ({"venue": Venue(depth=1e5)}, "model must be of 1 coins"),
    ],
)  # fmt: skip
def test_what_cannot_be_estimated_is_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    given = {"book": accounts(), "venue": venue("none"), "model": MODEL, "n_paths": 2} | changes
    with pytest.raises(engine.InputError, match=sentence):
        engine.estimate(**given)


def test_a_coin_without_a_price_is_named() -> None:
    book = Book(size=[1.0], entry_price=[100.0], account=[0], market=[0], cash=[50.0])
    with pytest.raises(engine.InputError, match=r"initial_price\[1\] must be a number"):
        engine.estimate(book=book, venue=venue("none"), model=replace(MODEL, initial_prices=()), n_paths=2)


def test_isolated_positions_do_not_go_with_a_joint_model() -> None:
    book = Book(size=[1.0], entry_price=[100.0], collateral=[50.0])
    with pytest.raises(engine.InputError, match="one of accounts, or the venue one of markets"):
        engine.estimate(book=book, venue=Venue(depth=1e5), model=JointPathModel(models=(PathModel(),)), n_paths=2)


def test_assets_behind_the_coins_are_the_venues_collateral() -> None:
    """A stablecoin that stays at 1 is cash; one that can lose a third of it makes larger deficits on the same paths."""
    coin = {"factor": MODEL.factor, "betas": (1.0,), "initial_prices": (100.0,)}
    book = Book(
        size=[10.0, -10.0],
        entry_price=[100.0] * 2,
        account=[0, 1],
        market=[0, 0],
        cash=[0.0, 200.0],
        units=[[150.0], [0.0]],
    )
    there = Venue(
        markets=(VenueMarket(depth=1e9),),
        assets=(engine.Asset(name="USDe", haircut=0.0, depth=math.inf),),
        policy="none",
    )
    pegs = (engine.AssetModel(), engine.AssetModel(intensity=2000.0, size=0.43))
    safe, loose = (
        engine.estimate(book=book, venue=there, model=JointPathModel(assets=(peg,), **coin), n_paths=100)
        for peg in pegs
    )
    plain = Book(size=[10.0, -10.0], entry_price=[100.0] * 2, account=[0, 1], market=[0, 0], cash=[150.0, 200.0])
    cash = engine.estimate(book=plain, venue=replace(there, assets=()), model=JointPathModel(**coin), n_paths=100)
    assert safe.expected_deficit.value == pytest.approx(cash.expected_deficit.value, rel=1e-9)
    assert loose.expected_deficit.value > safe.expected_deficit.value > 0.0
