"""The hidden cost of a position against the estimate of the book that holds it."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

import engine
from engine.montecarlo.runs import estimate
from engine.montecarlo.study import Study
from engine.questions.position import (
    PositionSpec,
    change_position,
    cost_reductions,
    place_position,
    position_cost,
    trader_cost,
)
from tests.engine.jumps import BOOK, MODEL, THIN
from tests.engine.lognormal import DAY, SIGMA, Phi, below, put

VENUE = engine.Venue(**THIN)
CASE: dict[str, Any] = {"book": BOOK, "venue": VENUE, "model": MODEL, "n_paths": 300, "seed": 2}
STUDY = Study(**CASE)
MINE = PositionSpec(side="short", size=1.0, leverage=5.0)


def test_it_is_the_estimate_of_the_last_trader() -> None:
    cost = position_cost(STUDY, MINE)
    start = BOOK.mean_entry_price
    placed = place_position(STUDY, MINE).book
    drawn = engine.draw_paths(model=MODEL, initial_price=start, n_paths=300, seed=2, return_opens=True)
    runs = [engine.simulate(book=placed, prices=p, opens=o, venue=VENUE) for p, o in zip(*drawn, strict=True)]
    charge = np.array([run.charge[-1] for run in runs])
    gain = np.array([max(run.profit[-1], 0.0) for run in runs])
    assert cost.charge == pytest.approx(charge)
    assert cost.expected_charge.value == pytest.approx(charge.mean())
    assert cost.charge_probability.value == np.mean(charge > 0)
    assert cost.charge_given_cut.value == pytest.approx(charge[charge > 0].mean())
    assert cost.is_cut.tolist() == (charge > 0).tolist()
    assert cost.shortfall_probability.value == np.mean([run.charge.any() for run in runs])
    assert cost.liquidation_price == engine.liquidation_price(book=placed, venue=VENUE)[-1]
    assert not cost.is_lost
    assert cost.share_of_gain.value == pytest.approx(charge.sum() / gain.sum())
    assert cost.expected_shortfall_95.value == pytest.approx(np.sort(charge)[-15:].mean())
    assert cost.expected_shortfall_99.value == pytest.approx(np.sort(charge)[-3:].mean())
    assert cost.notional == pytest.approx(start)
    years = 60 * 5 / (365 * 24 * 60)
    assert cost.basis_points_per_year.value == pytest.approx(1e4 * charge.mean() / start / years)
    assert cost.break_even_premium.value == pytest.approx(charge.mean() / start)


def test_the_only_winner_pays_a_put_at_the_bankruptcy_price() -> None:
    """One step, one long that can go bankrupt, my short opposite: I am charged max(90 - S, 0) for each of its coins.

    All that a trader is told follows from the lognormal: a put at 90 in money, its share of my gain (a put at 100 on my
    coins), the premium for one horizon and a year's basis points and the tail.
    """
    coins, mine = 3.0, 4.0
    case: dict[str, Any] = {
        "book": engine.Book(size=[coins], entry_price=[100.0], collateral=[10.0 * coins]),
        "venue": engine.Venue(depth=math.inf),
        "model": DAY,
    }
    study, short = Study(**case, n_paths=60_000, seed=3), PositionSpec(side="short", size=mine, leverage=1.0)
    cost = position_cost(study, short)
    chance = below(90.0)
    edge = NormalDist().inv_cdf(0.05)  # the price is below 100 exp(SIGMA edge - SIGMA^2 / 2) in 5 of 100
    worst = coins * (90.0 - 100 * Phi(edge - SIGMA) / 0.05)
    truth = {
        "charge_probability": chance,
        "cut_probability": chance,
        "expected_charge": coins * put(90.0),
        "charge_given_cut": coins * put(90.0) / chance,
        "share_of_gain": coins * put(90.0) / (mine * put(100.0)),
        "break_even_premium": coins * put(90.0) / (mine * 100.0),
        "basis_points_per_year": 1e4 * coins * put(90.0) / (mine * 100.0) * 365,
        "expected_shortfall_95": worst,
    }
    for name, value in truth.items():
        found = getattr(cost, name)
        assert found.stderr > 0.0
        assert found.value == pytest.approx(value, abs=4 * found.stderr), name
    assert cost.liquidation_probability.value == 0.0
    long = position_cost(replace(study, n_paths=2_000), PositionSpec(side="long", size=mine, leverage=2.0))
    assert long.expected_charge.value == long.break_even_premium.value == 0.0


def test_a_fund_without_end_makes_every_position_free() -> None:
    endless = replace(STUDY, venue=engine.Venue(depth=1e6, fund=1e15))
    cost = position_cost(endless, MINE)
    assert cost.expected_charge.value == cost.break_even_premium.value == 0.0
    assert position_cost(endless, MINE, move=-0.2).expected_charge.value == 0.0


def test_winners_of_a_fall_are_short() -> None:
    long, thin = replace(MINE, side="long"), replace(STUDY, venue=replace(VENUE, depth=2e5))
    assert position_cost(thin, MINE, move=-0.2).expected_charge.value > 0.0
    assert position_cost(thin, long, move=-0.2).expected_charge.value == 0.0
    assert position_cost(thin, long, move=0.2).expected_charge.value > 0.0
    assert position_cost(thin, long, move=0.2).n_paths == STUDY.n_paths // 4


def test_a_venue_that_shares_nothing_charges_nothing() -> None:
    cost = position_cost(replace(STUDY, venue=engine.Venue(depth=1e6, policy="none")), MINE)
    assert cost.expected_charge.value == cost.expected_shortfall_99.value == cost.charge_given_cut.value == 0.0
    assert cost.charge_probability.value == 0.0
    assert cost.charge_probability.stderr > 0.0


def test_being_deleveraged_counts_even_where_nothing_is_charged() -> None:
    venue = engine.Venue(depth=1e6, policy="adl_queue", policy_options={"price": "mark"})
    cost = position_cost(replace(STUDY, venue=venue), replace(MINE, leverage=50.0))
    assert cost.cut_probability.value > cost.charge_probability.value


def test_any_trader_can_be_asked_about() -> None:
    placed = place_position(STUDY, MINE)
    mine, theirs = position_cost(STUDY, MINE), trader_cost(placed, trader=BOOK.n_traders)
    assert (mine.charge == theirs.charge).all()
    first = trader_cost(STUDY, trader=0)
    assert first.expected_charge.value == pytest.approx(estimate(**CASE).charge[0])
    with pytest.raises(engine.InputError, match="trader must be a whole number >= 0 and <= 119"):
        trader_cost(STUDY, trader=120)


def test_changes_are_the_costs_of_the_changed_position() -> None:
    study = replace(STUDY, n_paths=60)
    found = {one.name: one for one in cost_reductions(study, MINE)}
    half = 0.5 * position_cost(study, MINE).expected_charge.value
    lower = position_cost(study, replace(MINE, leverage=2.5))
    assert found["half the leverage"].cost.expected_charge == lower.expected_charge
    assert (
        found["the other side"].cost.charge.tolist() == position_cost(study, replace(MINE, side="long")).charge.tolist()
    )
    for one in found.values():
        assert one.is_halved == (one.cost.expected_charge.value <= half)


def test_what_a_change_changes() -> None:
    """A long that gained 25 % since 80 becomes a short that gained 25 % since 100 / 0.75; no fund becomes 0.25 %."""
    study = replace(STUDY, model=replace(MODEL, initial_price=100.0))
    gained = PositionSpec(side="long", size=2.0, leverage=80.0, entry_price=80.0)
    other = change_position(study, gained, "the other side")[1]
    assert (other.side, other.entry_price) == ("short", pytest.approx(100.0 / 0.75))
    assert change_position(study, gained, "twice the leverage")[1].leverage == 125.0
    assert change_position(study, replace(gained, leverage=1.5), "half the leverage")[1].leverage == 1.0
    assert change_position(study, gained, "half the size")[1].size == 1.0
    assert change_position(study, gained, "half the time")[0].model.n_steps == 30
    longs = float(BOOK.size[BOOK.size > 0].sum()) * 100.0
    assert change_position(study, gained, "twice the fund")[0].venue.fund == pytest.approx(0.0025 * longs)
    with pytest.raises(engine.InputError, match="name must be one of"):
        change_position(study, gained, "more luck")


def test_labels_and_own_rates_do_not_stand_in_the_way() -> None:
    book = engine.Book(
        size=[2.0, -2.0],
        entry_price=[100.0] * 2,
        collateral=[10.0] * 2,
        maintenance_rate=[0.01] * 2,
        stop_price=[math.nan, 110.0],
        trader_id=["a", "b"],
        contract="linear",
    )
    study = Study(book=book, venue=VENUE, model=MODEL)
    placed = place_position(study, PositionSpec(side="long", size=1.0, leverage=4.0, entry_price=100.0)).book
    assert placed.collateral[-1] == 25.0
    assert placed.maintenance_rate[-1] == 0.01


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"side": "flat"}, r"position\.side must be one of long, short"),
        ({"size": 0.0}, r"position\.size must be > 0"),
        ({"leverage": 250.0}, r"position\.leverage must be < 200"),
        ({"entry_price": -1.0}, r"position\.entry_price must be > 0"),
        ({"move": -1.0}, "move must be > -1"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], text: str) -> None:
    fields = dict(change)
    move = fields.pop("move", 0.0)
    with pytest.raises(engine.InputError, match=text):
        position_cost(STUDY, replace(MINE, **fields), move=move)


def test_inverse_contracts_are_costed_in_coin() -> None:
    book = engine.draw_book(model=engine.BookModel(n_traders=60, open_interest=1e7, contract="inverse"), seed=0)
    study = Study(**(CASE | {"book": book, "n_paths": 50}))
    cost = position_cost(study, PositionSpec(side="short", size=1000.0, leverage=3.0))
    assert cost.notional == pytest.approx(1000.0 / book.mean_entry_price)
    assert cost.expected_charge.value >= 0.0
