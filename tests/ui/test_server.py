"""Warming up: pages open as soon as one run is ready; only a fresh machine starts a second process."""

import asyncio
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from engine import is_compiled, warm_up
from engine.compile import is_on_disk
from ui.frame import server


@pytest.fixture
def steps(monkeypatch):
    """What the warm-up did, in order: who, what, and whether pages were open by then."""
    done = []
    engine = SimpleNamespace(
        warm_up=lambda has_many_paths=False: done.append(("engine", has_many_paths, server.is_warm())),
        is_compiled=lambda: False,
    )

    def start(command, **_):
        done.append(("process", command[2], server.is_warm()))
        return SimpleNamespace(wait=lambda: done.append(("process", "ended", server.is_warm())))

    monkeypatch.setattr(server, "_warm", threading.Event())
    monkeypatch.setattr(server, "import_module", lambda name: {"engine": engine}[name])
    monkeypatch.setattr(server.gc, "freeze", lambda: None)  # it would last beyond this test
    monkeypatch.setattr(server.subprocess, "Popen", start)
    return done, engine


def test_pages_open_before_the_rest_is_loaded(steps):
    done, engine = steps
    engine.is_compiled = lambda: True
    server._warm_up()
    assert done == [("engine", False, False), ("engine", True, True)]


def test_a_fresh_machine_compiles_the_rest_in_a_process_of_its_own(steps):
    done, _ = steps
    server._warm_up()
    assert done == [
        ("process", server.ENDS_WITH_SERVER + server.COMPILE_REST, False),
        ("engine", False, False),
        ("process", "ended", True),
        ("engine", True, True),
    ]


def test_that_process_ends_with_its_server():
    sleeps = [sys.executable, "-c", f"{server.ENDS_WITH_SERVER}\nimport time; time.sleep(60)"]
    helper = subprocess.Popen(sleeps, stdin=subprocess.PIPE)
    with pytest.raises(subprocess.TimeoutExpired):
        helper.wait(0.5)
    helper.stdin.close()
    assert helper.wait(20) == 0


def test_pages_open_after_a_failure_too(steps, monkeypatch):
    monkeypatch.setattr(server, "import_module", lambda name: 1 / 0)
    server._warm_up()
    assert server.is_warm()


def test_the_process_calls_what_the_engine_has(monkeypatch):
    called = []
    monkeypatch.setattr("engine.compile_rest", lambda: called.append("rest"))
    exec(compile(server.COMPILE_REST, "warm-up", "exec"), {})
    assert called == ["rest"]


def test_what_was_compiled_is_found_on_the_disk():
    warm_up()
    assert is_compiled()
    assert not is_on_disk("kernel.cascade.run_paths")


def test_a_drag_waits_for_the_interpreter_a_millisecond_at_a_time(monkeypatch):
    monkeypatch.setattr(server, "_warm_up", server._warm.set)
    monkeypatch.setattr(server.config, "_server_mode", "")  # no browser is opened
    before = sys.getswitchinterval()

    async def served():
        async with server.lifespan(None):
            return sys.getswitchinterval()

    try:
        assert asyncio.run(served()) == pytest.approx(0.001)
    finally:
        sys.setswitchinterval(before)
