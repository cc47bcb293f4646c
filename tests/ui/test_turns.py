"""Pages are computed one after the other, in the order in which they came; what is precise gives way to them."""

import os
import sys
import threading
import time

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.test_line import until
from ui.frame import turns
from ui.frame.line import Job, Line
from ui.frame.turns import Turns


class Page(threading.Thread):
    """A page that is computed until it is told to end."""

    def __init__(self, row, log, name):
        super().__init__(name=name, daemon=True)
        self.row, self.log, self.over = row, log, threading.Event()
        self.start()

    def run(self):
        with self.row.turn():
            self.log.append(self.name)
            self.over.wait(10.0)


def in_line(row, log, names):
    pages = []
    for place, name in enumerate(names):
        pages.append(Page(row, log, name))
        until(lambda: len(row._begun) + len(row._waiting) == place + 1)  # noqa: B023
    return pages


def test_pages_are_computed_one_after_the_other_in_the_order_in_which_they_came():
    row, log = Turns(at_once=1, counted=60.0), []
    pages = in_line(row, log, "abc")
    time.sleep(0.05)
    assert log == ["a"]
    for done, page in enumerate(pages, start=1):
        page.over.set()
        until(lambda: len(log) == min(done + 1, 3))  # noqa: B023
        time.sleep(0.02)
        assert log == list("abc"[: done + 1])
    for page in pages:
        page.join(5.0)
    assert not row._begun
    assert not row._waiting


def test_two_may_be_computed_at_once():
    row, log = Turns(at_once=2, counted=60.0), []
    pages = in_line(row, log, "abc")
    until(lambda: len(log) == 2)
    time.sleep(0.05)
    assert sorted(log) == ["a", "b"]
    pages[1].over.set()
    until(lambda: len(log) == 3)


def test_a_page_that_takes_long_keeps_others_waiting_for_a_while_only():
    row, log, began = Turns(at_once=1, counted=0.2), [], time.monotonic()
    in_line(row, log, "abc")
    until(lambda: len(log) == 2)
    assert time.monotonic() - began >= 0.2
    assert log == ["a", "b"]
    until(lambda: len(log) == 3)
    assert time.monotonic() - began >= 0.4


def test_a_page_that_breaks_gives_up_its_turn():
    row = Turns(at_once=1, counted=60.0)
    with pytest.raises(ValueError, match="broken"), row.turn():
        raise ValueError("broken")
    log = []
    Page(row, log, "next").over.set()
    until(lambda: log == ["next"])


def test_pages_take_turns(monkeypatch):
    row = Turns()
    taken = []
    monkeypatch.setattr(turns, "_pages", row)
    monkeypatch.setattr(turns, "page_turn", lambda: taken.append(len(row._begun)) or row.turn())
    page = AppTest.from_file("../../app.py", default_timeout=120).run()
    assert not page.exception
    assert taken == [0]
    assert not row._begun


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows it by thread")
def test_a_precise_run_gives_way_with_the_threads_that_it_starts_and_nothing_else_does():
    found = []

    def work(_progress):
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        other = threading.Thread(target=lambda: found.append(os.getpriority(os.PRIO_PROCESS, 0)))
        other.start()
        other.join()

    before = os.getpriority(os.PRIO_PROCESS, 0)
    Job(1, work, "", Line()).wait(10.0)
    expected = max(before, turns.NICE)
    assert found == [expected, expected]
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
