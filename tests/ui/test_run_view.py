"""The cache of runs: equal settings share one, and what is kept fits in memory."""

from dataclasses import replace

import pytest

import engine
from ui.charts import run_view

PRESET = "okex-2018"


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_view, "_kept", type(run_view._kept)())


def scenario(seed: int) -> engine.Scenario:
    return replace(engine.load_preset(PRESET).scenario, seed=seed)


def test_equal_settings_share_a_run() -> None:
    assert run_view.view_of(PRESET, scenario(1)) is run_view.view_of(PRESET, scenario(1))
    assert run_view.view_of(PRESET, scenario(1)) is not run_view.view_of(PRESET, scenario(2))


def test_the_least_recent_runs_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_view, "MOST_KEPT", 2)
    first = run_view.view_of(PRESET, scenario(1))
    run_view.view_of(PRESET, scenario(2))
    assert run_view.view_of(PRESET, scenario(1)) is first
    run_view.view_of(PRESET, scenario(3))
    assert [settings.seed for _, settings in run_view._kept] == [1, 3]


def test_large_runs_make_room_and_the_latest_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_view, "MOST_BYTES", 1)
    run_view.view_of(PRESET, scenario(1))
    latest = run_view.view_of(PRESET, scenario(2))
    assert list(run_view._kept.values()) == [latest]
