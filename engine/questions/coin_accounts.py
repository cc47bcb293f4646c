"""Accounts that hold several coins: how coins move together as measured, a drawn book of accounts, broken hedges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.accounts.ledger import sum_by
from engine.accounts.run import AccountRun
from engine.book import Book
from engine.errors import Checker
from engine.history import Whole, recorded_prices
from engine.kernel.state import COUNTERPARTY, DELEVERAGED, LIQUIDATION, STOP, Floats, TradeKind

FACTOR = "BTC"
SINCE = "2022-01-01"
HOURS_A_YEAR = 365 * 24
POSITIONS = (0.35, 0.25, 0.2, 0.12, 0.08)  # shares of accounts with 1, 2, ... positions; assumed
SIZE_TAIL = 1.4  # Pareto exponent of what accounts hold, as data/markets has it
LARGEST_ACCOUNT = 300.0  # times the smallest
SPREAD = 0.615  # of the log of leverage, as data/markets has it
MOST_LEVERAGE = 40.0
INITIAL = 2.0  # initial margin over maintenance, as at Hyperliquid
FORCED = (LIQUIDATION, STOP, DELEVERAGED)
TAKEN = (COUNTERPARTY,)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class CoinMoves:
    """How coins moved together, hour by hour; arrays read-only.

    Parameters
    ----------
    coins : tuple of str
    beta : (K,) float
        Log move of a coin for a log move of 1 of the factor, BTC: covariance over the factor's variance.
    volatility, residual_volatility : (K,) float
        Standard deviation of log returns a year of 365 days: of the coin, and of what the factor leaves.
    correlation : (K, K) float
        Of hourly log returns.
    n_hours : int
        Hours in which every coin has a return.
    since, until : str
    """

    coins: tuple[str, ...]
    beta: Floats
    volatility: Floats
    residual_volatility: Floats
    correlation: Floats
    n_hours: int
    since: str
    until: str

    @property
    def mean_correlation(self) -> float:
        """Mean of the correlations of different coins; 1 for one coin."""
        k = len(self.coins)
        return float((self.correlation.sum() - k) / (k * (k - 1))) if k > 1 else 1.0


@lru_cache(maxsize=8)
def measure_coins(coins: tuple[str, ...], since: str = SINCE) -> CoinMoves:
    """Return how recorded coins moved together, from closes of the same hours; BTC is the factor.

    Parameters
    ----------
    coins : tuple of str
        Names of `recorded_coins()`.
    since : str
        First day.

    Raises
    ------
    InputError
        For no coin, a coin twice, a date that is none, and a time without an hour in common.
    UnknownNameError
        For a coin without recorded prices.

    Notes
    -----
    beta_k = cov(r_k, r_BTC) / var(r_BTC), residual = std(r_k - beta_k r_BTC); an hour in which one coin is missing is
    left out of all. docs/MODEL.md section 7 has the data.
    """
    check = Checker()
    if not coins or len(set(coins)) < len(coins):
        check.add("coins", "at least one coin, each once", coins)
    first = 86_400 * check.day("since", since)
    check.raise_if_any()
    known = [recorded_prices(coin) for coin in dict.fromkeys((FACTOR, *coins))]
    common = reduce(np.intersect1d, [prices.start for prices in known])
    common = common[common >= first]
    is_hour = np.diff(common) == 3600
    if np.count_nonzero(is_hour) < 2:
        check.add("since", f"such that {', '.join(coins)} have hours in common", since)
    check.raise_if_any()
    logs = np.array([np.log(prices.close[np.searchsorted(prices.start, common)]) for prices in known])
    returns = np.diff(logs, axis=1)[:, is_hour]
    place = [[prices.coin for prices in known].index(coin) for coin in coins]
    return _moves_of(coins, returns[place], returns[0], common)


def _moves_of(coins: tuple[str, ...], returns: Floats, factor: Floats, hours: Whole) -> CoinMoves:
    centered, own = returns - returns.mean(axis=1, keepdims=True), factor - factor.mean()
    beta = centered @ own / (own @ own)
    year = math.sqrt(HOURS_A_YEAR)
    found = {
        "beta": beta,
        "volatility": centered.std(axis=1) * year,
        "residual_volatility": (centered - beta[:, None] * own).std(axis=1) * year,
        "correlation": np.atleast_2d(np.corrcoef(centered)),
    }
    for values in found.values():
        values.setflags(write=False)
    ends = [str(np.datetime64(int(hour), "s"))[:10] for hour in (hours[0], hours[-1])]
    return CoinMoves(coins=coins, **found, n_hours=factor.size, since=ends[0], until=ends[1])


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class CoinAccounts:
    """Traders with positions in several coins; a book of them is made in cross or in isolated margin.

    Parameters
    ----------
    trader, market : (n,) int
        Of each position.
    notional : (n,) float
        At the first prices, USD, signed.
    gross : (m,) float
        Sum of a trader's notionals, unsigned.
    shock : (m,) float
        What a trader's log leverage is away from the median, in standard deviations.
    is_hedged : (m,) bool
        Traders whose largest coin is held against all their others.
    """

    trader: Whole
    market: Whole
    notional: Floats
    gross: Floats
    shock: Floats
    is_hedged: NDArray[np.bool_]

    def cash(self, rates: Floats, median: float, spread: float = SPREAD) -> Floats:
        """Return what each trader has behind its positions, (m,): drawn leverage, at least the initial margin.

        Leverage, gross notional over cash, is lognormal around `median` and at most MOST_LEVERAGE; the initial margin
        is INITIAL times the maintenance requirement at `rates`, (K,).
        """
        leverage = np.minimum(median * np.exp(spread * self.shock), MOST_LEVERAGE)
        need = sum_by(self.trader, np.abs(self.notional) * rates[self.market], self.gross.size)
        return np.asarray(np.maximum(self.gross / leverage, INITIAL * need))

    def book(self, first: Floats, rates: Floats, median: float, *, is_cross: bool, spread: float = SPREAD) -> Book:
        """Return the book at first prices and maintenance rates, (K,) each: the same positions and money either way.

        In isolated margin a trader's cash is divided over its positions in proportion to their requirements.
        """
        price, rate = first[self.market], rates[self.market]
        cash = self.cash(rates, median, spread)
        size, need = self.notional / price, np.abs(self.notional) * rate
        if is_cross:
            return Book(
                size=size,
                entry_price=price,
                maintenance_rate=rate,
                account=self.trader,
                market=self.market,
                cash=cash,
            )
        collateral = cash[self.trader] * need / np.bincount(self.trader, need)[self.trader]
        return Book(size=size, entry_price=price, maintenance_rate=rate, market=self.market, collateral=collateral)


def draw_accounts(
    open_interest: ArrayLike,
    *,
    n_accounts: int,
    hedged_share: float,
    seed: int,
    size_tail: float = SIZE_TAIL,
    largest: float = LARGEST_ACCOUNT,
) -> CoinAccounts:
    """Return drawn traders whose positions add up to about the open interest of each coin (USD of each side).

    Parameters
    ----------
    open_interest : (K,) float
    n_accounts : int
    hedged_share : float
        Share of those with two positions or more who hold their largest coin against all their others, net zero.
    seed : int
    size_tail, largest : float
        Pareto exponent of what traders hold, and the largest over the smallest.

    Notes
    -----
    Assumed throughout: 1 to 5 positions (POSITIONS), a coin more often and larger by the root of its open interest,
    what a trader holds is Pareto; the others are long or short, half each, four of five positions on their
    side.
    """
    target = np.asarray(open_interest, dtype=np.float64)
    k, rng = target.size, np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(16,)))
    root = np.sqrt(target / target.sum())
    count = np.minimum(rng.choice(len(POSITIONS), n_accounts, p=POSITIONS) + 1, k)
    place = np.argsort(np.argsort(rng.exponential(size=(n_accounts, k)) / root, axis=1), axis=1)
    trader, market = np.nonzero(place < count[:, None])
    held = np.minimum((1.0 - rng.random(n_accounts)) ** (-1.0 / size_tail), largest)
    amount = held[trader] * root[market] * rng.uniform(0.3, 1.7, trader.size)
    lean = rng.random(n_accounts) < 0.5
    side = np.where(rng.random(trader.size) < 0.8, lean[trader], ~lean[trader]) * 2.0 - 1.0
    amount *= (2.0 * target / np.maximum(np.bincount(market, amount, k), 1e-300))[market]
    hedges = (rng.random(n_accounts) < hedged_share) & (count > 1)
    sign = np.where(rng.random(n_accounts) < 0.7, 1.0, -1.0)[trader]
    leg = np.lexsort((root[market], trader))[np.cumsum(count) - 1]  # a trader's coin with most open interest
    signed = np.where(hedges[trader], sign, side) * amount
    others = np.bincount(trader, signed, n_accounts) - signed[leg]
    signed[leg] = np.where(hedges, -others, signed[leg])
    return CoinAccounts(
        trader=trader,
        market=market,
        notional=signed,
        gross=sum_by(trader, np.abs(signed), n_accounts),
        shock=rng.standard_normal(n_accounts),
        is_hedged=hedges,
    )


def of_kinds(rows: NDArray[np.void], kinds: Sequence[int]) -> NDArray[np.bool_]:
    """Return which rows of a run's log are of some kinds."""
    table = np.zeros(len(TradeKind), np.bool_)
    table[list(kinds)] = True
    return np.asarray(table[rows["kind"]])


