"""Totals do not depend on the order in which traders stand in a book, where no two have the same trigger."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

import engine
from engine.scenario import scenario_book, scenario_path

BY_ORDER = {"first_come", "adl_scan"}  # what they are about
TAKE_ALL = {"open_interest_both_sides": 1e-4, "deposit_prorata": 1e-4}  # many at one trigger: docs/MODEL.md section 3
CALM = engine.load_preset("calm").scenario
SCENARIO = replace(
    CALM,
    venue=replace(CALM.venue, fund=0.0),
    book=replace(CALM.book, leverage=30.0),
    path=replace(CALM.path, volatility=2.0),
)


@pytest.fixture(scope="module")
def book() -> engine.Book:
    """A book in which no two traders have the same trigger."""
    drawn = scenario_book(SCENARIO)
    apart = 1.0 + 1e-6 * np.random.default_rng(1).random(drawn.n_traders)
    return replace(drawn, collateral=drawn.collateral * apart)


def run(book: engine.Book, policy: str) -> engine.Run:
    closes, opens = scenario_path(SCENARIO)
    venue = replace(SCENARIO.venue, policy=policy, policy_options={})
    return engine.simulate(book=book, prices=closes, opens=opens, venue=venue)


def shuffled(book: engine.Book, order: np.ndarray) -> engine.Book:
    changed = {}
    for field in fields(book):
        value = getattr(book, field.name)
        if isinstance(value, np.ndarray) and value.shape == (book.n_traders,):
            changed[field.name] = value[order]
    return replace(book, **changed)


@pytest.mark.parametrize("policy", sorted(set(engine.POLICIES) - BY_ORDER))
def test_totals_do_not_depend_on_the_order_of_traders(book: engine.Book, policy: str) -> None:
    first = run(book, policy)
    deficit = first.deficit.sum()
    assert deficit > 0.0
    bound = TAKE_ALL.get(policy, 1e-12) * max(deficit, first.charge.sum())
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(book.n_traders)
        other = run(shuffled(book, order), policy)
        assert abs(other.deficit.sum() - deficit) <= bound
        assert abs(other.charge.sum() - first.charge.sum()) <= bound
        assert other.n_liquidated == first.n_liquidated


@pytest.mark.parametrize("policy", sorted(TAKE_ALL))
def test_what_is_left_of_it_is_ties_alone(book: engine.Book, policy: str) -> None:
    """Where two orders part for the first time, it is among positions with the same trigger, to rounding."""
    first = run(book, policy).trades
    order = np.random.default_rng(0).permutation(book.n_traders)
    other = run(shuffled(book, order), policy).trades
    parted = int(np.argmax(first["trader"] != order[other["trader"]]))
    assert parted > 0
    assert first["trader"][parted] != order[other["trader"][parted]]
    assert other["trigger"][parted] == pytest.approx(first["trigger"][parted], rel=1e-12)
    assert first["trigger"][parted + 1] == pytest.approx(first["trigger"][parted], rel=1e-12)


@pytest.mark.parametrize("policy", sorted(set(engine.POLICIES) - BY_ORDER - set(TAKE_ALL)))
def test_no_other_rule_leaves_ties(book: engine.Book, policy: str) -> None:
    trades = run(book, policy).trades
    trades = trades[np.isin(trades["kind"], (engine.TradeKind.LIQUIDATION, engine.TradeKind.STOP))]
    is_same_step = trades["step"][1:] == trades["step"][:-1]
    is_next_to = np.abs(np.diff(trades["trigger"])) <= 1e-12 * trades["trigger"][1:]
    is_other = trades["trader"][1:] != trades["trader"][:-1]
    assert not (is_same_step & is_next_to & is_other).any()
