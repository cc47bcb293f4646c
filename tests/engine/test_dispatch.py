"""Kernels that the cascade calls by their address: every policy finds the one that it needs, and only that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import engine
from engine.run_inputs import prepare

BOOK = engine.draw_book(model=engine.BookModel(n_traders=40), seed=3)
VENUE = engine.Venue(depth=1e8, fund=0.0)
PRICES = [50_000.0, 44_000.0, 40_000.0]


def addresses(venue: engine.Venue) -> tuple[bool, bool]:
    """Whether a run on the venue has the address of the rules, and that of auto-deleveraging."""
    inputs = prepare(BOOK, venue)
    inputs.new_run(2, 8, 8)
    return bool(inputs.policy["charges_at"][0]), bool(inputs.policy["deleverage_at"][0])


@pytest.mark.parametrize("name", list(engine.POLICIES))
def test_each_policy_gets_what_it_calls(name: str) -> None:
    family = engine.POLICIES[name].family
    expected = (family == "money" and name not in ("profit_prorata", "lp_pool"), family == "adl")
    assert addresses(replace(VENUE, policy=name)) == expected


def test_plain_prorata_needs_the_rules_once_profit_counts_from_settlements() -> None:
    bases = ("entry", "settlement")
    assert [addresses(replace(VENUE, profit_base=base))[0] for base in bases] == [False, True]


def test_plain_prorata_takes_all_profit_and_no_more_where_the_deficit_is_larger() -> None:
    book = engine.Book(size=[-1.0, 2.0, -0.5], entry_price=[100.0, 100.0, 95.0], collateral=[50.0, 1.0, 50.0])
    venue = engine.Venue(depth=np.inf, liquidation_fee=0.0, fund=0.0, policy="profit_prorata")
    run = engine.simulate(book=book, prices=[100.0, 60.0], opens=[100.0, 60.0], venue=venue)
    profit = np.array([40.0, 0.0, 17.5])
    assert run.charge == pytest.approx(profit, rel=1e-12)
    assert run.unfunded == pytest.approx(79.0 - 57.5, rel=1e-12)
    assert run.settlements["largest_rate"].tolist() == [1.0]
