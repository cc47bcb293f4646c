"""A venue of one's own: a file as data/venues has them, and a margin table as CSV."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace

import numpy as np

from engine.drawing.book_settings import Brackets
from engine.errors import InputError
from engine.own_data.doors import read_table
from engine.own_data.layouts import first_names, recognized
from engine.own_data.records import Source, Table, printable, refuse
from engine.placement import apply_venue
from engine.presets import VenuePreset, load_replay, venue_of

MOST_BYTES = 2**18
MOST_ROWS = 200
MOST_NAMED = 10  # wrong cells of a column
TABLES = ("margin", "fund", "waterfall", "settlement", "venue")
BRACKETS = {
    "notional_floor": ("notionalfloor", "floor", "notional", "from", "minnotional"),
    "rate": ("mmr", "rate", "maintenancerate", "maintenancemarginrate", "maintmarginratio"),
    "maintenance_amount": ("maintenanceamount", "amount", "cum", "deduction"),
}


def read_venue(content: bytes, *, file: str, name: str) -> VenuePreset:
    """Return the venue of a TOML file, under a name.

    Parameters
    ----------
    content : bytes
        With the tables and keys of a file in data/venues; a margin table stands in it as `margin.table`, rows of
        notional floor, rate and amount in USD, and never in another file.
    file, name : str
        What sentences call it, and what it is kept under.

    Raises
    ------
    InputError
        A sentence that names the file, for what is no TOML, keys that are unknown or missing, and values that no venue
        can have.
    """
    title = printable(file, 80)
    if len(content) > MOST_BYTES:
        refuse(title, f"has {len(content):,} bytes, {MOST_BYTES:,} at most can be a venue")
    try:
        document = tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        refuse(title, f"cannot be read as TOML: {printable(error, 120)}")
    for table in TABLES:
        if not isinstance(document.get(table), dict):
            refuse(title, f"must have the tables {', '.join(TABLES)}; {table} is missing")
    margin = dict(document["margin"])
    if {"brackets", "symbol", "brackets_as_of"} & set(margin):
        refuse(title, "must have its margin table within it (margin.table) or as CSV beside it, names another file")
    rows = margin.pop("table", [])
    try:
        brackets = tuple((float(floor), float(rate), float(amount)) for floor, rate, amount in rows)
        found = replace(venue_of(title, {**document, "margin": margin}, brackets), name=name)
        apply_venue(found, load_replay("calm").scenario)
    except InputError as error:
        raise InputError([(f, s if title in s else f"{title}: {s}") for f, s in error.pairs]) from error
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
        refuse(title, f"has a value of the wrong kind: {printable(error, 120)}")
    return found


def read_brackets(file: Source | Table, *, name: str = "") -> Brackets:
    """Return a margin table from a file: rows of notional floor (USD), maintenance rate and amount, floors rising.

    Raises
    ------
    InputError
        A sentence with file, row and column for a cell that is no number or no such rate, and for floors that do not
        rise from 0.
    """
    from engine.own_data.numbers import convention_of, read_numbers

    table = read_table(file, name=name)
    if table.n_rows > MOST_ROWS:
        refuse(table.file, f"has {table.n_rows:,} rows, {MOST_ROWS} at most are a margin table")
    columns = _columns(table)
    decimal = convention_of(table, columns.values()).decimal
    values = {field: read_numbers(table.columns[column], decimal).values for field, column in columns.items()}
    amounts = values.get("maintenance_amount", np.zeros(table.n_rows))
    wrong = {
        "notional_floor": ~(values["notional_floor"] >= 0),
        "rate": ~((values["rate"] >= 0) & (values["rate"] < 1)),
        "maintenance_amount": ~(amounts >= 0),
    }
    wrong["notional_floor"][1:] |= ~(np.diff(values["notional_floor"]) > 0)
    wrong["notional_floor"][0] |= bool(values["notional_floor"][0] != 0)
    bounds = {"notional_floor": "0 first and then rising", "rate": ">= 0 and < 1", "maintenance_amount": ">= 0"}
    faults = [
        ("brackets", cell.sentence(table.file))
        for field, column in columns.items()
        for cell in table.wrong_cells(column, wrong[field], f"must be {bounds[field]}", MOST_NAMED)
    ]
    if faults:
        raise InputError(faults)
    return tuple(zip(values["notional_floor"].tolist(), values["rate"].tolist(), amounts.tolist(), strict=True))


def _columns(table: Table) -> dict[str, str]:
    found = recognized(table.columns, BRACKETS)
    for field in ("notional_floor", "rate"):
        if field not in found:
            names = first_names(table)
            refuse(table.file, f"must have a column of {field} (or {BRACKETS[field][1]}), its columns are {names}")
    return found


def with_table(text: str, brackets: Brackets) -> str:
    """Return the text of a venue's file with its margin table in it."""
    rows = ", ".join(f"[{floor!r}, {rate!r}, {amount!r}]" for floor, rate, amount in brackets)
    plain = re.sub(r"(?m)^table\s*=.*$\n?", "", text)
    return re.sub(r"(?m)^\[margin\]\s*$", f"[margin]\ntable = [{rows}]", plain, count=1) if brackets else text
