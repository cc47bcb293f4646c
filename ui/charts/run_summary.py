"""What a run amounts to: the figures that headline, charts and tables quote, computed from the run alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine import Run, TradeKind, Winners

Floats = NDArray[np.float64]
NOTHING_LEFT = 1e-9  # share of the collateral that counts as wiped out


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """Money is in the settlement currency, shares are fractions.

    Parameters
    ----------
    is_fall : bool
        Whether the larger move of the mark price was down.
    move, own_move, forced_move : float
        Largest move of the mark from the first price, and its two parts at that step: the reference's, and what forced
        trades added; all >= 0 in the move's own direction.
    move_step : int
        Where it was.
    highest, lowest : float
        Mark price over the run, as change from the first price.
    slippage : float
        Mean distance of fills from the mark before the order, weighted by notional, > 0 where fills were worse.
    n_traders, n_liquidated, n_wiped, n_deleveraged : int
        All; forced out; forced out with nothing left; winners whose position was closed for others.
    deficit, fund_paid, venue_paid, backstop_paid, charged, unfunded : float
        What arose, and who paid it. `charged` is what traders paid, without what went beyond the deficit into the fund.
    deleveraged_charge, deleveraged_notional : float
        What closed winners would have had more at the mark (negative: less), and the notional closed.
    fund_start, fund_low, fund_end : float
    fund_income : float
        Fees and left-over margin that the fund took in.
    forced_notional : float
        Notional of forced trades.
    n_winners, n_payers, n_losers_charged : int
        Traders with profit; those of them who paid; payers without profit.
    rate, lowest_rate, highest_rate : float
        Charge over profit of all who paid and had profit: together, and the extremes.
    """

    is_fall: bool
    move: float
    own_move: float
    forced_move: float
    move_step: int
    highest: float
    lowest: float
    slippage: float
    n_traders: int
    n_liquidated: int
    n_wiped: int
    n_deleveraged: int
    deficit: float
    fund_paid: float
    venue_paid: float
    backstop_paid: float
    charged: float
    unfunded: float
    deleveraged_charge: float
    deleveraged_notional: float
    fund_start: float
    fund_low: float
    fund_end: float
    fund_income: float
    forced_notional: float
    n_winners: int
    n_payers: int
    n_losers_charged: int
    rate: float
    lowest_rate: float
    highest_rate: float

    @property
    def to_cover(self) -> float:
        """Everything that somebody had to lose so that winners could be paid."""
        return self.deficit + max(self.deleveraged_charge, 0.0) + self.maker_unfunded

    @property
    def maker_unfunded(self) -> float:
        """Unfunded losses of positions that only market makers were left to take; they are in no step's deficit."""
        paid = self.fund_paid + self.venue_paid + self.backstop_paid + self.charged
        return max(self.unfunded - max(self.deficit - paid, 0.0), 0.0)


class Orders(NamedTuple):
    """Forced trades that went to the market, in order, as columns: a wide event log is read once per run."""

    step: NDArray[np.int32]
    trader: NDArray[np.int32]
    size: Floats  # signed
    mark: Floats  # before the order
    fill: Floats
    bankruptcy: Floats
    deficit: Floats
    notional: Floats  # at the mark before the order, settlement currency

    def where(self, is_wanted: NDArray[np.bool_]) -> Orders:
        """Return the orders for which a mask is true."""
        return Orders(*(column[is_wanted] for column in self))


def orders(run: Run) -> Orders:
    """Return the forced trades of a run that went to the market: liquidations and stops."""
    log = run.trades
    kind = np.ascontiguousarray(log["kind"])
    names = ("step", "trader", "size", "mark_before", "fill", "bankruptcy", "deficit")
    columns = [np.ascontiguousarray(log[name]) for name in names]
    is_order = (kind == TradeKind.LIQUIDATION) | (kind == TradeKind.STOP)
    if not is_order.all():
        columns = [column[is_order] for column in columns]
    size, mark = np.abs(columns[2]), columns[3]
    return Orders(*columns, notional=size / mark if run.book.is_inverse else size * mark)


def summarize(run: Run, won: Winners, forced: Orders) -> RunSummary:
    """Return the summary of a run with its winners and its forced trades."""
    paid = won.rate[won.rate > 0.0]
    claims = won.profit[won.rate > 0.0]
    is_forced = run.liquidated_at >= 0
    has_nothing = run.equity <= NOTHING_LEFT * np.maximum(run.book.collateral, 1e-300)
    flows = {flow.what: flow.amount for flow in run.ledger.flows}
    to_fund = flows.get("charges above the deficit", 0.0)
    taken = run.trades[np.ascontiguousarray(run.trades["against"]) >= 0]
    return RunSummary(
        **_moves(run),
        slippage=_slippage(forced),
        n_traders=run.book.n_traders,
        n_liquidated=int(is_forced.sum()),
        n_wiped=int((is_forced & has_nothing).sum()),
        n_deleveraged=int(np.unique(taken["trader"]).size),
        deficit=float(run.deficit.sum()),
        fund_paid=float(run.fund_paid.sum()),
        venue_paid=float(run.venue_paid.sum()),
        backstop_paid=float(run.backstop_paid.sum()),
        charged=float(run.charged.sum()) - to_fund,
        unfunded=run.unfunded,
        deleveraged_charge=float(taken["charge"].sum()),
        deleveraged_notional=float(_notional(run, taken).sum()),
        fund_start=run.venue.fund,
        fund_low=float(run.fund.min()),
        fund_end=float(run.fund[-1]),
        fund_income=float(run.fund[-1] - run.venue.fund + run.fund_paid.sum()),
        forced_notional=float(run.forced.sum()),
        n_winners=int(won.trader.size),
        n_payers=int(paid.size),
        n_losers_charged=int((run.charge > 0.0).sum() - paid.size),
        rate=float((paid * claims).sum() / claims.sum()) if claims.size else 0.0,
        lowest_rate=float(paid.min()) if paid.size else 0.0,
        highest_rate=float(paid.max()) if paid.size else 0.0,
    )


def _moves(run: Run) -> dict[str, float | int | bool]:
    first = float(run.prices[0])
    low, high = int(np.argmin(run.mark)), int(np.argmax(run.mark))
    is_fall = math.log(first / run.mark[low]) >= math.log(run.mark[high] / first)
    step, sign = (low, -1.0) if is_fall else (high, 1.0)
    move = max(sign * (run.mark[step] / first - 1.0), 0.0)
    own = min(max(sign * (run.prices[step] / first - 1.0), 0.0), move)
    return {
        "is_fall": bool(is_fall),
        "move": float(move),
        "own_move": float(own),
        "forced_move": float(move - own),
        "move_step": step,
        "highest": float(run.mark[high] / first - 1.0),
        "lowest": float(run.mark[low] / first - 1.0),
    }


def _notional(run: Run, events: NDArray[np.void]) -> Floats:
    size = np.abs(events["size"])
    return size / events["mark_before"] if run.book.is_inverse else size * events["mark_before"]


def _slippage(forced: Orders) -> float:
    if not forced.size.size:
        return 0.0
    worse = np.sign(forced.size) * (1.0 - forced.fill / forced.mark)
    return float((worse * forced.notional).sum() / forced.notional.sum())
