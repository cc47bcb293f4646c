"""What the steps of the lesson ask, computed by the engine: answers, their figures, what the hand's value does."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from engine import Book, Run, liquidation_price
from ui.frame.formats import listed, multiple, percent
from ui.lesson.market import (
    CALM_START,
    DEEP,
    START,
    at,
    base_path,
    base_venue,
    coins,
    dollars,
    gain,
    gone,
    longs,
    missing,
    out,
    positions,
    run,
    shorts,
)
from ui.lesson.step import Answer

FALLEN, GAP = 94.0, 90.0  # closing prices of the stories: of a slow fall, and after a jump
FULL_FUND = 100.0
WANTED_GAIN, WANTED_FALL, WANTED_RATE = 80.0, 15.0, 0.05  # what the tasks ask for
FALLS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)  # percent, of the drawn line
LEVERAGES = (2.0, 3.0, 4.0, 5.0, 8.0, 10.0, 15.0, 20.0, 25.0)
NEAR = 0.5  # dollars, or tenths of a percent, that a hand on a slider may be off
PENNY = 0.005


def size(name: str) -> float:
    """Return how many coins a trader's position is."""
    return abs(positions()[name].size)


def margin(name: str) -> float:
    """Return what a trader put in."""
    return positions()[name].margin(is_inverse=False)


# 1 one long, one short


def pair(price: float) -> Run:
    """Return the run of one long and one short to a price, in a market that no sale moves."""
    return run((START, price), "FW", **DEEP)


@lru_cache(maxsize=1)
def pair_answer() -> Answer:
    """Return what the short wins when the price falls."""
    done = pair(FALLEN)
    won, lost = gain(done, "W"), gain(done, "F")
    facts = {
        "start": dollars(START), "fallen": dollars(FALLEN), "coins": coins(size("W")), "won": dollars(won),
        "lost": dollars(-lost), "sum": dollars(won + lost), "wanted": dollars(WANTED_GAIN),
    }  # fmt: skip
    return Answer(won, facts)


def pair_said(price: float) -> str:
    """Return what both have at a price."""
    done = pair(price)
    long, short = gain(done, "F"), gain(done, "W")
    words = [f"{name} {'wins' if x > 0 else 'loses'} {dollars(abs(x))}" for name, x in (("F", long), ("W", short)) if x]
    who = listed(words) if words else "nobody has won or lost"
    return f"At {dollars(price)}: {who}; together {dollars(long + short)}."


def is_wanted_gain(price: float) -> bool:
    """Tell whether the long has won what the task asks for."""
    return abs(gain(pair(price), "F") - WANTED_GAIN) < NEAR * size("F") / 10.0


# 2 leverage, and the price at which you are out


@lru_cache(maxsize=1024)
def fall_to_out(leverage: float) -> float:
    """Return by how many percent the price must fall until a long of this leverage is sold."""
    book = Book(size=[size("A")], entry_price=[START], collateral=[size("A") * START / leverage])
    return 100.0 * (1.0 - float(liquidation_price(book=book, venue=base_venue())[0]) / START)


@lru_cache(maxsize=1)
def lever_answer() -> Answer:
    """Return the fall that takes a long out, for each leverage of the drawn line."""
    value = tuple(fall_to_out(leverage) for leverage in LEVERAGES)
    notional = size("A") * START
    facts = {
        "notional": dollars(notional), "margin": dollars(margin("A")), "leverage": multiple(notional / margin("A")),
        "out": dollars(out("A")), "gone": dollars(gone("A")), "rate": percent(base_venue().maintenance_rate),
        "fall": percent(fall_to_out(notional / margin("A")) / 100.0), "wanted": percent(WANTED_FALL / 100.0, 0),
        "few": multiple(LEVERAGES[0]), "many": multiple(LEVERAGES[-1]),
        "few_fall": percent(value[0] / 100.0), "many_fall": percent(value[-1] / 100.0),
    }  # fmt: skip
    return Answer(value, facts)


def lever_said(leverage: float) -> str:
    """Return when a long of this leverage is out."""
    own, whole = dollars(size("A") * START / leverage), dollars(size("A") * START)
    fall = percent(fall_to_out(leverage) / 100.0)
    return f"With {multiple(leverage)}, {own} stand behind {whole}: out after a fall of {fall}."


def is_wanted_fall(leverage: float) -> bool:
    """Tell whether a leverage is about the largest that survives the fall."""
    return 0.0 <= fall_to_out(leverage) - WANTED_FALL < NEAR


# 3 by hand


@lru_cache(maxsize=1)
def sold() -> Run:
    """Return the run of the dozen's own story."""
    return run(base_path())


