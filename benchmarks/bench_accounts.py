"""One path of accounts in several markets: 100,000 and 1,000,000 accounts, about three positions each, 288 steps.

Markets follow one factor with betas; `stressed` lets it fall by 30 % in three hours, which liquidates about a quarter
of the accounts. Times are processor time, the least of some repeats, in milliseconds: `kernel` is the path alone on
prepared buffers, `simulate` everything, buffers, equity and the ledger too; the book is prepared before.
"""

from __future__ import annotations

import math
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import engine
from engine.accounts.inputs import AccountInputs, prepare_accounts
from engine.kernel.accounts.path import run_accounts
from engine.kernel.accounts.state import MarketPaths

N_STEPS = 288
SEED = 19  # of the paths: the largest move of a coin is 6 % without the fall
# accounts, markets, is stressed, policy, limit in ms
CASES = (
    (100_000, 5, False, "profit_prorata", 5),
    (100_000, 50, False, "profit_prorata", 15),
    (100_000, 5, True, "profit_prorata", 400),
    (100_000, 50, True, "profit_prorata", 400),
    (100_000, 5, True, "adl_queue", 500),
    (1_000_000, 5, False, "profit_prorata", 80),
    (1_000_000, 5, True, "profit_prorata", 5_000),
)


def draw_accounts(n: int, n_markets: int, seed: int) -> tuple[engine.Book, np.ndarray, np.ndarray]:
    """Return a book of n accounts, the first prices, and the betas of the markets."""
    rng = np.random.default_rng(seed)
    beta = np.concatenate([[1.0, 1.15], rng.uniform(1.1, 2.0, n_markets)])[:n_markets]
    first = np.exp(rng.uniform(-1, 8, n_markets))
    share = 1.0 / np.arange(1, n_markets + 1) ** 0.8
    count = np.minimum(rng.choice([1, 2, 3, 4, 5, 6], n, p=[0.2, 0.22, 0.23, 0.17, 0.1, 0.08]), n_markets)
    draw = rng.exponential(size=(n, n_markets)) / (share / share.sum())  # weighted, without replacement
    place = np.argsort(np.argsort(draw, axis=1), axis=1)
    account, market = np.nonzero(place < count[:, None])
    lean = rng.random(n) < 0.62
    side = np.where(rng.random(account.size) < 0.8, lean[account], ~lean[account]) * 2.0 - 1.0
    notional = np.exp(rng.normal(8.5, 1.6, n))[account] * rng.uniform(0.3, 1.7, account.size)
    entry = first[market] * np.exp(rng.normal(0, 0.02, account.size))
    size = side * notional / entry
    gross = np.bincount(account, notional, n)
    leverage = np.clip(np.exp(rng.normal(1.1, 0.8, n)), 0.5, 25)
    cash = np.maximum(gross / leverage - np.bincount(account, size * (first[market] - entry), n), 0.0)
    rate = np.where(market < 2, 0.01, 0.02)
    book = engine.Book(size=size, entry_price=entry, account=account, market=market, cash=cash, maintenance_rate=rate)
    return book, first, beta


def draw_prices(first: np.ndarray, beta: np.ndarray, *, is_stressed: bool, seed: int) -> np.ndarray:
    """Return joint paths of one factor, (K, n_steps + 1)."""
    rng = np.random.default_rng(seed)
    step = math.sqrt(1 / (365 * N_STEPS))
    factor = rng.normal(0, 0.45 * step, N_STEPS)
    if is_stressed:
        factor[120:156] += math.log(0.7) / 36
    own = rng.normal(0, 1, (first.size, N_STEPS)) * (0.35 * beta * step)[:, None]
    moves = np.hstack((np.zeros((first.size, 1)), np.cumsum(beta[:, None] * factor + own, axis=1)))
    return np.ascontiguousarray(first[:, None] * np.exp(moves))


def venue_of(book: engine.Book, first: np.ndarray, policy: str) -> engine.Venue:
    """Return a venue whose depth in each market is 2 % of the notional that is open there."""
    assert book.market is not None
    open_interest = np.bincount(book.market, np.abs(book.size) * first[book.market], first.size)
    markets = [
        {"depth": 0.02 * usd + 1.0, "impact": "linear", "thinning": 0.1, "impact_half_life": 12.0}
        for usd in open_interest
    ]
    return engine.Venue(markets=markets, policy=policy, residual_margin="trader", piece=math.inf)


def least(function: Callable[[], float], repeats: int) -> float:
    """Return the shortest of some processor times, in milliseconds."""
    return 1e3 * min(function() for _ in range(repeats))


def kernel_time(inputs: AccountInputs, prices: np.ndarray) -> float:
    """Return the seconds that the path takes on new buffers."""
    buffers, state = inputs.new_run(N_STEPS, 1024, 16)
    path = MarketPaths(prices, np.empty((prices.shape[0], 0)), np.empty((0, prices.shape[1])), np.empty((0, 0)))
    begin = time.process_time()
    run_accounts(path, buffers, state[0], inputs.venue_record[0], inputs.policy[0])
    return time.process_time() - begin


def whole_time(book: engine.Book, prices: np.ndarray, venue: engine.Venue) -> float:
    """Return the seconds of a run with everything in it."""
    begin = time.process_time()
    engine.simulate(book=book, prices=prices, venue=venue)
    return time.process_time() - begin


def main() -> None:
    """Print a table, and which limits are kept."""
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    titles = ("accounts", "K", "path", "policy", "kernel ms", "in pieces", "simulate", "limit", "forced", "defaults")
    print("".join(f"{title:>16}" if title == "policy" else f"{title:>10}" for title in titles))
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    for n, n_markets, is_stressed, policy, limit in CASES:
        if n > most:
            continue
        book, first, beta = draw_accounts(n, n_markets, 7)
        prices, venue = draw_prices(first, beta, is_stressed=is_stressed, seed=SEED), venue_of(book, first, policy)
        inputs, fine = (prepare_accounts(book, one, first) for one in (venue, replace(venue, piece=0.001)))
        run = engine.simulate(book=book, prices=prices, venue=venue)
        defaults = np.unique(run.events[["step", "account"]][run.events["kind"] == 2]).size
        repeats = 3 if is_stressed else 7
        times = [least(partial(kernel_time, one, prices), repeats) for one in (inputs, fine)]
        times.append(least(partial(whole_time, book, prices, venue), repeats))
        print(f"{n:>10,}{n_markets:>10}{'stressed' if is_stressed else 'calm':>10}{policy:>16}", end="")
        print(f"{times[0]:>10.1f}{times[1]:>10.1f}{times[2]:>10.1f}{limit:>10,}{run.n_liquidated:>10,}{defaults:>10,}")


if __name__ == "__main__":
    main()
