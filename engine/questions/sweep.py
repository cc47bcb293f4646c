"""Grids of settings over common random numbers: on threads here or on a Dask cluster, finished cells kept on disk.

A cell is one scenario with some settings replaced. Its file is named after everything that its figures depend on, so a
sweep that was killed continues where it was, a longer one reuses a shorter one, and two sweeps may share a folder.
"""

from __future__ import annotations

import logging
import os
import queue
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from engine.errors import Checker, EngineError, InputError
from engine.montecarlo.workspace import Progress
from engine.questions.figures import scenario_figures
from engine.questions.sweep_cells import (
    MOST_SENTENCES,
    Cell,
    CellStore,
    Figures,
    Measure,
    Settings,
    engine_version,
    make_cells,
)
from engine.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

Finished = Iterator[tuple[Cell, Figures | EngineError]]  # a cell's figures, or why it has none

CONNECT_SECONDS = 5.0
PATIENCE_SECONDS = 60.0  # how long a cluster may be without any worker
LOOK_SECONDS = 1.0  # how long to wait for a message before looking at the cells themselves
UNFINISHED = ("pending", "lost")  # lost: its worker died with the result, so it is computed again


class SweepError(EngineError):
    """A sweep that could not go on; `table` holds the cells that are finished."""

    def __init__(self, reason: str, table: pd.DataFrame | None = None) -> None:
        self.table = _frame([]) if table is None else table
        super().__init__(reason)


def sweep(
    *,
    scenario: Scenario,
    settings: Settings,
    n_paths: int = 2000,
    folder: Path | str | None = None,
    scheduler: str | None = None,
    n_threads: int | None = None,
    progress: Progress = lambda _done, _total: None,
    is_stopped: Callable[[], bool] = lambda: False,
    measure: Measure = scenario_figures,
) -> pd.DataFrame:
    """Return one row per cell: the settings that were replaced, then the estimates and their standard errors.

    Parameters
    ----------
    scenario : Scenario
        What every cell begins as. The seed is common, so all cells see the same traders and shocks.
    settings : mapping of dotted name to values, or list of mappings of dotted name to value
        A grid, or the cells one by one; names as in engine.scenario.with_values, e.g. "venue.fund".
    n_paths : int
        Paths per cell, >= 2.
    folder : path or None
        Where finished cells are kept, one Parquet file each; None keeps nothing.
    scheduler : str or None
        Address of a Dask scheduler, "tcp://host:port", whose workers have this version of the engine; None runs on
        threads of this process.
    n_threads : int or None
        Cells that run at once here; None: one per core.
    progress : callable(done, total)
        Called in this thread at the start and after each cell.
    is_stopped : callable
        Asked again and again; once it says True no further cell starts, and the table has the finished ones only.
    measure : callable(scenario, n_paths)
        Figures of one cell: a function of a module, the same for the same arguments.

    Raises
    ------
    InputError
        Names every cell that cannot be, before anything runs; a folder that cannot be written to; a scheduler that does
        not answer.
    SweepError
        The disk is full, no workers are left, or (once all others are done) cells that could not be computed: finished
        cells stay, and are in the error's `table`.

    Notes
    -----
    Figures are the same to the last bit, however many threads or workers there are, whatever dies and starts again.
    """
    Checker().whole("n_threads", 1 if n_threads is None else n_threads, least=1, most=1024).raise_if_any()
    cells = make_cells(scenario=scenario, settings=settings, n_paths=n_paths, measure=measure)
    store = None if folder is None else CellStore(Path(folder))
    known = {} if store is None else {cell.index: store.read(cell.key) for cell in cells}
    done = {index: figures for index, figures in known.items() if figures is not None}
    todo = [cell for cell in cells if cell.index not in done]
    progress(len(done), len(cells))
    run = _on_threads(todo, n_paths, measure, n_threads, is_stopped)
    if scheduler is not None:
        run = _on_cluster(todo, n_paths, measure, scheduler, is_stopped) if todo else iter(())
    try:
        failures = _collect(run, done, store, lambda: progress(len(done), len(cells)))
        if failures:
            raise SweepError("; ".join(failures[:MOST_SENTENCES]))
    except (OSError, SweepError) as error:
        why = f"{error.strerror} in {str(folder)!r}" if isinstance(error, OSError) and error.strerror else str(error)
        reason = f"the sweep stopped with {len(done)} of {len(cells)} cells finished: {why}; run it again to go on"
        raise SweepError(reason, _table(cells, done)) from error
    return _table(cells, done)


def _collect(run: Finished, done: dict[int, Figures], store: CellStore | None, told: Callable[[], None]) -> list[str]:
    """Put the figures of cells where they belong as they come; returns why others have none."""
    failures: dict[int, str] = {}
    for cell, figures in run:
        if isinstance(figures, EngineError):
            settings = ", ".join(f"{name}={value}" for name, value in cell.settings.items())
            failures[cell.index] = f"cell {cell.index} ({settings}): {figures}"
            continue
        done[cell.index] = figures
        if store is not None:
            store.write(cell, figures)
        told()
    return [failures[index] for index in sorted(failures)]


