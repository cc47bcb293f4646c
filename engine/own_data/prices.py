"""A price path from a file: time and price, or candles, walked through their extremes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from engine.arrays import Flags, Floats
from engine.drawing.path_settings import PRICE_RANGE
from engine.errors import Checker, InputError
from engine.own_data.layouts import KLINE, PRICE_FIELDS, mapped, missing
from engine.own_data.numbers import convention_of, read_numbers
from engine.own_data.records import PriceFile, Table, WrongCell, printable, refuse, seen

MOST_PRICES = 100_000  # rows of a path
MOST_SAID = 20
CANDLE = ("open", "high", "low", "price")
LEGS = 4  # of a candle: to its open, one extreme, the other, its close
UNEVEN = 0.01  # of a step by which one may differ from the others
MINUTES = 5.0  # of a step where a file has no times
SECONDS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))  # from which number on a time is in ns, us, ms


def path_of(
    table: Table, mapping: Mapping[str, str] | None, decimal: str | None, minutes_per_step: float | None
) -> PriceFile:
    """Return the price path that a table holds: engine.read_prices."""
    columns = _columns(table, mapping)
    if table.n_rows > MOST_PRICES:
        refuse(table.file, f"has {table.n_rows:,} rows, {MOST_PRICES:,} prices at most are a path")
    fields = CANDLE if {"open", "high", "low"} <= set(columns) else ("price",)
    convention = convention_of(table, [columns[field] for field in fields], decimal)
    wrong: list[WrongCell] = list(table.wrong)
    numbers = {field: _prices(table, columns[field], convention.decimal, wrong) for field in fields}
    if len(fields) > 1:
        _check_candles(table, numbers, wrong)
    seconds = _times(table, columns, wrong)
    _raise_if_wrong(table, wrong)
    notes = [*table.notes, convention.sentence]
    numbers, seconds = _oldest_first(numbers, seconds, notes)
    minutes, start = _step(table, seconds, minutes_per_step, notes)
    prices, gaps = _walk(numbers) if len(fields) > 1 else (numbers["price"], ())
    if prices.size < 2:
        refuse(table.file, "has one price, a path must have two or more")
    said = ", ".join(f"{field} from {printable(name)}" for field, name in columns.items())
    if len(fields) > 1:
        notes.append("A candle is four steps: to its open, its extremes, its close; their true order is unknown.")
    return PriceFile(
        file=table.file,
        kind=table.kind,
        prices=prices,
        gap_steps=gaps,
        minutes_per_step=minutes / LEGS if len(fields) > 1 else minutes,
        columns=columns,
        understood=(f"Columns: {said}.", *(note for note in notes if note)),
        start=start,
    )


def _columns(table: Table, mapping: Mapping[str, str] | None) -> dict[str, str]:
    names = list(table.columns)
    if names[0] == "column 1" and len(names) > len(KLINE) and not mapping:
        return dict(zip(KLINE, names, strict=False))
    columns = mapped(table, PRICE_FIELDS, mapping, None)
    if "price" not in columns:
        raise InputError([("price", missing(table, PRICE_FIELDS, "price", columns))])
    return columns


def _note(table: Table, column: str, is_wrong: Flags, bound: str, wrong: list[WrongCell]) -> None:
    values = table.columns[column]
    wrong += table.wrong_cells(column, is_wrong, lambda row: f"must be {bound}, was {seen(values, row)}", MOST_SAID)


def _prices(table: Table, column: str, decimal: str, wrong: list[WrongCell]) -> Floats:
    values = read_numbers(table.columns[column], decimal).values
    with np.errstate(invalid="ignore"):
        _note(table, column, ~((values >= PRICE_RANGE[0]) & (values <= PRICE_RANGE[1])), "a price > 0", wrong)
    return values


def _check_candles(table: Table, candle: Mapping[str, Floats], wrong: list[WrongCell]) -> None:
    """Note candles whose open or close lies outside their extremes."""
    with np.errstate(invalid="ignore"):
        for field in ("open", "price"):
            is_outside = (candle[field] > candle["high"]) | (candle[field] < candle["low"])
            for row in np.flatnonzero(is_outside)[:MOST_SAID].tolist():
                low, high = candle["low"][row], candle["high"][row]
                name = "close" if field == "price" else field
                problem = f"must be between low {low:g} and high {high:g}, was {candle[field][row]:g}"
                wrong.append(WrongCell(row=int(table.rows[row]), column=name, problem=problem))


def _times(table: Table, columns: Mapping[str, str], wrong: list[WrongCell]) -> Floats | None:
    """Return seconds since 1970 of each row, None without a column of times."""
    if "time" not in columns:
        return None
    column = columns["time"]
    values = table.columns[column]
    if pa.types.is_timestamp(values.type):
        seconds = np.array(values.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False), dtype=np.float64) / 1e6
        seconds[~np.asarray(values.is_valid())] = np.nan
    else:
        seconds = _seconds(values)
    _note(table, column, np.isnan(seconds), "a time", wrong)
    return seconds


def _seconds(values: Any) -> Floats:
    numbers = read_numbers(values)
    seconds = numbers.values
    if numbers.is_wrong.any() or np.isnan(seconds).all():
        times = pd.to_datetime(pd.Series(values.to_pylist(), dtype=object), utc=True, errors="coerce", format="mixed")
        unix = times.to_numpy(dtype="datetime64[ns]", na_value=np.datetime64("NaT")).astype(np.float64) / 1e9
        return np.where(times.isna().to_numpy(), np.nan, unix)
    largest = float(np.nanmax(np.abs(seconds)))
    return seconds / next((unit for least, unit in SECONDS if largest >= least), 1.0)


def _raise_if_wrong(table: Table, wrong: list[WrongCell]) -> None:
    if wrong:
        cells = sorted(wrong, key=lambda cell: cell.row)[:MOST_SAID]
        raise InputError([("file", cell.sentence(table.file)) for cell in cells])


def _oldest_first(
    numbers: dict[str, Floats], seconds: Floats | None, notes: list[str]
) -> tuple[dict[str, Floats], Floats | None]:
    if seconds is None or seconds.size < 2 or seconds[0] <= seconds[-1]:
        return numbers, seconds
    notes.append("The newest row stands first: the rows are read from the end.")
    return {field: values[::-1].copy() for field, values in numbers.items()}, seconds[::-1].copy()


def _step(table: Table, seconds: Floats | None, minutes: float | None, notes: list[str]) -> tuple[float, str]:
    """Return the minutes from row to row, and the time of the first."""
    check = Checker("prices")
    check.number("minutes_per_step", minutes, above=0, most=1e9, is_optional=True)
    check.raise_if_any()
    if seconds is None or seconds.size < 2:
        if minutes is None:
            notes.append(f"No times: a row is taken for {MINUTES:g} minutes.")
        return (MINUTES if minutes is None else minutes), ""
    steps = np.diff(seconds)
    usual = float(np.median(steps))
    is_uneven = ~(np.abs(steps - usual) <= UNEVEN * abs(usual)) | (steps <= 0)
    if is_uneven.any():
        place = int(np.argmax(is_uneven))
        row = int(np.sort(table.rows)[place + 1])
        problem = f"must be {usual / 60:g} minutes from the one before like most, was {steps[place] / 60:g}"
        problem += f" ({int(is_uneven.sum()):,} such rows)"
        _raise_if_wrong(table, [WrongCell(row=row, column="time", problem=problem)])
    start = str(np.datetime64(round(float(seconds[0])), "s")).replace("T", " ")
    notes.append(f"From {start} UTC, a row every {usual / 60:g} minutes.")
    return usual / 60.0, start


def _walk(candle: Mapping[str, Floats]) -> tuple[Floats, tuple[int, ...]]:
    """Return the path through candles, and the steps in which it jumps to an open."""
    first, high, low, last = (candle[field] for field in CANDLE)
    is_falling = last < first
    legs = np.stack([first, np.where(is_falling, high, low), np.where(is_falling, low, high), last], axis=1)
    path = legs.ravel()
    gaps = np.flatnonzero(first[1:] != last[:-1]) * LEGS + LEGS
    return path, tuple(gaps.tolist())
