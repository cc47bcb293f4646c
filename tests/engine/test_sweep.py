"""Sweeps: the same table from threads, from a cluster whose worker dies, and from what a killed sweep left on disk."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

import engine
from engine.errors import InputError
from engine.questions.figures import estimate_scenario, scenario_figures
from engine.questions.sweep import SweepError, sweep
from engine.questions.sweep_cells import grid

sweep_module = sys.modules["engine.questions.sweep"]  # the package gives its name to the function

AXES = {"venue.fund": [0.0, 1e6, 4e6], "book.leverage_cap": [10, 30], "venue.policy": ["profit_prorata", "none"]}
SMALL_AXES = {"venue.fund": [0.0, 1e6, 4e6], "book.leverage_cap": [10, 30]}
CALM = engine.load_preset("calm").scenario
BOOK, PATH = replace(CALM.book, n_traders=60, leverage=12.0), replace(CALM.path, n_steps=24, volatility=3.0)
SCENARIO = replace(CALM, book=BOOK, path=PATH)


def counted(scenario: engine.Scenario, n_paths: int) -> dict[str, float]:
    """A cell without a kernel."""
    return {"fund": scenario.venue.fund, "cap": scenario.book.leverage_cap / 3.0, "n_paths": float(n_paths)}


def slowly(scenario: engine.Scenario, n_paths: int) -> dict[str, float]:
    """The real figures, late enough that a worker can be killed before the last of them."""
    time.sleep(0.1)
    return scenario_figures(scenario, n_paths)


def failing(scenario: engine.Scenario, n_paths: int) -> dict[str, float]:
    """A cell without a kernel, of which those with a fund of 1e6 are refused."""
    if scenario.venue.fund == 1e6:
        raise InputError([("path.volatility", "path.volatility must be low enough, was 900")])
    return counted(scenario, n_paths)


def deadly(scenario: engine.Scenario, n_paths: int) -> dict[str, float]:
    """A cell without a kernel, of which one ends the process that it runs in."""
    if scenario.venue.fund == 1e6 and scenario.book.leverage_cap == 10:
        os._exit(3)
    return counted(scenario, n_paths)


def swept(**changes: Any) -> pd.DataFrame:
    """Sweep the small scenario, without a kernel unless said otherwise."""
    return sweep(**({"scenario": SCENARIO, "settings": AXES, "n_paths": 2, "measure": counted} | changes))


def swept_slowly(**changes: Any) -> pd.DataFrame:
    return swept(n_paths=300, measure=slowly, **changes)


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(left, right, check_exact=True)


def test_a_row_is_the_estimate_of_its_scenario() -> None:
    table = sweep(scenario=SCENARIO, settings=AXES, n_paths=200)
    assert len(table) == len(grid(AXES)) == 12
    assert table[list(AXES)].to_dict("records") == grid(AXES)
    for row in (0, 7):
        changed = engine.scenario.with_values(SCENARIO, grid(AXES)[row])
        whole = estimate_scenario(changed, n_paths=200, n_threads=2)
        assert table["expected_deficit"][row] == whole.expected_deficit.value
        assert table["shortfall_probability_stderr"][row] == whole.shortfall_probability.stderr


def test_common_random_numbers_make_a_larger_fund_no_worse() -> None:
    axes = {"venue.policy": ["none"], "venue.fund": [0.0, 5e5, 1e6, 2e6, 4e6]}  # no charges that act on the book
    table = sweep(scenario=SCENARIO, settings=axes, n_paths=200)
    assert table["shortfall_probability"].is_monotonic_decreasing
    assert table["expected_deficit"].nunique() == 1


def test_cells_may_be_a_list_and_text() -> None:
    table = swept(settings=[{"venue.fund": "2e6"}, {"seed": 3}])
    assert table["fund"].tolist() == [2e6, SCENARIO.venue.fund]


def test_a_stopped_sweep_continues_from_its_files(tmp_path: Path) -> None:
    whole = sweep(scenario=SCENARIO, settings=AXES, n_paths=300)
    seen: list[int] = []
    part = swept_slowly(
        folder=tmp_path,
        n_threads=1,
        progress=lambda done, _all: seen.append(done),
        is_stopped=lambda: bool(seen) and seen[-1] >= 4,
    )
    assert 4 <= len(part) < len(whole)
    again: list[int] = []
    rest = swept_slowly(folder=tmp_path, progress=lambda done, _all: again.append(done))
    assert again[0] == len(part)
    same(rest, whole)


def test_files_of_another_number_of_paths_and_parts_of_files_are_not_read(tmp_path: Path) -> None:
    first = swept(folder=tmp_path)
    (tmp_path / ".x.part").write_bytes(b"PAR1")
    same(swept(folder=tmp_path), first)
    assert (swept(folder=tmp_path, n_paths=3)["n_paths"] == 3).all()


def test_a_full_disk_loses_nothing_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, written = pq.write_table, []

    def fill(table: Any, where: Path) -> None:
        if len(written) == 5:
            Path(where).write_bytes(b"PAR")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(table, where)
        written.append(where)

    monkeypatch.setattr(pq, "write_table", fill)
    with pytest.raises(SweepError, match="6 of 12 cells finished: No space left on device") as caught:
        swept(folder=tmp_path)
    assert len(caught.value.table) == 6
    assert len(list(tmp_path.glob("*.parquet"))) == 5
    assert not list(tmp_path.glob(".*"))
    monkeypatch.undo()
    assert len(swept(folder=tmp_path)) == 12


def test_cells_that_cannot_be_computed_leave_the_others(tmp_path: Path) -> None:
    with pytest.raises(SweepError, match=r"4 of 6 cells finished: cell 2 \(venue.fund=1000000.0") as caught:
        swept(settings=SMALL_AXES, folder=tmp_path, measure=failing)
    assert "cell 3" in str(caught.value)
    assert "path.volatility must be low enough, was 900" in str(caught.value)
    assert caught.value.table["fund"].tolist() == [0.0, 0.0, 4e6, 4e6]
    assert len(list(tmp_path.glob("*.parquet"))) == 4


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"n_paths": 1}, "n_paths must be a whole number >= 2, was 1"),
        ({"n_paths": 0}, "n_paths must be a whole number >= 2, was 0"),
        ({"settings": []}, "settings must be between 1 and 100000 cells, was 0"),
        ({"settings": {"venue.fund": []}}, "settings must be between 1 and 100000 cells, was 0"),
        ({"settings": {"venue.fun": [1]}}, "cell 0: setting must be seed, name, or a field"),
        ({"settings": {"venue.fund": [1, -2, 3]}}, r"cell 1: venue.fund must be >= 0, was -2"),
        ({"n_threads": 0}, "n_threads must be a whole number >= 1"),
    ],
)
def test_wrong_input_is_named_before_anything_runs(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        swept(**({"settings": {"venue.fund": [0.0]}} | change))


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="folder must be a folder"):
        swept(folder=tmp_path / "file")


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:{port}", "nonsense://x", "tcp://"])
def test_a_scheduler_that_is_not_there_is_named(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_module, "CONNECT_SECONDS", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(InputError, match="scheduler must be the address of a Dask scheduler that answers"):
        swept(scheduler=address.format(port=port))


@contextmanager
def two_workers() -> Iterator[Any]:
    """Start a cluster of two processes; it gives up a cell that has ended two of them."""
    import dask
    from distributed import Client, LocalCluster

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster.scheduler_address, set_as_default=False) as client,
    ):
        client.wait_for_workers(2, timeout=120)
        yield cluster


@pytest.fixture
def doomed() -> Iterator[Any]:
    """A cluster of its own: Dask may give up a worker that is killed too often."""
    with two_workers() as started:
        yield started


def test_cells_that_fail_on_a_cluster_leave_the_others(doomed: Any) -> None:
    ask: dict[str, Any] = {"settings": SMALL_AXES, "scheduler": doomed.scheduler_address}
    with pytest.raises(SweepError, match=r"4 of 6 cells finished: cell 2 .*must be low enough") as caught:
        swept(**ask, measure=failing)
    assert len(caught.value.table) == 4
    with pytest.raises(SweepError, match=r"5 of 6 cells finished: cell 2 .*brought down every worker") as caught:
        swept(**ask, measure=deadly)
    assert len(caught.value.table) == 5


def test_a_cluster_without_workers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import LocalCluster

    monkeypatch.setattr(sweep_module, "PATIENCE_SECONDS", 0.5)
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address=None) as empty,
        pytest.raises(SweepError, match="0 of 12 cells finished: the scheduler has had no worker for"),
    ):
        swept(scheduler=empty.scheduler_address)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A cluster for the tests that end one of its processes at most."""
    with two_workers() as started:
        yield started


