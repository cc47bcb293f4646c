"""How much a run may be: what a link opens, and what is kept of runs, counted in bytes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import engine
from ui.charts import run_view
from ui.settings.link import MOST_MEGABYTES, MOST_TRADER_STEPS, decode_page
from ui.settings.run_settings import Choice, run_sliders, scenario_of

CALM = engine.load_preset("calm").scenario


def with_steps(n_steps: int, seed: int = 0) -> engine.Scenario:
    return replace(CALM, path=replace(CALM.path, n_steps=n_steps), seed=seed)


def test_the_size_of_a_run_is_known_before_it_runs() -> None:
    size = engine.run_size(with_steps(1000))
    past = CALM.past.n_steps if CALM.past else 0
    assert (size.n_traders, size.n_steps) == (CALM.book.n_traders, 1000 + past)
    assert size.trader_steps == CALM.book.n_traders * (1000 + past)
    more = engine.run_size(with_steps(2000)).n_bytes - size.n_bytes
    assert 120 * 1000 <= more <= 400 * 1000  # 14 columns of eight bytes, prices and settlements


@pytest.mark.parametrize(("n_steps", "n_traders"), [(50_000, 100), (300, 20_000)])
def test_what_is_told_is_near_what_is_kept(n_steps: int, n_traders: int) -> None:
    scenario = with_steps(n_steps)
    scenario = replace(scenario, book=replace(scenario.book, n_traders=n_traders))
    told = engine.run_size(scenario).n_bytes
    kept = run_view._bytes(run_view.RunView(engine.load_preset("calm"), scenario, engine.run_scenario(scenario)))
    assert 0.2 * told < kept < 1.2 * told  # what a run needs to run is given back


def test_the_cache_counts_the_steps_and_no_table_twice() -> None:
    run = engine.run_scenario(with_steps(100_000))
    counted = run_view._bytes(run_view.RunView(engine.load_preset("calm"), with_steps(100_000), run))
    steps = 14 * 8 * 100_001
    assert counted > steps + run.prices.nbytes
    columns = sum(np.asarray(getattr(run, name)).nbytes for name in ("mark", "fund", "deficit", "forced", "prices"))
    assert counted < steps + 4 * run.prices.nbytes + 2**22
    assert columns < counted


def test_long_runs_make_room_for_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_view, "_kept", type(run_view._kept)())
    monkeypatch.setattr(run_view, "MOST_BYTES", 40_000_000)
    for seed in range(5):
        run_view.view_of("calm", with_steps(100_000, seed))
    assert 1 <= len(run_view._kept) < 4
    assert sum(map(run_view._bytes, run_view._kept.values())) <= 40_000_000
    assert [scenario.seed for _, scenario in run_view._kept][-1] == 4


@pytest.mark.parametrize("given", [{"path.n_steps": "10000000"}, {"path.n_steps": "6000", "traders": "100000"}])
def test_a_link_to_a_run_that_is_too_large_names_the_limit(given: dict[str, str]) -> None:
    opened = decode_page({"v": "1", "p": "calm", "fund": "2"} | given, (), has_replay=True)
    if "book.n_traders" in given:
        assert "n_traders" in opened.left_out[0] or "500 million" in opened.left_out[0]
    else:
        assert (
            f"at most {MOST_TRADER_STEPS // 10**6} million traders x steps and {MOST_MEGABYTES} MB"
            in opened.left_out[0]
        )
    assert len(opened.left_out) == 1
    assert opened.choice == Choice("calm", {"venue.fund": 2.0})


@pytest.mark.parametrize("preset", engine.preset_names())
def test_whatever_sliders_make_can_be_opened(preset: str) -> None:
    sliders = run_sliders(preset)
    values = {name: sliders[name].high for name in ("book.n_traders", "crash_duration") if name in sliders}
    size = engine.run_size(scenario_of(Choice(preset, values)))
    assert size.trader_steps <= MOST_TRADER_STEPS
    assert size.n_bytes <= MOST_MEGABYTES * 1e6