@lru_cache(maxsize=1)
def sell_answer() -> Answer:
    """Return how many longs are sold, one after another."""
    trades = sold().trades
    first, last = trades[0], trades[-1]
    names = [sold().book.label(int(trade["trader"])) for trade in trades]
    low = float(sold().prices.min())
    facts = {
        "longs": str(len(longs())), "fall": percent(1.0 - low / START), "low": dollars(low), "first": names[0],
        "trigger": dollars(float(first["trigger"])), "depth": dollars(base_venue().depth), "names": listed(names),
        "next": names[1], "next_trigger": dollars(float(trades[1]["trigger"])), "count": str(len(names)),
        "after": dollars(float(first["mark_after"])), "end": dollars(float(last["mark_after"])),
        "whole": percent(1.0 - float(sold().mark[-1]) / START), "safe": longs()[len(names)],
        "safe_trigger": dollars(out(longs()[len(names)])), "coins": coins(size(names[0])), "one": percent(0.01, 0),
    }  # fmt: skip
    return Answer(float(len(names)), facts)


def sell_press(pressed: int) -> str:
    """Return what the button sells next, nothing when nobody is left to sell."""
    trades = sold().trades
    if pressed >= len(trades):
        return ""
    trade = trades[pressed]
    return f"Sell {sold().book.label(int(trade['trader']))}: {coins(abs(float(trade['size'])))}"


def sell_said(pressed: int) -> str:
    """Return what the last sale did, and who is in reach of it."""
    trades, label = sold().trades, sold().book.label
    if pressed == 0:
        first, at_price = label(int(trades[0]["trader"])), dollars(float(trades[0]["trigger"]))
        return f"The price is at {at_price}: {first} must be sold. Press the button."
    trade = trades[pressed - 1]
    name, after = label(int(trade["trader"])), float(trade["mark_after"])
    text = f"{name} was sold at {dollars(float(trade['fill']))} on average, and the price fell to {dollars(after)}"
    if pressed >= len(trades):
        left = longs()[len(trades)]
        return f"{text}. The next trigger, {left} at {dollars(out(left))}, is out of reach: it stops."
    following = trades[pressed]
    return f"{text}: below {label(int(following['trader']))}'s trigger of {dollars(float(following['trigger']))}."


def is_all_sold(pressed: int) -> bool:
    """Tell whether nobody is left to sell."""
    return pressed >= len(sold().trades)


# 4 a gap, 5 the fund, 6 the haircut: the price jumps, in a market that no sale moves


def jump(price: float, names: str = "", fund: float = 0.0) -> Run:
    """Return the run of a jump to a price."""
    return run((*CALM_START, price), names, jumps=True, fund=fund, **DEEP)


@lru_cache(maxsize=1)
def gap_answer() -> Answer:
    """Return what is missing when A is sold after the jump."""
    done = jump(GAP, "A")
    hole = float(done.deficit.sum())
    facts = {
        "calm": dollars(CALM_START[-1]), "open": dollars(GAP), "coins": coins(size("A")),
        "margin": dollars(margin("A")), "out": dollars(out("A")), "gone": dollars(gone("A")), "missing": dollars(hole),
        "lost": dollars(size("A") * (START - GAP)), "start": dollars(START),
    }  # fmt: skip
    return Answer(hole, facts)


def gap_said(price: float) -> str:
    """Return what happens to A when the price opens somewhere."""
    done = jump(price, "A")
    if done.n_liquidated == 0:
        return f"Opening at {dollars(price)}, above {dollars(out('A'))}: A is not sold at all."
    hole = float(done.deficit.sum())
    left = margin("A") + size("A") * (price - START)
    if hole > 0:
        return f"Opening at {dollars(price)}: A is sold, {dollars(hole)} are missing."
    return f"Opening at {dollars(price)}: A is sold, keeps {dollars(left)}, and nothing is missing."


def is_sold_without_hole(price: float) -> bool:
    """Tell whether A is sold and nothing is missing."""
    done = jump(price, "A")
    return done.n_liquidated == 1 and float(done.deficit.sum()) <= PENNY


@lru_cache(maxsize=1)
def fund_answer() -> Answer:
    """Return what is left of the fund after the jump."""
    done = jump(GAP, fund=FULL_FUND)
    holes = missing(done)
    left, total = float(done.fund[-1]), float(done.deficit.sum())
    facts = {
        "open": dollars(GAP), "fund": dollars(FULL_FUND), "left": dollars(left), "total": dollars(total),
        "names": listed(list(holes)), "holes": " + ".join(f"{name} {dollars(hole)}" for name, hole in holes.items()),
        "each": listed([f"{name} {dollars(hole)}" for name, hole in holes.items()]),
    }  # fmt: skip
    return Answer(left, facts)


