"""Questions as a phone gets them, and what is typed there as it is kept.

A question's body has `title`, `rule`, `scene`, `question`, and `ask`: what is asked for, never what was computed.
"""

from __future__ import annotations

import re
from typing import Any

KINDS = ("number", "slider", "choice", "line", "settings")
BETWEEN = "~"  # of a drawn line's values
UNITS = re.compile(r"[$%x\s]|dollars?|percent", re.IGNORECASE)
COMMA = re.compile(r"^-?\d+,\d{1,2}$")
GROUPS = re.compile(r"(?<=\d)[,'\u2019\u00a0\u202f ](?=\d{3}(\D|$))")


def check(body: dict[str, Any], given: Any) -> str:
    """Return an answer to a question as it is kept; ValueError with a kind sentence where it is none yet."""
    ask = body["ask"]
    if ask["kind"] not in KINDS:
        raise ValueError(f"A question's kind must be one of {', '.join(KINDS)}, was {ask['kind']!r}.")
    if ask["kind"] == "line":
        return drawn(given, len(ask["x"]), ask["high"])
    text = str("" if given is None else given).strip()
    if ask["kind"] == "settings":
        return settings(text, ask["fields"])
    if ask["kind"] == "choice":
        return chosen(text, ask["options"])
    return number(text, ask["least"], ask["most"], ask["absurd"])


def chosen(text: str, options: Any) -> str:
    """Return one of the options."""
    if text not in options:
        raise ValueError("Choose one of them first: here a wrong guess is worth more than none.")
    return text


def settings(text: str, fields: Any) -> str:
    """Return one of the options of each of several settings, with a sign between them."""
    words = text.split(BETWEEN)
    if len(words) != len(fields):
        raise ValueError("Set all of them first.")
    for field, word in zip(fields, words, strict=True):
        if word not in field["words"]:
            raise ValueError(f"{field['label']} must be one of those that can be chosen.")
    return text


def number(text: str, least: float, most: float, absurd: str) -> str:
    """Return a number as it is kept, however it was typed."""
    if not text:
        raise ValueError("Write a number first, any number: here a wrong guess is worth more than none.")
    bare = UNITS.sub("", text.replace("\N{MINUS SIGN}", "-"))
    plain = GROUPS.sub("", bare)
    plain = plain.replace(",", ".") if COMMA.match(plain) else plain
    if not re.fullmatch(r"[+-]?(\d{1,12}(\.\d{0,6})?|\.\d{1,6})", plain):
        raise ValueError(f"{text[:20]!r} could not be read as a number. Write it in digits; a guess is enough.")
    value = float(plain)
    if value < least:
        raise ValueError("Less than nothing it cannot be. Write it without a minus sign, and try again.")
    if value > most:
        raise ValueError(f"{absurd} Try again.")
    return f"{value:g}"


def drawn(given: Any, n: int, high: float) -> str:
    """Return a line's values above `n` points, from 0 to `high`, with a sign between them."""
    values = given.split(BETWEEN) if isinstance(given, str) else list(given or ())
    try:
        line = [None if value in (None, "") else min(max(float(value), 0.0), high) for value in values]
    except (TypeError, ValueError):
        line = []
    left = n - sum(value is not None and value == value for value in line)
    if len(line) != n or left == n:
        raise ValueError("Draw the line first: drag across the picture, or move its points with the arrow keys.")
    if left:
        where = f"{left} of {n} points are" if left > 1 else "one point is"
        raise ValueError(f"Nearly there: {where} still missing. Draw across the whole width.")
    return BETWEEN.join(f"{value:.1f}".removesuffix(".0") for value in line if value is not None)
