"""The page in words: takeaways over all events, an event's story and figures, and what a change did."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from statistics import median

from engine import PAYERS, POLICIES, Event, Preset, load_events, load_record
from ui.charts.recorded import Row
from ui.charts.run_view import RunView
from ui.frame.formats import MINUS, counted, money, percent
from ui.history.answers import (
    POOLED,
    buffer_of,
    by_payer,
    counted_windows,
    fund_days,
    is_emptied,
    replays,
    shares,
    winners_paid,
    with_fund,
    with_haircut,
)

RECORDED, COMPUTED, DISPUTED = "recorded", "computed", "disputed"
SAME = 1e-9
WHO = {
    "insurance fund": "the insurance fund",
    "venue": "the venue",
    "backstop": "the liquidity vault",
    "traders": "traders",
    "nobody": "nobody",
}
SIDES = {
    "insurance fund": "insurance fund",
    "venue": "venue",
    "backstop": "liquidity vault",
    "traders": "traders",
    "nobody": "nobody",
}


def hover(event: Event) -> str:
    """Return an event in two lines."""
    paid = ", ".join(PAYERS[payer].lower() for payer in event.paid_by) or "not on record"
    deficit = f"<br>deficit {money(event.deficit_usd, 'USD')}" if event.deficit_usd > 0 else ""
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
    found = [
        ("Deficit", _amount(event.deficit, event.currency), RECORDED),
        ("Deficit in USD", _amount(event.deficit_usd, "USD") if event.currency != "USD" else "", RECORDED),
        ("Fund before", _amount(event.fund_before, event.currency), RECORDED),
        ("Fund after", _amount(event.fund_after, event.currency), RECORDED),
        ("Lost by the fund", "" if math.isnan(event.drawdown) else percent(event.drawdown), COMPUTED),
        ("Shared with others", _amount(event.socialized_usd, "USD"), RECORDED),
        *((f"Taken from {of}", percent(share), RECORDED) for of, share in event.haircuts),
        ("Who paid", ", ".join(PAYERS[payer] for payer in event.paid_by), "read off the mechanism"),
        ("Repaid", event.repaid, RECORDED),
    ]
    return [{"figure": name, "value": value, "mark": mark} for name, value, mark in found if value]


def about(event: Event) -> list[str]:
    """Return an event's story in paragraphs."""
    where = f"{event.venue}, {event.instrument}. What set it off: {event.trigger}."
    return [event.story or where, *([where] if event.story else []), f"What was done: {event.mechanism}."]


def compared_sentence(rows: Sequence[Row]) -> str:
    """Return how near a replay comes to the record, in words."""
    judged = [row for row in rows if row["within"]]
    near = [row for row in judged if row["within"] == "within"]
    if not judged:
        return "No figure of this replay is held to a tolerance."
    text = f"Of {counted(len(judged), 'figure')} held to a tolerance {len(near)} lie within it"
    outside = [f"{row['figure'].lower()} ({row['within']})" for row in judged if row["within"] != "within"]
    return f"{text}; not: {', '.join(outside)}." if outside else f"{text}."


def compared_rows(rows: Sequence[Row]) -> list[Row]:
    """Return the rows with the marks that the page uses: what is recorded and what is computed."""
    return [
        {
            "figure": row["figure"],
            f"on record ({RECORDED})": f"{row['on record']}{'' if row['status'] == RECORDED else ', ' + row['status']}",
            f"replay ({COMPUTED})": row["this run"],
            "tolerance": row["tolerance"],
            "verdict": _verdict(row),
            "why this tolerance": row["why"],
            "source": row["source"],
        }
        for row in rows
    ]


def _verdict(row: Row) -> str:
    if row["this run"] == "not computed":
        return "the model has no such figure"
    if not row["within"]:
        return "shown, not judged"
    return "the replay agrees" if row["within"] == "within" else f"the replay misses it: {row['within']}"


def changed_sentence(before: RunView, after: RunView, policy: str, fund: str) -> str:
    """Return what another rule and fund do to a replay: paired, so all of it is due to them."""
    preset = before.preset
    own = preset.scenario.venue.policy
    if after.scenario == before.scenario:
        return "Nothing is changed yet: choose another rule, or move the fund."
    what = [f"“{POLICIES[policy].label}” instead of “{POLICIES[own].label}”"] if policy != own else []
    if _fund(before) != _fund(after):
        name = {"fund": "insurance fund", "vault": "liquidity vault"}.get(buffer_of(preset), "insurance fund")
        what.append(f"{'an' if name[0] == 'i' else 'a'} {name} {fund}")
    then, now = shares(before), shares(after)
    moved = [
        f"{WHO[side]} bear{'' if side == 'traders' else 's'} {_more(now[side] - then[side], before.currency)} "
        f"({money(now[side], before.currency)} "
        f"instead of {money(then[side], before.currency)})"
        for side in SIDES
        if abs(now[side] - then[side]) > SAME * max(sum(then.values()), sum(now.values()))
    ]
    closed = _closed(before, after)
    if not moved and not closed:
        return f"With {' and '.join(what)} nobody bears more or less."
    return f"With {' and '.join(what)}: {'; '.join([*moved, *closed])}."


def _fund(view: RunView) -> tuple[float, float]:
    return view.scenario.venue.fund, view.scenario.venue.vault


def _more(gap: float, currency: str) -> str:
    return f"{money(abs(gap), currency)} {'more' if gap > 0 else 'less'}"


def _closed(before: RunView, after: RunView) -> list[str]:
    """Return how much was closed early against the bankrupt, where that changes."""
    then, now = before.summary.deleveraged_notional, after.summary.deleveraged_notional
    if abs(now - then) <= SAME * max(now, then):
        return []
    currency = before.currency
    return [f"positions worth {money(now, currency)} are closed early instead of {money(then, currency)}"]


def changed_rows(before: RunView, after: RunView) -> list[Row]:
    """Return the figures of both runs, with paired differences."""
    currency = before.currency
    pairs = [
        (f"Borne by {SIDES[side]}" if side != "nobody" else "Unfunded: borne by nobody", then, shares(after)[side])
        for side, then in shares(before).items()
    ]
    f, g = before.summary, after.summary
    pairs += [
        ("Deficit that arose", f.deficit, g.deficit),
        ("Positions closed early", f.deleveraged_notional, g.deleveraged_notional),
    ]
    rows = [_pair(name, then, now, currency) for name, then, now in pairs]
    hit = [f"{view.summary.n_payers:,d} of {view.summary.n_winners:,d}" for view in (before, after)]
    return [*rows, {"figure": "Winners who pay", "as it was": hit[0], "changed": hit[1], "difference": ""}]


def _pair(name: str, then: float, now: float, currency: str) -> Row:
    gap = 0.0 if abs(now - then) <= SAME * max(abs(now), abs(then)) else now - then
    text = "same" if gap == 0.0 else f"{'+' if gap > 0 else MINUS}{money(abs(gap), currency)}"
    return {"figure": name, "as it was": money(then, currency), "changed": money(now, currency), "difference": text}


def replay_rows() -> list[Row]:
    """Return a row for each replay: its event, and whether its story is recorded or assumed."""
    return [
        {
            "replay": each.title,
            "name": each.name,
            "what it is": (each.status if isinstance(each, Preset) else RECORDED)
            + ("" if isinstance(each, Preset) else ", default waterfall only"),
            "what happened": each.summary,
        }
        for each in replays().values()
    ]
