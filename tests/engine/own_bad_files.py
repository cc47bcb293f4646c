"""Files that are wrong in every way that was thought of, made by a number: the same number makes the same file."""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tests.engine.own_files import PARTS, SHEET, packed, parquet, sheet, workbook

HEAD = ["id", "side", "size", "entry_price", "collateral"]
WORDS = ["", "x", "NaN", "inf", "-1", "0", "1e999", "=1+1", "@SUM(A1)", "1,2,3", "12 34", "\u0661", "None", "true"]
NAMES = ["foo", "bar", "", "size ", "Gr\u00f6\u00dfe", "entry_price", "a" * 300, "\u202e", "qty"]
LONG = "size,entry_price,leverage\n"


class BadFile(NamedTuple):
    """A file, what is wrong with it, and whether it has to be refused or to have a wrong row."""

    kind: str
    content: bytes
    is_surely_bad: bool


def rows_of(rng: random.Random, n: int = 5) -> list[list[str]]:
    """Right rows of a book."""
    sides = ("long", "short")
    ranges = ((0.1, 9.0), (90.0, 110.0), (1.0, 90.0))
    return [[f"a{row}", sides[row % 2], *(f"{rng.uniform(*each):.3f}" for each in ranges)] for row in range(n)]


def text_of(rows: list[list[str]], separator: str = ",", head: list[str] | None = None) -> str:
    """Rows as CSV."""
    return "\n".join(separator.join(row) for row in [head or HEAD, *rows]) + "\n"


def with_cell(rng: random.Random, column: int, text: str) -> bytes:
    rows = rows_of(rng)
    rows[rng.randrange(len(rows))][column] = text
    return text_of(rows, ";").encode()


def wrong_columns(rng: random.Random) -> BadFile:
    names = [rng.choice(NAMES) for _ in HEAD]
    return BadFile("wrong columns", text_of(rows_of(rng), head=names).encode(), False)


def mixed_types(rng: random.Random) -> BadFile:
    text = rng.choice(["x", "12 34", "=1+1", "long", "0x10"])
    return BadFile("mixed types", with_cell(rng, rng.choice([2, 3]), text), True)


def no_number(rng: random.Random) -> BadFile:
    return BadFile("NaN", with_cell(rng, rng.choice([2, 3, 4]), rng.choice(["NaN", "inf", "-inf", "1e999", ""])), True)


def negative(rng: random.Random) -> BadFile:
    return BadFile("negative", with_cell(rng, rng.choice([3, 4]), f"-{rng.uniform(1, 9):.2f}"), True)


def any_cell(rng: random.Random) -> BadFile:
    return BadFile("any cell", with_cell(rng, rng.randrange(5), rng.choice(WORDS)), False)


def formulas(rng: random.Random) -> BadFile:
    start = rng.choice(["=HYPERLINK(1)", "+1", "-1+1", "@x", "\t=1", "<script>alert(1)</script>", "[x](javascript:1)"])
    return BadFile("formula", with_cell(rng, 0, start), False)


def duplicated(rng: random.Random) -> BadFile:
    rows = rows_of(rng)
    rows[3][0] = rows[1][0]
    return BadFile("duplicated labels", text_of(rows).encode(), True)


def encodings(rng: random.Random) -> BadFile:
    text = text_of(rows_of(rng))
    made = [
        b"\xff\xfe" + text.encode("utf-16-le")[:-1],
        b"\xef\xbb\xbf" + b"\xff\xfe\xfa" + text.encode(),
        text.replace("a1", "\u00e9\u00df").encode("latin-1"),
        text.encode("utf-32"),
        text.encode("utf-16-be"),
        text.encode("cp500"),
        b"\xfe\xff" + bytes(rng.randrange(256) for _ in range(99)),
    ]
    return BadFile("encoding", rng.choice(made), False)


def noise(rng: random.Random) -> BadFile:
    first = rng.choice([b"", b"PK\x03\x04", b"PAR1", b"{", b"[", b"\x1f\x8b", b"\xd0\xcf\x11\xe0", b"%PDF"])
    return BadFile("noise", first + rng.randbytes(rng.randrange(200)), True)


def empty(rng: random.Random) -> BadFile:
    made = [b"", b"\n\n\n", b"   ", text_of([]).encode(), b"\xef\xbb\xbf", b"[]", b"{}", b"null", packed({}), b"#\n"]
    return BadFile("empty", rng.choice([*made, workbook([])]), True)


def one_column(rng: random.Random) -> BadFile:
    made = [b"size\n1\n2\n", b"1\n2\n3\n", parquet(size=[1.0, 2.0]), workbook([["size"], [1.0]]), b"[1, 2]", b'["a"]']
    return BadFile("one column", rng.choice(made), True)


@lru_cache(maxsize=1)
def bomb() -> bytes:
    """A workbook of 300 kB that unpacks to 300 MB."""
    return packed({**PARTS, SHEET: b"\0" * (300 * 2**20)})


def zip_bomb(rng: random.Random) -> BadFile:
    content = bomb()
    if rng.random() < 0.5:  # and says that it is small
        content = content.replace(struct.pack("<I", 300 * 2**20), struct.pack("<I", 1000))
    return BadFile("zip bomb", content, True)


