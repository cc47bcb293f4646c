"""Warming up: pages open as soon as one run is ready; only a fresh machine starts a second process."""

import threading
from types import SimpleNamespace

import pytest

from ui import server


@pytest.fixture
def steps(monkeypatch):
    """What the warm-up did, in order, on a machine where the first step takes `seconds`."""
    done = []
    clock = SimpleNamespace(now=0.0, seconds=0.0)

    def warm_up(has_many_paths=False):
        done.append(("engine", has_many_paths, server.is_warm()))
        clock.now += clock.seconds

    monkeypatch.setattr(server, "_warm", threading.Event())
    monkeypatch.setattr(server, "import_module", lambda name: SimpleNamespace(warm_up=warm_up))
    monkeypatch.setattr(server.gc, "freeze", lambda: None)  # it would last beyond this test
    monkeypatch.setattr(server.time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(
        server.subprocess, "run", lambda command, **_: done.append(("process", command[2], server.is_warm()))
    )
    return done, clock


def test_pages_open_before_the_rest_is_loaded(steps):
    done, _ = steps
    server._warm_up()
    assert done == [("engine", False, False), ("engine", True, True)]


def test_a_fresh_machine_compiles_the_rest_in_a_process_of_its_own(steps):
    done, clock = steps
    clock.seconds = 2 * server.LOADED
    server._warm_up()
    assert done == [("engine", False, False), ("process", server.COMPILE_ALL, True), ("engine", True, True)]


def test_pages_open_after_a_failure_too(steps, monkeypatch):
    monkeypatch.setattr(server, "import_module", lambda name: 1 / 0)
    server._warm_up()
    assert server.is_warm()


def test_what_the_process_runs_is_python():
    compile(server.COMPILE_ALL, "warm-up", "exec")