def fund_said(fund: float) -> str:
    """Return what a fund of some size pays, and what it leaves to others."""
    done = jump(GAP, fund=fund)
    paid, left = float(done.fund_paid.sum()), float(done.deficit.sum() - done.fund_paid.sum())
    if left > PENNY:
        return f"A fund of {dollars(fund)} pays {dollars(paid)}; {dollars(left)} are left for others."
    return f"A fund of {dollars(fund)} pays all of {dollars(paid)} and has {dollars(float(done.fund[-1]))} left."


def is_just_enough(fund: float) -> bool:
    """Tell whether a fund pays for all, and is about the smallest that does."""
    done = jump(GAP, fund=fund)
    return float(done.charge.sum()) <= PENNY and float(done.fund[-1]) <= 2.0 * NEAR


def rate_of(done: Run) -> float:
    """Return which share of all winners' profits is taken."""
    profit = sum(max(gain(done, name), 0.0) for name in shorts())
    return float(done.charge.sum()) / profit


@lru_cache(maxsize=1)
def haircut_answer() -> Answer:
    """Return the share of its profit that each winner loses, in percent."""
    fund = base_venue().fund
    done = jump(GAP, fund=fund)
    total, charge = float(done.deficit.sum()), float(done.charge.sum())
    facts = {
        "total": dollars(total), "fund": dollars(fund), "left": dollars(charge), "rate": percent(rate_of(done)),
        "profit": dollars(sum(gain(done, name) for name in shorts())), "shorts": listed(shorts()),
        "biggest": shorts()[0], "biggest_profit": dollars(gain(done, shorts()[0])),
        "biggest_paid": dollars(float(done.charge[at(done, shorts()[0])])), "wanted": percent(WANTED_RATE),
        "nothing": dollars(0.0),
    }  # fmt: skip
    return Answer(100.0 * rate_of(done), facts)


def haircut_said(fund: float) -> str:
    """Return what winners lose with a fund of some size."""
    done = jump(GAP, fund=fund)
    charge = float(done.charge.sum())
    if charge <= PENNY:
        return f"A fund of {dollars(fund)} pays for all: winners keep their whole profit."
    return (
        f"A fund of {dollars(fund)} leaves {dollars(charge)}: every winner loses {percent(rate_of(done))} of its "
        "profit."
    )


def is_wanted_rate(fund: float) -> bool:
    """Tell whether winners lose about what the task asks for."""
    return abs(rate_of(jump(GAP, fund=fund)) - WANTED_RATE) < 0.1 * WANTED_RATE


# 7 it runs by itself


@lru_cache(maxsize=512)
def fallen(fall: float) -> float:
    """Return by how many percent the price is down in the end when the reference falls by some percent."""
    low = START * (1.0 - fall / 100.0)
    return 100.0 * (1.0 - float(run((START, low)).mark[-1]) / START)


@lru_cache(maxsize=1)
def tipping_point() -> float:
    """Return the smallest fall, in tenths of a percent, at which forced selling begins."""
    return next(float(tenth) / 10.0 for tenth in range(1, 200) if run((START, START - tenth / 10.0)).n_liquidated)


@lru_cache(maxsize=1)
def tip_answer() -> Answer:
    """Return where the price ends, for each first fall of the drawn line."""
    value = tuple(fallen(fall) for fall in FALLS)
    tip = tipping_point()
    before = round(tip - 0.1, 1)
    done = run((START, START - tip))
    facts = {
        "before": percent(before / 100.0), "before_end": percent(fallen(before) / 100.0), "tip": percent(tip / 100.0),
        "tip_end": percent(fallen(tip) / 100.0), "sold": str(done.n_liquidated), "step": percent(0.001),
        "names": listed([done.book.label(int(trader)) for trader in done.trades["trader"]]),
    }  # fmt: skip
    return Answer(value, facts)


def tip_said(fall: float) -> str:
    """Return where a first fall ends."""
    done = run((START, START * (1.0 - fall / 100.0)))
    first, end = percent(fall / 100.0), percent(fallen(fall) / 100.0)
    if done.n_liquidated == 0:
        return f"A first fall of {first} reaches nobody's trigger, and ends at {end}."
    names = listed([done.book.label(int(trader)) for trader in done.trades["trader"]])
    return f"A first fall of {first} forces out {names}; their selling takes the price down by {end}."


def is_tipping_point(fall: float) -> bool:
    """Tell whether the hand is at the smallest fall that starts it."""
    return abs(fall - tipping_point()) < 0.05


def curve(high: float) -> tuple[np.ndarray, np.ndarray]:
    """Return first falls from 0 to `high`, in tenths of a percent, and where each ends, in percent."""
    falls = np.arange(0, round(10 * high) + 1) / 10.0
    return falls, np.array([fallen(float(fall)) for fall in falls])