def _table(cells: Sequence[Cell], done: Mapping[int, Figures]) -> pd.DataFrame:
    return _frame([{**cell.settings, **done[cell.index]} for cell in cells if cell.index in done])


def _frame(rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([dict(row) for row in rows])


def _on_threads(
    cells: Sequence[Cell], n_paths: int, measure: Measure, n_threads: int | None, is_stopped: Callable[[], bool]
) -> Finished:
    def one(cell: Cell) -> Figures | EngineError | None:
        try:
            return None if is_stopped() else measure(cell.scenario, n_paths)
        except EngineError as error:
            return error

    pool = ThreadPoolExecutor(n_threads or os.cpu_count() or 1)
    futures = {pool.submit(one, cell): cell for cell in cells}
    try:
        for future in as_completed(futures):
            figures = future.result()
            if figures is not None:
                yield futures[future], figures
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _on_worker(measure: Measure, scenario: Scenario, n_paths: int, source: str) -> Figures:
    """Return the figures of a cell; runs on a worker, which must have the engine that the client has."""
    if source != engine_version():
        raise SweepError(f"a worker has another version of the engine ({engine_version()}, not {source})")
    return measure(scenario, n_paths)


def _on_cluster(
    cells: Sequence[Cell], n_paths: int, measure: Measure, scheduler: str, is_stopped: Callable[[], bool]
) -> Finished:
    client = _connect(scheduler)
    blamed = []
    try:
        for cell, figures in _submitted(client, cells, n_paths, measure, is_stopped):
            if figures is None:
                blamed.append(cell)
            else:
                yield cell, figures
        for cell in blamed:  # cells that waited beside the one that ends workers are blamed too: each again on its own
            for _, figures in _submitted(client, [cell], n_paths, measure, is_stopped):
                yield cell, EngineError("it brought down every worker that it ran on") if figures is None else figures
    finally:
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # its farewell to a scheduler that is gone
        client.close(timeout=2)


def _submitted(
    client: Any, cells: Sequence[Cell], n_paths: int, measure: Measure, is_stopped: Callable[[], bool]
) -> Iterator[tuple[Cell, Figures | EngineError | None]]:
    """Yield cells as workers finish them; None in place of figures where workers died again and again."""
    finished: queue.SimpleQueue[Any] = queue.SimpleQueue()
    futures = {}
    try:
        for cell in cells:
            future = client.submit(_on_worker, measure, cell.scenario, n_paths, engine_version(), pure=False, retries=2)
            futures[future.key] = (cell, future)
        for _, future in list(futures.values()):
            future.add_done_callback(finished.put)
        while futures and not is_stopped():
            future = _next(client, finished, is_stopped)
            if future is None:  # stopped, or nothing new: a message may be lost with its worker, so look
                ready = [key for key, (_, waiting) in futures.items() if waiting.status not in UNFINISHED]
            else:
                ready = [future.key] if future.key in futures else []
            for key in ready:
                cell, future = futures[key]
                if future.status not in UNFINISHED:
                    del futures[key]
                    yield cell, _result(future)
    finally:
        client.cancel([future for _, future in futures.values()], force=True) if client.status == "running" else None


def _connect(scheduler: str) -> Any:
    from distributed import Client

    try:
        if not urlsplit(scheduler).netloc:
            raise ValueError("not of the form tcp://host:port")
        client: Any = Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
        return client
    except (OSError, ValueError, TypeError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        reason = f"scheduler must be the address of a Dask scheduler that answers, was {scheduler!r} ({why})"
        raise InputError([("scheduler", reason)]) from error


def _next(client: Any, finished: queue.SimpleQueue[Any], is_stopped: Callable[[], bool]) -> Any:
    """Return the next finished future; None when stopped or after a while. No scheduler or no workers is an error."""
    last_seen = started = time.monotonic()
    while not is_stopped():
        try:
            return finished.get(timeout=0.25)
        except queue.Empty:
            now = time.monotonic()
            if client.status not in ("running", "connecting"):
                raise SweepError("the scheduler is gone") from None
            if client.scheduler_info()["workers"]:
                last_seen = now
            elif now - last_seen > PATIENCE_SECONDS:
                raise SweepError(f"the scheduler has had no worker for {PATIENCE_SECONDS:g} s") from None
            if last_seen == now and now - started > LOOK_SECONDS:
                return None
    return None


def _result(future: Any) -> Figures | EngineError | None:
    from distributed import KilledWorker

    if future.status == "cancelled":
        raise SweepError("the scheduler is gone")
    try:
        return dict(future.result())
    except KilledWorker:
        return None
    except SweepError:
        raise
    except EngineError as error:
        return error
