"""Excel workbooks: the first sheet, after what is packed in the file was measured."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from engine.own_data.documents import column_of
from engine.own_data.records import SHOWN, Table, check_names, check_size, printable, refuse

MOST_UNPACKED = 256 * 2**20  # bytes of all parts together
MOST_PARTS = 1000
MOST_SHEET = 250_000  # rows; its cells take a hundred times as long as those of text
CHUNK = 2**20
LOCAL = 30  # bytes of a part's own head, before its name
CELL = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,4})([0-9]{1,9})"')
LETTERS = 26


def read_xlsx(content: bytes, file: str) -> Table:
    """Return the first sheet of a workbook: its first row that is not empty names the columns.

    What is packed in the file is unpacked once to be measured, whatever it says of its size; a sheet is read where
    the rectangle around its cells is no more than MOST_CELLS.
    """
    _check_parts(content, file)
    try:
        frame = pd.read_excel(io.BytesIO(content), sheet_name=0, header=None, engine="calamine", dtype=object)
    except Exception as error:  # the reader's own errors have no common root
        refuse(file, f"is a damaged workbook: {printable(error, 120)}")
    is_row = frame.notna().any(axis=1).to_numpy()
    if not is_row.any():
        refuse(file, "has an empty first sheet")
    head = int(np.argmax(is_row))
    names = [
        printable(cell, 2 * SHOWN) if isinstance(cell, str) and cell.strip() else f"column {place}"
        for place, cell in enumerate(frame.iloc[head], start=1)
    ]
    check_names(file, names)
    keep = is_row.copy()
    keep[: head + 1] = False
    check_size(file, int(keep.sum()), len(names))
    body = frame[keep]
    columns = {name: _cells(body.iloc[:, place].tolist(), file, name) for place, name in enumerate(names)}
    return Table(file=file, kind="XLSX", columns=columns, rows=np.flatnonzero(keep).astype(np.int64) + 1)


def _cells(values: list[Any], file: str, name: str) -> Any:
    """Return a column: times where all are, else numbers or text."""
    plain: list[Any] = [None if value is None or value is pd.NaT or value != value else value for value in values]
    if any(hasattr(value, "isoformat") for value in plain):
        if all(value is None or hasattr(value, "timestamp") for value in plain):
            return pa.array(plain, pa.timestamp("us"))
        plain = [value.isoformat() if hasattr(value, "isoformat") else value for value in plain]
    plain = [value if value is None or isinstance(value, str | int | float | bool) else str(value) for value in plain]
    return column_of(plain, file, name)


def _check_parts(content: bytes, file: str) -> None:
    """Refuse an archive that is no workbook, or holds more than is read; what its entries claim is not believed."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error) as error:
        refuse(file, f"is a damaged workbook: {printable(error)}")
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        refuse(file, "is a packed archive and no Excel workbook: unpack it first")
    if len(parts) > MOST_PARTS:
        refuse(file, f"has {len(parts):,} parts, {MOST_PARTS} at most can be read")
    left = MOST_UNPACKED
    for part in parts:
        if part.flag_bits & 1:
            refuse(file, "is locked with a password")
        if part.file_size > left:
            refuse(file, f"says that it unpacks to {part.file_size / 2**20:,.0f} MB: {_most()}")
        data = _unpacked(content, part, left, file)
        left -= len(data)
        if part.filename.startswith("xl/worksheets/"):
            _check_sheet(data, file)


def _most() -> str:
    return f"{MOST_UNPACKED // 2**20} MB at most can be read"


def _unpacked(content: bytes, part: zipfile.ZipInfo, left: int, file: str) -> bytes:
    """Return a part's bytes to the true end of its stream; more than are left are refused before they are made."""
    start = part.header_offset
    head = content[start : start + LOCAL]
    if len(head) < LOCAL or not head.startswith(b"PK\x03\x04"):
        refuse(file, f"is a damaged workbook: {printable(part.filename)} is not where it should be")
    name, extra = struct.unpack("<HH", head[26:30])
    data = content[start + LOCAL + name + extra : start + LOCAL + name + extra + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        return data
    if part.compress_type != zipfile.ZIP_DEFLATED:
        refuse(file, f"is a workbook packed in an unusual way (method {part.compress_type})")
    stream, pieces, size = zlib.decompressobj(-15), [], 0
    try:
        while data and not stream.eof:
            pieces.append(stream.decompress(data, CHUNK))
            size, data = size + len(pieces[-1]), stream.unconsumed_tail
            if size > left:
                refuse(file, f"unpacks to more than {size / 2**20:,.0f} MB: {_most()}")
    except zlib.error as error:
        refuse(file, f"is a damaged workbook: {printable(error)}")
    return b"".join(pieces)


def _check_sheet(data: bytes, file: str) -> None:
    """Refuse a sheet whose cells lie so far apart that the rectangle around them could not be held."""
    columns, rows = {b"A"}, 1
    for found in CELL.finditer(data):
        columns.add(found[1])
        rows = max(rows, int(found[2]))
    widest = max(sum((mark - 64) * LETTERS**place for place, mark in enumerate(reversed(name))) for name in columns)
    check_size(file, rows, widest)
    if rows > MOST_SHEET:
        refuse(file, f"has {rows:,} rows in a sheet, {MOST_SHEET:,} at most can be read: save it as CSV")
