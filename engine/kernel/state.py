"""What the kernel works on: records of settings and state, traders as arrays, the log of what happened.

Records are one-element structured arrays, which compiled functions read and write by field name.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Rows = NDArray[np.void]
Table = NDArray[np.float64]
Record = Any  # a row of one of the structured types below: compiled code reads and writes its fields by name

MOST_EVENTS = 5_000_000  # rows of a run's log, 840 MB: pro rata deleveraging logs every account at every default
LONG, SHORT = 0, 1  # rows of the trigger queue and of the index of auto-deleveraging


class TradeKind(IntEnum):
    """What a row of `Run.trades` is."""

    LIQUIDATION = 0
    STOP = 1
    DELEVERAGED = 2
    COUNTERPARTY = 3
    HALT = 4
    COLLATERAL = 5

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
    TradeKind.COLLATERAL: "Collateral of an account that has no position left was sold for what it owed.",
}
LIQUIDATION, STOP, DELEVERAGED = int(TradeKind.LIQUIDATION), int(TradeKind.STOP), int(TradeKind.DELEVERAGED)
COUNTERPARTY, HALT = int(TradeKind.COUNTERPARTY), int(TradeKind.HALT)
COLLATERAL = int(TradeKind.COLLATERAL)


def record_fields(names: str, kind: type = np.float64) -> list[tuple[str, type]]:
    """Return the fields of a record of one type, by names with spaces between them."""
    return [(name, kind) for name in names.split()]


def record_dtype(numbers: str, whole: str = "", kind: type = np.int64) -> np.dtype[np.void]:
    """Return the type of a record of float64 fields, then of fields that are whole numbers."""
    return np.dtype(record_fields(numbers) + record_fields(whole, kind))


VENUE_DTYPE = record_dtype(
    "liquidation_fee liquidation_fraction min_size depth decay thinning index_weight fund fund_max_drawdown "
    "venue_capital backstop backstop_kept margin_decay reference_variance depth_floor fund_position_limit "
    "fund_position_decay fund_intake fund_target band_base band_slope band_low band_high margin_base "
    "margin_slope margin_low margin_high",
    "is_inverse is_linear_impact has_volatility is_residual_to_trader is_entry_maintenance "
    "is_penalty_beyond_equity halt_steps has_peak_window peak_window is_entry_base settlement_interval "
    "is_pooled fund_key has_position_limit has_margin_scale is_margin_by_liquidity has_band_follow "
    "is_band_by_liquidity",
)

STATE_DTYPE = record_dtype(
    "flow impact depth reference book_growth mark_growth book_price mark value fund fund_position held "
    "past_peak venue_capital backstop unfunded residual_long residual_short maker_size maker_cost margin_scale "
    "variance settled_value charged charged_to_fund price_band first gross_size "
    "open_interest asked_deficit",
    "step halted_until settlement n_long n_events n_settlements n_changed has_base",
)

EVENT_DTYPE = np.dtype(
    record_fields("step kind trader against", np.int32)
    + record_fields(
        "size trigger reference mark_before mark_after book_price fill bankruptcy collateral equity fee "
        "residual deficit fund_paid venue_paid backstop_paid carried realized charge fund"
    )
)

SETTLEMENT_DTYPE = np.dtype(
    [("step", np.int32), *record_fields("mark amount claim charged to_fund unfunded largest_rate")]
)

PASSED_DTYPE = np.dtype(
    [*record_fields("step rule is_met", np.int32), *record_fields("mark quantity came charged to_fund raised left")]
)

TERMS_DTYPE = record_dtype("side entry_value rate amount stop opening dust")

POSITION_DTYPE = record_dtype(
    "size collateral wallet trigger charge base_equity", "liquidated_at base_stamp is_moved row", np.int32
)

HEAP_DTYPE = np.dtype([("key", np.float64), ("item", np.int64)])
FRONT_DTYPE = record_dtype("bound next", "cursor end heap_size n_moved is_dirty")
ADL_INDEX_DTYPE = record_dtype("low high scale", "end heap_size first n_partly_closed")
MOST_PARTLY_CLOSED = 512

STEP_DTYPE = record_dtype(
    "mark impact fund deficit fund_paid venue_paid backstop_paid charged unfunded forced mark_low mark_high "
    "impact_low impact_high contributed"
)

# Rows of RunBuffers.measures: scratch of a settlement, (N_MEASURES, n), money but for size, leverage, place and weight;
# what is given before a run: place, record, share of contributions; and what a run adds up: contributions.
PROFIT, EQUITY, CASH, SIZE, LEVERAGE, NOTIONAL, PLACE, CAP, WEIGHT, CHARGE, RECORD, SHARE, CONTRIBUTION = range(13)
N_MEASURES = 13

# Rows of RunBuffers.adl: scratch of an auto-deleveraging, (N_ADL, n).
OPEN, ACCOUNT_EQUITY, CAPACITY, TIER, SCORE, CLOSED, INDEX_PLACE = range(7)
N_ADL = 7


class PricePath(NamedTuple):
    """One reference path, USD per coin: where each step closes, and where it opens."""

    closes: Floats  # (n_steps + 1,), the first price included
    opens: Floats  # (n_steps + 1,), the first of no account; (0,) where every step opens at the close before


class RunBuffers(NamedTuple):
    """The arrays that one path works on. n traders, longs in row 0 and shorts in row 1 of queue and index."""

    terms: Rows  # (n,) TERMS_DTYPE: side +1 or -1, f(entry), margin, stop, opening collateral, dust threshold
    lines: Table  # (k, 2) rate and amount of each row of the margin table; none where each position has its own
    positions: Rows  # (n,) POSITION_DTYPE: what a run changes; size is unsigned, row is LONG or SHORT
    claim: Floats  # (n,) chargeable profit before charges
    order: Ints  # (n,) traders by trigger price: longs highest first, then shorts lowest first
    heap: Rows  # (2, n) HEAP_DTYPE: the nearest positions whose trigger moved
    moved: Table  # (2, n) int32: every position whose trigger moved
    front: Rows  # (2,) FRONT_DTYPE
    steps: Rows  # (n_steps + 1,) STEP_DTYPE: what happened in each step
    events: Rows  # EVENT_DTYPE, every forced trade in order, as far as there is room
    settlements: Rows  # SETTLEMENT_DTYPE
    measures: Table  # (N_MEASURES, n) scratch of a settlement
    adl: Table  # (N_ADL, n, or 0 without auto-deleveraging) scratch of an auto-deleveraging
    changed: Ints  # (n,) traders that the run changed, in order
    selected: Ints  # (n,) scratch: traders who are charged, or closed against a bankrupt position
    adl_index: Rows  # (3, n or 0) HEAP_DTYPE: accounts by a bound of their score, then CHOSEN (engine.kernel.adl_index)
    partly_closed: Table  # (2, MOST_PARTLY_CLOSED or 0) int32: accounts closed in part since the index was built
    adl_index_state: Rows  # (2,) ADL_INDEX_DTYPE: what the index holds and for which marks
    rules: Rows  # (k,) POLICY_DTYPE: this run's own list of offset rules; none where one policy stands alone
    rule_numbers: Table  # (k, fields) the same memory as plain numbers
    follows: Rows  # FOLLOW_DTYPE: what of the rules follows the market
    tiers: Table  # (m, 2) of the fund: money below which it acts, and rate
    passed: Rows  # PASSED_DTYPE: what passed each rule at each settlement, as far as there is room
