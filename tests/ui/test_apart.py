"""Precise runs in a process of their own: same answers, stopped at once, gone with the server."""

import os
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest

from engine import InputError
from tests.ui import runs_apart
from ui.frame import apart, line
from ui.frame.apart import NICE, Apart, ApartError
from ui.frame.kept import let_go
from ui.frame.line import Job, Line
from ui.fund import answers
from ui.fund.answers import FundQuery
from ui.settings.market import Market

ROOT = Path(__file__).parents[2]


class StopError(Exception):
    pass


@pytest.fixture(scope="module")
def second():
    second = Apart()
    yield second
    second.end()


def no_progress(done, total):
    pass


def is_gone(process_id, seconds=5.0):
    end = time.monotonic() + seconds
    while psutil.pid_exists(process_id) and psutil.Process(process_id).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_runs_are_made_in_one_other_process_and_say_how_far_they_are(second):
    told = []
    found = {second.run(runs_apart.process_id, lambda *far: told.append(far)) for _ in range(2)}
    assert found == {second.process_id}
    assert os.getpid() not in found
    assert (1, 2) in told


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such number")
def test_it_gives_way(second):
    assert second.run(runs_apart.priority, no_progress) == min(os.getpriority(os.PRIO_PROCESS, 0) + NICE, 19)


def test_a_fund_is_the_same_there_and_here(second, monkeypatch):
    query = FundQuery(market=Market(leverage=7.0))
    there = second.run(partial(answers.precise_columns, query.market), no_progress)
    here = answers.precise_columns(query.market, no_progress)
    for mine, other in zip(here, there, strict=True):
        assert np.array_equal(mine.needs, other.needs)
        assert mine.size(0.01) == other.size(0.01)


def test_large_answers_come_whole(second):
    value = np.arange(1_000_000.0)
    assert np.array_equal(second.run(partial(runs_apart.answer, value=value), no_progress), value)


@pytest.mark.parametrize("is_silent", [False, True])
def test_a_run_that_is_stopped_ends_with_its_process_and_the_next_has_another(is_silent):
    second = Apart()
    before = second.run(runs_apart.process_id, no_progress)
    began = time.monotonic()

    def stop(_done, _total):
        if time.monotonic() - began > 0.3:
            raise StopError

    with pytest.raises(StopError):
        second.run(partial(runs_apart.endless, is_silent=is_silent), stop)
    assert time.monotonic() - began < 1.0
    assert second.process_id is None
    assert is_gone(before)
    assert second.run(runs_apart.process_id, no_progress) != before
    second.end()


def test_a_refusal_is_the_same_and_leaves_the_process(second):
    before = second.run(runs_apart.process_id, no_progress)
    with pytest.raises(InputError) as refusal:
        second.run(runs_apart.refused, no_progress)
    assert refusal.value.violations == ("leverage must be at most 100, was 200",)
    assert second.run(runs_apart.process_id, no_progress) == before


def test_a_fault_brings_its_traceback_and_a_new_process(second):
    with pytest.raises(ApartError, match="ZeroDivisionError"):
        second.run(runs_apart.broken, no_progress)
    assert second.run(runs_apart.process_id, no_progress) == second.process_id


def test_a_process_that_ends_is_said_and_made_anew(second):
    with pytest.raises(ApartError, match="ended"):
        second.run(runs_apart.ends, no_progress)
    assert second.run(runs_apart.process_id, no_progress) == second.process_id


def test_who_asks_for_a_fault_is_told_so_and_the_log_has_it(second, caplog):
    job = Job(FundQuery(), runs_apart.broken, "", Line(), apart=second)
    job.wait(20)
    assert (job.result, job.error) == (None, line.FAILED)
    assert "ZeroDivisionError" in caplog.text


def test_it_ends_when_none_is_asked_for(monkeypatch):
    monkeypatch.setattr(apart, "KEPT", 0.1)
    second = Apart()
    assert is_gone(second.run(runs_apart.process_id, no_progress))
    assert second.run(runs_apart.process_id, no_progress)
    second.end()


def test_it_ends_when_the_last_session_has_ended_but_not_in_a_run(monkeypatch):
    monkeypatch.setattr(apart, "_served", None)
    monkeypatch.setattr("ui.frame.kept._let_go", [])
    apart.open_process()
    second = apart.process_for(has_own=False)
    process = second.run(runs_apart.process_id, no_progress)
    over = threading.Event()

    def stop(_done, _total):
        if over.is_set():
            raise StopError

    job = Job(1, partial(runs_apart.endless, is_silent=False), "", Line(), apart=second)
    while not job.share:
        time.sleep(0.01)
    let_go()
    assert second.process_id == process
    job.stop()
    job.wait(5.0)
    second.run(runs_apart.process_id, no_progress)
    let_go()
    assert second.process_id is None


def test_what_is_a_sessions_own_stays_where_it_is(monkeypatch):
    monkeypatch.setattr(apart, "_served", Apart())
    assert apart.process_for(has_own=False) is not None
    assert apart.process_for(has_own=True) is None


def test_only_a_server_makes_runs_apart_and_only_where_compiled_code_is_kept(monkeypatch):
    assert apart.process_for(has_own=False) is None
    monkeypatch.setattr(apart, "_served", Apart())
    monkeypatch.setattr("engine.is_compiled", lambda: False)
    assert apart.process_for(has_own=False) is None


def test_it_ends_with_the_server_however_that_ends():
    script = "import sys, time; from ui.frame.apart import Apart; from tests.ui import runs_apart; a = Apart(); "
    script += "print(a.run(runs_apart.process_id, lambda done, total: None), flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        process = int(server.stdout.readline())
        assert psutil.pid_exists(process)
        server.kill()
        assert is_gone(process)
