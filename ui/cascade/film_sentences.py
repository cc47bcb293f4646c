"""What the film says of each forced trade: why this one is next, and who pays for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import TradeKind
from ui.charts.common import time_of
from ui.charts.rule_words import shares_money
from ui.charts.run_view import RunView
from ui.frame.formats import capital, counted, money, multiple, price

SAME = 1e-9


def opening(view: RunView) -> str:
    """Return what stands before the first trade."""
    longs = counted(int((view.run.book.size > 0).sum()), "long")
    shorts = counted(int((view.run.book.size < 0).sum()), "short")
    return f"The start: {longs} and {shorts} at {price(float(view.run.prices[0]), view.price_digits)}."


def the_end(view: RunView) -> str:
    """Return what came of it all, and the level at which it stopped."""
    f, run = view.summary, view.run
    if f.n_liquidated == 0:
        return "The end: nobody was liquidated."
    tail = f", traders were charged {money(f.charged, view.currency)}" if f.charged > 0 else ""
    tail += f", {money(f.unfunded, view.currency)} stayed unpaid" if f.unfunded > 0 else ""
    text = f"The end: {counted(f.n_liquidated, 'trader')} forced out, deficit {money(f.deficit, view.currency)}{tail}."
    mine = (run.liquidated_at < 0) & (run.book.size > 0 if f.is_fall else run.book.size < 0)
    levels = run.trigger[mine & np.isfinite(run.trigger) & (run.trigger > 0)]
    beyond = levels[levels < run.mark_low.min()] if f.is_fall else levels[levels > run.mark_high.max()]
    if not beyond.size:
        return text
    stop = price(float(beyond.max() if f.is_fall else beyond.min()), view.price_digits)
    return f"{text} The next level, {stop}, was not reached."


def running(view: RunView, upto: Any) -> list[str]:
    """Return where the cascade stands after so many trades each, short enough to be read while it plays fast."""
    rows = view.run.trades
    is_new = np.zeros(rows.size, bool)
    forced = np.flatnonzero(rows["against"] < 0)
    is_new[forced[np.unique(rows["trader"][forced], return_index=True)[1]]] = True
    out, deficit, p = np.cumsum(is_new), np.cumsum(rows["deficit"]), view.price_digits
    times = {int(step): capital(time_of(view, int(step))) for step in np.unique(rows["step"])}
    return [
        f"{times[int(rows['step'][at])]}: mark {price(float(rows['mark_after'][at]), p)}, "
        f"{counted(int(out[at]), 'trader')} forced out, deficit {money(float(deficit[at]), view.currency)}."
        for at in np.asarray(upto) - 1
    ]


def event_sentences(view: RunView) -> list[str]:
    """Return a sentence or two for each forced trade in order."""
    events = view.run.trades
    return [_event(view, events, number) for number in range(events.size)]


def _event(view: RunView, events: Any, number: int) -> str:
    row, p = events[number], view.price_digits
    kind = int(row["kind"])
    if kind == TradeKind.HALT:
        return f"Trading is halted at {price(float(row['mark_before']), p)}: the price band is reached."
    who = _who(view, row)
    if kind == TradeKind.COUNTERPARTY:
        charge = float(row["charge"])
        cost = f"which costs it {money(charge, view.currency)}" if charge > 0 else "at no worse than the mark"
        against = view.label(int(row["against"]))
        return f"{capital(who)} is winning, and is closed at {price(float(row['fill']), p)} against {against}, {cost}."
    why = _why(view, events, number, who)
    end = price(float(row["bankruptcy"]), p)
    if kind == TradeKind.DELEVERAGED:
        return f"{why} Its own money ends at {end} and nothing else is left, so winners are closed against it."
    is_long = row["size"] > 0
    done = "Sold" if is_long else "Bought back"
    beyond = row["fill"] < row["bankruptcy"] if is_long else row["fill"] > row["bankruptcy"]
    where = ("below" if is_long else "above") if beyond else "before"
    fill, outcome = price(float(row["fill"]), p), _outcome(view, row)
    return f"{why} {done} at {fill}, {where} {end} where its own money ends: {outcome}."


def _who(view: RunView, row: Any) -> str:
    trader = int(row["trader"])
    side = "long" if row["size"] > 0 else "short"
    return f"{view.label(trader)} ({side}, {multiple(float(view.leverage[trader]))})"


def _why(view: RunView, events: Any, number: int, who: str) -> str:
    """Say what brought the mark to this trader's level: the price, a jump of it, or the trade before."""
    row, run, p = events[number], view.run, view.price_digits
    step, is_long, level = int(row["step"]), row["size"] > 0, float(row["trigger"])
    name = "stop" if int(row["kind"]) == TradeKind.STOP else "level"
    at = f"{price(level, p)}, the {name} of {who}."
    before = events[number - 1] if number and int(events[number - 1]["step"]) == step else None
    mark = float(before["mark_after"]) if before is not None else float(run.mark[step - 1])
    if before is not None and _is_past(mark, level, is_long):
        if _is_past(float(before["mark_before"]), level, is_long):
            return f"Already passed: {at}"
        push = "sale" if before["size"] > 0 else "purchase"
        return f"That {push} moved the mark to {price(mark, p)}, past {at}"
    now = float(row["mark_before"])
    when = "" if before is not None else f"{capital(time_of(view, step))}: "
    if abs(now / level - 1.0) > 1e-6:
        return capital(f"{when}the price jumps from {price(mark, p)} to {price(now, p)}, past {at}")
    return capital(f"{when}the price {'falls' if is_long else 'rises'} to {at}")


def _is_past(mark: float, level: float, is_long: bool) -> bool:
    return mark <= level * (1 + SAME) if is_long else mark >= level * (1 - SAME)


def _outcome(view: RunView, row: Any) -> str:
    """Who pays for a forced trade, or who gets what it left."""
    currency = view.currency
    parts = []
    for name, field in (("the fund", "fund_paid"), ("the venue", "venue_paid"), ("the backstop", "backstop_paid")):
        if row[field] > 0:
            parts.append(f"{name} pays {money(float(row[field]), currency)}")
    if row["carried"] > 1e-9 * max(float(row["deficit"]), 1e-300):
        sharing = shares_money(view.scenario.venue)
        carried = money(float(row["carried"]), currency)
        parts.append(f"{carried} {'is left for the winners to bear' if sharing else 'is paid by nobody'}")
    if parts:
        return f"{money(float(row['deficit']), currency)} is missing; {', '.join(parts)}"
    left = float(row["residual"])
    to = "the fund" if view.run.venue.residual_margin == "fund" and int(row["kind"]) != TradeKind.STOP else "the trader"
    return f"{money(left, currency)} is left and goes to {to}" if left > 0 else "nothing is left"
