"""How long all recorded days of bitcoin take in a market: books, a slider on kept books, a first draft, the whole.

Wall and processor seconds are printed, since other work on the machine shows in the first alone.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import engine

SINCE, UNTIL = "2019-01-01", "2026-05-15"
POSITION = engine.Position(trader_id="own", size=1.0, entry_price=50_000.0, leverage=20.0)


def timed(name: str, run: Callable[[], object], times: int = 3) -> None:
    """Print the least of some times."""
    wall, processor = [], []
    for _ in range(times):
        start, used = time.perf_counter(), time.process_time()
        run()
        wall.append(time.perf_counter() - start)
        processor.append(time.process_time() - used)
    print(f"{name:58s} {1e3 * min(wall):8.0f} ms wall {1e3 * min(processor):8.0f} ms processor")


def main() -> None:
    """Print the figures."""
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    window = {"since": SINCE, "until": UNTIL}
    for venue in ("binance", "deribit"):
        market = engine.load_market(venue, "BTC")
        kept = engine.prepare_days(market=market, **window)
        found = engine.hindcast(market=market, position=POSITION, prepared=kept, **window)
        print(f"{market.title}: {found.days} days x 1,440 steps x {market.book.n_traders} traders and a position")
        timed("  books", lambda market=market: engine.prepare_days(market=market, **window))
        thin = market.changed(depth=0.03)
        timed(
            "  all days on kept books, one setting moved",
            lambda thin=thin, kept=kept: engine.hindcast(market=thin, position=POSITION, prepared=kept, **window),
        )
        draft = engine.prepare_days(market=market, every=4, **window)
        timed(
            "  draft: every fourth day on kept books",
            lambda thin=thin, draft=draft: engine.hindcast(
                market=thin, position=POSITION, every=4, prepared=draft, **window
            ),
        )
        timed(
            "  draft of changed books: 500 traders, every fourth day",
            lambda market=market: engine.hindcast(
                market=market.changed(accounts=500, leverage=5.0), every=4, position=POSITION, **window
            ),
        )
        timed(
            "  whole of changed books",
            lambda market=market: engine.hindcast(market=market.changed(leverage=5.0), position=POSITION, **window),
        )


if __name__ == "__main__":
    main()
