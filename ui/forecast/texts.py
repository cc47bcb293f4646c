"""Forecast against record in words: the sentence, verdicts, reasons, what was fitted, and what it means."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine import Beside, Figure, Range, RecordedFrequency
from ui.forecast.answers import DayBeside, Forecast
from ui.frame.formats import SPACE, counted, date_words, percent
from ui.frame.intervals import Row
from ui.settings.recorded import recorded_market

DAYS = 365.0
FIGURES = {
    "fund": f"fund down over 5{SPACE}%",
    "displaced_1pct": f"displaced over 1{SPACE}%",
    "displaced_3pct": f"displaced over 3{SPACE}%",
    "displaced_5pct": f"displaced over 5{SPACE}%",
    "liquidated": "liquidated a day",
}
REASONS = {
    "fund": "The record is what was reported, at least so many: no venue publishes its fund day by day.",
    "displaced": "The record compares lows and highs of an hour, the hindcast minutes: on record it is a lower bound.",
    "liquidated": "Venues report part of what they liquidate; the share rests on one estimate of open interest.",
}
MISSING = "no record to hold it against"
FITTED = (
    "Fitted on days before 2025: what is left of the depth when volatility rises (depth floor), one figure for all "
    "markets of an era. Of 234 trials of depth, depth floor, half-life and holding time the least misfit to fund days, "
    "displacement, winner days and the share liquidated gave {early} to 2021 and {late} since "
    "(benchmarks/fit_markets.py).",
    "Chosen before, with the same records as the check: depth within 1 %, the half-life of impact and the time for "
    "which positions are held, about fifteen settings, most of them at Binance. Winner days were seen all along.",
    "Fitted to winner days themselves, with six tries: how fast Binance's fund works off the positions that it has "
    "taken over, half of them in half a minute. That it may hold no more than its own size is the venue's rule; its "
    "one winner day to 2021 therefore shows that the rule can explain it, not that the model foresaw it.",
    "Not fitted: open interest, funds, leverage, brackets and rules. They are recorded or derived where a source gives "
    "them and assumed where none does; the table below has each with its source.",
    "Held out of the fit is not held out of what we knew: some ranges come from sources of 2025.",
)
UNKNOWN = (
    "Depth of any perpetual of Binance, Bybit, OKX or Deribit after 2021, and of Kraken, Crypto.com and Bitfinex at "
    "any time; leverage by open interest anywhere but at Hyperliquid.",
    "Funds by day, and counts of deleveraging, of any centralized venue: every count on record is a lower bound.",
    "How many positions share a margin with positions in other coins. The model has one coin, each position with a "
    "margin of its own; the record is of accounts that margin all positions together.",
    "Prices within the hour for most days, and of a second venue.",
)


def years(rate: float) -> str:
    """Return the time between two days of a rate a day: 15 years."""
    return f"{1.0 / rate / DAYS:.{0 if rate * DAYS < 0.1 else 1}f} years"


def headline(found: Forecast) -> str:
    """Return the answer: does the model say what happened?"""
    held = [each for each in found.whole if each.is_held]
    inside = sum(each.verdict.startswith("inside") for each in held)
    days, hits = sum(each.found.days for each in found.whole), sum(each.found.winner_days for each in found.whole)
    pooled = found.pooled
    text = (
        f"In {len(held)} of {len(found.whole)} venues and eras with a record, the model's rate of days on which "
        f"winners pay lies inside the record's interval ({inside}) or cannot be told apart from it "
        f"({len(held) - inside}). On record they paid on {pooled.winner_events} of {pooled.exposure:,d} venue-days, "
        f"in the model on {'none' if hits == 0 else f'{hits:,d}'} of {days:,d}. "
    )
    if hits == 0:
        text += "That is little proof: with so few days on record, a model in which winners never pay passes too. "
    return text + missed_words(found.days)


def missed_words(days: Sequence[DayBeside]) -> str:
    """Return the days on record that the hindcast does not have."""
    missed = [f"{date_words(day.date)} at {recorded_market(day.market).title}" for day in days if day.is_missed]
    if not missed:
        return "Every dated day on record is a winner day of the model too."
    return f"What hours of one coin, each position with a margin of its own, do not explain: {' and '.join(missed)}."


def numbers(found: Forecast) -> list[tuple[str, str]]:
    """Return the numbers below the sentence."""
    near, all_of = near_counts(found.whole)
    pooled = found.pooled
    return [
        ("Winner days agree", f"{sum(each.is_held for each in found.whole)} of {len(found.whole)} eras"),
        ("On record", f"{pooled.winner_events} of {pooled.exposure:,d} venue-days"),
        ("Other figures near", f"{near} of {all_of}"),
        ("Held out, agree", f"{sum(each.is_held for each in found.held_out)} of {len(found.held_out)} eras"),
        ("No record", counted(len(found.without), "market")),
    ]


def near_counts(rows: Sequence[Beside]) -> tuple[int, int]:
    """Return how many of the other figures on record are near, and how many there are."""
    known = [each for row in rows for each in row.figures.values() if each.record is not None]
    return sum(each.is_near for each in known), len(known)


def name_of(row: RecordedFrequency) -> str:
    """Return a venue and era as the page names it."""
    return recorded_market(row.market).title


def winner_rows(rows: Sequence[Beside], without: Sequence[RecordedFrequency] = ()) -> list[Row]:
    """Return a row for each venue and era: days on which winners paid, on record and in the hindcast, and a verdict."""
    found = [
        {
            "venue and era": name_of(each.record),
            "on record": f"{each.record.winner_events} of {each.record.exposure:,d} days{_unclear(each.record)}",
            "hindcast": f"{each.found.winner_days} of {each.found.days:,d} days",
            "verdict": each.verdict,
            "trust in the record": each.record.confidence,
        }
        for each in rows
    ]
    none = [
        {
            "venue and era": name_of(row),
            "on record": "not established",
            "hindcast": "not asked",
            "verdict": MISSING,
            "trust in the record": row.note,
        }
        for row in without
    ]
    return found + none


def _unclear(record: RecordedFrequency) -> str:
    return f" ({record.unclear_events} more unclear)" if record.unclear_events else ""


def figure_rows(rows: Sequence[Beside]) -> list[Row]:
    """Return a row for each other figure on record: it, the hindcast's, both as a ratio, a verdict and its reason."""
    return [
        {
            "venue and era": name_of(each.record),
            "figure": FIGURES[figure.name],
            "on record": recorded_words(figure),
            "hindcast": found_words(figure),
            "ratio": f"{figure.ratio:.2g}",
            "verdict": figure.verdict,
            "why": reason(figure),
        }
        for each in rows
        for figure in each.figures.values()
        if figure.record is not None
    ]


