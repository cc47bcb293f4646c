"""What the kernel of accounts works on: positions sorted by account and market, accounts, markets, queues, the log.

m accounts, n positions, K markets, J assets; row 2 k of queues and barriers holds the longs of market k, row 2 k + 1
its shorts, row 2 K + j the barriers on asset j, which is a market in which collateral is sold and nobody is open.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from engine.compile import inlined
from engine.kernel.state import Floats, Ints, Record, Rows, Table, record_dtype, record_fields


class LiquidationOrder(IntEnum):
    """Which position of an account leads and what one turn closes: docs/MODEL.md section 8, "The turn"."""

    PRO_RATA = 0
    LARGEST_LOSS = 1
    LARGEST_NOTIONAL = 2
    RANDOM = 3


PRO_RATA, LARGEST_LOSS = int(LiquidationOrder.PRO_RATA), int(LiquidationOrder.LARGEST_LOSS)
RANDOM = int(LiquidationOrder.RANDOM)
ARMED, QUEUED, DISARMED = 0, 1, 2  # what a stop is: waited for, in a queue, to be looked at again

ACCOUNT_VENUE_DTYPE = record_dtype(
    "liquidation_fee liquidation_fraction target fund fund_max_drawdown fund_position_limit fund_position_decay "
    "fund_intake venue_capital backstop backstop_kept margin_cap margin_decay piece",
    "is_inverse is_residual_to_trader is_entry_maintenance has_peak_window peak_window is_entry_base "
    "settlement_interval order seed has_volatility is_at_once has_position_limit",
)

# A market's settings and its state in one record: engine.kernel.orders reads the one as `venue`, the other as `state`.
MARKET_DTYPE = record_dtype(
    "depth_usual decay thinning index_weight min_size price_band depth_floor reference_variance "
    "flow impact depth reference book_growth mark_growth book_price mark value maker_size maker_cost margin_scale "
    "variance settled_value opening log_move residual_long residual_short haircut",
    "is_linear_impact is_inverse halted_until halt_steps",
)

ACCOUNT_STATE_DTYPE = record_dtype(
    "fund fund_position held past_peak venue_capital backstop unfunded charged charged_to_fund asked_price",
    "step settlement n_events n_settlements n_pending n_parked n_queued heap_size phase has_base has_residual cause "
    "n_looked n_turns n_touched n_legs n_owing",
)

ACCOUNT_DTYPE = np.dtype(
    record_fields("cash wallet charge reserve base_equity")
    + record_fields("version liquidated_at n_turns lead base_stamp", np.int32)
    + record_fields("is_isolated is_waiting is_pending is_parked is_in_liquidation", np.int8),
    align=True,
)

POSITION_TERMS_DTYPE = record_dtype("side entry_value rate amount stop dust", "account market row place", np.int32)

BARRIER_DTYPE = np.dtype([("key", np.float64), *record_fields("item version owner spare", np.int32)])
ROW_DTYPE = record_dtype("next", "cursor end heap heap_size capacity queue rank_end rank_size rank_first ranked_at")

ACCOUNT_STEP_DTYPE = record_dtype("fund deficit fund_paid venue_paid backstop_paid charged unfunded forced")

ACCOUNT_EVENT_DTYPE = np.dtype(
    record_fields("step kind account position market cause against", np.int32)
    + record_fields(
        "size trigger reference mark_before mark_after fill cash equity fee residual deficit fund_paid venue_paid "
        "backstop_paid carried realized charge naked fund"
    )
)

ACCOUNT_SETTLEMENT_DTYPE = np.dtype(
    [("step", np.int32), *record_fields("amount claim charged to_fund unfunded largest_rate")]
)

# Rows of AccountBuffers.marks, (N_MARKS, K, n_steps + 1)
MARK, MARK_LOW, MARK_HIGH, IMPACT, IMPACT_LOW, IMPACT_HIGH = range(6)
N_MARKS = 6


class MarketPaths(NamedTuple):
    """Reference paths of K markets, USD per coin, and of J assets."""

    closes: Table  # (K, n_steps + 1), the first price included
    opens: Table  # of the same shape, or without columns where every step opens at the close before
    asset_closes: Table  # (J, n_steps + 1), settlement currency per unit
    asset_opens: Table  # as `opens`


class AccountBuffers(NamedTuple):
    """The arrays that one path works on."""

    first: Ints  # (m + 1,) first position of an account
    terms: Rows  # (n,) POSITION_TERMS_DTYPE, by account, then market
    lines: Table  # (r, 2) rate and amount of each row of the margin table; none where each position has its own
    opening: Floats  # (m,) cash at the start
    front: Rows  # (items,) BARRIER_DTYPE: barriers as they are at the start, by row, the nearest first; version 0
    side_first: Ints  # (2 K + 1,) first of `side_positions` of a row
    side_positions: Ints  # (n,) positions by market and side
    side_accounts: Ints  # (n,) their accounts
    size: Floats  # (n,) unsigned, open
    units: Table  # (m, J) of each asset
    proceeds: Floats  # (m, or 0 without assets) cash that sold collateral brought
    owing: Ints  # (m, or 0) accounts that a deleveraging left without a position and with a loan, the lowest first
    accounts: Rows  # (m,) ACCOUNT_DTYPE
    stops: Ints  # (n, or 0 without stops) ARMED, QUEUED or DISARMED
    claim: Floats  # (m,) chargeable profit before charges
    markets: Rows  # (K,) MARKET_DTYPE
    assets: Rows  # (J,) MARKET_DTYPE: a long of one unit is sold in it
    rows: Rows  # (2 K + J,) ROW_DTYPE: where barriers and queue of a market's side stand
    barriers: Rows  # (items,) BARRIER_DTYPE: one heap a row of barriers that were set during the run
    queue_next: Ints  # (m + n,) the next entry of a queue: an account's liquidation, m + position for a stop
    queue: Rows  # (m + n,) HEAP_DTYPE: the queue whose phase it is, its entries by account
    pending: Ints  # (m,) accounts to be looked at
    looked: Ints  # (m,) scratch: those that are looked at now
    parked: Ints  # (m,) accounts that have nothing to close until a halt ends
    steps: Rows  # (n_steps + 1,) ACCOUNT_STEP_DTYPE
    marks: Floats  # (N_MARKS, K, n_steps + 1)
    asset_marks: Floats  # (N_MARKS, J, n_steps + 1)
    events: Rows  # ACCOUNT_EVENT_DTYPE, as far as there is room
    settlements: Rows  # ACCOUNT_SETTLEMENT_DTYPE
    measures: Table  # (N_MEASURES, m) scratch of a settlement
    adl: Table  # (N_ADL, positions of the larger side, or 0 without auto-deleveraging) scratch
    touched: Ints  # accounts whose money changed since the sides were ranked; no room without ranked deleveraging
    seen: Ints  # (n or 0,) the last leg for which a position was a candidate
    ranked: Rows  # (2 n or 0,) HEAP_DTYPE: positions by market and side, by a bound of their score; then candidates
    ranked_value: Table  # (2 K, K + J) f(mark) of every market and asset when a row was ranked
    closing: Table  # (2, K) scratch of a deleveraging: closing price and margin of each position


@inlined
def side_of_row(row: int) -> float:
    """Return +1 for a row of longs, -1 for one of shorts."""
    return 1.0 if row % 2 == 0 else -1.0


@inlined
def is_halted(market: Record, state: Record) -> bool:
    """Tell whether forced trading in a market has halted."""
    return bool(state.step <= market.halted_until)


@inlined
def note_account(a: int, buffers: AccountBuffers, state: Record) -> None:
    """Have an account looked at the next time that anybody is."""
    account = buffers.accounts[a]
    if account.is_pending == 0:
        account.is_pending = 1
        buffers.pending[state.n_pending] = a
        state.n_pending += 1