def test_a_worker_that_dies_half_way_changes_no_bit(cluster: Any, tmp_path: Path) -> None:
    from distributed import Client

    with Client(cluster.scheduler_address, set_as_default=False) as client:
        pids = list(client.run(os.getpid).values())
    killed: list[int] = []

    def kill_one(done: int, n_cells: int) -> None:
        if not killed and 3 <= done < n_cells:
            os.kill(pids[0], signal.SIGKILL)
            killed.append(done)

    here = swept_slowly()
    there = swept_slowly(folder=tmp_path, scheduler=cluster.scheduler_address, progress=kill_one)
    assert killed
    same(there, here)
    assert len(list(tmp_path.glob("*.parquet"))) == len(here)


def test_a_sweep_on_a_cluster_can_be_stopped(cluster: Any) -> None:
    seen: list[int] = []
    part = swept_slowly(
        scheduler=cluster.scheduler_address,
        progress=lambda done, _all: seen.append(done),
        is_stopped=lambda: bool(seen) and seen[-1] >= 2,
    )
    assert 2 <= len(part) < 12


def test_a_worker_with_another_engine_is_refused() -> None:
    with pytest.raises(SweepError, match="another version of the engine"):
        sweep_module._on_worker(counted, SCENARIO, 2, "0" * 16)
