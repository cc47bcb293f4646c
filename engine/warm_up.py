"""Compiling, or loading, what the first run would otherwise wait for."""

from __future__ import annotations

import os
import threading
from dataclasses import replace

import numpy as np

from engine.accounts.markets import VenueMarket
from engine.arrays import Floats
from engine.book import Book
from engine.compile import is_on_disk
from engine.drawing.book_settings import BookModel
from engine.drawing.books import draw_book
from engine.drawing.path_settings import PathModel
from engine.drawing.paths import draw_paths
from engine.montecarlo.runs import estimate
from engine.run_inputs import prepare
from engine.simulation import simulate
from engine.venue import Venue

START = BookModel().entry_price
FALL = PathModel(model="waypoints", points=((0, START), (4, 0.6 * START)), n_steps=4, gap_steps=(1, 2, 3, 4))

PLAIN = "profit_prorata"
RULES, DELEVERAGING = "equal_losses", "adl_queue"  # a policy for each kernel that stands apart from the cascade

_turn = threading.Lock()
_done: set[bool] = set()


def warm_up(*, has_many_paths: bool = False) -> None:
    """Make the kernels ready, so that the next run starts at once; a second call returns at once.

    Parameters
    ----------
    has_many_paths : bool
        False: what `simulate` needs under pro rata by profit. True: the other policies, what `estimate` needs, and
        accounts in several markets, too.

    Notes
    -----
    Safe to call from several threads: the others wait for the one that compiles. What a call raises, the next call
    tries again. On a machine that has run this version before, compiled code is loaded from the disk.

    Examples
    --------
    >>> warm_up()
    """
    with _turn:
        for is_many in (False, True)[: 1 + has_many_paths]:
            if is_many not in _done:
                _run(is_many=is_many)
                _done.add(is_many)


def is_compiled() -> bool:
    """Tell whether one run starts at once: this version has run on this machine before."""
    return is_on_disk("kernel.cascade.run_path")


def compile_rest() -> None:
    """Compile or load what other policies and many paths need, in a process of its own, which steps back for others."""
    compile_apart(RULES)
    getattr(os, "nice", int)(19)
    compile_apart(DELEVERAGING)
    warm_up(has_many_paths=True)


def compile_apart(policy: str) -> None:
    """Compile or load what runs under a policy call besides the cascade: a second process does so beside the first."""
    book, venue = _tiny()
    prepare(book, replace(venue, policy=policy)).new_run(1, 1, 1)


def _tiny() -> tuple[Book, Venue]:
    book = draw_book(model=BookModel(n_traders=8, open_interest=1e6), seed=0, past=(START,))
    return book, Venue(depth=1e6, fund=1.0)


def _run(*, is_many: bool) -> None:
    """Run a tiny linear book through a fall that takes its fund and its winners' profit."""
    book, venue = _tiny()
    prices = draw_paths(model=FALL, initial_price=START, n_paths=1, seed=0)[0]
    if is_many:
        for policy in (RULES, DELEVERAGING):
            simulate(book=book, prices=prices, opens=prices, venue=replace(venue, policy=policy))
        estimate(book=book, venue=venue, model=FALL, n_paths=1, n_threads=1)
        _run_accounts(prices)
    else:
        simulate(book=book, prices=prices, opens=prices, venue=venue)


def _run_accounts(prices: Floats, policies: tuple[str, ...] = (PLAIN, RULES, DELEVERAGING)) -> None:
    """Run the tiny book of accounts through a gap in one market, under haircuts and under deleveraging."""
    both = np.array([prices, np.full(len(prices), START)])
    for policy in policies:
        book, venue = _tiny_accounts(policy)
        simulate(book=book, prices=both, opens=both, venue=venue)


def _tiny_accounts(policy: str) -> tuple[Book, Venue]:
    """Return a hedge and its bankrupt counterparty, and their two markets."""
    book = Book(
        size=[1.0, -1.0, 1.0],
        entry_price=[START] * 3,
        account=[0, 0, 1],
        market=[1, 0, 0],
        cash=[START, 0.1 * START],
    )
    return book, Venue(markets=(VenueMarket(depth=1e6), VenueMarket(depth=1e6)), policy=policy)
