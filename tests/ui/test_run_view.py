"""The cache of runs: equal settings share one, and what is kept fits in memory."""

from dataclasses import replace

import pytest

import engine
from ui.charts import run_view
from ui.frame import kept
from ui.settings import own

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


def test_a_run_holds_no_more_of_its_log_than_was_written() -> None:
    events = run_view.view_of(PRESET, scenario(1)).run.events
    assert 0 < events.size < 100  # of room for thousands
    assert events.base is None
    assert not events.flags.writeable


def test_no_run_is_kept_when_nobody_is_left() -> None:
    before = run_view.view_of(PRESET, scenario(1))
    assert {run_view.forget_all, own.forget_answers} <= set(kept._let_go)
    run_view.forget_all()
    assert not run_view._kept
    assert run_view.view_of(PRESET, scenario(1)) is not before
