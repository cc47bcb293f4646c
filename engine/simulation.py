"""One run: a book, a price path and a venue in; marks, fund, charges, equity and the ledger out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from engine.accounts.run import is_of_accounts, refuse_asset_prices, simulate_accounts
from engine.book import Book, Floats
from engine.errors import Checker, InputError
from engine.kernel.cascade import run_path
from engine.kernel.state import CONTRIBUTION, PricePath, Record, Rows, RunBuffers
from engine.ledger import settle_accounts
from engine.run_inputs import LEAST_EVENTS, RunInputs, copied_rows, n_settlements_at_most, prepare, refuse_long_log
from engine.run_record import LARGEST_PRICE, Run, finished_run, shape_of
from engine.stopping import stoppable
from engine.venue import Venue

__all__ = ["LARGEST_PRICE", "Run", "prepare", "simulate"]

OF_STEPS = (
    *("mark", "mark_low", "mark_high", "impact", "impact_low", "impact_high"),
    *("fund", "deficit", "fund_paid", "venue_paid", "backstop_paid", "charged", "forced", "contributed"),
)


def check_prices(prices: ArrayLike, name: str = "prices") -> Floats:
    """Return a price path as a contiguous (n_steps + 1,) array, or raise InputError."""
    check = Checker()
    try:
        path = np.array(prices, dtype=np.float64)
    except (TypeError, ValueError):
        path = np.empty((0, 0))
    if path.ndim != 1 or path.size == 0:
        check.add(name, "an array of one dimension with at least one price", shape_of(prices))
    else:
        check.array(name, path, above=0.0)
        if (path > LARGEST_PRICE).any():
            check.add(name, f"<= {LARGEST_PRICE:g}", float(path.max()))
    check.raise_if_any()
    return path


def check_opens(opens: ArrayLike, path: Floats) -> Floats:
    """Return the opening prices of a path, the first of no account and set to the path's, or raise InputError."""
    check = Checker()
    try:
        given = np.array(opens, dtype=np.float64)
    except (TypeError, ValueError):
        given = np.empty(0)
    if given.shape != path.shape:
        check.add("opens", f"an array of one dimension and length {path.size} like prices", shape_of(opens))
        check.raise_if_any()
    given[0] = path[0]
    return check_prices(given, "opens")


def simulate(
    *,
    book: Book,
    prices: ArrayLike,
    venue: Venue,
    opens: ArrayLike | None = None,
    asset_prices: ArrayLike | None = None,
    asset_opens: ArrayLike | None = None,
) -> Run:
    """Return one run of a book along a reference price path on a venue.

    Parameters
    ----------
    book : Book
    prices : (n_steps + 1,) float, or (K, n_steps + 1) for a venue of K markets
        Reference path in USD per coin, > 0, finite; the book is marked at the first price and nothing happens there.
    venue : Venue
    opens : like prices, or None
        Where each step opens, USD per coin, > 0, finite; the first is not looked at. A step moves without a gap from
        its opening to its close. None: it opens at the close before. `opens=prices`: everything happens at the close.
    asset_prices, asset_opens : (J, n_steps + 1) float, or (n_steps + 1,) for one asset; None
        The same of the venue's assets, settlement currency per unit; the first is needed where it has any.

    Returns
    -------
    Run
        An AccountRun where the book has accounts or the venue a list of markets or assets.

    Raises
    ------
    InputError
        Names field, bound and value of everything that is wrong; also when the event log would not fit in memory.
    ConservationError
        When the ledger does not add up, which no input should be able to cause.
    RunStoppedError
        When an `engine.Stop` that applies ended it.

    Notes
    -----
    docs/MODEL.md sections 3 to 5, of accounts section 8. The event log is complete: the kernel runs once more if a run
    outgrew it.
    """
    _check_types(book, venue)
    if is_of_accounts(book, venue):
        return simulate_accounts(book, venue, prices, opens, asset_prices, asset_opens)
    refuse_asset_prices(asset_prices, asset_opens)
    closes = check_prices(prices)
    path = PricePath(closes, np.empty(0) if opens is None else check_opens(opens, closes))
    capacity = 2 * book.n_traders + LEAST_EVENTS
    inputs = prepare(book, venue)
    while True:
        buffers, state = inputs.new_run(closes.size - 1, capacity, n_settlements_at_most(closes.size, venue))
        with stoppable(state):
            run_path(path, buffers, state[0], inputs.venue_record[0], inputs.policy[0])
        needed = int(state["n_events"][0])
        if needed <= capacity:
            return _finish(inputs, path, buffers, state[0])
        refuse_long_log(needed, f"{book.n_traders:,} traders", venue)
        capacity = needed


def _check_types(book: object, venue: object) -> None:
    check = Checker()
    if not isinstance(book, Book):
        check.add("book", "an engine.Book", book)
    if not isinstance(venue, Venue):
        check.add("venue", "an engine.Venue", venue)
    check.raise_if_any(InputError)


def _without_room(events: Rows, n: int) -> Rows:
    """Return the rows of a log that were written, in memory of their own where most of its room was not needed."""
    written = events[:n]
    return copied_rows(written) if 2 * n < events.size else written


def _finish(inputs: RunInputs, path: PricePath, buffers: RunBuffers, state: Record) -> Run:
    book, venue = inputs.book, inputs.venue
    ledger, equity = settle_accounts(book=book, venue=venue, prices=path.closes, buffers=buffers, state=state)
    steps, positions = buffers.steps, buffers.positions
    arrays: dict[str, Any] = {name: steps[name] for name in OF_STEPS}
    arrays |= {name: positions[name] for name in ("wallet", "collateral", "charge", "liquidated_at")}
    arrays |= {
        "prices": path.closes,
        "opens": path.opens if path.opens.size else np.concatenate((path.closes[:1], path.closes[:-1])),
        "unfunded_in_step": steps["unfunded"],
        "equity": equity,
        "open_size": positions["size"],
        "claim": buffers.claim,
        "trigger": inputs.opening.trigger,
        "events": _without_room(buffers.events, int(state["n_events"])),
        "settlements": buffers.settlements[: int(state["n_settlements"])],
        "passed": buffers.passed.reshape(-1, buffers.rules.size or 1)[: int(state["n_settlements"])],
        "contribution": buffers.measures[CONTRIBUTION] if venue.fund_tiers else np.zeros(book.n_traders),
    }
    return finished_run(Run, book=book, venue=venue, state=state, ledger=ledger, arrays=arrays)
