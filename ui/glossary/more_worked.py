"""More worked lines: contracts and margin, prices and impact, layers and measures; none of their figures is typed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from engine import (
    Book,
    Run,
    Venue,
    VenueMarket,
    bankruptcy_price,
    equity,
    liquidation_price,
    load_preset,
    recorded_days,
    simulate,
    who_pays,
)
from ui.frame.formats import SPACE, coins, counted, multiple, percent, price, usd
from ui.glossary.sums import COINS, ENTRY, LOW, OWN, PRESET, dozen, gap_run, one

RATE = 1e-4  # of funding, a usual one
TIMES_A_DAY = 3
COIN, DAY = "BTC", "2022-06-13"
STEP, MOST = 0.05, 8.0  # of a safety factor
DEPTH = 2_000.0  # USD for 1 %, where one forced order is to be seen in the price


def moved(**settings: float) -> Run:
    """Return the run of one long forced out at the first step, in a market whose price it moves."""
    venue = Venue(maintenance_rate=0.01, depth=DEPTH, settlement_interval=5, **settings)
    return simulate(book=one(1.0, 50.0), prices=[ENTRY, *[95.0] * 5], venue=venue)


def _assessment() -> str:
    plain, called = (Venue(depth=1.0, default_fund=(60.0, 30.0, 10.0), assessment_cap=cap) for cap in (0.0, 0.5))
    return (
        f"Members put in {', '.join(map(usd, plain.default_fund))}; with a cap of {called.assessment_cap:g} × "
        f"contribution they pay up to {usd(called.backstop)}, {usd(called.backstop - plain.backstop)} of it by call."
    )


def _backstop() -> str:
    run = gap_run(OWN, 80.0, fund=20.0, vault=50.0)
    whole, fund, vault = (float(x.sum()) for x in (run.deficit, run.fund_paid, run.backstop_paid))
    return f"{usd(whole)} missing: the fund pays {usd(fund)}, a vault behind it {usd(vault)}, and the rest is left."


def _claim() -> str:
    run = dozen(fund=0.0)
    whole, most = usd(float(run.claim.sum())), usd(float(run.claim.max()))
    missing = usd(float(run.deficit.sum()))
    return f"{missing} are missing; claims of the dozen's winners are {whole}, and the largest pays {most} at most."


def _pair() -> tuple[float, float]:
    book = Book(size=[COINS, COINS], entry_price=[ENTRY, ENTRY - 20.0], collateral=[OWN, OWN])
    first, second = equity(book=book, price=LOW - 10.0).tolist()
    return float(first), float(second)


def _cross() -> str:
    first, second = _pair()
    both = usd(first + second)
    return f"One position is {usd(first)} and another {usd(second)}: with one margin the account has {both}."


def _isolated() -> str:
    first, second = _pair()
    return f"One position is {usd(first)} and another {usd(second)}: the first is bankrupt, the second keeps all of it."


def _funding() -> str:
    notional = COINS * LOW
    return f"{usd(notional)} at a rate of {percent(RATE)}: the long pays the short {usd(notional * RATE)}."


def _perpetual() -> str:
    year = RATE * TIMES_A_DAY * 365
    return (
        f"It never expires, so its price is held by funding: {percent(RATE)} thrice a day are {percent(year)} a year."
    )


def on_day(times: float = 1.0) -> Run:
    """Return the run of the dozen along a recorded day whose moves are so many times as large."""
    day = recorded_days(coin=COIN, since=DAY, until=DAY).closes[0]
    venue = replace(load_preset(PRESET).scenario.venue, fund=0.0)
    return simulate(book=dozen().book, prices=ENTRY * (day / day[0]) ** times, venue=venue)


def _hindcast() -> str:
    run = on_day()
    paid = float(run.charged.sum())
    said = f"winners would have paid {usd(paid)}" if paid > 0.0 else "winners would have paid nothing"
    return f"The dozen on {DAY} in {COIN}: {run.n_liquidated} of {run.book.n_traders} forced out, {said}."


def _half_life() -> str:
    run = moved(impact_half_life=1.0)
    first, second, third = (abs(float(run.impact[step])) for step in (1, 2, 3))
    return (
        f"A forced order leaves the book {percent(first)} off; one half-life later it is {percent(second)}, then "
        f"{percent(third)}."
    )


def _index() -> str:
    run = moved(index_weight=0.5)
    book = 1.0 - math.exp(float(run.impact_low.min()))
    mark = 1.0 - float(run.mark_low.min()) / float(run.prices[-1])
    return f"The book is {percent(book)} below other markets, the mark with half of the index {percent(mark)}."


def _mark() -> str:
    run = moved(index_weight=0.5)
    low, outside = float(run.mark_low.min()), float(run.prices[-1])
    return f"Other markets stand at {price(outside, 2)}, the mark at {price(low, 2)}: triggers are held against it."


def _initial() -> str:
    whole = COINS * ENTRY
    share = OWN / whole
    return f"{usd(OWN)} for a position of {usd(whole)}: {percent(share, 0)}, a leverage of {multiple(1.0 / share)}."


def _inverse() -> str:
    book = Book(size=[COINS * ENTRY], entry_price=[ENTRY], collateral=[1.0], contract="inverse")
    lost = 1.0 - float(equity(book=book, price=LOW)[0])
    worth = lost * LOW
    size, fall = usd(COINS * ENTRY), f"from {price(ENTRY, 0)} to {price(LOW, 0)}"
    return f"{size} long {fall}: {coins(lost)}{SPACE}coins are lost, worth {usd(worth)}."


def _linear() -> str:
    lost = OWN - float(equity(book=one(), price=LOW)[0])
    return f"{COINS:g} coins long from {price(ENTRY, 0)} to {price(LOW, 0)}: {usd(lost)} are lost."


def _fee() -> str:
    run = gap_run(OWN, 90.8, liquidation_fee=0.005)
    trade = run.trades[0]
    paid, left = float(trade["fee"]), float(trade["equity"])
    return f"Sold with {usd(left)} left of {usd(OWN)}: a fee of {percent(0.005)} takes {usd(paid)} for the fund."


def _call() -> str:
    called, sold = (
        float(liquidation_price(book=one(), venue=Venue(depth=1.0, maintenance_rate=rate))[0]) for rate in (0.02, 0.01)
    )
    return (
        f"At twice the maintenance margin the call would come at {price(called, 2)}; sold is at {price(sold, 2)}, "
        f"bankrupt at {price(float(bankruptcy_price(book=one())[0]), 2)}."
    )


def _maker() -> str:
    ledger = dozen().ledger
    gain = ledger.closing["market_makers"] - ledger.opening["market_makers"]
    return f"In the run of the dozen market makers end {usd(abs(gain))} {'ahead' if gain >= 0 else 'behind'}."


def _reference() -> str:
    run = dozen()
    outside, inside = float(run.prices.min()), float(run.mark.min())
    return f"In the market of a dozen the price outside falls to {price(outside, 2)}, the mark to {price(inside, 2)}."


def _safety() -> str:
    times = 0.0
    while times < MOST and not on_day(times + STEP).charged.sum() > 0.0:
        times += STEP
    return f"The dozen on {DAY} in {COIN}: nobody pays for others until moves are {times + STEP:.2f} times as large."


def _stop() -> str:
    book = Book(size=[COINS], entry_price=[ENTRY], collateral=[OWN], stop_price=[97.0])
    run = simulate(book=book, prices=[ENTRY, LOW], venue=Venue(depth=math.inf, maintenance_rate=0.01))
    return (
        f"A stop at {price(97.0, 0)} closes {COINS:g} coins on the way to {price(LOW, 0)}: "
        f"{usd(float(run.equity[0]))} of {usd(OWN)} are kept."
    )


def _trilemma() -> str:
    rules = ("profit_prorata", "adl_queue", "none")
    shared, closed, nobody = (who_pays(dozen(fund=0.0, policy=name)) for name in rules)
    kept, less = percent(shared.open_interest_kept), percent(closed.open_interest_kept)
    return (
        f"The loss of the dozen: shared by all, {kept} of open interest is kept; by rank, {less}; with no rule, "
        f"{usd(nobody.unfunded)} are unpaid."
    )


def _variation() -> str:
    day = COINS * (LOW - ENTRY)
    return f"{COINS:g} coins, yesterday {price(ENTRY, 0)}, today {price(LOW, 0)}: the long pays {usd(-day)} tonight."


def _contagion() -> str:
    """Two coins in one account, one of them alone in another: only the first coin falls."""
    markets = tuple(VenueMarket(name=name, depth=DEPTH / 5.0) for name in ("A", "B"))
    venue = Venue(markets=markets, maintenance_rate=0.01, settlement_interval=1)
    held = {"account": [0, 0, 1], "market": [0, 1, 1], "cash": [2 * OWN, OWN / 4]}
    book = Book(size=[COINS] * 3, entry_price=[ENTRY] * 3, **held)
    run = simulate(book=book, prices=[[ENTRY, ENTRY, 80.0], [ENTRY] * 3], venue=venue)
    other = int((run.liquidated_at[1:] >= 0).sum())
    return (
        f"A falls to {price(80.0, 0)}, B not: an account long in both is sold in both, so B falls to "
        f"{price(float(run.mark[1, -1]), 1)}, and {counted(other, 'account')} that held B alone is forced out too."
    )


def _capital() -> str:
    run = gap_run(OWN, 85.0, fund=20.0, venue_capital=50.0)
    whole, fund, venue = (float(x.sum()) for x in (run.deficit, run.fund_paid, run.venue_paid))
    return f"{usd(whole)} missing: the fund pays {usd(fund)}, the venue's own capital the next {usd(venue)}."


def _volatility() -> str:
    days = recorded_days(coin=COIN)
    daily = float(np.diff(np.log(days.closes[:, -1])).std())
    return (
        f"{COIN} on record: daily moves of {percent(daily)}, so {percent(daily * math.sqrt(365.0), 0)} a year, over "
        f"{counted(len(days), 'day')}."
    )


MORE: dict[str, Callable[[], str]] = {
    "assessment": _assessment, "backstop": _backstop, "claim": _claim, "cross": _cross, "isolated": _isolated,
    "funding": _funding, "perpetual": _perpetual, "hindcast": _hindcast, "half-life": _half_life, "index": _index,
    "mark": _mark, "initial": _initial, "inverse": _inverse, "linear": _linear, "fee": _fee, "call": _call,
    "maker": _maker, "reference": _reference, "safety": _safety, "stop": _stop, "trilemma": _trilemma,
    "variation": _variation, "capital": _capital, "volatility": _volatility, "contagion": _contagion,
}  # fmt: skip
