"""What is read from files: tables, books and prices with what was understood, and what is wrong, by row."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np

from engine.arrays import Flags, Floats, Whole
from engine.book import Book
from engine.drawing.path_settings import PathModel
from engine.errors import InputError

MOST_BYTES = 256 * 2**20  # of a file
MOST_ROWS = 2_000_000
MOST_COLUMNS = 500
MOST_CELLS = 30_000_000
LONGEST_CELL = 4096  # characters; a longer one is no number and no name
SHOWN = 40  # characters of a cell in a sentence
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
MOST_LISTED = 1000  # wrong cells that are named; all are counted

Source = str | Path | bytes | BinaryIO


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongCell:
    """What is wrong in a row of a file: the number of the row there, the column ("": the whole row), and why."""

    row: int
    column: str
    problem: str

    def sentence(self, file: str) -> str:
        """Return it as a sentence that names file, row and column."""
        return f"{file}, row {self.row}{f', column {self.column}' if self.column else ''}: {self.problem}"


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Table:
    """What a file holds.

    Parameters
    ----------
    file, kind : str
        Its name, for sentences, and which kind of file it is.
    columns : mapping of str to pyarrow Array
        Text, floating-point numbers or times, all of one length.
    rows : (n,) int
        The number in the file of each row, the first line or object being 1.
    notes : tuple of str
        How it was read: encoding, separator.
    wrong : tuple of WrongCell
        Rows that are none.
    facts : mapping of str to str
        What stands beside the rows.
    """

    file: str
    kind: str
    columns: Mapping[str, Any]
    rows: Whole
    notes: tuple[str, ...] = ()
    wrong: tuple[WrongCell, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.rows.size)

    def wrong_cells(
        self, column: str, is_wrong: Flags, problem: str | Callable[[int], str], most: int
    ) -> list[WrongCell]:
        """Return what is wrong in a column: the first rows where it is, `most` at most."""
        return [
            WrongCell(
                row=int(self.rows[row]),
                column=printable(column),
                problem=problem if isinstance(problem, str) else problem(row),
            )
            for row in np.flatnonzero(is_wrong)[:most].tolist()
        ]

    def preview(self, n: int = 10) -> list[dict[str, str]]:
        """Return the first rows as text, each cell cut to what a sentence shows."""
        cells = {name: values.slice(0, n).to_pylist() for name, values in self.columns.items()}
        return [{name: shown(cells[name][row]) for name in cells} for row in range(min(n, self.n_rows))]


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class BookFile:
    """What a file of positions was understood as.

    Parameters
    ----------
    file, kind, layout : str
        Its name; CSV, Parquet, XLSX or JSON; whose layout it has, "" where columns were found by name.
    book : Book or None
        None where rows are wrong and were not to be left out.
    columns : mapping of str to str
        Column of each field.
    contract, symbol : str
        Type of the contract; which market's rows these are, "" where there is no such column.
    market_makers : float
        Signed size that market makers hold against the book, so that both sides are equal; in the book's unit.
    mark_price : float
        Median of the marks in the file, NaN where there are none.
    understood : tuple of str
        A sentence for everything that was recognized, assumed or left out.
    wrong : tuple of WrongCell
        What is wrong, by row, MOST_LISTED at most; `n_wrong` counts the rows.
    """

    file: str
    kind: str
    layout: str
    book: Book | None
    columns: Mapping[str, str]
    contract: str
    symbol: str
    market_makers: float
    mark_price: float
    understood: tuple[str, ...]
    wrong: tuple[WrongCell, ...]
    n_wrong: int

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is wrong, each naming file, row and column."""
        return tuple(cell.sentence(self.file) for cell in self.wrong)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class PriceFile:
    """What a file of prices was understood as.

    Parameters
    ----------
    file, kind : str
    prices : (n_steps + 1,)
        USD per coin, the first price first; a candle is four steps: to its open, its extremes, its close.
    gap_steps : tuple of int
        Steps in which the price jumps: from a close to an open that differs.
    minutes_per_step : float
    columns : mapping of str to str
        Column of each field.
    understood : tuple of str
        A sentence for everything that was recognized or assumed.
    start : str
        Time of the first row, UTC, "" where a file has none.
    """

    file: str
    kind: str
    prices: Floats
    gap_steps: tuple[int, ...]
    minutes_per_step: float
    columns: Mapping[str, str]
    understood: tuple[str, ...]
    start: str = ""

    @property
    def path(self) -> PathModel:
        """The prices as the path of a scenario."""
        return PathModel(
            model="array",
            prices=tuple(self.prices.tolist()),
            gap_steps=self.gap_steps,
            minutes_per_step=self.minutes_per_step,
            n_steps=self.prices.size - 1,
        )


def refuse(file: str, why: str) -> NoReturn:
    """Raise the one sentence that says why a file cannot be read."""
    raise InputError([("file", f"{file} {why}")])


def printable(value: object, longest: int = SHOWN) -> str:
    """Return a text of a file on one line, without what cannot be seen, cut."""
    text = "".join(mark if mark.isprintable() else " " for mark in str(value)[: 4 * longest])
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= longest else text[: longest - 3] + "..."


def shown(value: object) -> str:
    """Return a cell as a sentence shows it."""
    return "" if value is None else printable(f"{value:.10g}" if isinstance(value, float) else value)


def seen(values: Any, row: int) -> str:
    """Return a cell of a pyarrow Array as what it was, in a sentence on what is wrong."""
    return printable(repr(values[row].as_py()))


def check_size(file: str, n_rows: int, n_columns: int) -> None:
    """Refuse more rows, columns or cells than are read."""
    if n_rows > MOST_ROWS:
        refuse(file, f"has {n_rows:,} rows, {MOST_ROWS:,} at most can be read")
    if n_columns > MOST_COLUMNS:
        refuse(file, f"has {n_columns:,} columns, {MOST_COLUMNS} at most can be read")
    if n_rows * n_columns > MOST_CELLS:
        refuse(file, f"has {n_rows:,} rows of {n_columns} cells, {MOST_CELLS:,} cells at most can be read")
    if n_rows == 0:
        refuse(file, "has no rows below its column names")


def check_names(file: str, names: list[str]) -> None:
    """Refuse two columns of one name."""
    for place, name in enumerate(names):
        if name in names[:place]:
            refuse(file, f"has two columns called {shown(name)}: columns {names.index(name) + 1} and {place + 1}")


def cell_text(text: str) -> str:
    """Return a text as a spreadsheet takes it for text: an apostrophe stands before what would begin a formula.

    Examples
    --------
    >>> cell_text("=1+1"), cell_text("trader 7")
    ("'=1+1", 'trader 7')
    """
    return f"'{text}" if text.startswith(FORMULAS) else text