def recorded_words(figure: Figure) -> str:
    """Return a figure on record in words."""
    if isinstance(figure.record, tuple):
        low, high = figure.record
        return percent(low) if low == high else f"{percent(low)} to {percent(high)}"
    return f"{figure.record:,d} of {figure.exposure:,d} days"


def found_words(figure: Figure) -> str:
    """Return a hindcast's figure in words."""
    if isinstance(figure.record, tuple):
        return percent(figure.found)
    return f"{figure.found:,.0f} of {figure.days:,d} days"


def reason(figure: Figure) -> str:
    """Return why a figure is not near its record, empty where it is."""
    if figure.is_near:
        return ""
    return REASONS[figure.name.partition("_")[0]] if is_apart(figure) else "So few days that chance explains it."


def is_apart(figure: Figure) -> bool:
    """Tell whether chance does not explain how far a figure is from its record."""
    return figure.verdict.startswith(("above", "below"))


def figures_sentence(rows: Sequence[Beside]) -> str:
    """Return how many of the other figures are near, and which are outside of chance too."""
    near, known = near_counts(rows)
    apart = [
        f"{FIGURES[figure.name]} at {name_of(each.record)} ({figure.ratio:.1f} times)"
        for each in rows
        for figure in each.figures.values()
        if figure.record is not None and is_apart(figure)
    ]
    text = f"{near} of {known} other figures on record are near: none in both, within a factor of three, or in range."
    if apart:
        text += f" Further away than chance explains: {', '.join(apart)}."
    return text


def held_out_sentence(found: Forecast) -> str:
    """Return how the held-out days came out."""
    held = found.held_out
    near, known = near_counts(held)
    agree, days = sum(each.is_held for each in held), sum(each.found.days for each in held)
    late = [day for day in found.days if day.date >= "2025" and not math.isnan(day.fund_record)]
    text = (
        f"Days since 1 January 2025 were left out of the fit: {days:,d} venue-days of {counted(len(held), 'era')}. "
        f"Winner days agree with the record in {agree} of {len(held)}; {near} of {known} other figures are near."
    )
    for day in late:
        text += (
            f" Counts hide sizes: on {date_words(day.date)} the fund of {recorded_market(day.market).title} lost "
            f"{percent(day.fund_record)} on record and {percent(day.fund)} in the hindcast."
        )
    return text


