"""The cells of a sweep: one scenario each, and the files that finished ones are kept in."""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from engine.errors import Checker, InputError
from engine.scenario import Scenario, to_document, with_values

Figures = dict[str, float]
Measure = Callable[[Scenario, int], Figures]
Settings = Mapping[str, Sequence[object]] | Sequence[Mapping[str, object]]

MOST_CELLS = 100_000
MOST_SENTENCES = 20
KEY, DIGEST = "cell", "digest"  # what a file says of itself

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Cell:
    """One scenario of a sweep: its place in the table, what was replaced in it, and the name of its file."""

    index: int
    settings: Mapping[str, object]
    scenario: Scenario
    key: str


@lru_cache(maxsize=1)
def engine_version() -> str:
    """Return the hash of the engine's sources: figures of another version are not taken for this one's."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def grid(axes: Mapping[str, Sequence[object]]) -> list[dict[str, object]]:
    """Return every combination of the values of some settings, the last one varying fastest.

    Examples
    --------
    >>> grid({"venue.fund": [0, 1e6], "seed": [1]})
    [{'venue.fund': 0, 'seed': 1}, {'venue.fund': 1000000.0, 'seed': 1}]
    """
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def make_cells(*, scenario: Scenario, settings: Settings, n_paths: int, measure: Measure) -> list[Cell]:
    """Return the cells of a grid or a list of settings; everything wrong in any of them is one InputError."""
    check = Checker()
    check.whole("n_paths", n_paths, least=2)
    rows = grid(settings) if isinstance(settings, Mapping) else list(settings)
    if not 1 <= len(rows) <= MOST_CELLS:
        check.add("settings", f"between 1 and {MOST_CELLS} cells", len(rows))
    check.raise_if_any()
    cells: list[Cell] = []
    violations: list[tuple[str, str]] = []
    for index, values in enumerate(rows):
        try:
            changed = with_values(scenario, values)
        except InputError as error:
            named = (f"cell {index}: {sentence}" for sentence in error.violations)
            violations += zip(error.fields, named, strict=True)
            continue
        cells.append(Cell(index, dict(values), changed, cell_key(changed, n_paths, measure)))
    if violations:
        raise InputError(violations[:MOST_SENTENCES])
    return cells


def cell_key(scenario: Scenario, n_paths: int, measure: Measure) -> str:
    """Return the name of a cell: a hash of the scenario, the number of paths, what is measured, and the engine."""
    document = to_document(replace(scenario, name=""))
    what = f"{measure.__module__}.{measure.__qualname__}"
    text = json.dumps([document, int(n_paths), what, engine_version()], sort_keys=True, default=float)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class CellStore:
    """Finished cells in a folder, one small Parquet file each, written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = f"folder must be a folder that can be written to, was {str(folder)!r} ({error.strerror})"
            raise InputError([("folder", reason)]) from error

    def read(self, key: str) -> Figures | None:
        """Return the figures of a finished cell; None where there is no file, or where it is not to be believed.

        What a file is of stands in it, with a digest of the figures: one that was damaged, changed, renamed or made
        elsewhere is named, and computed again. A folder in its place is an InputError.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        file = self._file(key)
        if not file.exists() and not file.is_symlink():
            return None
        if file.is_dir():
            reason = f"folder must have nothing but a cell's file under its name, {str(file)!r} is a folder"
            raise InputError([("folder", reason)])
        try:
            table = pq.read_table(file)
            return _believed(table.schema.metadata or {}, table.to_pylist(), key)
        except (OSError, ValueError, pa.ArrowException) as error:
            _log.warning("%s is computed again: %s.", file, str(error).splitlines()[0])
            return None

    def write(self, cell: Cell, figures: Figures) -> None:
        """Keep a cell; raises OSError, and leaves no partial file, when the disk is full."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        row = {"settings": [json.dumps(dict(cell.settings), sort_keys=True, default=str)]}
        numbers = {name: float(value) for name, value in figures.items()}
        marks = {KEY: cell.key, DIGEST: _digest(cell.key, numbers)}
        table = pa.table({**row, **{name: [value] for name, value in numbers.items()}}).replace_schema_metadata(marks)
        part = self.folder / f".{cell.key}.{os.getpid()}.{threading.get_ident()}.part"
        try:
            pq.write_table(table, part)
            os.replace(part, self._file(cell.key))
        except OSError:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise

    def _file(self, key: str) -> Path:
        return self.folder / f"{key}.parquet"


def _believed(marks: Mapping[bytes, bytes], rows: Sequence[Mapping[str, object]], key: str) -> Figures:
    """Return the figures in a file's rows; ValueError with the reason where they are not those of this cell."""
    if marks.get(KEY.encode()) != key.encode():
        raise ValueError("it is not the file of this cell")
    if len(rows) != 1:
        raise ValueError(f"it has {len(rows)} rows")
    figures: Figures = {}
    for name, value in rows[0].items():
        if name != "settings":
            if not isinstance(value, float):
                raise ValueError(f"its {name} is no number")
            figures[name] = value
    if marks.get(DIGEST.encode()) != _digest(key, figures).encode():
        raise ValueError("its figures were changed")
    return figures


def _digest(key: str, figures: Figures) -> str:
    return hashlib.sha256(
        json.dumps([key, {name: value.hex() for name, value in figures.items()}]).encode()
    ).hexdigest()
