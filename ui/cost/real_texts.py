"""The answer of real days in words: how often, how much, how near, where in the queue; and what is on record."""

from __future__ import annotations

import math

import numpy as np

from engine import Hindcast, Rate, frequency, verdict
from ui.cost.real_answers import DAYS, DaysQuery, DaysResult, VenueDays, own_a_year
from ui.frame.formats import MINUS, SPACE, counted, date_words, multiple, percent, usd
from ui.frame.intervals import Row, figure_row

WORDS = {"moves": "moves", "others": "leverage of the others", "fund": "fund", "depth": "depth"}
CAVEATS = """
- Every day starts anew: a new book of traders whose past is the real hours before that day, the fund as it stands, the
  position opened at the day's first price.
- Hours, not seconds: the price goes through each hour's open, both extremes and close. One coin, positions with a
  margin of their own: a crash in other coins, and accounts that margin all their positions together, are not in it.
- The interval in brackets is chance: so many days could have been a few more or less. What is assumed of the market
  (the file says of each figure whether it is recorded, derived or assumed) is apart: its riskiest end.
- Prices are one venue's spot market, which already holds the liquidations of its time.
"""


def headline(result: DaysResult) -> str:
    """Return the answer: on how many real days the position pays for others, how near it was, what is on record."""
    query, found = result.query, result.found
    who = f"your {usd(query.notional)} {query.side_name} at {multiple(query.leverage)} on {result.market.title}"
    changed = changed_words(query)
    start = f"With {changed}, on" if changed else "On"
    n, days = found.winner_days, since_words(result)
    if n == 0:
        text = f"{start} none of {days} would {who} have paid for others ({rarely(found)}{assumed_words(result)})."
    else:
        text = f"{start} {n:,d} of {days} {who} would have paid for others ({often(found)}{assumed_words(result)}): "
        text += f"{usd(found.charge_per_year)} a year on average, {cost_words(found)}."
    return f"{text} {own_words(result)} {record_words(result)}{near_words(result)}"


def changed_words(query: DaysQuery) -> str:
    """Return what is changed from recorded: half the depth, moves 1.5 times as large."""
    return " and ".join(
        f"{WORDS[name]} {times_words(getattr(query, name))}" for name in WORDS if getattr(query, name) != 1.0
    )


def times_words(times: float) -> str:
    """Return a factor in words."""
    return f"{times:.3g} times as recorded"


def since_words(result: DaysResult) -> str:
    """Return how many days were looked at, and since when; of a draft every fourth."""
    dates = result.found.real_days.date
    span = f"since {dates[0].astype(object).year}" if not result.market.until else _years(dates)
    if result.is_draft:
        return f"{result.found.days:,d} days {span} (a draft: every fourth)"
    return f"{result.found.days:,d} days {span}"


def _years(dates: np.ndarray) -> str:
    return f"from {dates[0].astype(object).year} to {dates[-1].astype(object).year}"


def often(found: Hindcast) -> str:
    """Return a frequency with its interval, in years between two such days."""
    rate = found.rate
    return f"once in {every(rate.value)}; {once_between(rate)}"


def once_between(rate: Rate) -> str:
    """Return an interval of a rate as times between two days."""
    return f"between once in {every(rate.low)} and once in {every(rate.high)}"


def rarely(found: Hindcast) -> str:
    """Return the upper end of the interval of what was not seen."""
    return f"less than once in {every(found.rate.high)}"


def every(rate: float) -> str:
    """Return the time between two days of a rate per day: 3.6 years, 11 days."""
    if rate <= 0.0:
        return "all time"
    days = 1.0 / rate
    if days >= DAYS:
        return f"{days / DAYS:.1f} years" if days < 10 * DAYS else f"{days / DAYS:.0f} years"
    return f"{days:.0f} days" if days >= 2 else "a day"


def assumed_words(result: DaysResult) -> str:
    """Return what the ends of what is not known of the market say."""
    if result.riskiest is None or result.safest is None:
        return ""
    low, high = sorted((result.safest.winner_days, result.riskiest.winner_days))
    best = result.found.winner_days
    if high <= best:
        return f"; no more at the riskiest end of what is assumed{'' if low >= best else f', {low:,d} at the safest'}"
    return f"; at the riskiest end of what is assumed, on {high:,d}"


def cost_words(found: Hindcast) -> str:
    """Return what a charge took on the days that had one, as a share of the position's profit of that day."""
    rows, hit = found.rows, found.is_hit
    profit = np.maximum(rows["own_profit"], 0.0)[hit]
    charge = rows["own_charge"][hit]
    share = float(charge.sum() / profit.sum()) if profit.sum() > 0 else math.nan
    return f"{percent(share)} of its profit on those days" if math.isfinite(share) else "closed early for others"


def own_words(result: DaysResult) -> str:
    """Return how often the position itself is liquidated, and how far that is away."""
    days, where = result.found.own_liquidation_days, result.standing
    level = where.liquidation_price
    if not 0 < level < math.inf:
        return "No price can liquidate it."
    away = percent(abs(level / where.price - 1.0))
    if days == 0:
        return f"It would not have been liquidated on any of them: its price of liquidation is {away} away."
    return (
        f"It would itself have been liquidated on {days:,d} of them ({own_a_year(result.found):,.0f} a year): "
        f"its price of liquidation is {away} away."
    )


