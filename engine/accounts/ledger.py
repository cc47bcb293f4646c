"""The ledger of accounts in several markets: every party's wealth, recomputed from the log apart from the kernel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.accounts.inputs import AccountInputs
from engine.book import Floats
from engine.compile import compiled
from engine.contracts import value_of
from engine.errors import ConservationError
from engine.kernel.accounts.state import MARK, AccountBuffers
from engine.kernel.state import COLLATERAL, COUNTERPARTY, DELEVERAGED, LIQUIDATION, STOP, Ints, Record, Rows
from engine.ledger import (
    STATE_FIELDS,
    TOLERANCE,
    Ledger,
    booked_sums,
    listed_flows,
    recomputed_layers,
    refuse,
    signed_sum,
)
from engine.venue import Venue


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLedger(Ledger):
    """The ledger with its parties one by one.

    Parameters
    ----------
    market_makers : (K,) float
        Gain of the market makers of each market at its last mark, signed.
    opening_equity, closing_equity : (m,) float
        Wealth of each account at the first and the last marks, wallets and collateral in assets included.
    opening_units, closing_units, bought_units : (J,) float
        Of each asset, what all accounts held at the start and hold at the end, and what market makers bought between.

    Notes
    -----
    Assets are exchanged for money and change in price, so they are no part of the conserved sum of money: there traders
    have cash, wallets and profit, and "collateral_makers" what they paid. Units are conserved asset by asset.
    """

    market_makers: Floats
    opening_equity: Floats
    closing_equity: Floats
    opening_units: Floats
    closing_units: Floats
    bought_units: Floats


def sum_by(rows: NDArray[Any], amounts: Floats, n: int) -> Floats:
    """Return the sum of the amounts of each of n parties, (n,)."""
    return np.asarray(np.bincount(rows, amounts, n), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Replay:
    """What the events did, from prices and sizes alone: to each account's cash, each position, each market's makers."""

    cash: Floats  # (m,)
    closed: Floats  # (n,) signed size, by the kernel's order
    makers: Floats  # (K,)
    sums: dict[str, float]


def _replay(events: Rows, inputs: AccountInputs, last: Floats) -> _Replay:
    """Add up the log; charges are left out."""
    book, one = inputs.book, inputs.opening
    n, m, n_markets = one.size.size, one.cash.size, inputs.markets.size
    place = np.empty(n, np.int64)
    place[one.order] = np.arange(n)
    rows = events[np.isin(events["kind"], (LIQUIDATION, STOP, COUNTERPARTY, DELEVERAGED))]
    p, size, kind = place[rows["position"]], rows["size"], rows["kind"]
    entry = one.terms["entry_value"][p]
    fill, mark = value_of(rows["fill"], book.is_inverse), value_of(rows["mark_before"], book.is_inverse)
    is_order, is_default = kind <= STOP, kind == DELEVERAGED
    to_fund = (kind == LIQUIDATION) & (inputs.venue.residual_margin == "fund")
    kept = np.where(to_fund, rows["residual"], 0.0)
    taken = np.where(is_default, np.copysign(rows["realized"], size), 0.0)
    rest = np.where(is_default, size - taken, 0.0)
    share = taken / size
    is_moved = is_default & (rows["fill"] != rows["trigger"])  # at the bankruptcy price nothing is left but rounding
    left = np.where(is_moved, rows["cash"] * share + taken * (fill - entry), 0.0)
    left_of_rest = np.where(is_default, rows["cash"] * (1.0 - share) + rest * (mark - entry), 0.0)
    realized = np.where(is_order, size * (fill - entry), size * (mark - entry))
    realized = np.where(is_default, taken * (fill - entry) + rest * (mark - entry), realized)
    paid = np.where(is_order, rows["fee"] + kept - rows["deficit"], left + left_of_rest)
    traded, at = np.where(is_order, size, rest), np.where(is_order, fill, mark)
    gain = traded * (last[rows["market"]] - at)
    return _Replay(
        cash=sum_by(rows["account"], realized - paid, m),
        closed=sum_by(p, size, n),
        makers=sum_by(rows["market"], gain, n_markets),
        sums={
            "fees": float(rows["fee"].sum()),
            "kept": float(kept.sum()),
            "surplus": float(np.maximum(left, 0.0).sum() + np.maximum(left_of_rest, 0.0).sum()),
            "charge": float(rows["charge"].sum()),
            "deficit": float(rows["deficit"][is_order].sum() + np.maximum(-left, 0.0).sum()),
            "maker_unfunded": float(np.maximum(-left_of_rest, 0.0).sum()),
        },
    )


@dataclass(frozen=True, slots=True)
class _Sales:
    """What the events did to collateral: units that left each account, cash that came, what market makers gave."""

    units: Floats  # (m, J)
    cash: Floats  # (m,) with what layers paid for who was left with a loan
    paid: Floats  # (J,)
    deficit: float


def _sales(events: Rows, m: int, n_assets: int) -> _Sales:
    """Add up the sales of collateral in the log."""
    rows = events[events["kind"] == COLLATERAL]
    units = sum_by(rows["account"] * n_assets + rows["market"], rows["size"], m * n_assets)
    return _Sales(
        units=units.reshape(m, n_assets),
        cash=sum_by(rows["account"], rows["realized"] + rows["deficit"], m),
        paid=sum_by(rows["market"], rows["realized"], n_assets),
        deficit=float(rows["deficit"].sum()),
    )


@compiled
def sum_accounts(
    first_of: Ints,
    terms: Rows,
    before: tuple[Floats, Floats, Floats, Floats],
    accounts: Rows,
    size: Floats,
    values: tuple[Floats, Floats],
    opened: Floats,
    closing: Floats,
    gap: Floats,
) -> float:
    """Fill each account's equity at the first and last values of f, and how far it is from what the log gives.

    `before` are cash and sizes at the start, and what the log did to them. Returns what all opening positions moved by.
    """
    cash, held, flow, closed = before
    first, last = values
    moved = 0.0
    for a in range(accounts.size):
        account = accounts[a]
        start, end, replayed = cash[a], account.wallet + account.cash, cash[a] + flow[a] - account.charge
        for p in range(first_of[a], first_of[a + 1]):
            one = terms[p]
            at, to = first[one.market], last[one.market]
            start += one.side * held[p] * (at - one.entry_value)
            end += one.side * size[p] * (to - one.entry_value)
            replayed += (one.side * held[p] - closed[p]) * (to - one.entry_value)
            moved += held[p] * abs(to - at)
        opened[a], closing[a], gap[a] = start, end, end - replayed
    return moved


def account_ledger(*, inputs: AccountInputs, buffers: AccountBuffers, state: Record) -> AccountLedger:
    """Return the ledger of a run of accounts, or raise ConservationError when money appeared or vanished.

    Parameters
    ----------
    inputs : AccountInputs
    buffers, state : AccountBuffers, record of ACCOUNT_STATE_DTYPE
        As the kernel left them, with the complete log.
    """
    venue, one, m = inputs.venue, inputs.opening, inputs.opening.cash.size
    first, last = (value_of(buffers.marks[MARK, :, at].copy(), inputs.book.is_inverse) for at in (0, -1))
    log = buffers.events[: int(state["n_events"])]
    replay, sales = _replay(log, inputs, last), _sales(log, m, inputs.assets.size)
    sums = booked_sums(buffers.steps, state) | replay.sums | {"deficit": replay.sums["deficit"] + sales.deficit}
    opened, closing, gap = np.empty(m), np.empty(m), np.empty(m)
    before = one.cash, one.size, replay.cash + sales.cash, replay.closed
    moved = sum_accounts(
        one.first, one.terms, before, buffers.accounts, buffers.size, (first, last), opened, closing, gap
    )
    makers = buffers.markets["maker_size"] * last - buffers.markets["maker_cost"]
    made = replay.makers - one.net_size * (last - first)
    opening = _opening(venue, float(opened.sum()))
    reported = {"traders": float(closing.sum()), "market_makers": float(makers.sum())}
    reported |= {name: float(state[field]) for name, field in STATE_FIELDS.items()}
    if inputs.assets.size:
        opening["collateral_makers"], reported["collateral_makers"] = 0.0, -float(buffers.assets["maker_cost"].sum())
        sums["sold"] = -reported["collateral_makers"]
    scale = max(float(np.abs(opened).sum() + np.abs(closing).sum()) + moved, *map(abs, reported.values()), 1e-300)
    residual = (signed_sum(reported) - signed_sum(opening)) / scale
    gaps = {party: abs(amount - reported[party]) for party, amount in recomputed_layers(sums, venue).items()}
    gaps["an account"] = float(np.abs(gap).max())
    gaps["market makers of a market"] = float(np.abs(makers - made).max())
    gaps["makers of collateral"] = float(np.abs(buffers.assets["maker_cost"] - sales.paid).max(initial=0.0))
    _verify(gaps, residual, scale)
    if inputs.assets.size:
        _add_units(one.units, buffers, sales.units, (opened, closing))
    return AccountLedger(
        opening=opening,
        closing=reported,
        flows=listed_flows(sums | reported),
        residual=residual,
        market_makers=makers,
        opening_equity=opened,
        closing_equity=closing,
        opening_units=one.units.sum(axis=0),
        closing_units=buffers.units.sum(axis=0),
        bought_units=buffers.assets["maker_size"].copy(),
    )


def _opening(venue: Venue, traders: float) -> dict[str, float]:
    """Return every party's money at the start."""
    opening = {"traders": traders, "market_makers": 0.0, "insurance_fund": float(venue.fund)}
    return opening | {"venue_capital": float(venue.venue_capital), "backstop": float(venue.backstop), "unfunded": 0.0}


