"""Contagion: what a crash in one coin liquidates in the others, with accounts in cross or isolated margin."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from engine.accounts.markets import LIQUIDATION_ORDERS, VenueMarket
from engine.accounts.run import AccountRun
from engine.book import Book
from engine.errors import Checker, require_choice
from engine.history import recorded_coins
from engine.kernel.state import Floats
from engine.markets import load_market
from engine.questions.coin_accounts import (
    FORCED,
    TAKEN,
    CoinAccounts,
    CoinMoves,
    draw_accounts,
    measure_coins,
    naked_exposure,
    notional_of,
    rows_of,
)
from engine.sharing.policies import POLICIES
from engine.simulation import simulate
from engine.venue import Venue

Each = Callable[[Callable[[str], "CoinFall"], Iterable[str]], Iterable["CoinFall"]]
COINS = ("BTC", "ETH", "SOL", "DOGE", "XTZ")
VENUE = "binance"
FALL_STEPS, AFTER_STEPS = 36, 12
MOST_FALL = 0.95
LARGE_COINS = ("BTC", "ETH")
LARGE_COINS_RATE, OTHERS_RATE = 0.01, 0.02  # maintenance of a large position; assumed


@dataclass(frozen=True, slots=True, kw_only=True)
class Contagion:
    """A market of coins and what falls in it; every violation is reported at once.

    Parameters
    ----------
    coins : tuple of str
        Recorded coins, 1 to 8 of those with a recorded market.
    crash : float
        How far the one coin falls whose crash is asked about, a fraction.
    common_fall : float
        Fall of BTC that comes with it, a fraction; every coin falls by its beta, in logs.
    own_falls : tuple of float
        What each coin falls besides, in every run, fractions; none: 0.
    correlation : float
        How closely the others' prices follow the crash: a log move by this times the ratio of volatilities.
    hours : float
        From the start to the low.
    depth : float
        Share of the usual depth on record (data/markets) that is left in the crash.
    n_accounts, leverage, hedged_share, seed : int, float, float, int
        Of the drawn traders: their number, median gross notional over equity, share of hedges (`draw_accounts`).
    is_cross : bool
        Whether accounts margin all their positions together.
    order, policy : str
        `Venue.liquidation_order` and `Venue.policy`.
    fund : float
        Share of open interest, all coins.
    """

    coins: tuple[str, ...] = COINS
    crash: float = 0.4
    common_fall: float = 0.0
    own_falls: tuple[float, ...] = ()
    correlation: float = 0.0
    hours: float = 0.5
    depth: float = 0.1
    n_accounts: int = 2000
    leverage: float = 5.0
    hedged_share: float = 0.3
    seed: int = 1
    is_cross: bool = True
    order: str = LIQUIDATION_ORDERS[0]
    policy: str = "profit_prorata"
    fund: float = 0.002

    def __post_init__(self) -> None:
        check = Checker()
        markets = [coin for coin in recorded_coins() if coin in COINS]
        is_known = isinstance(self.coins, tuple) and all(coin in markets for coin in self.coins)
        if not is_known or not 1 <= len(set(self.coins)) == len(self.coins):
            check.add("coins", f"different ones of {', '.join(markets)}", self.coins)
        for name in ("crash", "common_fall"):
            check.number(name, getattr(self, name), least=0, most=MOST_FALL)
        if len(self.own_falls) not in (0, len(self.coins)):
            check.add("own_falls", f"none or {len(self.coins)}, one for each coin", self.own_falls)
        for at, fall in enumerate(self.own_falls):
            check.number(f"own_falls[{at}]", fall, least=0, most=MOST_FALL)
        check.number("correlation", self.correlation, least=0, most=1)
        check.number("hours", self.hours, above=0, most=1000)
        check.number("depth", self.depth, above=0, most=10)
        check.whole("n_accounts", self.n_accounts, least=1, most=1_000_000)
        check.number("leverage", self.leverage, least=0.1, most=40)
        check.number("hedged_share", self.hedged_share, least=0, most=1)
        check.whole("seed", self.seed, least=0)
        check.choice("order", self.order, LIQUIDATION_ORDERS)
        check.choice("policy", self.policy, POLICIES)
        check.number("fund", self.fund, least=0, most=1)
        check.raise_if_any()


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class ContagionMarket:
    """What a question of contagion runs on: (K,) arrays in the order of its coins, USD.

    Parameters
    ----------
    moves : CoinMoves
    price, open_interest : (K,) float
        From data/markets; open interest is that of the drawn book, half of both sides.
    traders : CoinAccounts
    book : Book
    venue : Venue
    """

    moves: CoinMoves
    price: Floats
    open_interest: Floats
    traders: CoinAccounts
    book: Book
    venue: Venue

    def place(self, coin: str) -> int:
        """Return the place of a coin in (K,) arrays."""
        return self.moves.coins.index(coin)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class CoinFall:
    """What one fall did, money in USD.

    Parameters
    ----------
    coin : str
        The coin that crashed; "" where none did.
    market : ContagionMarket
    run : AccountRun
    liquidated : (K,) float
        Notional forced out in each coin, at the marks.
    fall, mark_fall : (K,) float
        Largest fall of the reference and of the mark, fractions.
    """

    coin: str
    market: ContagionMarket
    run: AccountRun
    liquidated: Floats
    fall: Floats
    mark_fall: Floats

    def _hit(self) -> NDArray[np.int64]:
        return np.unique(self.market.traders.trader[rows_of(self.run, FORCED)["position"]])

    @property
    def traders_hit(self) -> int:
        """Traders of whom something was forced out."""
        return int(self._hit().size)

    @property
    def strangers_hit(self) -> int:
        """Traders of whom something was forced out, and who held none of the coin that crashed."""
        traders = self.market.traders
        if not self.coin:
            return 0
        return int(np.setdiff1d(self._hit(), traders.trader[traders.market == self.market.place(self.coin)]).size)

    @property
    def deficit(self) -> float:
        """Sum of what bankrupt accounts left, or would have left, behind."""
        return float(self.run.deficit.sum())

    @property
    def charged(self) -> float:
        """Sum of what others were charged; a gain where deleveraging closed them at better than the mark."""
        return float(self.run.charge.sum())

    @property
    def adl_closed(self) -> float:
        """Notional of winners closed against bankrupt accounts."""
        return float(self.run.adl_closed.sum())

    @property
    def naked(self) -> float:
        """Exposure that liquidations left traders with (`naked_exposure`)."""
        return _naked(self, FORCED)

    @property
    def naked_by_deleveraging(self) -> float:
        """Exposure that deleveraging left its counterparties with (`naked_exposure`)."""
        return _naked(self, TAKEN)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class ContagionMatrix:
    """Every coin's crash: `falls` in the order of the coins; `base` is the run without a crash.

    `liquidated` (K, K) is notional forced out in the coin of a row by the crash of the coin of a column, beyond what
    `base` forces out, USD.
    """

    market: ContagionMarket
    base: CoinFall
    falls: tuple[CoinFall, ...]
    liquidated: Floats


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class _Terms:
    """What is on record of coins, (K,) each: USD per coin, USD of each side, a share of it, minutes, fractions."""

    price: Floats
    open_interest: Floats
    depth: Floats
    half_life_minutes: Floats
    index_weight: Floats
    maintenance_rate: Floats


@lru_cache(maxsize=16)
def _terms(coins: tuple[str, ...]) -> _Terms:
    markets = [load_market(VENUE, coin) for coin in coins]
    known = ("open_interest", "depth", "half_life_minutes")
    return _Terms(
        price=np.array([market.price for market in markets]),
        **{name: np.array([market.values[name] for market in markets]) for name in known},
        index_weight=np.array([market.venue.index_weight for market in markets]),
        maintenance_rate=np.array([LARGE_COINS_RATE if coin in LARGE_COINS else OTHERS_RATE for coin in coins]),
    )


@lru_cache(maxsize=8)
def _drawn(coins: tuple[str, ...], n_accounts: int, hedged_share: float, seed: int) -> CoinAccounts:
    target = _terms(coins).open_interest
    return draw_accounts(target, n_accounts=n_accounts, hedged_share=hedged_share, seed=seed)


@lru_cache(maxsize=8)
def _book(
    coins: tuple[str, ...], n_accounts: int, hedged_share: float, seed: int, leverage: float, is_cross: bool
) -> Book:
    terms = _terms(coins)
    drawn = _drawn(coins, n_accounts, hedged_share, seed)
    return drawn.book(terms.price, terms.maintenance_rate, leverage, is_cross=is_cross)


@lru_cache(maxsize=16)
def contagion_market(question: Contagion) -> ContagionMarket:
    """Return the market of a question: measured moves, open interest and depth on record, drawn traders."""
    q, terms = question, _terms(question.coins)
    traders = _drawn(q.coins, q.n_accounts, q.hedged_share, q.seed)
    side = np.bincount(traders.market, np.abs(traders.notional), len(q.coins)) / 2.0
    minutes = 60.0 * q.hours / FALL_STEPS
    return ContagionMarket(
        moves=measure_coins(q.coins),
        price=terms.price,
        open_interest=side,
        traders=traders,
        book=_book(q.coins, q.n_accounts, q.hedged_share, q.seed, q.leverage, q.is_cross),
        venue=Venue(
            markets=tuple(
                VenueMarket(
                    name=coin,
                    depth=q.depth * float(terms.depth[k] * side[k]) + 1.0,
                    impact_half_life=float(terms.half_life_minutes[k]) / minutes,
                    index_weight=float(terms.index_weight[k]),
                )
                for k, coin in enumerate(q.coins)
            ),
            policy=q.policy,
            fund=q.fund * float(side.sum()),
            residual_margin="trader",
            liquidation_order=q.order,
            settlement_interval=FALL_STEPS + AFTER_STEPS,
        ),
    )


def falls_of(question: Contagion, moves: CoinMoves, coin: str) -> Floats:
    """Return how far each coin's price falls when one crashes, (K,), fractions; `coin` "" is nobody's crash."""
    own = np.zeros(len(question.coins)) if not question.own_falls else np.array(question.own_falls)
    log = moves.beta * math.log1p(-question.common_fall) + np.log1p(-own)
    if coin:
        at = question.coins.index(coin)
        follow = question.correlation * moves.volatility / moves.volatility[at]
        follow[at] = 1.0
        log = log + follow * math.log1p(-question.crash)
    return np.asarray(-np.expm1(log))


def coin_fall(question: Contagion, coin: str) -> CoinFall:
    """Return what the crash of one coin does; "" is what falls without a crash.

    Raises
    ------
    InputError
        For a coin that is not in the question.

    Notes
    -----
    docs/MODEL.md section 8. Every price falls evenly in logs over `hours`, then stays; losses are shared at the end.
    """
    require_choice("coin", coin, ("", *question.coins))
    market = contagion_market(question)
    log = np.log1p(-falls_of(question, market.moves, coin))
    share = np.minimum(np.arange(FALL_STEPS + AFTER_STEPS + 1) / FALL_STEPS, 1.0)
    run = simulate(book=market.book, prices=market.price[:, None] * np.exp(log[:, None] * share), venue=market.venue)
    assert isinstance(run, AccountRun)
    first = run.prices[:, :1]
    return CoinFall(
        coin=coin,
        market=market,
        run=run,
        liquidated=notional_of(run, FORCED),
        fall=(1.0 - run.prices / first).max(axis=1),
        mark_fall=(1.0 - run.mark_low / first).max(axis=1),
    )


@lru_cache(maxsize=64)
def _naked(fall: CoinFall, kinds: tuple[int, ...]) -> float:
    return float(naked_exposure(fall.run, fall.market.traders.trader, kinds).sum())


@lru_cache(maxsize=8)
def _base(question: Contagion) -> CoinFall:
    """Return what falls without a crash: the same whatever crash is asked about."""
    return coin_fall(question, "")


def contagion(question: Contagion, *, each: Each = map) -> ContagionMatrix:
    """Return what a crash in each coin liquidates in every coin: one run a column, and one without a crash.

    Parameters
    ----------
    question : Contagion
    each : callable
        How a function is called for every coin, as `map` does, or by several threads at once.
    """
    base = _base(replace(question, crash=0.0, correlation=0.0))
    contagion_market(question)  # once for all runs
    falls = tuple(each(partial(coin_fall, question), question.coins))
    beyond = np.column_stack([fall.liquidated - base.liquidated for fall in falls])
    return ContagionMatrix(market=contagion_market(question), base=base, falls=falls, liquidated=beyond)


def coin_ladder(fall: CoinFall, depths: Floats) -> Floats:
    """Return which share of each coin's longs a fall of that coin alone liquidates, (K, d), before any forced sale.

    Parameters
    ----------
    fall : CoinFall
    depths : (d,) float
        Falls from the first price, fractions, rising.

    Notes
    -----
    A position's opening liquidation price, all other marks as they are (docs/MODEL.md section 8): 0 for a long that no
    fall of its coin alone liquidates.
    """
    traders, price = fall.market.traders, fall.market.price
    needed = 1.0 - fall.run.trigger / price[traders.market]
    longs = np.maximum(traders.notional, 0.0)
    rows = []
    for k in range(price.size):
        own = (traders.market == k) & (longs > 0.0)
        order = np.argsort(needed[own])
        total = np.append(0.0, np.cumsum(longs[own][order]))
        rows.append(total[np.searchsorted(needed[own][order], depths, side="right")] / max(total[-1], 1e-300))
    return np.array(rows)
