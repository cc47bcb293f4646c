"""Bad files, many times over: `python benchmarks/fuzz_own_files.py [files]`, each a book and a path or sentences.

The files of tests/engine/own_bad_files.py, from the number on with which the tests end; `--record` puts how many were
read into docs/reliability.md.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections import Counter
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.reliability import Tried, record
from tests.engine.own_bad_files import bad_file
from tests.engine.test_own_bad_files import FILES, is_book_or_sentences, is_path_or_sentences

SAID = 2000  # files between two lines of progress


def main() -> None:
    """Read, count, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=int, nargs="?", default=20_000)
    parser.add_argument("--record", action="store_true")
    asked = parser.parse_args()
    began, load, faults, slowest = time.monotonic(), psutil.getloadavg()[0], [], 0.0
    kinds: Counter[str] = Counter()
    for number in range(FILES, FILES + asked.files):
        start = time.process_time()
        try:
            is_book_or_sentences(number)
            is_path_or_sentences(number)
        except Exception as error:
            faults.append(f"{number}: {type(error).__name__}: {str(error)[:300]}")
            print(faults[-1], flush=True)
        slowest = max(slowest, time.process_time() - start)
        kinds[bad_file(number).kind] += 1
        if (number + 1 - FILES) % SAID == 0:
            print(f"{number + 1 - FILES:,d} files, {time.monotonic() - began:.0f} s, {len(faults)} faults", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{dict(kinds)}; the slowest took {slowest:.1f} s of a processor, {peak:.0f} MB at most")
    if asked.record:
        happened = f"a book, a path or sentences with file, row and column, {len(faults)} unexplained; "
        happened += f"{slowest:.1f} s of a processor at most, {peak:.0f} MB"
        tried = f"bad files of positions and prices, {len(kinds)} kinds"
        record(Tried("fuzz of files", tried, f"{asked.files:,d}", happened, "benchmarks/fuzz_own_files.py"), load)


if __name__ == "__main__":
    main()