def rows_of(run: AccountRun, kinds: Sequence[int]) -> NDArray[np.void]:
    """Return the rows of a run's log that are of some kinds."""
    rows: NDArray[np.void] = run.events[of_kinds(run.events, kinds)]
    return rows


def notional_of(run: AccountRun, kinds: Sequence[int]) -> Floats:
    """Return what trades of some kinds closed in each coin, (K,), USD at the marks before them."""
    rows = rows_of(run, kinds)
    return sum_by(rows["market"], np.abs(rows["size"]) * rows["mark_before"], run.mark.shape[0])


def naked_exposure(run: AccountRun, trader: Whole, kinds: Sequence[int] = TAKEN) -> Floats:
    """Return the exposure that closings of some kinds left each trader with, (m,), USD.

    Parameters
    ----------
    run : AccountRun
    trader : (n,) int
        Whose each position is: one trader may have several accounts in isolated margin.
    kinds : sequence of TradeKind
        Which closings: TAKEN by deleveraging, or FORCED out.

    Notes
    -----
    With N the sum of a trader's signed notionals at the marks of the step's end, each step adds max(0, |N after its
    closings| - |N had they not been|). docs/MODEL.md section 8, "The hedge that is left", has it closing by closing.
    """
    rows = rows_of(run, (*FORCED, *TAKEN))
    size, step, who = run.book.size.copy(), rows["step"].astype(np.int64), trader[rows["position"]]
    market = rows["market"].astype(np.int64)
    naked = np.zeros(int(trader.max(initial=-1)) + 1)
    if not of_kinds(rows, kinds).any():
        return naked
    holdings = np.zeros((naked.size, run.mark.shape[0]))
    np.add.at(holdings, (trader, np.zeros_like(trader) if run.book.market is None else run.book.market), size)
    order = np.lexsort((step, who))
    who, step, market, closed = who[order], step[order], market[order], rows["size"][order]
    is_kind = of_kinds(rows, kinds)[order]
    legs = np.zeros((who.size, run.mark.shape[0]))
    legs[np.arange(who.size), market] = closed
    total = np.cumsum(legs, axis=0)
    first = np.searchsorted(who, who)
    before = total[first] - legs[first]
    last = np.flatnonzero(np.append((np.diff(who) != 0) | (np.diff(step) != 0), True))
    mark = run.mark[:, step[last]].T
    after = ((holdings[who[last]] - (total - before)[last]) * mark).sum(axis=1)
    chosen = np.diff(np.cumsum(legs * is_kind[:, None], axis=0)[last], axis=0, prepend=0.0)
    undone = after + (chosen * mark).sum(axis=1)
    np.add.at(naked, who[last], np.maximum(np.abs(after) - np.abs(undone), 0.0))
    return naked