def _verify(gaps: dict[str, float], residual: float, scale: float) -> None:
    wrong = [f"{party} differs by {gap:.3g}" for party, gap in gaps.items() if not gap <= TOLERANCE * scale]
    refuse(wrong, residual)


def _add_units(opening: Floats, buffers: AccountBuffers, sold: Floats, equity: tuple[Floats, Floats]) -> None:
    """Add what units are worth at the first and the last marks to equities, which have been money alone.

    Raises ConservationError where units of an asset, or of one account, are not where the log has them.
    """
    scale = np.maximum(opening.sum(axis=0), 1e-300)
    of_accounts = np.abs(opening - sold - buffers.units).max(axis=0) / scale
    of_all = np.abs(opening.sum(axis=0) - buffers.units.sum(axis=0) - buffers.assets["maker_size"]) / scale
    worst = np.maximum(of_accounts, of_all)
    if not (worst <= TOLERANCE).all() or (buffers.units < 0.0).any():
        at = int(np.argmax(~(worst <= TOLERANCE)))
        raise ConservationError(f"units of asset {at} appeared or vanished: {worst[at]:.3g} of all there are")
    opened, closing = equity
    opened += opening @ buffers.asset_marks[MARK, :, 0]
    closing += buffers.units @ buffers.asset_marks[MARK, :, -1]
