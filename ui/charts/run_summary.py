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
LIQUIDATION, STOP = int(TradeKind.LIQUIDATION), int(TradeKind.STOP)

OTHER_WAY = 0.25  # of the larger move: from here on the price went both ways
LEAST_OTHER = 0.01
BUILT_UP = 0.1  # of the largest distance from the reference: below it, it had not begun


class Excursion(NamedTuple):
    """How far the mark went to one side of the first price: as a share of it, >= 0, and when.

    `forced` is the part that the reference did not go itself.
    """

    step: int
    move: float
    forced: float
    is_fall: bool

    @property
    def size(self) -> float:
        """The move as a log price, so that a halving and a doubling are alike."""
        return -math.log1p(-self.move) if self.is_fall else math.log1p(self.move)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """Money is in the settlement currency, shares are fractions.

    Parameters
    ----------
    fall, rise : Excursion
        How far the mark went below and above the first price.
    gap : float
        Largest distance of the mark from the reference over the whole run, as a share of the reference, signed (0
        where forced trades never moved the mark).
    gap_steps : int
        Over how many steps it had built up.
    slippage : float
        Mean distance of fills from the mark before the order, weighted by notional, > 0 where fills were worse.
    n_traders, n_liquidated, n_wiped, n_deleveraged : int
        All; forced out; forced out with nothing left; winners whose position was closed for others.
    deficit, fund_paid, venue_paid, backstop_paid, charged, unfunded : float
        What arose, and who paid it: the last five sum to the first. `charged` is what traders paid, without what went
        beyond the deficit into the fund. What deleveraging passed on is apart.
    deleveraged_loss, deleveraged_gain, deleveraged_notional : float
        What winners closed early would have had more at the mark, summed over those who lost by it; what the others
        gained by it; and the notional closed.
    market_makers : float
        What the other side of all forced trades gained by the end, < 0 where it lost.
    fund_start, fund_low, fund_end : float
    fund_income, contributed : float
        Fees and left-over margin that the fund took in, and what open positions paid into it.
    forced_notional : float
        Notional of forced trades.
    n_winners, n_payers, n_losers_charged : int
        Traders with profit; those of them who paid; payers without profit.
    rate, lowest_rate, highest_rate : float
        Charge over profit of all who paid and had profit: together, and the extremes.
    """

    fall: Excursion
    rise: Excursion
    gap: float
    gap_steps: int
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
    deleveraged_loss: float
    deleveraged_gain: float
    deleveraged_notional: float
    market_makers: float
    fund_start: float
    fund_low: float
    fund_end: float
    fund_income: float
    contributed: float
    forced_notional: float
    n_winners: int
    n_payers: int
    n_losers_charged: int
    rate: float
    lowest_rate: float
    highest_rate: float

    @property
    def is_fall(self) -> bool:
        """Whether the larger move of the mark was down."""
        return self.fall.size >= self.rise.size

    @property
    def largest(self) -> Excursion:
        """The larger of both moves."""
        return self.fall if self.is_fall else self.rise

    @property
    def move(self) -> float:
        """How far the mark went in the direction of its larger move, as a share of the first price."""
        return self.largest.move

    @property
    def forced_move(self) -> float:
        """The part of the larger move that forced trades added."""
        return self.largest.forced

    @property
    def is_both_ways(self) -> bool:
        """Whether the smaller move is worth telling beside the larger one."""
        smaller, larger = sorted((self.fall.size, self.rise.size))
        return smaller >= max(LEAST_OTHER, OTHER_WAY * larger)


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
    is_order = (kind == LIQUIDATION) | (kind == STOP)
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
    deficit, fund_paid = float(run.deficit.sum()), float(run.fund_paid.sum())
    return RunSummary(
        fall=_excursion(run, is_fall=True),
        rise=_excursion(run, is_fall=False),
        **_gap(run),
        slippage=_slippage(forced),
        n_traders=run.book.n_traders,
        n_liquidated=np.count_nonzero(is_forced),
        n_wiped=np.count_nonzero(is_forced & has_nothing),
        **_closed_early(run),
        deficit=deficit + _maker_unfunded(run, deficit, to_fund),
        fund_paid=fund_paid,
        venue_paid=float(run.venue_paid.sum()),
        backstop_paid=float(run.backstop_paid.sum()),
        charged=float(run.charged.sum()) - to_fund,
        unfunded=run.unfunded,
        market_makers=flows.get("trading profit of market makers", 0.0),
        fund_start=run.venue.fund,
        fund_low=float(run.fund.min()),
        fund_end=float(run.fund[-1]),
        fund_income=float(run.fund[-1] - run.venue.fund + fund_paid) - run.contributions,
        contributed=run.contributions,
        forced_notional=float(run.forced.sum()),
        n_winners=int(won.trader.size),
        n_payers=int(paid.size),
        n_losers_charged=np.count_nonzero(run.charge > 0.0) - paid.size,
        rate=float((paid * claims).sum() / claims.sum()) if claims.size else 0.0,
        lowest_rate=float(paid.min()) if paid.size else 0.0,
        highest_rate=float(paid.max()) if paid.size else 0.0,
    )


