"""What threads work with: the request, what they share, and each one's own arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.book import Book
from engine.contracts import value_of
from engine.drawing.blocks import BLOCK
from engine.intrinsics import address_of
from engine.kernel.batch import InitialState
from engine.kernel.cascade import run_path
from engine.kernel.state import Floats, PricePath, Rows, RunBuffers, Table
from engine.run_inputs import RunInputs, prepare
from engine.venue import Venue

FUND_POINTS = 129

Source = Callable[[int, Table, Table], Floats]  # block, closing and opening prices to fill -> weights (k,)
Progress = Callable[[int, int], None]  # paths done, paths in all


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to run: a book on a venue along paths from a source.

    `source(block, out, opens)` fills `out` (k, n_steps + 1) with prices in USD per coin, `opens` of the same shape with
    those at which steps open, and returns k weights; it is called from many threads. Without `has_gaps` every step
    opens at the close before, and `opens` has no columns. `changes` replaces fields of the venue's record, for settings
    that no venue has (infinite capital).
    """

    book: Book
    venue: Venue
    source: Source
    n_steps: int
    n_paths: int
    first_price: float
    has_gaps: bool = False
    watch: tuple[int, ...] = ()
    has_fund_paths: bool = False
    changes: dict[str, float] = field(default_factory=dict)
    n_threads: int | None = None
    progress: Progress | None = None


@dataclass(slots=True)
class Workspace:
    """What one thread works on."""

    buffers: RunBuffers
    state: Rows
    prices: Table
    opens: Table
    steps: Table


@dataclass(frozen=True, slots=True)
class Shared:
    """What all threads read."""

    request: Request
    address: int
    inputs: RunInputs
    opening: InitialState
    watch: Any
    points: Any


def share(request: Request) -> tuple[Shared, Workspace]:
    """Return what all threads of a request read, and the arrays of the first one."""
    inputs = prepare(request.book, request.venue, request.changes)
    work = new_workspace(request, inputs)
    points = np.unique(np.linspace(0, request.n_steps, FUND_POINTS).round().astype(np.int32))
    shared = Shared(
        request=request,
        address=kernel_address(work, inputs),
        inputs=inputs,
        opening=_initial_state(request, inputs),
        watch=np.asarray(request.watch, dtype=np.int32),
        points=points if request.has_fund_paths else points[:0],
    )
    return shared, work


def kernel_address(work: Workspace, inputs: RunInputs) -> int:
    """Return the address of run_path."""
    path = PricePath(work.prices[0], work.opens[0])
    return address_of(run_path, path, work.buffers, work.state[0], inputs.venue_record[0], inputs.policy[0])


def _initial_state(request: Request, inputs: RunInputs) -> InitialState:
    book, venue = request.book, request.venue
    first = value_of(request.first_price, book.is_inverse)
    size = np.abs(book.size)
    layers = [venue.fund, venue.venue_capital, venue.backstop]
    entry_value = inputs.opening.terms["entry_value"]
    return InitialState(
        positions=inputs.opening.positions,
        state=inputs.new_state(),
        net_size=float(book.size.sum()),
        gross_size=float(size.sum()),
        wealth=float(book.collateral.sum() + size @ np.abs(first - entry_value) + sum(layers)),
        is_wholly_reset=bool(inputs.venue_record["has_margin_scale"][0]),
    )


def new_workspace(request: Request, inputs: RunInputs) -> Workspace:
    """Return the arrays of one thread."""
    buffers, state = inputs.new_run(request.n_steps, 0, 0)
    n_paths, n_prices = min(request.n_paths, BLOCK), request.n_steps + 1
    return Workspace(
        buffers=buffers,
        state=state,
        prices=np.empty((n_paths, n_prices)),
        opens=np.empty((n_paths, n_prices if request.has_gaps else 0)),
        steps=buffers.steps.view(np.float64).reshape(request.n_steps + 1, -1),
    )
