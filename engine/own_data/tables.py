"""A file of one's own, read by its content: Parquet here, text, workbooks and JSON by modules of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.errors import InputError
from engine.own_data.documents import read_json
from engine.own_data.records import (
    LONGEST_CELL,
    MOST_BYTES,
    Source,
    Table,
    check_names,
    check_size,
    printable,
    refuse,
)
from engine.own_data.texts import read_csv
from engine.own_data.workbooks import read_xlsx

CLOSED = {  # what cannot be looked into, by its first bytes
    b"\x1f\x8b": "is packed (gzip): unpack it first",
    b"7z\xbc\xaf": "is packed (7z): unpack it first",
    b"Rar!": "is packed (RAR): unpack it first",
    b"BZh": "is packed (bzip2): unpack it first",
    b"\xfd7zXZ": "is packed (xz): unpack it first",
    b"\xd0\xcf\x11\xe0": "is a workbook of an older Excel: save it as .xlsx",
    b"%PDF": "is a PDF",
}


def table_of(file: Source, name: str = "") -> Table:
    """Return what a file holds: engine.read_table."""
    title = printable(name or (Path(file).name if isinstance(file, str | Path) else getattr(file, "name", "file")), 80)
    content = _content(file, title)
    if not content.strip():
        refuse(title, "is empty")
    for first, why in CLOSED.items():
        if content.startswith(first):
            refuse(title, why)
    if content.startswith(b"PK"):
        return read_xlsx(content, title)
    if content.startswith(b"PAR1"):
        return read_parquet(content, title)
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{"):
        return read_json(content, title)
    return read_csv(content, title)


def _content(file: Source, title: str) -> bytes:
    if isinstance(file, bytes):
        content = file
    elif isinstance(file, str | Path):
        path = Path(file)
        try:
            size = path.stat().st_size
            content = path.read_bytes() if size <= MOST_BYTES else b""
        except (OSError, ValueError) as error:
            refuse(title, f"cannot be opened: {getattr(error, 'strerror', None) or error}")
        if size > MOST_BYTES:
            _refuse_bytes(title, size)
    else:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        _refuse_bytes(title, len(content))
    return content


def _refuse_bytes(title: str, size: int) -> NoReturn:
    refuse(title, f"has {size / 2**20:,.0f} MB or more, {MOST_BYTES // 2**20} MB at most can be read")


def read_parquet(content: bytes, file: str) -> Table:
    """Return a Parquet file; columns that are no plain numbers, texts or times are named and left out."""
    try:
        source = pq.ParquetFile(pa.BufferReader(content))
        schema, n_rows = source.schema_arrow, int(source.metadata.num_rows)
        check_size(file, n_rows, len(schema.names))
        check_names(file, list(schema.names))
        plain = [name for name in schema.names if not pa.types.is_nested(schema.field(name).type)]
        texts = [name for name in plain if _is_text(schema.field(name).type)]
        # texts stay as dictionaries: a short file can repeat a long text a million times
        source = pq.ParquetFile(pa.BufferReader(content), read_dictionary=texts)
        data = source.read(columns=plain, use_threads=False)
        data.validate(full=True)  # a damaged file's text may be none
        columns = {name: _plain(data.column(name), file, name) for name in plain}
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        refuse(file, f"is a damaged Parquet file: {printable(error, 120)}")
    nested = [printable(name) for name in schema.names if name not in plain]
    notes = (f"Columns of lists or records were left out: {', '.join(nested)}.",) if nested else ()
    if not columns:
        refuse(file, f"has no columns of numbers, texts or times; {', '.join(nested)} hold lists or records")
    return Table(file=file, kind="Parquet", columns=columns, rows=np.arange(1, n_rows + 1), notes=notes)


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _plain(column: Any, file: str, name: str) -> Any:
    """Return a column as one array of text, numbers or times."""
    values = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if pa.types.is_dictionary(values.type):
        longest = pc.max(pc.utf8_length(values.dictionary)).as_py() if len(values.dictionary) else 0
        if (longest or 0) > LONGEST_CELL:
            refuse(file, f"has a cell of {longest:,} characters in column {printable(name)}")
        values = values.cast(pa.string())
    kind = values.type
    if pa.types.is_boolean(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return values.cast(pa.string())
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return values.cast(pa.float64(), safe=False)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return values.cast(pa.timestamp("us"), safe=False)
    if not pa.types.is_null(kind):
        refuse(file, f"has values of type {printable(kind)} in column {printable(name)}, which are no numbers or texts")
    return pa.nulls(len(values), pa.string())