def day_rows(days: Sequence[DayBeside]) -> list[Row]:
    """Return a row for each day on record: what happened, what the hindcast has, and what is particular about it."""
    return [
        {
            "day": date_words(day.date),
            "venue and era": recorded_market(day.market).title,
            "on record": _told(day.has_winner, day.is_unclear, day.fund_record),
            "hindcast": _told(day.is_hit, False, day.fund),
            "what is particular": day.note,
        }
        for day in days
    ]


def _told(is_hit: bool, is_unclear: bool, fund: float) -> str:
    winners = "winners pay" if is_hit else "winners may pay" if is_unclear else "no winner pays"
    return winners if math.isnan(fund) else f"{winners}; fund down {percent(fund)}"


def days_sentence(days: Sequence[DayBeside]) -> str:
    """Return how the hindcast's losses of the fund lie to the recorded ones on the same days."""
    sized = [day for day in days if not math.isnan(day.fund_record)]
    milder = [day for day in sized if day.fund < day.fund_record]
    least = min(sized, key=lambda day: day.fund / day.fund_record)
    return (
        f"On {len(milder)} of {len(sized)} days with a recorded loss of the fund the model's loss is smaller, at worst "
        f"{percent(least.fund)} instead of {percent(least.fund_record)} ({date_words(least.date)}, "
        f"{recorded_market(least.market).title}): the model's worst days are milder than those on record."
    )


def meaning(found: Forecast) -> str:
    """Return what all this means for a trader's number."""
    rate = found.pooled.rate
    if rate is None:
        raise ValueError("the pooled row of data/record.csv must have a rate, had none")
    return (
        'Where "What it costs me" says that a position pays on none of so many days, read: rare, and not shown to be '
        f"rarer than the record. Over all venues that were counted winners paid once in {years(rate.value)} at a "
        f"venue, between once in {years(rate.high)} and once in {years(rate.low)}; where a venue has no record of its "
        "own, that is all that is known. A crash of many coins in accounts that margin them together can charge you on "
        "a day on which this model charges nobody. What the model is good for is the order of things: which leverage, "
        "fund and depth bring a charge nearer, and how far away it is."
    )


def fitted(early: float, late: float) -> list[str]:
    """Return what was fitted to what, with the fitted depth floors to 2021 and since."""
    return [sentence.format(early=percent(early, 0), late=percent(late, 0)) for sentence in FITTED]


def kind_rows(names: Sequence[str]) -> list[Row]:
    """Return how many figures of each market are recorded, derived and assumed."""
    rows = []
    for name in names:
        market = recorded_market(name)
        kinds = [known.kind for known in market.ranges.values()]
        rows.append(
            {"market": market.title} | {kind: f"{kinds.count(kind)}" for kind in ("recorded", "derived", "assumed")}
        )
    return rows


def kind_sentence(names: Sequence[str]) -> str:
    """Return how much of all markets is recorded."""
    kinds = [known.kind for name in names for known in recorded_market(name).ranges.values()]
    recorded, derived = kinds.count("recorded"), kinds.count("derived")
    assumed = len(kinds) - recorded - derived
    return (
        f"Of {len(kinds):,d} figures of {len(names)} markets {recorded} are recorded, {derived} derived from recorded "
        f"ones and {assumed} assumed ({percent(assumed / len(kinds), 0)})."
    )


def range_rows(name: str) -> list[Row]:
    """Return every range of a market: low, best, high, unit, kind, date, reason and source."""
    return [_range_row(figure, known) for figure, known in recorded_market(name).ranges.items()]


def _range_row(figure: str, known: Range) -> Row:
    addresses = [source for source in known.source if source.startswith("http")] or list(known.source)
    return {
        "figure": figure.replace("_", " "),
        "low": _number(known.low),
        "best": _number(known.best),
        "high": _number(known.high),
        "unit": known.unit,
        "kind": known.kind,
        "as of": known.date,
        "note": known.note,
        "source": addresses[0],
    }


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
