"""Bad files: whatever a file holds, there is a book or a path, or sentences with file, row and column."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import engine
from tests.engine.own_bad_files import bad_file

NAME = "given.file"
FILES = 200
ROW = re.compile(rf"{re.escape(NAME)}, row \d+(, column .+)?: .+", re.DOTALL)


def opened(read: Callable[[], Any]) -> Any:
    """What is read, None where it is refused: in sentences that name the file."""
    try:
        return read()
    except engine.InputError as error:
        refused = error.violations
    assert refused
    assert all(NAME in sentence and sentence.isprintable() for sentence in refused), refused
    return None


def is_book_or_sentences(number: int) -> None:
    """A book that the engine takes, or a sentence for the file or for each wrong row."""
    made = bad_file(number)
    found = opened(lambda: engine.read_book(made.content, name=NAME))
    if found is None:
        return
    assert not made.is_surely_bad or found.n_wrong, (number, made.kind, made.content[:200])
    assert all(ROW.fullmatch(sentence) and sentence.isprintable() for sentence in found.sentences), found.sentences
    assert (found.book is None) == (found.n_wrong > 0)
    if found.book is not None:
        run = engine.simulate(book=found.book, prices=[100.0, 90.0], venue=engine.Venue(depth=np.inf))
        assert abs(run.ledger.residual) < 1e-9
        for trader in range(found.book.n_traders):
            label = engine.cell_text(found.book.label(trader))
            assert not label.startswith(("=", "+", "-", "@"))
            assert not set(label) & set("<>")


def is_path_or_sentences(number: int) -> None:
    """A path, or sentences."""
    prices = opened(lambda: engine.load_prices(bad_file(number).content, name=NAME))
    assert prices is None or (np.isfinite(prices).all() and (prices > 0).all())


@pytest.mark.parametrize("part", range(8))
def test_bad_files_end_in_sentences(part: int) -> None:
    for number in range(part, FILES, 8):
        is_book_or_sentences(number)
        is_path_or_sentences(number)


def test_a_file_of_ten_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "huge.csv"
    with file.open("wb") as stream:
        stream.truncate(10 * 2**30)
    with pytest.raises(engine.InputError, match=r"huge\.csv has 10,240 MB or more, 256 MB at most"):
        engine.load_book(file)
    with pytest.raises(engine.InputError, match=r"none\.csv cannot be opened: No such file"):
        engine.load_book(tmp_path / "none.csv")
    with pytest.raises(engine.InputError, match="cannot be opened"):
        engine.load_book(tmp_path)


def test_bytes_that_are_no_text_in_a_parquet_file_are_refused() -> None:
    """Found by reading many more: a damaged file's text column in which there are other bytes."""
    names = pa.array([b"a", b"\xc0b"]).view(pa.string())
    buffer = io.BytesIO()
    pq.write_table(pa.table({"id": names, "size": [1.0, 2.0], "entry": [1.0, 1.0], "leverage": [1.0, 1.0]}), buffer)
    with pytest.raises(engine.InputError, match=r"given\.file is a damaged Parquet file"):
        engine.read_book(buffer.getvalue(), name=NAME)
