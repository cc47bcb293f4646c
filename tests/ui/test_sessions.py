"""A server serves so many sessions and no more; who is refused is told, and a place is given up with its session."""

import ctypes
import gc
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.state import SessionState
from streamlit.testing.v1 import AppTest

from ui.frame import kept, sessions

ROOT = Path(__file__).parents[2]


def page():
    import streamlit as st

    from ui.frame.sessions import has_seat

    st.text("served" if has_seat() else "refused")


def visit():
    return AppTest.from_function(page, default_timeout=20).run()


def told(visitor):
    return visitor.run().text[0].value


@pytest.fixture
def two_seats(monkeypatch):
    monkeypatch.setattr(sessions, "_taken", type(sessions._taken)())
    monkeypatch.setattr(sessions, "MOST", 2)
    monkeypatch.setattr(sessions, "_waiting", threading.Lock())  # sessions of other tests may have ended just now


def test_no_more_sessions_are_served_than_there_are_seats(two_seats):
    visitors = [visit() for _ in range(3)]
    assert [told(each) for each in visitors] == ["served", "served", "refused"]


def test_who_leaves_gives_up_the_place(two_seats):
    visitors = [visit() for _ in range(3)]
    visitors.pop(0)
    gc.collect()
    assert [told(each) for each in visitors] == ["served", "served"]
    assert told(visit()) == "refused"


def test_who_is_refused_sees_a_sentence_with_the_limit_and_no_page(monkeypatch):
    monkeypatch.setattr(sessions, "MOST", 0)
    visitor = AppTest.from_file("../../app.py", default_timeout=60).run()
    shown = "".join(each.proto.body for each in visitor.get("html"))
    assert "shows its pages to 0 visitors at once" in shown
    assert len(visitor.get("bidi_component")) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the allocator of Linux")
def test_what_ended_sessions_held_is_given_back_once_for_all_of_them(monkeypatch, two_seats):
    given = []
    monkeypatch.setattr(sessions, "SOON", 0.2)
    monkeypatch.setattr(sessions, "give_back", lambda: (sessions._waiting.release(), given.append(1)))
    visitors = [visit(), visit()]
    visitors.clear()
    gc.collect()
    time.sleep(0.6)
    assert given == [1]


def test_giving_back_is_harmless(two_seats):
    assert sessions._waiting.acquire(blocking=False)
    sessions.give_back()
    assert not sessions._waiting.locked()


def test_a_session_whose_time_is_over_ends_without_anybody_elses_doing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit keeps it until another session is put beside it, and its loop the last one that it served."""
    store, done = MemorySessionStorage(ttl_seconds=0), []

    class Files(sessions.Held):
        def end(self) -> None:
            done.append("let go")

    state = SessionState()
    state["own"] = Files()
    held = weakref.ref(state["own"])
    parts = {"session_state": state, "_session_state": state, "_fragment_storage": {"page": state["own"]}}
    still_held_by_the_loop = SimpleNamespace(id="a", shutdown=lambda: done.append("shut down"), **parts)
    del parts
    store.save(SimpleNamespace(session=still_held_by_the_loop))
    monkeypatch.setattr(sessions, "give_back_soon", lambda: None)
    monkeypatch.setattr(sessions.runtime, "exists", lambda: True)
    monkeypatch.setattr(kept, "_let_go", [lambda: done.append("nobody is left")])
    manager = SimpleNamespace(_session_mgr=SimpleNamespace(_session_storage=store, list_sessions=list))
    monkeypatch.setattr(sessions.runtime, "get_instance", lambda: manager)
    assert held() is not None
    sessions.end_expired()
    still_held_by_the_loop.session_state = None
    del state
    sessions.end_expired()
    gc.collect()
    assert (held(), done) == (None, ["shut down", "let go", "nobody is left"])


def test_what_is_kept_for_all_stays_while_somebody_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    store, done = MemorySessionStorage(ttl_seconds=0), []
    state = SessionState()
    parts = {"session_state": state, "_session_state": state, "_fragment_storage": {}}
    store.save(SimpleNamespace(session=SimpleNamespace(id="a", shutdown=lambda: done.append("shut down"), **parts)))
    monkeypatch.setattr(sessions, "give_back_soon", lambda: None)
    monkeypatch.setattr(kept, "_let_go", [lambda: done.append("nobody is left")])
    monkeypatch.setattr(sessions.runtime, "exists", lambda: True)
    manager = SimpleNamespace(_session_mgr=SimpleNamespace(_session_storage=store, list_sessions=lambda: ["b"]))
    monkeypatch.setattr(sessions.runtime, "get_instance", lambda: manager)
    sessions.end_expired()
    assert done == ["shut down"]


@pytest.mark.skipif(sys.platform != "linux", reason="of the allocator of Linux")
def test_what_is_large_has_memory_of_its_own_which_goes_back():
    script = """
import ctypes, sys
import numpy as np
from ui.frame.sessions import LARGE, keep_memory_together
class Found(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena o s blocks mapped u f used free keep".split()]
library = ctypes.CDLL(None)
library.mallinfo2.restype = Found
keep_memory_together()
for _ in range(3):  # without it the second has a place in the heap, where the first was freed
    large = np.ones(4 * LARGE // 8)
    mapped = library.mallinfo2().mapped
    del large
    print(mapped - library.mallinfo2().mapped >= 4 * LARGE)
"""
    if not hasattr(ctypes.CDLL(None), "mallinfo2"):
        pytest.skip("this C library does not tell what it holds")
    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["True"] * 3
