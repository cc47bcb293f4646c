"""10 October 2025 with accounts across coins: recorded and assumed paths, a drawn book, one run for each rule."""

from __future__ import annotations

import csv
import math
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from engine.accounts.ledger import sum_by
from engine.accounts.markets import LIQUIDATION_ORDERS, VenueMarket
from engine.accounts.run import AccountRun
from engine.book import Book
from engine.errors import Checker
from engine.history import recorded_prices
from engine.kernel.state import Floats
from engine.questions.coin_accounts import FORCED, TAKEN, CoinAccounts, draw_accounts, notional_of
from engine.questions.october_record import OctoberRun
from engine.questions.waves import FOLDER, load_october
from engine.sharing.policies import POLICIES
from engine.simulation import simulate
from engine.venue import Venue

WAYPOINTS = Path(__file__).parents[2] / "data" / "price_waypoints.csv"
HALF_LIFE_MINUTES = 10.0
INDEX_WEIGHT = 2.0 / 3.0
LEADER = "market_2025_10_10_btc"
RANKED = MappingProxyType({"score": "hyperliquid", "price": "previous_mark"})
LEVERAGE_SPREAD = 0.8
SIZE_TAIL, LARGEST = 1.1, 3000.0  # a few accounts hold most, as among those who were deleveraged


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnHedge:
    """One account of one's own: long one coin and short another for the same USD at the first prices."""

    long: str = "ETH"
    short: str = "BTC"
    notional: float = 1e6
    leverage: float = 17.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OctoberQuestion:
    """The day under one rule; every violation is reported at once.

    Parameters
    ----------
    order, policy : str
        `Venue.liquidation_order` and `Venue.policy`; deleveraging ranks and prices as the venue's documents say.
    depth : float
        Share of the usual depth that was left in the crash.
    n_accounts, hedged_share, seed : int, float, int
        Of the drawn accounts (`draw_accounts`).
    own : OwnHedge
        The account whose day is told; `leverage` is both legs together over its cash.
    """

    order: str = LIQUIDATION_ORDERS[0]
    policy: str = "adl_queue"
    depth: float = 0.1
    n_accounts: int = 5000
    hedged_share: float = 0.3
    seed: int = 1
    own: OwnHedge = OwnHedge()

    def __post_init__(self) -> None:
        check = Checker()
        coins = [coin["name"] for coin in october_coins()["coin"]]
        check.choice("order", self.order, LIQUIDATION_ORDERS)
        check.choice("policy", self.policy, POLICIES)
        check.number("depth", self.depth, above=0, most=10)
        check.whole("n_accounts", self.n_accounts, least=10, most=200_000)
        check.number("hedged_share", self.hedged_share, least=0, most=1)
        check.whole("seed", self.seed, least=0)
        check.choice("own.long", self.own.long, coins)
        check.choice("own.short", self.own.short, coins)
        if self.own.long == self.own.short:
            check.add("own.short", f"another coin than own.long, {self.own.long}", self.own.short)
        check.number("own.notional", self.own.notional, above=0, most=1e9)
        check.number("own.leverage", self.own.leverage, above=0, most=40)
        check.raise_if_any()


