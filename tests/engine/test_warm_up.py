"""Warming up: once, whoever asks, and again only after a failure."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import pytest

from engine import simulate, warm_up

MODULE = import_module("engine.warm_up")  # the package has the function under this name


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """What was run, in a process that has not warmed up yet."""
    seen: list[bool] = []
    monkeypatch.setattr(MODULE, "_done", set())
    monkeypatch.setattr(MODULE, "_run", lambda *, is_many: seen.append(is_many))
    return seen


def test_one_run_first_many_paths_only_when_asked_each_once(runs: list[bool]) -> None:
    warm_up()
    warm_up()
    assert runs == [False]
    warm_up(has_many_paths=True)
    warm_up()
    assert runs == [False, True]


def test_threads_wait_for_the_one_that_compiles(runs: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(4)

    def ask() -> int:
        together.wait(10)
        warm_up(has_many_paths=True)
        return len(runs)

    with ThreadPoolExecutor(4) as pool:
        seen = [future.result() for future in [pool.submit(ask) for _ in range(4)]]
    assert seen == [2, 2, 2, 2]


def test_a_failure_is_tried_again(runs: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(MODULE, "_run", lambda *, is_many: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            warm_up()
    warm_up()
    assert runs == [False]


def test_the_tiny_run_reaches_fund_and_winners(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(MODULE, "simulate", lambda **given: made.append(simulate(**given)))
    MODULE._run(is_many=False)
    (run,) = made
    assert run.fund_paid.sum() > 0
    assert run.charge.sum() > 0


def test_accounts_are_forced_out_under_a_rule_for_each_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(MODULE, "simulate", lambda **given: made.append(simulate(**given)))
    MODULE._run_accounts([MODULE.START, 0.6 * MODULE.START])
    *shared, closed = made
    assert [run.charge.sum() > 0 for run in shared] == [True, True]
    assert closed.adl_closed.sum() > 0
