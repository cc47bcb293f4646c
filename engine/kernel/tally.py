"""Where many paths are summed up: one record a path, one record of sums a trader and a group, arrays to write into."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.kernel.state import Floats, Ints, Rows, Table

PATH_FIELDS = (
    "deficit",  # money, all of the path's
    "fund_paid",
    "venue_paid",
    "backstop_paid",
    "charged",
    "unfunded",
    "forced",  # notional of forced trades
    "fund",  # at the end
    "lowest_fund",  # of the ends of steps
    "mark",  # at the end, USD per coin
    "lowest",  # of the reference
    "highest",
    "gap",  # what does not add up, over the wealth in the run
)
PATH_DTYPE = np.dtype(
    [(name, np.float64) for name in PATH_FIELDS]
    + [(name, np.int32) for name in ("n_liquidated", "n_cut", "n_charged", "is_short")]
)

# Sums over paths of w x and (_square) of w^2 x^2, w the weight of the path. `drift` is the profit before charges less
# that of a position held to the end; `gain` a negative charge; `second` sums w^2 charge, `cross` w^2 charge x profit.
_SUMS = ("drift", "liquidated", "cut", "hit", "charge", "gain")
SUM_DTYPE = np.dtype(
    [(name, np.float64) for field in _SUMS for name in (field, f"{field}_square")]
    + [(name, np.float64) for name in ("second", "cross", "unused_1", "unused_2")]
)

_GROUP_SUMS = ("before", "n_liquidated", "n_cut", "hit", "charge")
GROUP_DTYPE = np.dtype(
    [(name, np.float64) for field in _GROUP_SUMS for name in (field, f"{field}_square")]
    + [(name, np.float64) for name in ("second", "cross")]
)
GROUP_PATH_DTYPE = np.dtype([(name, np.float64) for name in ("drift", "n_liquidated", "n_cut", "n_hit", "charge")])

WATCH_DTYPE = np.dtype([("charge", np.float64), ("profit", np.float64), ("is_cut", np.int32), ("forced_at", np.int32)])


class Tally(NamedTuple):
    """Where a batch of k paths is summed up: n traders, in m groupings of g groups in all."""

    paths: Rows  # (k,) PATH_DTYPE
    traders: Rows  # (n,) SUM_DTYPE
    group_of: Ints  # (m, n) row of `groups` that a trader belongs to, in each grouping
    groups: Rows  # (g,) GROUP_DTYPE
    group_path: Rows  # (g,) GROUP_PATH_DTYPE, scratch of one path, zero between paths
    group_size: Floats  # (g,) signed size
    group_cost: Floats  # (g,) signed size x f(entry)
    watch: Ints  # (w,) traders of whom every path is kept
    watched: Rows  # (k, w) WATCH_DTYPE
    points: Ints  # steps at which the fund is noted
    fund: Table  # (k or fewer, points) the fund there
    steps: Table  # (n_steps + 1, fields) the buffers' steps as plain numbers


class InitialState(NamedTuple):
    """The book before a path: what the buffers goes back to, and what its wealth is measured against."""

    positions: Rows  # (n,) POSITION_DTYPE
    state: Rows  # (1,) STATE_DTYPE
    net_size: float
    gross_size: float
    wealth: float  # collateral, |profit| at the first price, and layers: the scale of rounding
    is_wholly_reset: bool  # dynamic margin moves every trigger
