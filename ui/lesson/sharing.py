"""What the last three steps ask: the same loss under three rules, a hedge that loses a leg, what would have helped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from engine import POLICIES, Position, Run, TradeKind
from ui.frame.formats import listed, percent
from ui.lesson.answers import GAP, NEAR, PENNY, jump, margin, rate_of, size
from ui.lesson.market import (
    CALM_START,
    DEEP,
    START,
    at,
    base_path,
    base_venue,
    charged,
    coins,
    dollars,
    gain,
    letters,
    longs,
    missing,
    out,
    run,
    shorts,
)
from ui.lesson.step import Answer

# 8 the same loss, three rules

RULES = {
    "profit_prorata": "Winners, by profit",
    "open_interest_both_sides": "Everybody, by size",
    "adl_queue": "The queue",
}
SHORTLY = dict(zip(RULES, ("by profit", "by size", "in the queue"), strict=True))


@lru_cache(maxsize=8)
def shared(rule: str) -> Run:
    """Return the run of the jump without a fund, under a rule."""
    return run((*CALM_START, GAP), jumps=True, fund=0.0, policy=rule, **DEEP)


@lru_cache(maxsize=8)
def paid(rule: str) -> dict[str, float]:
    """Return what each of the dozen pays under a rule, by letter."""
    return {name: charged(shared(rule), name) for name in letters()}


def payers(rule: str) -> list[str]:
    """Return who pays under a rule, the largest payment first."""
    found = paid(rule)
    return sorted((name for name in found if found[name] > PENNY), key=lambda name: -found[name])


def worst_off(rule: str) -> str:
    """Return who pays the most under a rule."""
    return payers(rule)[0]


@lru_cache(maxsize=1)
def rules_answer() -> Answer:
    """Return the figures of three rules; a vote has no right answer."""
    holes = missing(jump(GAP, fund=0.0))
    facts = {"open": dollars(GAP), "total": dollars(sum(holes.values())), "names": listed(list(holes))}
    for short, rule in zip(("profit", "size", "queue"), RULES, strict=True):
        first, found = worst_off(rule), paid(rule)
        facts |= {
            f"{short}_first": first, f"{short}_most": dollars(found[first]), f"{short}_n": str(len(payers(rule))),
            f"{short}_names": listed(sorted(payers(rule))),
        }  # fmt: skip
    losers = [name for name in payers("open_interest_both_sides") if name in longs()]
    top = worst_off("adl_queue")
    share = paid("adl_queue")[top] / gain(shared("none"), top)
    facts |= {"losers": listed(sorted(losers)), "queue_share": percent(share)}
    return Answer(None, facts)


def vote_said(rule: str) -> str:
    """Return whom a rule hits, for who voted for it."""
    found, names = paid(rule), payers(rule)
    return (
        f"{RULES[rule]}: {len(names)} of {len(letters())} pay, {names[0]} the most with {dollars(found[names[0]])}. "
        f"{POLICIES[rule].who_pays}"
    )


def only_under_one(name: str) -> bool:
    """Tell whether a trader pays under exactly one of the three rules."""
    return sum(paid(rule)[name] > PENNY for rule in RULES) == 1


def trader_said(name: str) -> str:
    """Return what a trader pays under each rule."""
    amounts = [f"{dollars(paid(rule)[name])} {words}" for rule, words in SHORTLY.items()]
    result = gain(shared("none"), name)
    state = f"won {dollars(result)}" if result > 0 else f"lost {dollars(-result)}"
    return f"{name} {state} by the jump, and pays {listed(amounts)}."


# 9 a hedged trader loses one leg

LONG, SHORT = "M's long", "M's short"
NEXT = 85.0  # closing price after the jump


def legs() -> tuple[Position, ...]:
    """Return two isolated positions of one person, equal and opposite."""
    short = Position(trader_id=SHORT, size=-size("A"), entry_price=START, collateral=margin("W"))
    return (replace(short, trader_id=LONG, size=size("A"), collateral=margin("E") + margin("W")), short)


@lru_cache(maxsize=512)
def hedged(price: float) -> Run:
    """Return the run of A, M's two legs and U: a jump bankrupts A, the queue closes it, then a slide to a price."""
    path = (*CALM_START, GAP, price)
    return run(path, "AU", legs(), jumps=True, fund=0.0, policy="adl_queue", **DEEP)


def total(done: Run) -> float:
    """Return what M has won or lost with both legs, after what was charged."""
    return sum(float(done.equity[at(done, leg)]) - float(done.book.collateral[at(done, leg)]) for leg in (LONG, SHORT))


@lru_cache(maxsize=1)
def leg_answer() -> Answer:
    """Return what M has lost once the price has gone on."""
    done = hedged(NEXT)
    early = done.trades[done.trades["kind"] == TradeKind.COUNTERPARTY][0]
    taken, fill = abs(float(early["size"])), float(early["fill"])
    won, lost = taken * (START - fill), size("A") * (START - NEXT)
    facts = {
        "coins": coins(size("A")), "start": dollars(START), "open": dollars(GAP), "next": dollars(NEXT),
        "closed": dollars(fill), "won": dollars(won), "lost": dollars(lost), "total": dollars(-total(done)),
        "first": dollars(taken * (fill - GAP)), "then": dollars(size("A") * (GAP - NEXT)), "zero": dollars(0.0),
    }  # fmt: skip
    return Answer(-total(done), facts)