def claims(rng: random.Random) -> BadFile:
    """What says that it is 10 GB, or would be: a part's size, or two cells at the ends of a sheet."""
    kind, rows = rng.randrange(4), [HEAD, *rows_of(rng)]
    if kind == 0:
        right = workbook(rows)
        with zipfile.ZipFile(io.BytesIO(right)) as archive:
            size = archive.getinfo(SHEET).file_size
        return BadFile("claims", right.replace(struct.pack("<I", size), struct.pack("<I", 0xFFFFFFF0)), True)
    if kind == 1:
        return BadFile("claims", packed({**PARTS, **{f"xl/media/{part}": b"x" for part in range(1200)}}), True)
    place = rng.choice(["XFD1048576", "ZZ900000"])
    row = place.lstrip("XFDZ")
    far = sheet([HEAD]).replace("</sheetData>", f'<row r="{row}"><c r="{place}"><v>1</v></c></row></sheetData>')
    return BadFile("claims", packed({**PARTS, SHEET: far}), True)


def odd_parquet(rng: random.Random) -> BadFile:
    """Nested and unusual types, a long text repeated, many rows of nothing."""
    n = 4
    columns = {
        "size": [pa.array([[1.0]] * n), pa.array([{"a": 1}] * n), pa.array([b"x"] * n), pa.array([1.5] * n)],
        "entry_price": [pa.array([True] * n), pa.array(["x" * 9999] * n), pa.array([None] * n), pa.array([100] * n)],
        "leverage": [pa.array([pd.Timestamp(0)] * n), pa.array([10] * n), pa.array([[1], None, [], [2]])],
    }
    chosen = {name: rng.choice(arrays) for name, arrays in columns.items()}
    buffer = io.BytesIO()
    pq.write_table(pa.table(chosen), buffer)
    right = [columns["size"][3], columns["entry_price"][3], columns["leverage"][1]]
    return BadFile("Parquet", buffer.getvalue(), any(a is not b for a, b in zip(chosen.values(), right, strict=True)))


def many_rows(rng: random.Random) -> BadFile:
    """Three million rows of one number, a few kB."""
    return BadFile("many rows", many(), True)


@lru_cache(maxsize=1)
def many() -> bytes:
    buffer = io.BytesIO()
    ones = np.ones(3_000_000)
    pq.write_table(pa.table({"size": ones, "entry_price": ones, "leverage": ones}), buffer, compression="zstd")
    return buffer.getvalue()


def shapes(rng: random.Random) -> BadFile:
    ragged = text_of(rows_of(rng)).replace("a2,long", rng.choice(["a2,long,1,2", "a2", '"a2', "a2\x00"]), 1)
    wide = ",".join(f"c{place}" for place in range(700)) + "\n" + ",".join("1" * 700) + "\n"
    long = f"{LONG}{'9' * 5000},1,1\n"
    twice = text_of(rows_of(rng), head=["size", "size", "size", "entry_price", "collateral"])
    return BadFile("shape", rng.choice([ragged, wide, long, twice]).encode(), True)


def odd_json(rng: random.Random) -> BadFile:
    row = dict(zip(HEAD, rows_of(rng, 1)[0], strict=True))
    made: list[bytes] = [
        b"[" * 100_000,
        json.dumps([row, 1, None]).encode(),
        json.dumps([{**row, "size": [1]}]).encode(),
        json.dumps({"data": {"size": 1}}).encode(),
        json.dumps([{**row, "size": True}]).encode(),
        f'[{{"size": {"9" * 5000}, "entry_price": 1, "leverage": 1}}]'.encode(),
        b'[{"size": NaN, "entry_price": Infinity, "leverage": 1}]',
        b'[{"size": "\\ud800", "entry_price": 1, "leverage": 1}]',
        json.dumps([row]).encode()[:-2],
    ]
    return BadFile("JSON", rng.choice(made), True)


def damaged(rng: random.Random) -> BadFile:
    """A right file of any kind with some of its bytes changed, or cut."""
    rows = rows_of(rng)
    kinds: list[Callable[[], bytes]] = [
        lambda: text_of(rows).encode(),
        lambda: workbook([HEAD, *rows]),
        lambda: parquet(**dict(zip(HEAD, map(list, zip(*rows, strict=True)), strict=True))),
        lambda: json.dumps([dict(zip(HEAD, row, strict=True)) for row in rows]).encode(),
    ]
    content = bytearray(rng.choice(kinds)())
    for _ in range(rng.randrange(1, 6)):
        content[rng.randrange(len(content))] = rng.randrange(256)
    if rng.random() < 0.3:
        content = content[: rng.randrange(len(content))]
    return BadFile("damaged", bytes(content), False)


MAKERS: tuple[Callable[[random.Random], BadFile], ...] = (
    *(wrong_columns, mixed_types, no_number, negative, any_cell, formulas, duplicated, encodings, noise, empty),
    *(one_column, odd_parquet, shapes, odd_json, damaged, damaged, claims),
)
HEAVY = (zip_bomb, many_rows)  # each takes a second or so
ONE_IN = 100


@lru_cache(maxsize=4)
def bad_file(number: int) -> BadFile:
    """The bad file of this number."""
    rng = random.Random(number)
    if number % ONE_IN == ONE_IN - 1:
        return rng.choice(HEAVY)(rng)
    return MAKERS[number % len(MAKERS)](rng)
