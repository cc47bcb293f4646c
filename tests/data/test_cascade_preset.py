"""The first preset: its three big sliders work over their whole range, and its variants are what they say.

What others bear is what traders are charged and what nobody pays. It grows with leverage and volatility and falls with
the fund, or stays, also where the other two sliders stand at an end.
"""

from __future__ import annotations

import itertools
import math
from functools import lru_cache

import numpy as np
import pytest

from engine.day_presets import load_preset
from engine.presets import preset_names
from engine.scenario import run_scenario, scenario_book, with_values
from engine.simulation import Run

PRESET = load_preset("cascade")
WIGGLE = 0.02  # of the largest value
SLIDERS = {
    "book.leverage": np.geomspace(1.0, 100.0, 30),
    "path.volatility": np.linspace(0.0, 3.0, 30),
    "venue.fund": np.linspace(0.0, 0.2, 30) * PRESET.scenario.book.open_interest,
}


@lru_cache(maxsize=64)
def run_of(**values: float) -> Run:
    return run_scenario(with_values(PRESET.scenario, {name.replace("__", "."): v for name, v in values.items()}))


def borne(values: dict[str, float]) -> float:
    run = run_scenario(with_values(PRESET.scenario, values))
    return float(run.charge.sum()) + run.unfunded


def fall(run: Run) -> tuple[float, float]:
    """The largest fall of mark and of reference, as log moves below the first price."""
    first = run.prices[0]
    return -math.log(run.mark_low.min() / first), -math.log(run.prices.min() / first)


def corners(slider: str) -> list[dict[str, float]]:
    others = [name for name in SLIDERS if name != slider]
    ends = itertools.product(*((SLIDERS[name][0], SLIDERS[name][-1]) for name in others))
    return [{}, *(dict(zip(others, map(float, end), strict=True)) for end in ends)]


WALKS = [pytest.param(name, at, id=f"{name}-{row}") for name in SLIDERS for row, at in enumerate(corners(name))]


@pytest.mark.parametrize(("slider", "at"), WALKS)
def test_what_others_bear_goes_one_way_with_each_slider(slider: str, at: dict[str, float]) -> None:
    found = np.array([borne(at | {slider: float(value)}) for value in SLIDERS[slider]])
    rising = found[::-1] if slider == "venue.fund" else found
    against = np.maximum.accumulate(rising) - rising
    assert against.max() <= WIGGLE * found.max()


@pytest.mark.parametrize("slider", SLIDERS)
def test_each_slider_matters_from_the_start(slider: str) -> None:
    found = np.array([borne({slider: float(value)}) for value in SLIDERS[slider]])
    assert found.min() == 0.0
    assert found.max() > borne({}) > 0.0


def test_it_opens_first_and_shows_a_cascade() -> None:
    assert preset_names()[0] == "cascade"
    run = run_of()
    mark, reference = fall(run)
    assert reference == pytest.approx(-math.log1p(-0.097), abs=0.001)
    assert 0.25 < 1.0 - reference / mark < 0.45  # about a third of the fall is forced selling
    assert run.fund[-1] == 0.0
    assert run.unfunded == 0.0
    charged = run.charge > 0.0
    assert 0.10 < run.charge.sum() / run.claim[charged].sum() < 0.30


def test_the_volatility_slider_scales_the_whole_path_and_leaves_the_book() -> None:
    half = with_values(PRESET.scenario, {"path.volatility": 0.4})
    moves, halved = (np.log(run_scenario(each).prices / 60_000.0) for each in (PRESET.scenario, half))
    drift = 0.5 * np.arange(181) * 2.0 / (365 * 24 * 60)  # -volatility^2 / 2 of each, which is not linear
    np.testing.assert_allclose(halved + 0.16 * drift, 0.5 * (moves + 0.64 * drift), atol=1e-12)
    assert scenario_book(half) is scenario_book(PRESET.scenario)


def test_less_leverage_and_nothing_happens() -> None:
    title, values = PRESET.variants[0].title, PRESET.variants[0].values
    assert title == "Less leverage: nothing happens"
    run = run_scenario(with_values(PRESET.scenario, values))
    mark, reference = fall(run)
    assert mark - reference < 0.01
    assert run.n_liquidated < 0.02 * run.book.n_traders
    assert run.fund.min() == run.fund[0]
    assert run.charge.sum() == run.unfunded == 0.0


def test_the_tipping_point_is_one() -> None:
    variant = PRESET.variants[1]
    assert variant.title == "Tipping point"
    at = variant.values["path.volatility"]
    mark, reference = fall(run_of(path__volatility=at))
    assert mark > 2.0 * reference
    mark, reference = fall(run_of(path__volatility=at - 0.05))
    assert mark - reference < 0.005
    assert borne(dict(variant.values)) > 0.0 == borne({"path.volatility": at - 0.05})


def test_the_meltdown_is_one() -> None:
    variant = PRESET.variants[2]
    assert variant.title == "Meltdown"
    run = run_scenario(with_values(PRESET.scenario, variant.values))
    is_long = run.book.size > 0
    assert (run.liquidated_at[is_long] >= 0).mean() > 0.95
    assert run.charge.sum() / run.claim[run.charge > 0].sum() > 0.5


# The linear law has no bound of its own: ten coins sold into a depth of a few dollars take any market away.
BOUNDED = [name for name in preset_names() if load_preset(name).scenario.venue.impact == "square_root"]


@pytest.mark.parametrize("name", BOUNDED)
@pytest.mark.parametrize("slider", ["book.leverage", "path.volatility", "venue.fund", "venue.depth"])
def test_no_slider_runs_a_replay_away(name: str, slider: str) -> None:
    """At either end of its range the mark stays within -60 % and +100 % of what the reference does by itself."""
    scenario = load_preset(name).scenario
    interest = scenario.open_interest
    ends: dict[str, tuple[float, float]] = {
        "book.leverage": (1.0, min(100.0, scenario.book.leverage_cap)),
        "path.volatility": (0.0, 3.0),
        "venue.fund": (0.0, 0.2 * interest),
        "venue.depth": (0.002 * scenario.book.open_interest, 10.0 * scenario.book.open_interest),
    }
    for value in ends[slider]:
        run = run_scenario(with_values(scenario, {slider: value}))
        assert (run.mark_low / np.minimum(run.prices, run.opens)).min() > 0.4, value
        assert (run.mark_high / np.maximum(run.prices, run.opens)).max() < 2.0, value
