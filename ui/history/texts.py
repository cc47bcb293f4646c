"""The page in words: takeaways over all events, an event's story and figures, and what a change did."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from statistics import median

from engine import PAYERS, Event, Preset, load_events, load_record
from ui.charts.recorded import Row
from ui.frame.formats import money, percent, usd
from ui.history.answers import (
    POOLED,
    by_payer,
    counted_windows,
    fund_days,
    is_emptied,
    replays,
    winners_paid,
    with_fund,
    with_haircut,
)

RECORDED, COMPUTED = "recorded", "computed"


def hover(event: Event) -> str:
    """Return an event in two lines."""
    paid = ", ".join(PAYERS[payer].lower() for payer in event.paid_by) or "not on record"
    deficit = f"<br>deficit {usd(event.deficit_usd)}" if event.deficit_usd > 0 else ""
    return f"<b>{escape(event.title)}</b><br>{event.date}, {escape(event.venue)}<br>paid by: {paid}{deficit}"


def short(event: Event) -> str:
    """Return an event as a chart names it: where and when."""
    venue = (
        event.venue.split(" (")[0].split(" / ")[0].replace(" Futures", "").replace("Perpetual Protocol", "Perpetual")
    )
    return f"{venue if len(venue) <= 16 else venue[:15].rstrip() + '…'}, {event.date}"


def headline() -> str:
    """Return what all events say together."""
    events, cut = load_events(), [event for event in with_haircut() if event.winner_haircut > 0]
    hit = sum(map(winners_paid, events))
    return (
        f"{len(events)} events since {events[0].date[:4]} in which a loss went beyond whoever made it, or nearly did. "
        f"Winners bore a part in {hit}: in {len(cut)} a share of their profit was taken, "
        f"{percent(cut[-1].winner_haircut)} to {percent(cut[0].winner_haircut)} of it; in the others their positions "
        "were closed early or their trades undone."
    )


def numbers() -> list[tuple[str, str]]:
    """Return the numbers below the sentence."""
    events, funds = load_events(), with_fund()
    return [
        ("Events", f"{len(events)}"),
        ("Winners bore a part", f"{sum(map(winners_paid, events))}"),
        ("Largest haircut", percent(with_haircut()[0].winner_haircut)),
        ("Funds emptied", f"{sum(map(is_emptied, funds))} of {len(funds)} on record"),
        ("With a replay", f"{sum(bool(each.event) for each in replays().values())}"),
    ]


def timeline_sentence() -> str:
    """Return when they were and what color they have."""
    events = load_events()
    late = sum(event.year >= 2014 for event in events)
    return (
        f"{late} of {len(events)} lie after 2013. A click opens one. Blue: winners bore a part; pink: lenders or "
        "members; orange: a fund; gray: customers, or the venue. Size: deficit in USD, where one is on record."
    )


def haircut_sentence() -> str:
    """Return how large haircuts were, and what is not in the sample."""
    cut = [event.winner_haircut for event in with_haircut() if event.winner_haircut > 0]
    none = len(with_haircut()) - len(cut)
    return (
        f"{len(cut)} haircuts on record, median {percent(median(cut))}; in {none} events the record says that nothing "
        "was taken. Weeks in which nothing or little was taken left few reports."
    )


def payer_sentence() -> str:
    """Return which mechanism paid how often."""
    found = by_payer()
    first, second = sorted(found, key=lambda payer: -found[payer])[:2]
    return (
        f"Most often: {_lower(PAYERS[first])} ({found[first]} events), then {_lower(PAYERS[second])} "
        f"({found[second]}). An event counts for each who bore a part."
    )


def _lower(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"


def fund_sentence() -> str:
    """Return how often a fund was emptied, with the venue-days behind it."""
    funds, days = with_fund(), fund_days()
    return (
        f"{sum(map(is_emptied, funds))} of {len(funds)} funds with figures were emptied. That is of crashes alone: on "
        f"{days.exposure:,d} venue-days with a count a fund lost more than 5 % on {days.days}, at most "
        f"{percent(days.largest)}. Orange: insurance funds; pink: vaults and members' funds."
    )


def window_rows() -> list[Row]:
    """Return a row for each window in which days with charged winners were counted."""
    return [
        {
            "venue": row.venue,
            "era": row.era,
            "mechanism": row.mechanism,
            "winners paid": f"{row.winner_events} of {row.exposure:,d} {row.unit}",
            "rate, 95 % by chance": "" if row.rate is None else f"{percent(row.rate.low)} to {percent(row.rate.high)}",
            "trust in the count": row.confidence,
        }
        for row in counted_windows()
    ]


def window_sentence() -> str:
    """Return what the windows say together."""
    days = [row for row in counted_windows() if row.unit == "days"]
    weeks = [row for row in counted_windows() if row.unit == "weeks"]
    pooled = next(row for row in load_record() if row.venue == POOLED)
    return (
        f"Where anybody counted, winners paid on {sum(row.winner_events or 0 for row in days)} of "
        f"{sum(row.exposure for row in days):,d} venue-days, and, where losses were shared by the week, in "
        f"{sum(row.winner_events or 0 for row in weeks)} of {sum(row.exposure for row in weeks):,d} venue-weeks. "
        f"Reports are incomplete, so both are at least so many. Forecast against record pools six of these windows: "
        f"{pooled.winner_events} of {pooled.exposure:,d}, without BitMEX's daily futures of 2015 and some small ones."
    )


def listed_rows(events: Sequence[Event]) -> dict[str, list[object]]:
    """Return the columns of the list of events; numbers stay numbers, so that a click on a head sorts them."""
    columns: dict[str, list[object]] = {}
    for event in events:
        of, share = event.haircuts[0] if event.haircuts else ("", math.nan)
        row = {
            "Date": event.date,
            "Event": event.title,
            "Venue": event.venue,
            "Kind": event.kind,
            "Who paid": ", ".join(PAYERS[payer] for payer in event.paid_by),
            "Mechanism": event.mechanism,
            "Deficit, $M": event.deficit_usd / 1e6,
            "Deficit": _amount(event.deficit, event.currency),
            "Fund before": _amount(event.fund_before, event.currency),
            "Fund after": _amount(event.fund_after, event.currency),
            "Haircut, %": 100.0 * share,
            "Haircut of": of,
            "Repaid": event.repaid,
            "Confidence": event.confidence,
            "Disputed": "yes" if event.disputed else "",
            "Source": event.sources[0],
        }
        for name, value in row.items():
            columns.setdefault(name, []).append(value)
    return columns


def _amount(value: float, currency: str) -> str:
    return "" if math.isnan(value) else money(value, currency)


def figure_rows(event: Event) -> list[Row]:
    """Return a row for each figure of an event, with what kind of figure it is."""
    mark = f"{RECORDED}, see Disputed" if event.disputed else RECORDED
    found = [
        ("Deficit", _amount(event.deficit, event.currency), mark),
        ("Deficit in USD", _amount(event.deficit_usd, "USD") if event.currency != "USD" else "", mark),
        ("Fund before", _amount(event.fund_before, event.currency), RECORDED),
        ("Fund after", _amount(event.fund_after, event.currency), RECORDED),
        ("Lost by the fund", "" if math.isnan(event.drawdown) else percent(event.drawdown), COMPUTED),
        ("Shared with others", _amount(event.socialized_usd, "USD"), mark),
        *((f"Taken from {of}", percent(share), mark) for of, share in event.haircuts),
        ("Who paid", ", ".join(PAYERS[payer] for payer in event.paid_by), "read off the mechanism"),
        ("Repaid", event.repaid, RECORDED),
    ]
    return [{"figure": name, "value": value, "mark": kind} for name, value, kind in found if value]


def about(event: Event) -> list[str]:
    """Return an event's story in paragraphs."""
    where = f"{event.venue}, {event.instrument}. What set it off: {event.trigger}."
    return [event.story or where, *([where] if event.story else []), f"What was done: {event.mechanism}."]


def replay_rows() -> list[Row]:
    """Return a row for each replay: its event, and whether its story is recorded or assumed."""
    return [
        {
            "replay": each.title,
            "what it is": (each.status if isinstance(each, Preset) else RECORDED)
            + ("" if isinstance(each, Preset) else ", default waterfall only"),
            "what happened": each.summary,
        }
        for each in replays().values()
    ]
