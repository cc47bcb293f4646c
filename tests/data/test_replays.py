"""Replays give the figures on record within the tolerances that data/README.md states, on several drawn books."""

from __future__ import annotations

import math
import tomllib
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.day_presets import load_preset
from engine.presets import preset_names
from engine.questions.fairness import recorded_value
from engine.scenario import run_scenario, with_values
from engine.sharing.waterfall import default_waterfall
from engine.simulation import Run
from tests.data.replay_figures import replayed

DATA = Path(__file__).parents[2] / "data" / "replays"
SEEDS = range(3)


@lru_cache(maxsize=64)
def run_of(name: str, seed: int) -> Run:
    return run_scenario(replace(load_preset(name).scenario, seed=seed))


@lru_cache(maxsize=64)
def figures_of(name: str, seed: int) -> dict[str, float]:
    return replayed(run_of(name, seed))


CASES = [
    pytest.param(name, row, id=f"{name}-{row.key}")
    for name in preset_names()
    for row in load_preset(name).recorded
    if math.isfinite(row.low)
]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("name", "row"), CASES)
def test_replay_gives_the_recorded_figure(name: str, row: Any, seed: int) -> None:
    """By the log of forced trades, read apart from what the run sums up; a figure that says "outside" is."""
    slack = 1e-9 * max(abs(row.low), abs(row.high))
    is_within = row.low - slack <= figures_of(name, seed)[row.key] <= row.high + slack
    assert is_within is (row.outside == "")


@pytest.mark.parametrize(("name", "row"), CASES)
def test_the_page_shows_the_same_figure(name: str, row: Any) -> None:
    expected = figures_of(name, 0)[row.key]
    money = float(np.abs(run_of(name, 0).book.size).sum()) * 1e-9
    assert recorded_value(run_of(name, 0), row.key) == pytest.approx(expected, rel=1e-6, abs=money)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_calm_day_costs_nobody_but_the_fund(seed: int) -> None:
    run = run_of("calm", seed)
    assert run.charge.sum() == 0
    assert run.unfunded == 0
    assert run.fund.min() > 0.9 * run.fund[0]


def test_a_calm_day_moves_two_and_a_half_percent_either_way() -> None:
    run = run_scenario(load_preset("calm").scenario)
    assert run.mark_low.min() / run.prices[0] - 1.0 == pytest.approx(-0.025, abs=0.0025)
    assert run.mark_high.max() / run.prices[0] - 1.0 == pytest.approx(0.025, abs=0.0025)


def test_a_calm_day_at_twenty_times_does_not_swing_within_a_step() -> None:
    run = run_scenario(with_values(load_preset("calm").scenario, {"book.leverage": 20.0}))
    assert np.log(run.mark_high / run.mark_low).max() < 0.03


@pytest.mark.parametrize("name", [name for name in preset_names() if load_preset(name).scenario.book.n_traders])
def test_no_replay_begins_at_the_brink(name: str) -> None:
    """Drawn traders within 0.4 % of their trigger hold less than 2 % of their side; nobody exceeds the cap at entry."""
    preset = load_preset(name)
    run = run_of(name, 0)
    book, n = run.book, preset.scenario.book.n_traders
    size, trigger, first = np.abs(book.size[:n]), run.trigger[:n], run.prices[0]
    for is_side, distance in ((book.size[:n] > 0, 1 - trigger / first), (book.size[:n] < 0, trigger / first - 1)):
        assert size[is_side & (distance < 0.004)].sum() < 0.02 * size[is_side].sum()
    value = size / book.entry_price[:n] if book.is_inverse else size * book.entry_price[:n]
    assert (value / book.collateral[:n]).max() <= preset.scenario.book.leverage_cap * (1 + 1e-9)


@pytest.mark.parametrize("name", ["nasdaq-2018", "krx-2013"])
def test_waterfall_gives_the_recorded_figures(name: str) -> None:
    replay = tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))
    members = replay["waterfall"]["n_members"]
    layers = [
        {"name": layer["name"], "kind": layer["kind"], "capacity": layer["capacity"]}
        if "capacity" in layer
        else {
            "name": layer["name"],
            "kind": layer["kind"],
            "contributions": np.full(members, layer["contributions_total"] / members),
        }
        for layer in replay["layer"]
    ]
    result = default_waterfall(loss=replay["waterfall"]["loss"], layers=layers)
    assert result.unallocated == 0
    for row in replay["meta"]["recorded"]:
        if "low" in row:
            kind, _, layer = row["key"].partition(".")
            value = (result.by_layer if kind == "paid" else result.rate)[layer]
            assert row["low"] * (1 - 1e-9) <= value <= row["high"] * (1 + 1e-9)
