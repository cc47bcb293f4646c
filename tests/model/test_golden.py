"""What the model gave before steps moved without gaps: with its old options it gives that still, to 1e-12.

golden.json holds settings and sums of ten replays and a dozen venues, made when a step happened at its close, impact
was linear and entries were spread around one price. The settings are kept with the sums, so that a replay that is set
up anew changes nothing here. Brackets (then fixed at entry: Binance, Bybit, Hyperliquid and its replay of 2025) and
partial liquidations (which then took their share of the margin along: dYdX v4) were left out of the settings before the
sums were made, so that nothing has to be skipped.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "golden.json").read_text(encoding="utf-8"))
RELATIVE = 1e-12
PER_TRADER = ("equity", "wallet", "collateral", "open_size", "charge", "claim", "liquidated_at")
PER_STEP = ("mark", "impact", "fund", "deficit", "fund_paid", "venue_paid", "backstop_paid", "charged")
SINGLE = ("unfunded", "venue_capital", "backstop")


def old_run(case: dict[str, Any]) -> engine.Run:
    """The run of a case: everything at the close of a step, linear impact."""
    path = case["path"] | {"points": tuple(tuple(point) for point in case["path"].get("points", ()))}
    book = engine.draw_book(
        model=engine.BookModel(**case["book"]),
        seed=case["seed"],
        extra=tuple(engine.Position(**position) for position in case["positions"]),
    )
    prices = engine.draw_paths(
        model=engine.PathModel(**path), initial_price=case["start"], n_paths=1, seed=case["seed"]
    )[0]
    venue = engine.Venue(impact="linear", **case["venue"])
    return engine.simulate(book=book, prices=prices, venue=venue, opens=prices)


def weighted(values: Any, weights: tuple[np.ndarray, ...]) -> list[float]:
    return [float(weight @ np.asarray(values, dtype=float)) for weight in weights]


@pytest.mark.parametrize("name", GOLDEN)
def test_the_old_options_give_the_old_numbers(name: str) -> None:
    case = GOLDEN[name]
    run, sums = old_run(case), case["sums"]
    n, t = np.arange(run.book.n_traders), np.arange(run.mark.size)
    assert len(run.events) == sums["n_events"]
    for field in PER_TRADER:
        made = weighted(getattr(run, field), (np.ones(n.size), np.cos(n), np.cos(0.7 * n * n)))
        scale = float(np.abs(getattr(run, field)).sum()) + (0.0 if field == "open_size" else sums["money"])
        assert made == pytest.approx(sums[field], rel=RELATIVE, abs=RELATIVE * scale), field
    for field in (*PER_STEP, "unfunded_in_step", "forced"):
        made = weighted(getattr(run, field), (np.ones(t.size), np.cos(t)))
        scale = float(np.abs(getattr(run, field)).sum())
        assert made == pytest.approx(sums[field], rel=RELATIVE, abs=RELATIVE * scale), field
    for field in SINGLE:
        assert getattr(run, field) == pytest.approx(sums[field], rel=RELATIVE, abs=RELATIVE * sums["money"]), field


def in_a_list(venue: engine.Venue) -> engine.Venue:
    """The same venue with its policy as the one rule of a list."""
    return replace(venue, offset_rules=(engine.OffsetRule(policy=venue.policy, options=venue.policy_options),))


@pytest.mark.parametrize("name", GOLDEN)
def test_one_rule_without_trigger_and_limit_is_its_policy_bit_for_bit(name: str) -> None:
    alone = old_run(GOLDEN[name])
    listed = engine.simulate(book=alone.book, prices=alone.prices, venue=in_a_list(alone.venue), opens=alone.opens)
    for field in (*PER_TRADER, *PER_STEP, "unfunded_in_step", "forced", *SINGLE, "events"):
        np.testing.assert_array_equal(getattr(listed, field), getattr(alone, field), field)


@pytest.mark.parametrize("policy", engine.POLICIES)
def test_every_policy_is_the_same_in_a_list_of_its_own(policy: str) -> None:
    book = engine.draw_book(model=engine.BookModel(n_traders=60, open_interest=1e7, leverage=30.0), seed=5)
    fall = engine.PathModel(volatility=4.0, n_steps=40, initial_price=50_000.0)
    prices = engine.draw_paths(model=fall, initial_price=None, n_paths=1, seed=2)[0]
    settings = {"depth": 2e5, "fund": 2e4, "settlement_interval": 3, "profit_base": "settlement", "vault": 1e4}
    venue = engine.Venue(policy=policy, **settings)
    alone = engine.simulate(book=book, prices=prices, venue=venue)
    listed = engine.simulate(book=book, prices=prices, venue=in_a_list(venue))
    assert alone.deficit.sum() > 0.0
    for field in (*PER_TRADER, *PER_STEP, "unfunded_in_step", *SINGLE, "events"):
        np.testing.assert_array_equal(getattr(listed, field), getattr(alone, field), field)
