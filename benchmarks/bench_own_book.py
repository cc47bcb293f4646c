"""A book of one million rows from each kind of file: seconds, and the most memory that reading takes.

Each kind is read in a process of its own, whose peak is compared with what it had before reading.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
N_ROWS = 1_000_000
MOST_SHEET = 200_000  # rows of the workbook
KINDS = {"csv": "CSV", "comma.csv": "CSV, decimal comma", "parquet": "Parquet", "xlsx": "XLSX"}
LIMITS = (5.0, 1024.0)  # seconds, MB


def write(folder: Path, kind: str, n_rows: int) -> Path:
    """Write a book of that many rows and return its file."""
    generator = np.random.default_rng(0)
    size = np.round(generator.pareto(1.4, n_rows) + 0.001, 4)
    entry = np.round(50_000 * np.exp(0.03 * generator.standard_normal(n_rows)), 2)
    frame = pd.DataFrame(
        {
            "id": [f"account-{row:07d}" for row in range(n_rows)],
            "side": np.where(generator.random(n_rows) < 0.5, "long", "short"),
            "size": size,
            "entry_price": entry,
            "collateral": np.round(size * entry / generator.integers(2, 50, n_rows), 2),
        }
    )
    file = folder / f"book.{kind}"
    if kind == "parquet":
        frame.to_parquet(file, index=False)
    elif kind == "xlsx":
        write_xlsx(frame, file)
    else:
        frame.to_csv(file, index=False, **({"sep": ";", "decimal": ","} if kind == "comma.csv" else {}))
    return file


def write_xlsx(frame: pd.DataFrame, file: Path) -> None:
    """Write a plain workbook of one sheet, texts within their cells."""
    from tests.engine.own_files import workbook

    file.write_bytes(workbook([list(frame.columns), *frame.to_numpy().tolist()]))


def read_one(file: Path) -> dict[str, float]:
    """Read a file in this process; return seconds and MB."""
    import engine

    engine.load_book(b"size,entry_price,leverage\n1,1,1\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start, used = time.perf_counter(), time.process_time()
    book = engine.load_book(file)
    seconds, processor = time.perf_counter() - start, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "rows": book.n_traders,
        "seconds": seconds,
        "processor": processor,
        "megabytes": peak,
        "more": peak - before,
    }


def main() -> None:
    """Write the files, read each in a new process, print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=N_ROWS)
    parser.add_argument("--read", type=Path)
    arguments = parser.parse_args()
    if arguments.read:
        print(json.dumps(read_one(arguments.read)))
        return
    print(f"limits of a million rows: {LIMITS[0]:g} s and {LIMITS[1]:,.0f} MB in all")
    with tempfile.TemporaryDirectory() as folder:
        for kind, title in KINDS.items():
            n_rows = min(arguments.rows, MOST_SHEET) if kind == "xlsx" else arguments.rows
            file = write(Path(folder), kind, n_rows)
            command = [sys.executable, __file__, "--read", str(file)]
            found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            megabytes = file.stat().st_size / 2**20
            took = f"{found['seconds']:5.2f} s ({found['processor']:.2f} of a processor)"
            memory = f"{found['megabytes']:6.0f} MB at most, {found['more']:.0f} of them for reading"
            print(f"{title:20} {n_rows:9,d} rows {megabytes:4.0f} MB  {took}  {memory}")


if __name__ == "__main__":
    main()
