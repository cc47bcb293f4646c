"""Tables of text: any encoding, separator and head."""

from __future__ import annotations

import csv
import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from engine.own_data.records import LONGEST_CELL, SHOWN, Table, WrongCell, check_names, check_size, printable, refuse

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
HEAD = 2**16  # bytes within which the head of a file ends
BLOCK = 2**22
MOST_WRONG = 10_000  # rows of another number of cells than the head has
NUMBER = re.compile(r"[+-]?\d[\d.,]*")


def read_csv(content: bytes, file: str) -> Table:
    """Return a table of text: one line of column names, lines of "#" above it are skipped, and one line a row.

    A first line of numbers alone is a row: the columns are then called "column 1", "column 2" and so on.
    """
    text, encoding = _decoded(content, file)
    n_above, line = _head(text)
    separator = max(SEPARATORS, key=line.count) if any(mark in line for mark in SEPARATORS) else ","
    names, is_headless = _names(line, separator, file)
    check_names(file, names)
    check_size(file, 1, len(names))
    invalid: list[Any] = []

    def skip(row: Any) -> str:
        invalid.append(row)
        return "skip"

    above = n_above if is_headless else n_above + 1
    try:
        data = arrow_csv.read_csv(
            pa.BufferReader(text),
            read_options=arrow_csv.ReadOptions(
                use_threads=False, skip_rows=above, column_names=names, block_size=BLOCK
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=separator, invalid_row_handler=skip, ignore_empty_lines=False, newlines_in_values=True
            ),
            convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
    except (pa.ArrowException, ValueError) as error:
        refuse(file, f"cannot be read as rows of cells between {SEPARATORS[separator]}: {printable(error, 120)}")
    columns = {name: data.column(name).combine_chunks() for name in names}
    rows = _numbers(above + 1, data.num_rows, [row.number for row in invalid])
    keep = _is_row(columns)
    if not keep.all():
        columns, rows = {name: values.filter(pa.array(keep)) for name, values in columns.items()}, rows[keep]
    wrong = tuple(_misshapen(row) for row in invalid[: MOST_WRONG + 1] if row.text.strip())
    if len(wrong) > MOST_WRONG:
        refuse(file, f"has more than {MOST_WRONG:,} rows of another number of cells: {wrong[0].sentence(file)}")
    if not rows.size and wrong:
        refuse(file, f"has no row of {len(names)} cells: {wrong[0].sentence(file)}")
    check_size(file, rows.size, len(names))
    _check_cells(columns, rows, file)
    notes = (f"Text in {encoding}, cells between {SEPARATORS[separator]}.",)
    return Table(file=file, kind="CSV", columns=columns, rows=rows, notes=notes, wrong=wrong)


def _decoded(content: bytes, file: str) -> tuple[bytes, str]:
    """Return the text in UTF-8 and the name of the encoding that it had."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            try:
                return content.decode(encoding).encode(), encoding.upper().removesuffix("-SIG")
            except UnicodeError:
                refuse(file, f"begins like text in {encoding.upper()} and is none")
    if b"\0" in content:
        refuse(file, "is none of CSV, Parquet, XLSX or JSON: bytes of zero are in it")
    try:
        content.decode()
        return content, "UTF-8"
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace").encode(), "Windows-1252"


def _head(text: bytes) -> tuple[int, str]:
    """Return how many lines stand above the line of column names, and that line."""
    lines = re.split(r"\r\n|\n|\r", text[:HEAD].decode("utf-8", errors="replace"))
    for place, line in enumerate(lines):
        if line.strip() and not line.startswith("#") and not re.fullmatch(r'"?sep=.{1,2}', line):
            return place, line
    return 0, lines[0]


def _names(line: str, separator: str, file: str) -> tuple[list[str], bool]:
    try:
        cells = next(csv.reader([line], delimiter=separator))
    except (csv.Error, StopIteration) as error:
        refuse(file, f"has no line of column names: {printable(error)}")
    if len(cells) > 1 and all(NUMBER.fullmatch(cell.strip()) for cell in cells if cell.strip()):
        return [f"column {place}" for place in range(1, len(cells) + 1)], True
    return [printable(cell, 2 * SHOWN) or f"column {place}" for place, cell in enumerate(cells, start=1)], False


def _numbers(first: int, n_rows: int, invalid: list[int]) -> Any:
    """Return the number in the file of each row that is one, those that are none left out."""
    every = np.arange(first, first + n_rows + len(invalid), dtype=np.int64)
    return np.delete(every, np.array(invalid, dtype=np.int64) - first) if invalid else every


def _is_row(columns: dict[str, Any]) -> Any:
    """Return where a row has anything in it."""
    blank = None
    for values in columns.values():
        is_blank = pc.equal(values, "")
        if not pc.any(is_blank).as_py():
            return np.ones(len(values), dtype=np.bool_)
        blank = is_blank if blank is None else pc.and_(blank, is_blank)
    return ~np.asarray(blank)


def _misshapen(row: Any) -> WrongCell:
    problem = f"has {row.actual_columns} cells, the column names are {row.expected_columns}"
    return WrongCell(row=int(row.number), column="", problem=f"{problem} ({printable(row.text)})")


def _check_cells(columns: dict[str, Any], rows: Any, file: str) -> None:
    for name, values in columns.items():
        if values.nbytes > LONGEST_CELL:
            lengths = pc.binary_length(values)
            longest = pc.max(lengths).as_py() or 0
            if longest > LONGEST_CELL:
                row = int(rows[int(np.argmax(np.asarray(lengths)))])
                refuse(file, f"has a cell of {longest:,} characters in row {row}, column {printable(name)}")
