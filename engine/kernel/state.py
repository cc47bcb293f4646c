"""What the kernel works on: records of settings and state, traders as arrays, the log of what happened.

Records are one-element structured arrays, which compiled functions read and write by field name.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.contracts import INVERSE
from engine.sharing.policies import get_policy, policy_record
from engine.sharing.policy_record import Taking
from engine.venue import Venue

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Rows = NDArray[np.void]
Table = NDArray[np.float64]
Record = Any  # a row of one of the structured types below: compiled code reads and writes its fields by name

MOST_EVENTS = 5_000_000  # rows of a run's log, 840 MB: pro rata deleveraging logs every account at every default
LONG, SHORT = 0, 1


class TradeKind(IntEnum):
    """What a row of `Run.trades` is."""

    LIQUIDATION = 0
    STOP = 1
    DELEVERAGED = 2
    COUNTERPARTY = 3
    HALT = 4

    @property
    def sentence(self) -> str:
        """Say what happened."""
        return _SENTENCES[self]


_SENTENCES = {
    TradeKind.LIQUIDATION: "The position was closed at the order book because its margin no longer sufficed.",
    TradeKind.STOP: "The position was closed at the order book because its stop price was reached.",
    TradeKind.DELEVERAGED: "The bankrupt position was closed against positions of the other side.",
    TradeKind.COUNTERPARTY: "The position was closed early, against a bankrupt one.",
    TradeKind.HALT: "Forced trading halted: the order would have moved the book beyond the price band.",
}
LIQUIDATION, STOP, DELEVERAGED = int(TradeKind.LIQUIDATION), int(TradeKind.STOP), int(TradeKind.DELEVERAGED)
COUNTERPARTY, HALT = int(TradeKind.COUNTERPARTY), int(TradeKind.HALT)
EVENT_KINDS = tuple(kind.name.lower() for kind in TradeKind)

VENUE_DTYPE = np.dtype(
    [
        (name, np.float64)
        for name in [
            "liquidation_fee",
            "liquidation_fraction",
            "min_size",
            "depth",
            "decay",
            "thinning",
            "index_weight",
            "price_band",
            "fund",
            "fund_max_drawdown",
            "venue_capital",
            "backstop",
            "backstop_kept",
            "margin_cap",
            "margin_decay",
            "reference_variance",
        ]
    ]
    + [
        (name, np.int64)
        for name in [
            "is_inverse",
            "is_residual_to_trader",
            "halt_steps",
            "has_peak_window",
            "peak_window",
            "is_entry_base",
            "settlement_interval",
        ]
    ]
)

STATE_DTYPE = np.dtype(
    [
        (name, np.float64)
        for name in (
            "impact",
            "reference",
            "book_price",
            "mark",
            "value",
            "fund",
            "past_peak",
            "venue_capital",
            "backstop",
            "unfunded",
            "residual_long",
            "residual_short",
            "maker_size",
            "maker_cost",
            "margin_scale",
            "variance",
            "settled_value",
            "charged",
            "charged_to_fund",
            "next_long",
            "next_short",
        )
    ]
    + [
        (name, np.int64)
        for name in (
            "step",
            "halted_until",
            "settlement",
            "n_long",
            "n_events",
            "n_settlements",
            "n_touched",
            "is_widely_touched",
            "has_base",
        )
    ]
)

EVENT_DTYPE = np.dtype(
    [("step", np.int32), ("kind", np.int32), ("trader", np.int32), ("against", np.int32)]
    + [
        (name, np.float64)
        for name in [
            "size",
            "trigger",
            "mark_before",
            "mark_after",
            "book_price",
            "fill",
            "bankruptcy",
            "collateral",
            "equity",
            "fee",
            "residual",
            "deficit",
            "fund_paid",
            "venue_paid",
            "backstop_paid",
            "carried",
            "realized",
            "charge",
            "fund",
        ]
    ]
)

SETTLEMENT_DTYPE = np.dtype(
    [("step", np.int32)]
    + [(name, np.float64) for name in ["mark", "amount", "claim", "charged", "to_fund", "unfunded", "largest_rate"]]
)


FIXED_DTYPE = np.dtype(
    [(name, np.float64) for name in ("side", "entry_value", "rate", "amount", "stop", "opening", "dust")]
)

TRADER_DTYPE = np.dtype(
    [(name, np.float64) for name in ("size", "collateral", "wallet", "trigger", "charge", "base_equity")]
    + [(name, np.int32) for name in ("liquidated_at", "base_stamp", "is_moved", "is_long")]
)

HEAP_DTYPE = np.dtype([("key", np.float64), ("trader", np.int64)])
FRONT_DTYPE = np.dtype(
    [(name, np.int64) for name in ("cursor", "end", "heap_size", "n_moved", "is_dirty")] + [("bound", np.float64)]
)

RANKING_DTYPE = np.dtype(
    [(name, np.float64) for name in ("low", "high", "scale")]
    + [(name, np.int64) for name in ("end", "heap_size", "first", "n_partly")]
)
MOST_PARTLY_CLOSED = 512

STEP_DTYPE = np.dtype(
    [
        (name, np.float64)
        for name in (
            "mark",
            "impact",
            "fund",
            "deficit",
            "fund_paid",
            "venue_paid",
            "backstop_paid",
            "charged",
            "unfunded",
            "forced",
        )
    ]
)

PROFIT, EQUITY, CASH, SIZE, LEVERAGE, NOTIONAL, PLACE, CAP, WEIGHT, CHARGE = range(10)
N_WORK = 10


class Desk(NamedTuple):
    """Everything that one path works on, in arrays. n traders, longs in row 0 and shorts in row 1 of the queue."""

    fixed: Rows  # (n,) FIXED_DTYPE: side +1 or -1, f(entry), margin, stop, opening collateral, a size that is nothing
    traders: Rows  # (n,) TRADER_DTYPE: what a run changes; size is unsigned
    claim: Floats  # (n,) chargeable profit before charges
    order: Ints  # (n,) traders by trigger price: longs highest first, then shorts lowest first
    heap: Rows  # (2, n) HEAP_DTYPE: the nearest positions whose trigger moved
    moved: Table  # (2, n) int32: every position whose trigger moved
    front: Rows  # (2,) FRONT_DTYPE
    steps: Rows  # (n_steps + 1,) STEP_DTYPE: what happened in each step
    events: Rows  # EVENT_DTYPE, every forced trade in order, as far as there is room
    settlements: Rows  # SETTLEMENT_DTYPE
    work: Table  # (N_WORK, n) scratch of a settlement or an auto-deleveraging
    touched: Ints  # (n,) traders that the run changed, in order
    payers: Ints  # (n,) scratch of a settlement or an auto-deleveraging: traders who are charged
    ranks: Rows  # (2, n or 0) HEAP_DTYPE: the queue of auto-deleveraging, by a bound of the score (kernel.ranks)
    partly: Table  # (2, MOST_PARTLY_CLOSED or 0) int32: accounts closed in part since the queue was made
    ranking: Rows  # (2,) RANKING_DTYPE: what the queue holds and for which marks


def has_ranks(venue: Venue) -> bool:
    """Tell whether a queue of auto-deleveraging is kept between defaults: by rank, of positions closed whole."""
    policy = policy_record(get_policy(venue.policy), venue.policy_options)[0]
    is_queue = get_policy(venue.policy).family == "adl" and policy["adl_rule"] == int(Taking.QUEUE)
    return bool(is_queue and venue.liquidation_fraction == 1.0)


def venue_record(venue: Venue, contract: str) -> NDArray[np.void]:
    """Return the settings of a venue as a one-element structured array for the kernel."""
    record = np.zeros(1, VENUE_DTYPE)
    row = record[0]
    for name in ("liquidation_fee", "liquidation_fraction", "min_size", "depth", "thinning", "index_weight"):
        row[name] = getattr(venue, name)
    for name in ("price_band", "fund", "fund_max_drawdown", "venue_capital", "backstop", "halt_steps"):
        row[name] = getattr(venue, name)
    pool_cap = float(policy_record(get_policy(venue.policy), venue.policy_options)["pool_cap"][0])
    row["backstop_kept"] = (1.0 - pool_cap) * venue.vault
    row["decay"] = 2.0 ** (-1.0 / venue.impact_half_life)
    row["margin_cap"] = venue.dynamic_margin_cap
    row["margin_decay"] = 2.0 ** (-1.0 / venue.dynamic_margin_half_life)
    row["reference_variance"] = venue.reference_volatility**2
    row["is_inverse"] = contract == INVERSE
    row["is_residual_to_trader"] = venue.residual_margin == "trader"
    row["has_peak_window"] = venue.fund_peak_window is not None
    row["peak_window"] = venue.fund_peak_window or 0
    row["is_entry_base"] = venue.profit_base == "entry"
    row["settlement_interval"] = venue.settlement_interval
    return record
