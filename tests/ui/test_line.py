"""Precise runs stand in one line: one at a time, one for each session; who leaves gives up the place."""

import threading
import time

import pytest

from ui.frame import jobs, line
from ui.frame.line import GONE, OTHER, Job, Line
from ui.fund.answers import FundQuery
from ui.settings.market import Market


@pytest.fixture
def gate():
    gate = threading.Event()
    yield gate
    gate.set()


def work(gate, log=None, name=""):
    def run(progress):
        if log is not None:
            log.append(name)
        while not gate.wait(0.01):
            progress(1, 2)
        return name

    return run


def until(is_so, seconds=10.0):
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_runs_begin_in_the_order_in_which_they_came_one_at_a_time(gate):
    row, log = Line(), []
    runs = [Job(name, work(gate, log, name), "", row) for name in "abc"]
    until(lambda: log)
    assert [job.before for job in runs] == [0, 1, 2]
    time.sleep(0.1)
    assert log == ["a"]
    gate.set()
    until(lambda: not any(job.is_running for job in runs))
    assert log == ["a", "b", "c"]
    assert [job.result for job in runs] == ["a", "b", "c"]


def test_two_may_run_at_once(gate):
    row, log = Line(at_once=2), []
    runs = [Job(name, work(gate, log, name), "", row) for name in "abc"]
    until(lambda: len(log) == 2)
    assert [job.before for job in runs] == [0, 0, 1]


def test_who_waits_may_be_stopped_and_the_next_moves_up(gate):
    row = Line()
    runs = [Job(name, work(gate, None, name), "", row) for name in "abc"]
    runs[1].stop()
    until(lambda: not runs[1].is_running)
    assert [job.before for job in runs] == [0, 0, 1]
    assert (runs[1].result, runs[1].error) == (None, "")


def test_a_session_has_one_precise_run(gate, monkeypatch):
    monkeypatch.setattr(line, "is_connected", lambda session: True)
    row = Line()
    first, other = Job(1, work(gate), "mine", row), Job(2, work(gate), "yours", row)
    second = Job(3, work(gate), "mine", row)
    until(lambda: not first.is_running)
    assert first.error == OTHER
    assert (other.error, second.error, second.before) == ("", "", 1)


def test_the_work_of_a_closed_tab_stops_within_about_a_second(gate, monkeypatch):
    here = {"mine", "yours"}
    monkeypatch.setattr(line, "is_connected", lambda session: session in here)
    row = Line()
    runs = [Job(1, work(gate), "mine", row), Job(2, work(gate), "yours", row)]
    time.sleep(0.1)
    began = time.monotonic()
    here.clear()
    until(lambda: not any(job.is_running for job in runs))
    took = time.monotonic() - began  # it counts from the last look at which the page was there
    assert line.LEFT - line.LOOK <= took < line.LEFT + 0.7
    assert [job.error for job in runs] == [GONE, GONE]


def test_a_page_that_is_back_soon_keeps_its_run(gate, monkeypatch):
    here = {"mine"}
    monkeypatch.setattr(line, "is_connected", lambda session: session in here)
    job = Job(1, work(gate, None, "done"), "mine", Line())
    here.clear()
    time.sleep(0.5 * line.LEFT)
    here.add("mine")
    time.sleep(0.8 * line.LEFT)
    gate.set()
    job.wait(5)
    assert (job.result, job.error) == ("done", "")


def test_an_error_gives_up_the_place():
    row = Line()

    def broken(_progress):
        raise line.EngineError("this cannot be")

    job = Job(1, broken, "", row)
    job.wait(5)
    later = Job(2, lambda progress: "done", "", row)
    later.wait(5)
    assert (job.error, later.result) == ("this cannot be", "done")


def test_the_results_of_all_sessions_are_bounded(monkeypatch):
    monkeypatch.setattr(jobs, "_shelf", jobs.deque())
    monkeypatch.setattr(jobs, "MOST", 5)
    sessions = [jobs._Results() for _ in range(4)]
    for query in range(3):
        for kept in sessions:
            jobs.keep(kept, query, f"result {query}")
    assert sum(map(len, sessions)) == 5
    assert [sorted(kept) for kept in sessions] == [[2], [2], [2], [1, 2]]


def test_the_results_of_one_session_are_bounded():
    kept = jobs._Results()
    for query in range(jobs.KEPT + 3):
        jobs.keep(kept, query, query)
    assert list(kept) == list(range(3, jobs.KEPT + 3))


def test_a_fault_is_told_to_the_visitor_and_its_settings_to_the_log(caplog):
    def broken(_progress):
        return 1 / 0

    job = Job(FundQuery(market=Market(leverage=33.0)), broken, "", Line())
    job.wait(5)
    assert job.error == line.FAILED
    (record,) = caplog.records
    assert record.getMessage() == "A precise run failed, market.leverage=33.0"
    assert record.exc_info[0] is ZeroDivisionError
