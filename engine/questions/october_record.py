"""What a rule made of 10 October 2025: totals beside the record, who bore what, and the day of one hedged account."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.accounts.ledger import sum_by
from engine.accounts.run import AccountRun
from engine.kernel.state import Floats
from engine.questions.coin_accounts import FORCED, TAKEN, CoinAccounts, of_kinds, rows_of


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class HedgeDay:
    """One account's day, (T + 1,) each, USD.

    Parameters
    ----------
    events : rows of the log
        Its forced trades in order.
    equity : (T + 1,)
        At the marks; never below 0, and at the end what the run says, charges taken off.
    exposure : (T + 1,)
        Sum of signed notionals.
    legs : (2, T + 1)
        Signed notional of the long and of the short leg.
    """

    events: NDArray[np.void]
    equity: Floats
    exposure: Floats
    legs: Floats


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class OctoberRun:
    """What a rule made of the day; the account of one's own is the last one, money in USD.

    Parameters
    ----------
    coins : tuple of str
    seconds : (T + 1,) float
        Of each step's end, since the start.
    open_interest : (K,) float
        Of each side as drawn.
    traders : CoinAccounts
        Without the account of one's own.
    run : AccountRun
    liquidated, deleveraged : (K,) float
        Notional forced out, and closed against bankrupt accounts, in each coin.
    """

    coins: tuple[str, ...]
    seconds: Floats
    open_interest: Floats
    traders: CoinAccounts
    run: AccountRun
    liquidated: Floats
    deleveraged: Floats

    @property
    def cash(self) -> float:
        """What the account of one's own began with."""
        return 0.0 if self.run.book.cash is None else float(self.run.book.cash[self.own])

    @property
    def own(self) -> int:
        """Place of the account of one's own."""
        return self.traders.gross.size

    def taken(self) -> NDArray[np.void]:
        """Return the rows of the log that closed an account early."""
        return rows_of(self.run, TAKEN)

    @property
    def accounts_deleveraged(self) -> int:
        """Accounts of which a position was closed early."""
        return int(np.count_nonzero(self.run.adl_closed > 0.0))

    @property
    def accounts_liquidated(self) -> int:
        """Accounts that were forced out, in whole or in part."""
        return int(np.unique(rows_of(self.run, FORCED)["account"]).size)

    @property
    def first_deleveraging_seconds(self) -> float:
        """Seconds from the first liquidation to the first deleveraging, to a step; NaN where there is none."""
        first = rows_of(self.run, FORCED)["step"]
        taken = self.taken()["step"]
        if first.size == 0 or taken.size == 0:
            return math.nan
        return float(self.seconds[int(taken.min())] - self.seconds[int(first.min())])

    def concentration(self, most: int) -> float:
        """Return which share of what was closed early the largest accounts had, so many of them."""
        closed = np.sort(self.run.adl_closed)[::-1]
        return float(closed[:most].sum() / max(closed.sum(), 1e-300))

    @property
    def waves(self) -> int:
        """Steps in a row with a deleveraging, counted once."""
        steps = np.unique(self.taken()["step"])
        return int(np.count_nonzero(np.diff(steps, prepend=-2) > 1))

    @property
    def closed_whole(self) -> float:
        """Share of closings that left nothing of the position; NaN where there is none."""
        rows = self.taken()
        if rows.size == 0:
            return math.nan
        order = np.lexsort((np.arange(rows.size), rows["position"]))
        place = rows["position"][order]
        share = np.abs(rows["size"][order] / self.run.book.size[place])  # sizes of all coins do not add up
        total, first = np.cumsum(share), np.searchsorted(place, place)
        return float(np.mean(total - total[first] + share[first] >= 1.0 - 1e-9))

    @property
    def is_hedged(self) -> NDArray[np.bool_]:
        """Which accounts began as a hedge, the one of one's own among them, (m,)."""
        return np.append(self.traders.is_hedged, True)

    def _first(self, kinds: tuple[int, ...]) -> NDArray[np.int64]:
        """Return where in the log each account's first row of some kinds stands, its length where none is, (m,)."""
        first = np.full(self.run.equity.size, self.run.events.size)
        places = np.flatnonzero(of_kinds(self.run.events, kinds))[::-1]
        first[self.run.events["account"][places]] = places
        return first

    @property
    def is_broken(self) -> NDArray[np.bool_]:
        """Which accounts began as a hedge and had a leg closed early before anything of them was forced out, (m,)."""
        return self.is_hedged & (self._first(TAKEN) < self._first(FORCED))

    @property
    def is_forced(self) -> NDArray[np.bool_]:
        """Of which accounts something was forced out, (m,)."""
        return self._first(FORCED) < self.run.events.size

    @property
    def hedges_broken(self) -> int:
        """Hedged accounts of which a leg was closed early before anything else happened to them."""
        return int(np.count_nonzero(self.is_broken))

    @property
    def broken_then_forced(self) -> int:
        """Of these, the accounts that were forced out afterwards."""
        return int(np.count_nonzero(self.is_broken & self.is_forced))

    @property
    def naked(self) -> float:
        """Exposure that deleveraging left its counterparties with (`AccountRun.naked`)."""
        return float(self.run.naked.sum())

    def result(self, of: NDArray[np.bool_]) -> float:
        """Return what some accounts gained from start to end, all charges taken off; signed."""
        cash = np.zeros(1) if self.run.book.cash is None else self.run.book.cash
        return float((self.run.equity - cash)[of].sum())

    def groups(self) -> dict[str, NDArray[np.bool_]]:
        """Return the accounts by what they held at the start: hedges, the rest by the side of their net notional."""
        traders = self.traders
        net = np.append(sum_by(traders.trader, traders.notional, traders.gross.size), 0.0)
        hedged = self.is_hedged
        return {"hedged": hedged, "net long": ~hedged & (net > 0.0), "net short": ~hedged & (net <= 0.0)}

    def hedge(self) -> HedgeDay:
        """Return the day of the account of one's own, step by step."""
        run, legs = self.run, np.flatnonzero(self.run.owner == self.own)
        rows = run.events[(run.events["account"] == self.own) & of_kinds(run.events, (*FORCED, *TAKEN))]
        market = np.array([0, 0]) if run.book.market is None else run.book.market[legs]
        size, entry = run.book.size[legs], run.book.entry_price[legs]
        open_size = np.tile(size[:, None], self.seconds.size)
        realized = np.zeros(self.seconds.size)
        for row in rows:
            leg = int(np.flatnonzero(legs == row["position"])[0])
            open_size[leg, row["step"] :] -= row["size"]
            realized[row["step"] :] += row["size"] * (row["fill"] - entry[leg]) - row["fee"]
        mark = run.mark[market]
        equity = self.cash + realized + (open_size * (mark - entry[:, None])).sum(axis=0)
        equity = np.maximum(equity, 0.0)
        equity[-1] = run.equity[self.own]
        return HedgeDay(events=rows, equity=equity, exposure=(open_size * mark).sum(axis=0), legs=open_size * mark)
