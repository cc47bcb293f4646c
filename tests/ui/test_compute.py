"""The cache of runs: equal settings share one, and what is kept fits in memory."""

from dataclasses import replace

import pytest

import engine
from ui.frame import compute

PRESET = "okex-2018"


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "_kept", type(compute._kept)())


def scenario(seed: int) -> engine.Scenario:
    return replace(engine.load_preset(PRESET).scenario, seed=seed)


def test_equal_settings_share_a_run() -> None:
    assert compute.view_of(PRESET, scenario(1)) is compute.view_of(PRESET, scenario(1))
    assert compute.view_of(PRESET, scenario(1)) is not compute.view_of(PRESET, scenario(2))


def test_the_least_recent_runs_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "MOST_KEPT", 2)
    first = compute.view_of(PRESET, scenario(1))
    compute.view_of(PRESET, scenario(2))
    assert compute.view_of(PRESET, scenario(1)) is first
    compute.view_of(PRESET, scenario(3))
    assert [settings.seed for _, settings in compute._kept] == [1, 3]


def test_large_runs_make_room_and_the_latest_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "MOST_BYTES", 1)
    compute.view_of(PRESET, scenario(1))
    latest = compute.view_of(PRESET, scenario(2))
    assert list(compute._kept.values()) == [latest]
