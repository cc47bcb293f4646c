"""What the server writes into its log: one line for each refusal, long texts cut, a fault's traceback once."""

import logging
import traceback
from dataclasses import fields, is_dataclass
from types import TracebackType
from typing import Any

LONGEST = 200  # characters of one text
LINES = 60  # of one traceback
MOST = 1000  # different faults that are remembered
_seen: set[tuple[str, str, int]] = set()


def short(text: str) -> str:
    """The text on one line, cut at LONGEST characters."""
    line = " ".join(text.split()) if "\n" in text or "\r" in text else text
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}... ({len(text)} characters)"


def bound_logs() -> None:
    """Make every record of this process short, whoever writes it; twice is once."""
    plain = logging.getLogRecordFactory()
    if getattr(plain, "is_bounded", False):
        return

    def bounded(*given: Any, **more: Any) -> logging.LogRecord:
        return shorten(plain(*given, **more))

    bounded.is_bounded = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(bounded)


def shorten(record: logging.LogRecord) -> logging.LogRecord:
    """Cut a record's texts; leave its traceback out where it is a refusal or has been written before."""
    if isinstance(record.args, tuple):
        record.args = tuple(_short_argument(each) for each in record.args)
    if isinstance(record.msg, BaseException) or (isinstance(record.msg, str) and not record.args):
        record.msg = short(str(record.msg))
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return record
    if is_refusal(error) or not _is_new(error):
        record.msg, record.args = short(f"{record.getMessage()}: {type(error).__name__}: {error}"), ()
        record.exc_info = record.exc_text = None
        return record
    lines = "".join(traceback.format_exception(error)).splitlines()
    kept = lines if len(lines) <= LINES else [*lines[: LINES // 2], "  ...", *lines[-LINES // 2 :]]
    record.exc_text = "\n".join(line[:LONGEST] for line in kept)
    return record


def log_failure(what: str, now: Any, before: Any = None) -> None:
    """Write down the fault that is being handled, with the settings by which it comes again.

    `now` and `before` are records of settings, `before` those that it starts with unless given: those in which they
    differ are named.
    """
    named = differing(now, type(now)() if before is None else before) if is_dataclass(now) else [repr(now)]
    logging.getLogger(__name__).exception(", ".join(("%s failed", *("%s",) * len(named))), what, *named)


def differing(now: Any, before: Any, within: str = "") -> list[str]:
    """The settings in which one record differs from another: dotted name and value."""
    found = []
    for field in fields(now):
        name, value = f"{within}{field.name}", getattr(now, field.name)
        other = getattr(before, field.name, None)
        if is_dataclass(value):
            found += differing(value, other, f"{name}.")
        elif value != other:
            found.append(f"{name}={value!r}")
    return found


def is_refusal(error: BaseException) -> bool:
    """Whether the engine refused its input, by what that error carries: the server starts before the engine is read."""
    return isinstance(error, ValueError) and hasattr(error, "violations")


def _short_argument(argument: Any) -> Any:
    if isinstance(argument, str | BaseException):
        return short(str(argument))
    return argument


def _is_new(error: BaseException) -> bool:
    """Whether a fault of this kind at this place is the first one."""
    place: TracebackType | None = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = (place.tb_frame.f_code.co_filename, place.tb_lineno) if place else ("", 0)
    fault = (type(error).__name__, *where)
    if fault in _seen or len(_seen) >= MOST:
        return False
    _seen.add(fault)
    return True
