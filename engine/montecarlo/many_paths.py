"""Running blocks of paths on threads: sums in the order of the blocks, and the conservation check.

What a block adds up depends on its number alone, and blocks are added in order, so the number of threads changes no bit
of any result.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar

import numpy as np

from engine.drawing.blocks import BLOCK
from engine.errors import Checker, ConservationError, wrong_input
from engine.kernel.batch import PATH_DTYPE, SUM_DTYPE, WATCH_DTYPE, Tally, run_batch
from engine.kernel.state import Floats, Rows, Table
from engine.ledger import TOLERANCE
from engine.montecarlo.workspace import Request, Shared, Workspace, new_workspace, share
from engine.simulation import LARGEST_PRICE

MOST_PATHS = 10_000_000
MOST_IN_BLOCK = 2**27  # prices of one block: 1 GB
FUND_PATHS = 4096

Result = TypeVar("Result")


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Totals:
    """What many paths came to: records of paths, sums over paths of traders (engine.kernel.batch)."""

    n_paths: int
    paths: Rows
    weights: Floats
    traders: Rows
    watched: Rows
    fund_steps: Any
    fund: Table


def default_threads() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1


def in_order(run: Callable[[int], Result], n_blocks: int, n_threads: int | None = None) -> Iterator[Result]:
    """Yield run(0), run(1), ... in this order, a few of them at once; what has not begun when one fails never does."""
    threads = min(n_threads or default_threads(), n_blocks)
    if threads == 1:
        yield from map(run, range(n_blocks))
        return
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for block in range(n_blocks):
                waiting.append(pool.submit(run, block))
                if len(waiting) > threads + 1:  # no more are kept than the threads need
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def check_paths(check: Checker, n_paths: object, n_threads: object, n_steps: int) -> None:
    """Require counts within bounds, and a block of paths that fits in memory."""
    check.whole("n_paths", n_paths, least=1, most=MOST_PATHS)
    if n_threads is not None:
        check.whole("n_threads", n_threads, least=1, most=1024)
    if isinstance(n_paths, int) and min(n_paths, BLOCK) * n_steps > MOST_IN_BLOCK:
        check.add("n_steps", f"<= {MOST_IN_BLOCK // min(n_paths, BLOCK)} with {n_paths} paths", n_steps)


def run_many(request: Request) -> Totals:
    """Return the sums of a request's paths; raises ConservationError when one path does not add up."""
    shared, first = share(request)
    n_blocks = -(-request.n_paths // BLOCK)
    n_threads = min(request.n_threads or default_threads(), n_blocks)
    workspaces: SimpleQueue[Workspace] = SimpleQueue()
    workspaces.put(first)
    for _ in range(n_threads - 1):
        workspaces.put(new_workspace(request, shared.inputs))
    totals = _new_totals(request, shared)
    run = partial(_run_block, shared, totals, workspaces)
    for block, sums in enumerate(in_order(run, n_blocks, n_threads)):
        _add_block(totals, sums, request, block)
    return totals


def _run_block(shared: Shared, totals: Totals, workspaces: SimpleQueue[Workspace], block: int) -> Rows:
    """Run one block; its paths go to their rows of the totals, its sums are returned."""
    work = workspaces.get()
    try:
        rows = slice(block * BLOCK, min((block + 1) * BLOCK, totals.n_paths))
        n_paths = rows.stop - rows.start
        prices, opens = work.prices[:n_paths], work.opens[:n_paths]
        totals.weights[rows] = shared.request.source(block, prices, opens)
        tally = Tally(
            paths=totals.paths[rows],
            traders=np.zeros(totals.traders.size, SUM_DTYPE),
            watch=shared.watch,
            watched=totals.watched[rows],
            points=shared.points,
            fund=totals.fund[rows],
            steps=work.steps,
        )
        run_batch(
            shared.address,
            prices,
            opens,
            totals.weights[rows],
            work.buffers,
            work.state,
            shared.inputs.venue_record,
            shared.inputs.policy,
            shared.opening,
            tally,
        )
        return tally.traders
    finally:
        workspaces.put(work)


def _add_block(totals: Totals, sums: Rows, request: Request, block: int) -> None:
    totals.traders.view(np.float64)[:] += sums.view(np.float64)
    stop = min((block + 1) * BLOCK, request.n_paths)
    _check_block(totals.paths[block * BLOCK : stop], block * BLOCK)
    if request.progress is not None:
        request.progress(stop, request.n_paths)


def _check_block(paths: Rows, first: int) -> None:
    highest = paths["highest"]
    if not highest.max() <= LARGEST_PRICE:
        bound = f"low enough to keep prices <= {LARGEST_PRICE:g}"
        raise wrong_input("path.volatility", bound, float(highest.max()))
    check_gap(paths["gap"], lambda worst: f"path {first + worst}")


def check_gap(gap: Floats, name: Callable[[int], str]) -> None:
    """Raise ConservationError where the gaps of runs, (k,) over the wealth in each, are too wide; names the worst."""
    if not np.abs(gap).max() <= TOLERANCE:
        worst = int(np.argmax(np.where(np.isnan(gap), np.inf, np.abs(gap))))
        raise ConservationError(f"money appeared or vanished: {name(worst)}, {gap[worst]:.3g} of the wealth in the run")


def _new_totals(request: Request, shared: Shared) -> Totals:
    n = request.n_paths
    n_kept = min(n, FUND_PATHS) if shared.points.size else 0
    return Totals(
        n_paths=n,
        paths=np.zeros(n, PATH_DTYPE),
        weights=np.ones(n),
        traders=np.zeros(request.book.n_traders, SUM_DTYPE),
        watched=np.zeros((n, len(request.watch)), WATCH_DTYPE),
        fund_steps=shared.points,
        fund=np.zeros((n_kept, shared.points.size)),
    )