@lru_cache(maxsize=1)
def october_coins() -> dict[str, Any]:
    """Return data/october_2025/coins.toml."""
    return tomllib.loads((FOLDER / "coins.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def october_prices() -> tuple[Floats, Floats]:
    """Return seconds since the start, (T + 1,), and the coins' reference paths, (K, T + 1), USD per coin, read-only.

    Notes
    -----
    Waypoints are joined straight in logs. Within a bar a coin goes as bitcoin's waypoints do, from its low to its
    high: assumed, since a bar does not say when. A path cut at `floor` stays there until its prints are above again.
    """
    known = october_coins()
    start, until = (_seconds(known[name]) for name in ("start", "until"))
    at = np.arange(start, until + 1, known["seconds_per_step"], dtype=np.float64)
    logs: dict[str, Floats] = {}
    for coin in known["coin"]:
        kind, _, name = coin["prices"].partition(":")
        if kind == "waypoints":
            path = np.interp(at, *_waypoints(name))
        elif kind == "bars":
            path = _bars(coin["name"], name, at, known["seconds_per_step"])
        else:
            path = coin["factor"] * (logs[name] - logs[name][0])
        if "floor" in coin:
            path = np.maximum(path, math.log(coin["floor"]))
        logs[coin["name"]] = path
    prices = np.exp(np.array(list(logs.values())))
    for values in (at, prices):
        values.setflags(write=False)
    return at - at[0], prices


def _seconds(text: str) -> int:
    return int(np.datetime64(text.removesuffix("Z"), "s").astype(np.int64))


def _waypoints(event: str) -> tuple[Floats, Floats]:
    with WAYPOINTS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["event_id"] == event]
    times = np.array([_seconds(row["time"]) for row in rows], dtype=np.float64)
    return times, np.log([float(row["price"]) for row in rows])


def _bars(coin: str, window: str, at: Floats, step: int) -> Floats:
    """Return the log prices of a coin's bars at some times: each bar spans its low to its high as bitcoin does."""
    bars, leader = recorded_prices(coin, window), _waypoints(LEADER)
    path = np.empty(at.size)
    for n in np.flatnonzero((bars.start + bars.step > at[0]) & (bars.start <= at[-1])):
        begin, end = bars.start[n], bars.start[n] + bars.step
        shape = np.interp(np.arange(begin, end, step, dtype=np.float64), *leader)
        low, high = math.log(bars.low[n]), math.log(bars.high[n])
        inside = (at >= begin) & (at < end)
        place = (np.interp(at[inside], *leader) - shape.min()) / max(np.ptp(shape), 1e-300)
        path[inside] = low + (high - low) * place
    return path


@lru_cache(maxsize=4)
def _drawn(n_accounts: int, hedged_share: float, seed: int) -> CoinAccounts:
    known = october_coins()
    shares = np.array([coin.get("deleveraged", 0.0) for coin in known["coin"]])
    rest = np.array([coin.get("stands_for", 0.0) for coin in known["coin"]])
    total = load_october().event["deleveraged"]
    target = known["open_interest"] * (shares + rest * (total - shares.sum())) / total
    return draw_accounts(
        target, n_accounts=n_accounts, hedged_share=hedged_share, seed=seed, size_tail=SIZE_TAIL, largest=LARGEST
    )


def _book(question: OctoberQuestion, traders: CoinAccounts, first: Floats, rates: Floats) -> Book:
    """Return the drawn accounts in cross margin with the account of one's own behind them."""
    known, own = october_coins(), question.own
    names = [coin["name"] for coin in known["coin"]]
    aggregate = 2.0 * known["open_interest"] / known["equity"]
    median = aggregate * math.exp(0.5 * LEVERAGE_SPREAD**2)
    legs = np.array([names.index(own.long), names.index(own.short)])
    market = np.append(traders.market, legs)
    notional = np.append(traders.notional, [own.notional, -own.notional])
    cash = np.append(traders.cash(rates, median, LEVERAGE_SPREAD), 2.0 * own.notional / own.leverage)
    price = first[market]
    return Book(
        size=notional / price,
        entry_price=price,
        maintenance_rate=rates[market],
        account=np.append(traders.trader, [traders.gross.size] * 2),
        market=market,
        cash=cash,
    )


@lru_cache(maxsize=64)
def october_run(question: OctoberQuestion) -> OctoberRun:
    """Return what one rule makes of 10 October 2025 with accounts across eight coins.

    Notes
    -----
    docs/MODEL.md section 8. There is no fund: an account below zero is passed on at once where the policy deleverages,
    and otherwise its deficit is shared once, at the end. Everybody enters at the first price.
    """
    seconds, prices = october_prices()
    known = october_coins()
    traders = _drawn(question.n_accounts, question.hedged_share, question.seed)
    k = len(known["coin"])
    side = sum_by(traders.market, np.abs(traders.notional), k) / 2.0
    minutes = known["seconds_per_step"] / 60.0
    markets = tuple(
        VenueMarket(
            name=coin["name"],
            depth=question.depth * coin["depth"] * float(amount),
            impact_half_life=HALF_LIFE_MINUTES / minutes,
            index_weight=INDEX_WEIGHT,
        )
        for coin, amount in zip(known["coin"], side, strict=True)
    )
    is_ranked = POLICIES[question.policy].family == "adl"
    venue = Venue(
        markets=markets,
        policy=question.policy,
        policy_options=dict(RANKED) if is_ranked else {},
        residual_margin="trader",
        liquidation_order=question.order,
        settlement_interval=seconds.size,
    )
    rates = np.array([coin["maintenance_rate"] for coin in known["coin"]])
    run = simulate(book=_book(question, traders, prices[:, 0], rates), prices=prices, venue=venue)
    assert isinstance(run, AccountRun)
    return OctoberRun(
        coins=tuple(coin["name"] for coin in known["coin"]),
        seconds=seconds,
        open_interest=side,
        traders=traders,
        run=run,
        liquidated=notional_of(run, FORCED),
        deleveraged=notional_of(run, TAKEN),
    )
