"""Write data/prices from candles: python benchmarks/make_prices.py FOLDER (of csv.gz files t,open,high,low,close,...).

`t` is the start of a bar in seconds since 1970, UTC. A file that is not in the folder is left as it is in data/prices,
saying so; a bar whose high or low does not enclose its open and close is refused. engine.history reads the result.
"""

from __future__ import annotations

import csv
import gzip
import sys
from pathlib import Path

import numpy as np

PRICES = Path(__file__).parents[1] / "data" / "prices"
LARGEST_FILE = 1_900_000
# our file: the candles, seconds in a bar
FILES = {
    "btc-1h": ("btc_binance_spot_1h", 3600),
    "eth-1h": ("eth_binance_spot_1h", 3600),
    "sol-1h": ("sol_binance_spot_1h", 3600),
    "doge-1h": ("doge_binance_spot_1h", 3600),
    "xtz-1h": ("xtz_binance_spot_1h", 3600),
    "btc-2020-03-5m": ("btc_spot_5m_2020-03", 300),
    "btc-2021-05-1m": ("btc_spot_1m_2021-05", 60),
    "eth-2021-05-1m": ("eth_spot_1m_2021-05", 60),
    "btc-2024-08-5m": ("btc_perp_5m_2024-08", 300),
    "btc-2025-10-15m": ("btc_perp_15m_2025-10", 900),
    "eth-2025-10-15m": ("eth_perp_15m_2025-10", 900),
    "sol-2025-10-5m": ("sol_perp_5m_2025-10", 300),
    "doge-2025-10-5m": ("doge_perp_5m_2025-10", 300),
}


def read_candles(file: Path) -> tuple[np.ndarray, np.ndarray, int]:
    """Return starts of bars (n,); open, high, low, close (4, n) in whole numbers of the smallest unit; its digits."""
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        rows = [row[:5] for row in csv.reader(text)][1:]
    starts = np.array([int(row[0]) for row in rows], dtype=np.int64)
    digits = max(len(price.partition(".")[2].rstrip("0")) for row in rows for price in row[1:])
    prices = np.array([[round(float(price) * 10**digits) for price in row[1:]] for row in rows], dtype=np.int64)
    return starts, prices.T, digits


def check(name: str, starts: np.ndarray, prices: np.ndarray, step: int) -> None:
    """Stop with a sentence when bars are out of order, off the grid, not positive, or not enclosed by high and low."""
    first, high, low, last = prices
    steps = np.diff(starts)
    wrong = {
        "starts do not rise": (steps <= 0).sum(),
        "starts are off the grid": (starts % step != 0).sum(),
        "prices are not positive": (prices <= 0).sum(),
        "highs are below open or close": (high < np.maximum(first, last)).sum(),
        "lows are above open or close": (low > np.minimum(first, last)).sum(),
    }
    found = [f"{count} {what}" for what, count in wrong.items() if count]
    if found:
        sys.exit(f"{name}: {', '.join(found)}")


def write(name: str, starts: np.ndarray, prices: np.ndarray, digits: int, step: int) -> None:
    """Write a file: prices as differences that are small whole numbers, times as a start and the gaps."""
    first, high, low, last = prices
    before = np.concatenate([[0], last[:-1]])
    moves = np.array([first - before, last - first, high - np.maximum(first, last), np.minimum(first, last) - low])
    place = (starts - starts[0]) // step
    after = np.flatnonzero(np.diff(place) > 1)
    gaps = np.stack([place[after] + 1, np.diff(place)[after] - 1], axis=1)
    np.savez_compressed(
        PRICES / f"{name}.npz",
        start=np.int64(starts[0]),
        step=np.int64(step),
        digits=np.int64(digits),
        gaps=gaps.astype(np.int64),
        moves=moves.astype(np.int32),
    )
    size = (PRICES / f"{name}.npz").stat().st_size
    if size > LARGEST_FILE:
        sys.exit(f"{name}: {size:,} bytes, more than {LARGEST_FILE:,}")
    span = " to ".join(str(np.datetime64(int(t), "s")) for t in (starts[0], starts[-1]))
    missing = f"{int(gaps[:, 1].sum())} missing in {len(gaps)} gaps"
    print(f"{name}: {starts.size:,} bars, {span}, {missing}, {size:,} bytes")


def main() -> None:
    """Write every file whose candles are there."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for name, (source, step) in FILES.items():
        file = Path(sys.argv[1]) / f"{source}.csv.gz"
        if not file.is_file():
            print(f"{name}: left as it is, {source}.csv.gz is not in the folder")
            continue
        starts, prices, digits = read_candles(file)
        check(name, starts, prices, step)
        write(name, starts, prices, digits, step)


if __name__ == "__main__":
    main()
