"""JSON as APIs return it: a list of positions or candles, or one within an answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from engine.errors import InputError, as_float
from engine.own_data.records import LONGEST_CELL, Table, WrongCell, check_names, check_size, printable, refuse

MOST_JSON = 64 * 2**20  # bytes; it takes ten times as many once it is read
PATHS = (("result", "list"), ("data",), ("assetPositions",), ("positions",), ("result",))
BESIDE = ("category",)  # what of an answer says something of all its rows


def read_json(content: bytes, file: str) -> Table:
    """Return the rows of a list of objects or of lists, at the top or where venues' answers have it."""
    if len(content) > MOST_JSON:
        refuse(file, f"has {len(content) / 2**20:,.0f} MB of JSON, {MOST_JSON // 2**20} MB at most can be read")
    try:
        document = json.loads(content)
    except RecursionError:
        refuse(file, "is JSON with lists within lists, too deep to be read")
    except ValueError as error:
        refuse(file, f"cannot be read as JSON: {printable(error, 120)}")
    rows, facts = _rows(document, file)
    if not rows:
        refuse(file, "has an empty list")
    check_size(file, len(rows), 1)
    kept = [(place, row) for place, row in enumerate(rows, start=1) if isinstance(row, dict | list)]
    wrong = tuple(
        WrongCell(row=place, column="", problem=f"must be an object or a list, was {printable(repr(row))}")
        for place, row in enumerate(rows, start=1)
        if not isinstance(row, dict | list)
    )
    if not kept:
        refuse(file, f"has a list of what are no objects: {wrong[0].sentence(file)}")
    flat = [_flat(row) for _, row in kept]
    names = list(dict.fromkeys(name for row in flat for name in row))
    check_names(file, names)
    check_size(file, len(flat), len(names))
    columns = {name: column_of([row.get(name) for row in flat], file, name) for name in names}
    numbers = np.array([place for place, _ in kept], dtype=np.int64)
    return Table(file=file, kind="JSON", columns=columns, rows=numbers, wrong=wrong, facts=facts)


def _rows(document: Any, file: str) -> tuple[list[Any], dict[str, str]]:
    """Return the rows of a document, and what stands beside them."""
    for path in ((), *PATHS):
        part, around = document, document
        for word in path:
            around, part = part, part.get(word) if isinstance(part, Mapping) else None
        if isinstance(part, list):
            beside = around if isinstance(around, Mapping) else {}
            return part, {key: str(beside[key]) for key in BESIDE if isinstance(beside.get(key), str)}
    where = ", ".join(".".join(path) for path in PATHS)
    raise InputError([("file", f"{file} must be JSON with a list of positions, at its top or under {where}")])


def _flat(row: Any) -> dict[str, Any]:
    """Return a row by column: a list's by number, an object's by name, those of objects within it with a stop."""
    if isinstance(row, list):
        return {f"column {place}": value for place, value in enumerate(row, start=1)}
    inner = row.get("position")
    if isinstance(inner, dict):  # Hyperliquid has each position within an object of its own
        row = inner
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            if name != "info":  # the venue's own answer, beside what ccxt made of it
                flat |= {f"{name}.{key}": part for key, part in value.items() if not isinstance(part, dict | list)}
        elif not isinstance(value, list):
            flat[name] = value
    return {printable(name, 80): value for name, value in flat.items()}


def column_of(values: list[Any], file: str, name: str) -> Any:
    """Return cells as an array: of numbers where all are, else of text."""
    if all(value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in values):
        return pa.array([None if value is None else as_float(value) for value in values], pa.float64())
    texts = [None if value is None else value if isinstance(value, str) else json.dumps(value) for value in values]
    for place, text in enumerate(texts, start=1):
        if text is not None and len(text) > LONGEST_CELL:
            refuse(file, f"has a cell of {len(text):,} characters in row {place}, column {printable(name)}")
    try:
        return pa.array(texts, pa.string())
    except UnicodeError:  # half of a pair of surrogates
        return pa.array([None if text is None else text.encode(errors="replace").decode() for text in texts])
