"""What threads work with: the request, what they share, and each one's own arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.book import Book
from engine.drawing.paths import BLOCK
from engine.intrinsics import address_of
from engine.kernel.cascade import run_path
from engine.kernel.links import link
from engine.kernel.state import PLACE, Desk, Floats, Rows, Table, venue_record
from engine.kernel.tally import Opening
from engine.montecarlo.groups import Grouping
from engine.sharing.policies import get_policy, policy_record, withdrawal_places
from engine.sharing.rules import PRIORITY
from engine.simulation import Prepared, new_desk, new_state, prepare
from engine.venue import Venue

FUND_POINTS = 129

Source = Callable[[int, Table], Floats]  # block, prices to fill -> weights (k,)
Progress = Callable[[int, int], None]  # paths done, paths in all

_address: list[int] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to run: a book on a venue along paths from a source.

    `source(block, out)` fills `out` (k, n_steps + 1) with prices in USD per coin and returns k weights; it is called
    from many threads. `changes` replaces fields of the venue's record, for settings that no venue has (infinite
    capital).
    """

    book: Book
    venue: Venue
    source: Source
    n_steps: int
    n_paths: int
    first_price: float
    groupings: tuple[Grouping, ...] = ()
    watch: tuple[int, ...] = ()
    has_fund_paths: bool = False
    changes: dict[str, float] = field(default_factory=dict)
    n_threads: int | None = None
    progress: Progress | None = None


@dataclass(slots=True)
class Workspace:
    """What one thread works on."""

    desk: Desk
    state: Rows
    prices: Table
    steps: Table


@dataclass(frozen=True, slots=True)
class Shared:
    """What all threads read."""

    request: Request
    address: int
    prepared: Prepared
    opening: Opening
    venue: Rows
    policy: Rows
    group_of: Any
    group_size: Floats
    group_cost: Floats
    watch: Any
    points: Any


def share(request: Request) -> tuple[Shared, Workspace]:
    """Return what all threads of a request read, and the arrays of the first one."""
    book, venue = request.book, request.venue
    prepared = prepare(book, venue)
    record = venue_record(venue, book.contract)
    for name, value in request.changes.items():
        record[0][name] = value
    policy = policy_record(get_policy(venue.policy), venue.policy_options)
    group_of, size, cost = _group_arrays(book, prepared, request.groupings)
    work = _workspace(request, prepared, policy)
    link(policy, work.desk, work.state[0], record[0])
    points = np.unique(np.linspace(0, request.n_steps, FUND_POINTS).round().astype(np.int32))
    shared = Shared(
        request=request,
        address=_kernel_address(work, record, policy),
        prepared=prepared,
        opening=_opening(request, prepared),
        venue=record,
        policy=policy,
        group_of=group_of,
        group_size=size,
        group_cost=cost,
        watch=np.asarray(request.watch, dtype=np.int32),
        points=points if request.has_fund_paths else points[:0],
    )
    return shared, work


def _kernel_address(work: Workspace, venue: Rows, policy: Rows) -> int:
    """Return the address of run_path; it has one specialization, so it is looked up once."""
    if not _address:
        _address.append(address_of(run_path, work.prices[0], work.desk, work.state[0], venue[0], policy[0]))
    return _address[0]


def _opening(request: Request, prepared: Prepared) -> Opening:
    book, venue = request.book, request.venue
    first = -1.0 / request.first_price if book.is_inverse else request.first_price
    size = np.abs(book.size)
    layers = [venue.fund, venue.venue_capital, venue.backstop]
    return Opening(
        traders=prepared.traders,
        state=new_state(book, prepared),
        net_size=float(book.size.sum()),
        gross_size=float(size.sum()),
        wealth=float(book.collateral.sum() + size @ np.abs(first - prepared.fixed["entry_value"]) + sum(layers)),
        is_wholly_reset=venue.dynamic_margin_cap > 1.0,
    )


def _group_arrays(book: Book, prepared: Prepared, groupings: Sequence[Grouping]) -> tuple[Any, Floats, Floats]:
    rows, size, cost, first = [], [], [], 0
    for grouping in groupings:
        n_groups = len(grouping.labels)
        rows.append(grouping.index + first)
        size.append(np.bincount(grouping.index, book.size, n_groups))
        cost.append(np.bincount(grouping.index, book.size * prepared.fixed["entry_value"], n_groups))
        first += n_groups
    group_of = np.array(rows, dtype=np.int32).reshape(len(rows), book.n_traders)
    return group_of, np.concatenate([np.zeros(0), *size]), np.concatenate([np.zeros(0), *cost])


def _workspace(request: Request, prepared: Prepared, policy: Rows) -> Workspace:
    desk = new_desk(prepared, request.venue, request.n_steps, 0, 0)
    if policy["rule"][0] == PRIORITY:
        desk.work[PLACE] = withdrawal_places(policy, request.book.size)
    return Workspace(
        desk=desk,
        state=new_state(request.book, prepared),
        prices=np.empty((min(request.n_paths, BLOCK), request.n_steps + 1)),
        steps=desk.steps.view(np.float64).reshape(request.n_steps + 1, -1),
    )


def new_workspace(shared: Shared) -> Workspace:
    """Return the arrays of one more thread."""
    return _workspace(shared.request, shared.prepared, shared.policy)