def leg_said(price: float) -> str:
    """Return what M has when the price goes on to somewhere."""
    found = total(hedged(price))
    state = (
        f"lost {dollars(-found)}" if found < -PENNY else f"won {dollars(found)}" if found > PENNY else "lost nothing"
    )
    return f"The price goes on to {dollars(price)}: M, with one leg left, has {state}. With both it would be nothing."


def is_even(price: float) -> bool:
    """Tell whether M is back at nothing lost."""
    return abs(total(hedged(price))) < 2.0 * NEAR * size("A") / 10.0


# 10 what would have helped

BAND = 0.05  # of the remedy: how far forced selling may take the price from the reference
MARGIN, FRACTION = 0.03, 0.25
HELP = {"fund": "A larger fund", "margin": "More margin", "band": "A price band", "partial": "Partial liquidation"}


def fund_needed() -> float:
    """Return the fund that would have paid for everything, to the next ten dollars."""
    return 10.0 * math.ceil(float(with_help(()).deficit.sum()) / 10.0)


@lru_cache(maxsize=32)
def with_help(chosen: tuple[str, ...]) -> Run:
    """Return the run of the dozen's story, the fund taken away, with some of the four remedies."""
    settings: dict[str, float] = {"fund": 0.0}
    if "fund" in chosen:
        settings["fund"] = fund_needed()
    if "margin" in chosen:
        settings["maintenance_rate"] = MARGIN
    if "band" in chosen:
        settings["price_band"] = -math.log1p(-BAND)
    if "partial" in chosen:
        settings["liquidation_fraction"] = FRACTION
    return run(base_path(), **settings)


def orders(done: Run) -> int:
    """Return how many forced orders were sent."""
    return int((done.trades["kind"] == TradeKind.LIQUIDATION).sum())


def owed(done: Run) -> float:
    """Return what positions that could not be closed lack at the last price: a hole that is not booked yet."""
    return float(np.maximum(-done.equity, 0.0).sum())


def cost_of(name: str) -> str:
    """Return the price of a remedy, in words and computed figures."""
    before, after = with_help(()), with_help((name,))
    if name == "fund":
        share = percent(fund_needed() / sum(size(each) * START for each in longs()))
        return f"{dollars(fund_needed())} lie idle, {share} of all longs, and traders paid them in."
    if name == "margin":
        rate, usual = percent(MARGIN, 0), percent(base_venue().maintenance_rate, 0)
        first = longs()[0]
        fall, later = percent(1.0 - float(after.trigger[at(after, first)]) / START), percent(1.0 - out(first) / START)
        return f"With {rate} instead of {usual}, {first} is sold after a fall of {fall} already, not of {later}."
    if name == "band":
        stuck = [each for each in longs() if after.open_size[at(after, each)] > 0 and float(after.mark[-1]) < out(each)]
        return f"{listed(stuck)} should be sold and cannot be: {dollars(owed(after))} are owed and not booked yet."
    return f"{orders(after)} orders instead of {orders(before)}, and positions wait longer below their triggers."


@lru_cache(maxsize=1)
def help_answer() -> Answer:
    """Return which remedy but the fund leaves winners with the smallest loss, and the price of each."""
    rates = {name: rate_of(with_help((name,))) for name in HELP}
    best = min((name for name in HELP if name != "fund"), key=lambda name: rates[name])
    facts = {f"{name}_rate": percent(rate) for name, rate in rates.items()}
    facts |= {f"{name}_cost": cost_of(name) for name in HELP} | HELP
    base = with_help(())
    facts |= {
        "best": HELP[best].lower(), "best_rate": percent(rates[best]), "base_rate": percent(rate_of(base)),
        "total": dollars(float(base.deficit.sum())), "fund_needed": dollars(fund_needed()),
    }  # fmt: skip
    return Answer(best, facts)


def help_said(chosen: Sequence[str]) -> str:
    """Return what some remedies together do."""
    done = with_help(tuple(name for name in HELP if name in chosen))
    names = listed([HELP[name].lower() for name in HELP if name in chosen]) if chosen else "none of the four"
    end, lost = percent(1.0 - float(done.mark[-1]) / START), percent(rate_of(done))
    hole = f"; {dollars(owed(done))} are owed and not booked yet" if owed(done) > PENNY else ""
    deficit = dollars(float(done.deficit.sum()))
    return f"With {names}: the price falls {end}, the deficit is {deficit}, winners lose {lost}{hole}."


def is_helped_without_fund(chosen: Sequence[str]) -> bool:
    """Tell whether winners lose nothing, nothing is owed, and no fund was used."""
    done = with_help(tuple(name for name in HELP if name in chosen))
    return "fund" not in chosen and bool(chosen) and float(done.charge.sum()) <= PENNY and owed(done) <= PENNY


def last_words() -> str:
    """Return who pays and why, in one computed sentence."""
    done = run(base_path())
    whole, charge, rate = float(done.deficit.sum()), float(done.charge.sum()), percent(rate_of(done))
    return (
        f"In this market {listed(list(missing(done)))} lost {dollars(whole)} more than they had; the fund paid "
        f"{dollars(whole - charge)}, and {listed(shorts())}, who had won, gave up {rate} of their profit: what losers "
        "cannot pay is paid out of what winners were owed."
    )