def _maker_unfunded(run: Run, deficit: float, to_fund: float) -> float:
    """Return unfunded losses of positions that only market makers were left to take; no step's deficit holds them."""
    paid = float((run.fund_paid + run.venue_paid + run.backstop_paid + run.charged).sum()) - to_fund
    rest = run.unfunded - max(deficit - paid, 0.0)
    return rest if rest > 1e-12 * max(run.unfunded, 1e-300) else 0.0


def _excursion(run: Run, *, is_fall: bool) -> Excursion:
    """Return the lowest or highest mark of a run, and how much of it the reference at that moment was not."""
    first = float(run.prices[0])
    sign = -1.0 if is_fall else 1.0
    mark, impact = (run.mark_low, run.impact_low) if is_fall else (run.mark_high, run.impact_high)
    step = int(np.argmin(mark) if is_fall else np.argmax(mark))
    ends = sorted((float(run.opens[step]), float(run.prices[step])))
    alone = float(mark[step]) * math.exp((run.venue.index_weight - 1.0) * float(impact[step]))
    own = max(sign * (min(max(alone, ends[0]), ends[1]) / first - 1.0), 0.0)
    move = max(sign * (float(mark[step]) / first - 1.0), 0.0)
    return Excursion(step, move, max(move - own, 0.0), is_fall)


def _gap(run: Run) -> dict[str, float | int]:
    """Return the mark's largest distance from the reference, measured at every moment of the run."""
    low, high = (np.expm1((1.0 - run.venue.index_weight) * impact) for impact in (run.impact_low, run.impact_high))
    away = np.where(-low >= high, low, high)
    step = int(np.argmax(np.abs(away)))
    gap = float(away[step])
    begun = np.flatnonzero(away[:step] * np.sign(gap) < BUILT_UP * abs(gap))
    return {"gap": gap, "gap_steps": step - int(begun[-1]) if begun.size else step}


def _closed_early(run: Run) -> dict[str, float | int]:
    """Return how many positions deleveraging closed for others, what that cost and gave their owners, and how much."""
    log = run.trades
    taken = np.flatnonzero(log["against"] >= 0)  # of a log of wide rows: by column, not row by row
    trader, charge, size, mark = (log[name][taken] for name in ("trader", "charge", "size", "mark_before"))
    notional = np.abs(size) / mark if run.book.is_inverse else np.abs(size) * mark
    return {
        "n_deleveraged": np.unique(trader).size,
        "deleveraged_loss": float(np.maximum(charge, 0.0).sum()),
        "deleveraged_gain": float(np.maximum(-charge, 0.0).sum()),
        "deleveraged_notional": float(notional.sum()),
    }


def _slippage(forced: Orders) -> float:
    if not forced.size.size:
        return 0.0
    worse = np.sign(forced.size) * (1.0 - forced.fill / forced.mark)
    return float((worse * forced.notional).sum() / forced.notional.sum())
