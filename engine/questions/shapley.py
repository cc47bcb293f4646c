"""The Shapley value: how much of a total each player adds, over all orders in which they may come."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import Checker
from engine.montecarlo.risk import Estimated
from engine.streams import Stream, stream

Floats = NDArray[np.float64]
Coalition = NDArray[np.bool_]

MOST_EXACT = 12  # players: 4096 coalitions


def shapley_value(
    *, value: Callable[[Coalition], float], n_players: int, n_orders: int = 400, seed: int = 0
) -> Estimated:
    """Return each player's Shapley value with its standard error, arrays (n_players,).

    Parameters
    ----------
    value : callable
        What a coalition is worth; a coalition is (n_players,) booleans, and nobody is worth 0.
    n_players : int
        >= 1. Up to 12 players all coalitions are valued and the answer is exact (error 0).
    n_orders : int
        With more players, how many orders are drawn; each is taken forward and backward, which halves the noise.
    seed : int

    Notes
    -----
    The mean over orders of value(those before i and i) - value(those before i). In every order the parts add up to the
    value of all, so the estimates do too.
    """
    check = Checker()
    check.whole("n_players", n_players, least=1, most=100_000)
    check.whole("n_orders", n_orders, least=2, most=10_000_000)
    check.raise_if_any()
    if n_players <= MOST_EXACT:
        return Estimated(_exact(value, n_players), np.zeros(n_players))
    rng = stream(seed, Stream.SHAPLEY)
    pairs = np.empty((n_orders, n_players))
    for row in range(n_orders):
        order = rng.permutation(n_players)
        pairs[row] = 0.5 * (_along(value, order) + _along(value, order[::-1]))
    return Estimated(pairs.mean(axis=0), pairs.std(axis=0, ddof=1) / math.sqrt(n_orders))


def airport_shares(costs: ArrayLike) -> Floats:
    """Return the Shapley value of the airport game, value(S) = the largest cost in S, in closed form.

    Parameters
    ----------
    costs : (n,)
        >= 0, any unit.

    Notes
    -----
    Costs in rising order c_1 <= ... <= c_n: player k pays the sum over j <= k of (c_j - c_(j-1)) / (n - j + 1).
    """
    c = np.asarray(costs, dtype=np.float64)
    check = Checker()
    check.array("costs", c, least=0.0)
    check.raise_if_any()
    order = np.argsort(c, kind="stable")
    steps = np.diff(np.concatenate(([0.0], c[order])))
    shares = np.empty_like(c)
    shares[order] = np.cumsum(steps / np.arange(c.size, 0, -1))
    return shares


def _along(value: Callable[[Coalition], float], order: NDArray[np.int64]) -> Floats:
    parts, inside, before = np.empty(order.size), np.zeros(order.size, dtype=bool), 0.0
    for player in order:
        inside[player] = True
        worth = value(inside)
        parts[player], before = worth - before, worth
    return parts


def _exact(value: Callable[[Coalition], float], n: int) -> Floats:
    members = (np.arange(1 << n)[:, None] >> np.arange(n)) & 1 == 1
    worth = np.array([0.0, *(value(row) for row in members[1:])])
    count = members.sum(axis=1)
    chance = np.array([1.0 / (n * math.comb(n - 1, k)) for k in range(n)])  # of the k others coming before
    parts = np.empty(n)
    for player in range(n):
        without = np.flatnonzero(~members[:, player])
        parts[player] = float(chance[count[without]] @ (worth[without | (1 << player)] - worth[without]))
    return parts
