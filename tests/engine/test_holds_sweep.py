"""Files of a sweep's cells: whatever was done to one, the table is the right one, and the file is named."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from tests.engine.test_sweep import SMALL_AXES, swept


def table_of(folder: Path | None) -> pd.DataFrame:
    return swept(settings=SMALL_AXES, folder=folder)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    table_of(tmp_path)
    found = sorted(tmp_path.glob("*.parquet"))
    assert len(found) == 6
    return found


def rewritten(file: Path, **columns: Any) -> None:
    """Write the file again with other columns, its own marks kept."""
    table = pq.read_table(file)
    row = {name: table.column(name) for name in table.column_names} | columns
    kept = pa.table({name: value for name, value in row.items() if value is not None})
    pq.write_table(kept.replace_schema_metadata(table.schema.metadata), file)


def without_rows(file: Path) -> None:
    pq.write_table(pq.read_table(file).slice(0, 0), file)


def twice(file: Path) -> None:
    table = pq.read_table(file)
    pq.write_table(pa.concat_tables([table, table]), file)


def foreign(file: Path) -> None:
    pq.write_table(pa.table({"settings": ["{}"], "fund": [1.0], "cap": [2.0], "n_paths": [2.0]}), file)


def with_a_bit_flipped(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[:60] + bytes(byte ^ 255 for byte in data[60:68]) + data[68:])


def to_itself(file: Path) -> None:
    file.unlink()
    file.symlink_to(file)


HARM: dict[str, Callable[[Path], object]] = {
    "empty": lambda file: file.write_bytes(b""),
    "random": lambda file: file.write_bytes(b"\x93PAR1" * 600),
    "cut": lambda file: file.write_bytes(file.read_bytes()[:-50]),
    "flipped": with_a_bit_flipped,
    "a column less": lambda file: rewritten(file, cap=None),
    "a column more": lambda file: rewritten(file, other=[1.0]),
    "another number": lambda file: rewritten(file, cap=[123456.0]),
    "text for a number": lambda file: rewritten(file, cap=["x"]),
    "no number": lambda file: rewritten(file, cap=pa.array([None], pa.float64())),
    "a whole number": lambda file: rewritten(file, n_paths=[2]),
    "no rows": without_rows,
    "two rows": twice,
    "made elsewhere": foreign,
    "a link to itself": to_itself,
}


@pytest.mark.parametrize("harm", HARM)
def test_a_file_that_is_not_the_cells_is_named_and_computed_again(
    files: list[Path], harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    HARM[harm](files[2])
    with caplog.at_level(logging.WARNING):
        found = table_of(files[2].parent)
    pd.testing.assert_frame_equal(found, table_of(None), check_exact=True)
    (line,) = caplog.messages
    assert line.startswith(f"{files[2]} is computed again: ")
    caplog.clear()
    table_of(files[2].parent)
    assert caplog.messages == []


def test_swapped_files_are_both_computed_again(files: list[Path], caplog: pytest.LogCaptureFixture) -> None:
    aside = files[0].with_name("aside")
    files[0].rename(aside)
    files[3].rename(files[0])
    aside.rename(files[3])
    pd.testing.assert_frame_equal(table_of(files[0].parent), table_of(None), check_exact=True)
    assert sorted(caplog.messages) == [
        f"{files[i]} is computed again: it is not the file of this cell." for i in (0, 3)
    ]


def test_a_folder_in_a_cells_place_is_named_before_anything_runs(files: list[Path]) -> None:
    files[1].unlink()
    files[1].mkdir()
    with pytest.raises(InputError, match=rf"folder must have nothing but a cell's file .*{files[1].name}' is a folder"):
        table_of(files[1].parent)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(place=st.integers(0, 5), cut=st.integers(0, 4000), tail=st.binary(max_size=60), start=st.integers(0, 4000))
def test_whatever_bytes_a_file_has(files: list[Path], place: int, cut: int, tail: bytes, start: int) -> None:
    keep = files[place].with_suffix(".keep")
    shutil.copy(files[place], keep)
    data = bytearray(keep.read_bytes())
    data[start : start + len(tail)] = tail
    files[place].write_bytes(bytes(data[:cut] if cut % 2 else data))
    pd.testing.assert_frame_equal(table_of(keep.parent), table_of(None), check_exact=True)
    keep.replace(files[place])
