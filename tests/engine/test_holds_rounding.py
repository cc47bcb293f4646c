"""The last digits of what goes in decide nothing: on another processor they are other digits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import engine
from engine.questions.game_seasons import game_seasons
from engine.questions.venue_game import GAME_RULES
from engine.ties import LEAST_APART, all_to_compare, to_compare
from tests.model.oracle_state import as_compared

BOUND = 1e-10  # of the money that is at stake; the inputs move by up to 5e-16


def moved(book: engine.Book, seed: int) -> engine.Book:
    """The book with the last digits of all money and sizes changed, each by up to two."""
    draw = np.random.default_rng(seed)
    fields = [name for name in ("size", "collateral", "cash") if getattr(book, name) is not None]
    changed = {}
    for name in fields:
        value = getattr(book, name)
        changed[name] = value * (1.0 + draw.integers(-2, 3, value.shape) * 2.0**-52)
    return replace(book, **changed)


def again(run: engine.Run, seed: int) -> engine.Run:
    """The same run of a book whose last digits are moved."""
    return engine.simulate(book=moved(run.book, seed), prices=run.prices, opens=run.opens, venue=run.venue)


def assert_same(one: engine.Run, other: engine.Run) -> None:
    """Who was forced out and taken, in which order, and the money of everybody."""
    for name in ("step", "kind"):
        np.testing.assert_array_equal(one.events[name], other.events[name], err_msg=name)
    np.testing.assert_array_equal(one.liquidated_at, other.liquidated_at)
    money = np.abs(one.equity).sum() + one.deficit.sum()
    for name in ("equity", "charge", "deficit", "fund_paid", "forced"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=0.0, atol=BOUND * money, err_msg=name)


@pytest.mark.parametrize("policy", sorted(engine.POLICIES))
def test_of_traders_with_one_entry_and_few_leverages(policy: str) -> None:
    """Whole groups stand at one trigger and at one score."""
    draw = np.random.default_rng(3)
    leverage = draw.choice([5.0, 10.0, 20.0, 50.0], 400)
    margin = draw.pareto(1.5, 400) + 0.1
    side = draw.choice([1.0, -1.0], 400)
    book = engine.Book(size=side * margin * leverage, entry_price=np.ones(400), collateral=margin)
    venue = engine.Venue(policy=policy, depth=2000.0, maintenance_rate=0.005, fund=0.0, settlement_interval=4)
    prices = [1.0, 0.95, 0.9, 0.99, 1.08, 1.0, 0.85, 0.9, 1.0]
    run = engine.simulate(book=book, prices=prices, venue=venue)
    assert run.deficit.sum() > 0.0
    for seed in range(5):
        assert_same(run, again(run, seed))


@pytest.mark.parametrize("preset", engine.preset_names())
def test_of_every_preset(preset: str) -> None:
    run = engine.run_scenario(engine.load_preset(preset).scenario)
    assert_same(run, again(run, 1))


@pytest.mark.parametrize("order", engine.LIQUIDATION_ORDERS)
def test_of_accounts_across_coins(order: str) -> None:
    run = engine.october_run(engine.OctoberQuestion(order=order)).run
    for seed in range(3):
        assert_same(run, again(run, seed))


@pytest.mark.parametrize("rule", GAME_RULES)
def test_of_every_season_of_the_venue_game(rule: str) -> None:
    policy = engine.GamePolicy(rule=rule, leverage_cap=20.0, fund=0.0025)
    for season in game_seasons(1):
        run = engine.play_season(season, policy).run
        assert_same(run, again(run, 1))


def test_numbers_are_compared_to_33_digits() -> None:
    draw = np.random.default_rng(1)
    values = np.concatenate(
        [
            draw.choice([1.0, -1.0], 2000) * np.exp(draw.uniform(-600.0, 600.0, 2000)),
            [0.0, -0.0, 1.0, 0.1, np.inf, -np.inf, 1e308, -1e308, 5e-324],
        ]
    )
    plain = to_compare.py_func  # type: ignore[attr-defined]
    found = np.array([plain(float(value)) for value in values])
    np.testing.assert_array_equal(found, all_to_compare(values))
    far = np.isfinite(values) & (np.abs(values) < 1e300) & (np.abs(values) > 1e-290)
    np.testing.assert_array_equal(found[far], [as_compared(float(value)) for value in values[far]])
    finite = np.isfinite(values)
    assert (np.abs(found[finite] - values[finite]) <= 0.5 * LEAST_APART * np.abs(values[finite])).all()
    assert (np.diff(found[np.argsort(values)]) >= 0.0)[1:-1].all()
    assert np.isnan(plain(np.nan))
    assert np.isnan(all_to_compare(np.array([np.nan]))[0])