def record_words(result: DaysResult) -> str:
    """Return what is on record there, and how all winners' days of the model lie to it where nothing is changed."""
    record, found = result.record, result.found
    if record is None or record.rate is None:
        return "There is no record for this market."
    more = f" ({counted(record.unclear_events, 'unclear one')} beside)" if record.unclear_events else ""
    text = f"On record, winners paid on {record.winner_events:,d} of {record.exposure:,d} {record.unit}{more}"
    if result.is_draft or changed_words(result.query):
        return f"{text}."
    anybody = frequency(int((found.rows["n_hit"] > 0).sum(axis=1).mean()), found.days)
    said = verdict(record.rate, anybody)
    how = f"lie {said}" if said.startswith(("above", "below")) else "agree with that"
    return f"{text}; the model's {anybody.value * found.days:.0f} of {found.days:,d} {how}."


def near_words(result: DaysResult) -> str:
    """Return how near the nearest miss came, where nobody's charge was seen."""
    misses = result.found.nearest_misses
    if result.found.winner_days or not misses:
        return ""
    date, used = misses[0]
    return f" The nearest miss, {date_words(date)}, used {percent(used)} of {fund_words(result.found)}."


def fund_words(found: Hindcast) -> str:
    """Return what a nearest miss used a share of: the fund, or also what it may hold of positions."""
    is_limited = math.isfinite(found.market.venue.fund_position_limit)
    return "what the fund may lose or hold" if is_limited else "the fund"


def numbers(result: DaysResult) -> list[tuple[str, str]]:
    """Return the numbers below the sentence."""
    found, where = result.found, result.standing
    rate = found.rate
    charge = usd(found.charge_per_year) if found.winner_days else "$0"
    level = where.liquidation_price
    liquidation = (
        f"{written(level)}, {MINUS if level < where.price else '+'}{percent(abs(level / where.price - 1.0))}"
        if 0 < level < math.inf
        else "never"
    )
    return [
        ("Draft" if result.is_draft else "All days", f"{found.days:,d} days"),
        ("Pays for others", f"{DAYS * rate.value:.2g} (to {DAYS * rate.high:.2g}) days a year"),
        ("Costs", f"{charge} a year"),
        ("Liquidated itself", f"{own_a_year(found):,.0f} days a year"),
        ("Closed at", liquidation),
        ("Place in the queue", place_words(result)),
    ]


def written(price: float) -> str:
    """Return a price with three digits at least: 78,011; 88.1; 0.147."""
    return f"{price:,.0f}" if price >= 1000 else f"{price:.3g}"


def place_words(result: DaysResult) -> str:
    """Return the position's place of 100, first in line 1."""
    place = result.standing.place
    return "no queue here" if math.isnan(place) else f"{max(1, math.ceil(100 * place))} of 100"


def calendar_words(result: DaysResult) -> str:
    """Return the line above the calendar."""
    found = result.found
    parts = [
        f"charged on {counted(found.winner_days, 'day')}",
        f"fund down over 5{SPACE}% on {found.fund_days:,d}",
        f"liquidated itself on {found.own_liquidation_days:,d}",
    ]
    text = ", ".join(parts)
    return f"{text[0].upper()}{text[1:]}; click a day to open it."


def venues_words(rows: list[VenueDays], own: str) -> str:
    """Return which market pays most often, as far as records and days tell them apart."""
    computed = [row for row in rows if row.days]
    if len(computed) <= 1:
        return "What is on record; the days of the other markets are computed when asked for, below."
    paying = [row.title for row in computed if row.winner]
    if not paying:
        most = max(row.high / row.days for row in computed) * DAYS
        text = f"Winners pay on none of the days looked at in any of {len(computed)} markets, which ranks none of them"
        return f"{text}; at the riskiest ends on up to {most:.0f} days a year." if most >= 1 else f"{text}."
    return f"Winners pay in {', '.join(paying)}; not on the days looked at in the other {len(computed) - len(paying)}."


def figures(result: DaysResult) -> list[Row]:
    """Return every figure with its interval and its meaning."""
    found, rate = result.found, result.found.rate
    rows = [
        figure_row("Days on which it pays", f"{found.winner_days:,d}", "chance alone", counts(rate, found.days)),
        figure_row(
            "A year", f"{DAYS * rate.value:.2g}", "days a year", f"{DAYS * rate.low:.2g} to {DAYS * rate.high:.2g}"
        ),
        figure_row("Charged a year", usd(found.charge_per_year), "mean over all days, at their first price"),
        figure_row(
            "Liquidated itself", f"{found.own_liquidation_days:,d}", "days, opened anew at each day's first price"
        ),
        figure_row(
            "Fund days", f"{found.fund_days:,d}", f"days on which the fund lost more than 5{SPACE}% of its peak"
        ),
        figure_row("Forced out a day", percent(found.liquidated_share), "mean share of all positions"),
    ]
    for level, days in found.displacement_days.items():
        rows.append(figure_row(f"Displaced over {percent(level, 0)}", f"{days:,d}", "days, by forced orders alone"))
    for end, other in (("Safest end", result.safest), ("Riskiest end", result.riskiest)):
        if other is not None:
            there = counts(other.rate, other.days)
            rows.append(figure_row(end, f"{other.winner_days:,d}", "days on which it pays there", there))
    return rows


def counts(rate: Rate, days: int) -> str:
    """Return the interval of a rate a day as counts of so many days."""
    return f"{rate.low * days:.1f} to {rate.high * days:.1f}"


def command(result: DaysResult) -> str:
    """Return the command that gives the same figures, as far as nothing is changed from recorded."""
    query = result.query
    venue, _, coin = query.market.rpartition("-")
    window = result.found.real_days.date
    words = f"python -m engine hindcast --venue {venue} --coin {coin.upper()} --since {window[0]} --until {window[-1]}"
    words += f" --position {query.side_name},{query.notional:g},{query.leverage:g} --ends"
    factors = {"moves": query.moves, "leverage": query.others, "fund": query.fund, "depth": query.depth}
    return words + "".join(f" --times {name}={times:g}" for name, times in factors.items() if times != 1.0)
