"""Figures of a run computed anew from its log of forced trades, its book and its closing equity.

The log says who was forced out, of what size and at which price. What that left, which layer paid it (the oracle's
waterfall) and who was charged follows from docs/MODEL.md sections 2 to 5; nothing that a run sums up itself is read.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import engine
from tests.model.oracle_layers import backstop, pay_from_layers
from tests.model.oracle_state import State, notional, value

LIQUIDATION, STOP, DELEVERAGED, COUNTERPARTY = range(4)
FIELDS = ("step", "kind", "trader", "size", "fill", "mark_before", "collateral", "realized")


class Replay:
    """The log, event after event; `effect` is each trader's gain or loss against holding its position to the end."""

    def __init__(self, run: Any) -> None:
        self.run, self.contract = run, str(run.book.contract)
        self.state = state = State(self.contract, run.venue, [], float(run.prices[0]))
        state.fund, state.venue_capital, state.vault = run.venue.fund, run.venue.venue_capital, run.venue.vault
        state.members = float(sum(run.venue.default_fund))
        state.assessments = state.members * run.venue.assessment_cap
        state.fund_ends = [state.fund]
        self.backstop = backstop(state)
        self.effect, self.lacked = np.zeros(run.book.n_traders), np.zeros(run.book.n_traders)
        self.entry = [self.worth(price) for price in run.book.entry_price]
        self.last = self.worth(run.mark[-1])
        self.forced = self.taken = self.unplaced = 0.0
        rows = zip(*(run.events[name].tolist() for name in FIELDS), strict=True)
        for step, kind, *event in rows:
            while len(state.fund_ends) < step:
                state.fund_ends.append(state.fund)
                state.fund_position *= 2 ** (-1 / run.venue.fund_position_half_life)
            state.step = step
            if kind in (LIQUIDATION, STOP):
                self.order(kind, *event)
            elif kind == DELEVERAGED:
                self.deleveraged(*event)
            elif kind == COUNTERPARTY:
                _, size, _, mark, _, _ = event
                self.effect[event[0]] += size * (self.worth(mark) - self.last)
        state.fund_ends += [state.fund] * (len(run.mark) - len(state.fund_ends))

    def worth(self, price: float) -> float:
        return value(self.contract, float(price))

    def order(self, kind: int, i: int, size: float, fill: float, mark: float, collateral: float, _: float) -> None:
        """A fee on what is left of a liquidation, the rest to fund or trader, a hole down the layers."""
        venue, exposure = self.run.venue, notional(self.contract, size, fill)
        equity = collateral + size * (self.worth(fill) - self.entry[i])
        left = max(equity, 0.0)
        fee = 0.0 if kind == STOP else min(left, venue.liquidation_fee * exposure)
        kept = left - fee if kind == LIQUIDATION and venue.residual_margin == "fund" else 0.0
        self.forced += exposure
        self.effect[i] += size * (self.worth(fill) - self.last) - fee - kept + max(-equity, 0.0)
        self.state.fund += fee + kept
        self.owe(i, size, -equity, size * abs(self.worth(fill)))

    def owe(self, i: int, size: float, deficit: float, taken_over: float = 0.0) -> None:
        if deficit > 0:
            self.lacked[i] += deficit
            self.state.residual[1 if size > 0 else -1] += pay_from_layers(self.state, deficit, taken_over)

    def deleveraged(self, i: int, size: float, fill: float, mark: float, collateral: float, taken: float) -> None:
        """The position is gone: closed at the fill as far as others were taken, the rest at the mark by makers."""
        part = taken / abs(size)
        self.taken += notional(self.contract, taken, mark)
        self.effect[i] -= collateral + size * (self.last - self.entry[i])
        at_fill, at_mark = (collateral + size * (self.worth(price) - self.entry[i]) for price in (fill, mark))
        if abs(at_fill) > 1e-9 * notional(self.contract, size, mark):  # not at its bankruptcy price
            self.state.fund += max(part * at_fill, 0.0)
            self.owe(i, size, -part * at_fill)
        self.state.fund += max((1 - part) * at_mark, 0.0)
        self.unplaced += max((part - 1) * at_mark, 0.0)


def replayed(run: Any) -> dict[str, float]:
    """The figures by the keys that data/replays knows; money in the settlement currency."""
    found, book, venue = Replay(run), run.book, run.venue
    state, entry = found.state, np.array(found.entry)
    without_charges = book.collateral + book.size * (found.last - entry) + found.effect
    charge = without_charges - run.equity
    charge[np.abs(charge) <= 1e-9 * np.abs(book.size * found.last).max()] = 0.0
    first = found.worth(run.prices[0]) if venue.profit_base == "settlement" else entry
    claimed = float((without_charges - book.collateral - book.size * (first - entry))[charge > 0].sum())
    deficit, due = float(found.lacked.sum()), sum(state.residual.values())
    by_venue = venue.venue_capital - state.venue_capital
    is_adl = engine.POLICIES[venue.policy].family == "adl"
    return {
        "deficit": deficit,
        "deficit_named": float(found.lacked[-1]),
        "fund_paid": deficit - due - by_venue - (found.backstop - backstop(state)),
        "venue_paid": by_venue,
        "charged": float(np.abs(charge).sum()),
        "haircut_rate": float(charge.sum()) / claimed if claimed > 0 else 0.0,
        "fund_low": min(state.fund_ends),
        "fund_end": state.fund,
        "forced": found.forced,
        "forced_usd": float(np.abs(book.size).sum() - run.open_size.sum()),
        "adl_notional": found.taken,
        "mark_low": min(float(run.mark.min()), float(run.events["mark_after"].min(initial=run.mark[0]))),
        "unfunded": found.unplaced + due - (0.0 if is_adl else float(charge.sum())),
    }
