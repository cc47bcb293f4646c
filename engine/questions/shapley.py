"""The Shapley value: how much of a total each player adds, over all orders in which they may come."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import Checker

Floats = NDArray[np.float64]
Coalition = NDArray[np.bool_]

MOST_PLAYERS = 12  # 4096 coalitions


def shapley_value(*, value: Callable[[Coalition], float], n_players: int) -> Floats:
    """Return each player's Shapley value, (n_players,), from the worth of all coalitions.

    Parameters
    ----------
    value : callable
        What a coalition is worth, any unit; a coalition is (n_players,) booleans, and nobody is worth 0.
    n_players : int
        1 to 12: there are 2^n coalitions.

    Notes
    -----
    The mean over orders of value(those before i and i) - value(those before i). In every order the parts add up to the
    value of all, so the shares do too.

    Examples
    --------
    >>> costs = np.array([10.0, 30.0])
    >>> shapley_value(value=lambda inside: costs[inside].max(), n_players=2).tolist()
    [5.0, 25.0]
    """
    check = Checker()
    check.whole("n_players", n_players, least=1, most=MOST_PLAYERS)
    check.raise_if_any()
    members = (np.arange(1 << n_players)[:, None] >> np.arange(n_players)) & 1 == 1
    worth = np.array([0.0, *(value(row) for row in members[1:])])
    count = members.sum(axis=1)
    chance = np.array([1.0 / (n_players * math.comb(n_players - 1, k)) for k in range(n_players)])  # k others before
    parts = np.empty(n_players)
    for player in range(n_players):
        without = np.flatnonzero(~members[:, player])
        parts[player] = float(chance[count[without]] @ (worth[without | (1 << player)] - worth[without]))
    return parts


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
