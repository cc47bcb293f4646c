"""Who caused the deficits of single paths, and who paid: paths run again with the log of every forced trade."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.book import Book
from engine.drawing.path_settings import PathModel
from engine.drawing.paths import BLOCK, draw_block, new_opens
from engine.kernel.cascade import run_path
from engine.kernel.state import DELEVERAGED, Floats, PricePath, Rows
from engine.ledger import settle_accounts
from engine.run_inputs import prepare
from engine.venue import Venue


@dataclass(frozen=True, slots=True)
class PathAccount:
    """One path: what each trader caused and paid, and what each layer paid; settlement currency.

    `caused` (n,) is each trader's hole: deficits of its forced trades, and what a position that was deleveraged lacked
    at the mark. `charged` (n,) is signed. `fund_paid`, `venue_paid`, `backstop_paid`, `unfunded` are sums.
    """

    path: int
    caused: Floats
    charged: Floats
    fund_paid: float
    venue_paid: float
    backstop_paid: float
    unfunded: float


def account_for(
    *, book: Book, venue: Venue, model: PathModel, start: float, seed: int, paths: NDArray[np.int64]
) -> Iterator[PathAccount]:
    """Yield the accounts of some of the paths of draw_paths, in rising order; `paths` are their numbers.

    Raises ConservationError when the ledger of a path does not add up.
    """
    inputs = prepare(book, venue)
    buffers, state = inputs.new_run(model.n_steps, 2 * book.n_traders + 1024, 0)
    opening = state.copy()
    for number, path in _paths(model, start, seed, np.unique(paths)):
        while True:
            buffers.positions[:], buffers.claim[:], state[:] = inputs.opening.positions, 0.0, opening
            buffers.steps.view(np.float64)[:] = 0.0
            run_path(path, buffers, state[0], inputs.venue_record[0], inputs.policy[0])
            if state["n_events"][0] <= buffers.events.size:
                break
            buffers = buffers._replace(events=np.empty(int(state["n_events"][0]), buffers.events.dtype))
        settle_accounts(book=book, venue=venue, prices=path.closes, buffers=buffers, state=state[0])
        yield _read(number, buffers.events[: int(state["n_events"][0])], buffers.positions, buffers.steps)


def _paths(model: PathModel, start: float, seed: int, paths: NDArray[np.int64]) -> Iterator[tuple[int, PricePath]]:
    for block in np.unique(paths // BLOCK):
        rows = paths[paths // BLOCK == block] % BLOCK
        n_paths = int(rows.max()) + 1
        closes, opens = np.empty((n_paths, model.n_steps + 1)), new_opens(model=model, n_paths=n_paths)
        draw_block(model=model, initial_price=start, seed=seed, block=int(block), out=closes, opens=opens)
        for row in rows:
            yield int(block * BLOCK + row), PricePath(closes[row], opens[row])


def _read(path: int, events: Rows, positions: Rows, steps: Rows) -> PathAccount:
    is_default = events["kind"] == DELEVERAGED
    hole = np.where(is_default, np.maximum(-events["equity"], 0.0), events["deficit"])
    return PathAccount(
        path=path,
        caused=np.asarray(np.bincount(events["trader"], hole, positions.size), dtype=np.float64),
        charged=positions["charge"].copy(),
        fund_paid=float(steps["fund_paid"].sum()),
        venue_paid=float(steps["venue_paid"].sum()),
        backstop_paid=float(steps["backstop_paid"].sum()),
        unfunded=float(steps["unfunded"].sum()),
    )
