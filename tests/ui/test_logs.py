"""The log stays short: a refusal is one line, a long text is cut, a fault's traceback is written once."""

import logging
from dataclasses import replace

import pytest

from engine import ConservationError, InputError, load_preset
from ui.charts import run_view
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


def test_a_failed_run_is_named_with_its_settings_and_seed(monkeypatch, caplog):
    def fails(scenario):
        raise ConservationError("money appeared")

    monkeypatch.setattr(run_view, "run_scenario", fails)
    calm = load_preset("calm").scenario
    with pytest.raises(ConservationError):
        run_view.view_of("calm", replace(calm, seed=77, venue=replace(calm.venue, fund=2.5)))
    (record,) = caplog.records
    assert record.getMessage() == "The run of calm, seed 77, failed, venue.fund=2.5, seed=77"
    assert record.exc_info[0] is ConservationError


def test_a_refused_run_is_not_a_failed_one(monkeypatch, caplog):
    def refuses(scenario):
        raise InputError([("depth", "depth must be deeper")])

    monkeypatch.setattr(run_view, "run_scenario", refuses)
    with pytest.raises(InputError):
        run_view.view_of("calm", replace(load_preset("calm").scenario, seed=78))
    assert caplog.records == []
