"""The log stays short: a refusal is one line, a long text is cut, a fault's traceback is written once."""

import logging

import pytest

from engine import InputError
from ui.frame import logs


@pytest.fixture
def written(monkeypatch):
    """A logger of its own with the bounded records, and the lines that it wrote."""
    monkeypatch.setattr(logs, "_seen", set())
    before = logging.getLogRecordFactory()
    logging.setLogRecordFactory(logging.LogRecord)
    logs.bound_logs()
    logs.bound_logs()
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.extend(handler.format(record).splitlines())
    logger = logging.getLogger("tests.logs")
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, lines
    logger.removeHandler(handler)
    logging.setLogRecordFactory(before)


def fail(error):
    try:
        raise error
    except type(error):
        logging.getLogger("tests.logs").exception("Uncaught app execution")


def test_a_refusal_is_one_line(written):
    _, lines = written
    fail(InputError([("venue.depth", "venue.depth must be > 0, was -1.0")]))
    assert len(lines) == 1
    assert lines[0].startswith("Uncaught app execution: InputError: ")
    assert "venue.depth must be > 0" in lines[0]


def test_a_fault_has_its_traceback_once(written):
    _, lines = written
    for each in range(50):
        fail(KeyError(f"name {each}"))
    assert sum(line.startswith("Traceback") for line in lines) == 1
    assert lines[-1] == "Uncaught app execution: KeyError: 'name 49'"
    assert len(lines) < 60


def test_long_texts_are_cut(written):
    logger, lines = written
    logger.error("x" * 5000)
    logger.error("no page %s for %s", "y" * 5000, ValueError("z" * 5000))
    fail(ValueError("w" * 5000))
    assert lines[0] == "x" * 200 + "... (5000 characters)"
    assert max(map(len, lines)) < 3 * (logs.LONGEST + 30)


def test_what_a_visitor_sends_begins_no_line_of_its_own(written):
    logger, lines = written
    logger.error("refused %s", "a\nERROR forged\r\nline")
    assert lines == ["refused a ERROR forged line"]


def test_a_deep_traceback_is_cut(written):
    _, lines = written

    def deep(n):
        if n == 0:
            raise ValueError("at the bottom")
        deep_other(n)

    def deep_other(n):
        deep(n - 1)

    try:
        deep(150)
    except ValueError:
        logging.getLogger("tests.logs").exception("deep")
    assert logs.LINES < len(lines) <= logs.LINES + 2
    assert "at the bottom" in lines[-1]
