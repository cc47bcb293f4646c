"""Backward questions: the answers do what was asked, and what is just beyond them does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import engine
from engine.montecarlo.runs import estimate
from engine.montecarlo.study import Study
from engine.questions.backward import cap_leverage, largest_crash, solve_setting
from tests.engine.jumps import BOOK, MODEL, THIN

VENUE = engine.Venue(**THIN, fund=2e3)
CASE: dict[str, Any] = {"book": BOOK, "venue": VENUE, "model": MODEL, "n_paths": 200, "seed": 4}
STUDY = Study(**CASE)


def test_the_fund_that_keeps_a_target_is_the_one_of_the_needs() -> None:
    found = solve_setting(STUDY, setting="fund", target=0.05, loose=0.0, strict=2e6, measure="haircut")
    assert found.value is not None
    at = {fund: estimate(**(CASE | {"venue": replace(VENUE, fund=fund)})) for fund in (found.value, 0.98 * found.value)}
    assert at[found.value].haircut_probability.value <= 0.05
    assert at[0.98 * found.value].haircut_probability.value > 0.05
    assert found.is_monotone
    assert (np.diff(found.settings) > 0).all()
    assert found.probability.value <= 0.05


def test_depth_and_margin_and_caps() -> None:
    without_gaps = replace(STUDY, model=engine.PathModel(volatility=1.2, n_steps=60))  # no depth helps over a gap
    deep = solve_setting(without_gaps, setting="depth", target=0.5, loose=1e5, strict=1e9, measure="haircut")
    assert deep.value is not None
    assert 1e5 < deep.value <= 1e9
    assert deep.probability.value <= 0.5 < deep.curve.value[0]
    capped = solve_setting(STUDY, setting="leverage_cap", target=0.0)
    assert capped.value is not None
    most = (np.abs(BOOK.size) * BOOK.entry_price / BOOK.collateral).max()
    assert capped.settings[[0, -1]] == pytest.approx([1.0, most])
    assert 1.0 <= capped.value < most
    calm = estimate(**(CASE | {"book": cap_leverage(BOOK, capped.value)}))
    assert calm.shortfall_probability.value == 0.0
    rate = solve_setting(STUDY, setting="maintenance_rate", target=0.9, loose=0.001, strict=0.01)
    assert rate.settings.size >= 6


def test_a_target_that_nothing_reaches_is_said_so() -> None:
    found = solve_setting(STUDY, setting="fund", target=0.0, loose=0.0, strict=1.0)
    assert found.value is None
    assert found.probability.value > 0.0
    easy = solve_setting(STUDY, setting="fund", target=1.0, loose=0.0, strict=1.0)
    assert easy.value == 0.0


def test_a_cap_adds_collateral_and_nothing_else() -> None:
    capped = cap_leverage(BOOK, 5.0)
    assert (capped.size == BOOK.size).all()
    leverage = np.abs(BOOK.size) * BOOK.entry_price / capped.collateral
    assert leverage.max() == pytest.approx(5.0)
    assert (capped.collateral >= BOOK.collateral).all()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"setting": "color"}, "setting must be one of"),
        ({"target": 1.5}, "target must be >= 0 and <= 1"),
        ({"loose": 0.0}, "loose must be > 0"),
        ({"strict": 1e6}, "strict must be different from loose"),
        ({"measure": "luck"}, "measure must be one of haircut, shortfall"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], text: str) -> None:
    with pytest.raises(engine.InputError, match=text):
        solve_setting(STUDY, **({"setting": "depth", "target": 0.1, "loose": 1e6, "strict": 1e7} | change))


def test_the_largest_crash_is_survived_and_a_larger_one_is_not() -> None:
    shape = engine.PathModel(model="crash", crash_start=0, crash_steps=6, n_steps=10, recovery=0.0)
    thin = replace(VENUE, depth=2e5)
    found = largest_crash(book=BOOK, venue=thin, model=shape)
    assert 0.0 < found.depth < 0.99

    def charged(depth: float) -> float:
        path = engine.draw_paths(
            model=replace(shape, crash_depth=depth, volatility=0.0),
            initial_price=BOOK.mean_entry_price,
            n_paths=1,
            seed=0,
        )[0]
        return float(engine.simulate(book=BOOK, prices=path, venue=thin).charge.sum())

    assert charged(found.depth) == 0.0
    assert charged(found.depth + 1e-4) > 0.0
    assert found.capacity == 2e3
    assert (found.needs[found.depths <= found.depth] <= 2e3).all()


def test_crashes_at_the_ends() -> None:
    assert largest_crash(book=BOOK, venue=engine.Venue(depth=1e12, fund=1e15), n_depths=5).depth == 0.99
    with pytest.raises(engine.InputError, match="n_depths"):
        largest_crash(book=BOOK, venue=VENUE, n_depths=1)
