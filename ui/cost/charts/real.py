"""Real days: the calendar of what each would have done, and the markets beside their records."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine import Hindcast
from ui.charts.common import Figure, axis, figure, label, line, markers
from ui.cost.real_answers import DAYS, DaysResult, VenueDays, record_of, recorded_market
from ui.cost.real_texts import calendar_words, venues_words
from ui.frame.formats import date_words, percent, usd
from ui.frame.theme import DEFAULTERS, FAINT, INSURANCE_FUND, NEUTRAL, WINNERS

WEEK, ROWS = 7, 8  # days of a week; rows of a year, one of them empty
FUND_DAY = 0.05
ROW = 26  # pixels of a market
STATES = (  # what a day shows, the gravest first
    ("charged", "pays for others", WINNERS),
    ("fund", "fund down over 5 %", INSURANCE_FUND),
    ("liquidated", "liquidated itself", DEFAULTERS),
    ("nothing", "nothing", FAINT),
)


def calendar(result: DaysResult) -> Figure:
    """Return every day as a square, a year a band of weeks, colored by the gravest thing that it does."""
    dates = result.found.real_days.date
    years = dates.astype("datetime64[Y]").astype(int) + 1970
    first, count = int(years.min()), int(years.max() - years.min()) + 1
    corner = {"xanchor": "left", "yanchor": "bottom"}
    legend = [
        label(f"\N{BLACK SQUARE} {name}", x=x, y=1.0, paper="xy", font={"color": color}, **corner)
        for (_, name, color), x in zip(STATES, (0.0, 0.27, 0.6), strict=False)
    ]
    weeks = {"tickvals": [0, 13, 26, 39, 52], "ticktext": ["1", "14", "27", "40", "53"]}
    bands = {"tickvals": [ROWS * k + 3 for k in range(count)], "ticktext": [str(first + k) for k in range(count)]}
    return figure(
        "calendar",
        "Every day",
        calendar_words(result),
        _squares(result, years - first),
        x=axis("week of the year", range=[-1.0, 54.0], **weeks),
        y=axis("year", range=[ROWS * count - 0.5, -1.5], showgrid=False, **bands),
        height=max(150, 42 * count + 76),
        margin={"l": 56, "r": 14, "t": 24, "b": 40},
        annotations=legend,
    )


def _squares(result: DaysResult, year: np.ndarray) -> list[dict[str, Any]]:
    """Return the days as traces, one for each state, the gravest drawn last; `year` counts from the first."""
    dates = result.found.real_days.date
    start = dates.astype("datetime64[Y]").astype("datetime64[D]")
    weekday = (start.astype(int) + 3) % WEEK  # of 1 January; 0 is Monday
    place = (dates - start).astype(int) + weekday
    week, row = place // WEEK, ROWS * year + place % WEEK
    state, hover, traces = states(result.found), hovers(result), []
    for k, (_, name, color) in reversed(list(enumerate(STATES))):
        here = np.flatnonzero(state == k)
        marker = {"color": color, "size": 5 if name == "nothing" else 7, "symbol": "square"}
        custom = np.array([str(dates[i]) for i in here])
        trace = markers(name, week[here], row[here], marker, "%{text}<extra></extra>", customdata=custom)
        traces.append(trace | {"text": [hover[i] for i in here]})
    return traces


def states(found: Hindcast) -> np.ndarray:
    """Return what each day shows, as places in STATES; over several books the gravest."""
    rows = found.rows
    hit = found.is_hit.any(axis=0)
    fund = (rows["drawdown"] > FUND_DAY).any(axis=0)
    own = (rows["own_forced_at"] >= 0).any(axis=0)
    return np.select([hit, fund, own], [0, 1, 2], 3)


def hovers(result: DaysResult) -> list[str]:
    """Return a day's story: its move, what was forced out, what the fund lost, what the position paid."""
    found = result.found
    days = found.real_days
    low, high = days.closes.min(axis=1) / days.closes[:, 0] - 1, days.closes.max(axis=1) / days.closes[:, 0] - 1
    rows = found.rows[0]
    share = rows["forced"] / (2.0 * found.market.values["open_interest"])
    told = []
    for i, date in enumerate(days.date):
        text = (
            f"{date_words(str(date))}: low {percent(low[i])}, high {percent(high[i])}; {percent(share[i])} forced out"
        )
        if rows["drawdown"][i] > 0.0005:
            text += f"; fund down {percent(rows['drawdown'][i])}"
        if rows["own_forced_at"][i] >= 0:
            text += "; your position is liquidated"
        if rows["own_charge"][i] > 0:
            text += f"; you pay {usd(rows['own_charge'][i])}"
        told.append(text)
    return told


def venues(rows: list[VenueDays], own: str, names: tuple[str, ...]) -> Figure:
    """Return days a year on which winners pay: the record's interval, and where it was computed the hindcast's."""
    known = {row.name: row for row in rows}
    titles = {name: recorded_market(name).title for name in names}
    traces = [trace for at, name in enumerate(names) for trace in _recorded(name, titles[name], at - 0.14)]
    traces += [trace for at, name in enumerate(names) if name in known for trace in _computed(known[name], at + 0.18)]
    middles = [float(trace["x"][0]) for trace in traces if trace["name"] == "computed" and trace["mode"] == "markers"]
    widest = [float(trace["x"].max()) for trace in traces if trace["name"] == "on record"]
    widest = widest or [float(trace["x"].max()) for trace in traces]  # small coins have no record: the ends then
    most = max(widest + middles, default=0.0)
    top = max(1.15 * most, 0.5)
    legend = "diamond and band: on record, 95 %; dot: computed"
    ticks = [f"<b>{title}</b>" if name == own else title for name, title in titles.items()]
    return figure(
        "venues",
        "Which venue",
        venues_words(rows, own),
        traces,
        x=axis("days a year on which winners pay", range=[-0.02 * top, top]),
        y=axis("", range=[len(names) - 0.4, -0.6], tickvals=list(range(len(names))), ticktext=ticks, showgrid=False),
        height=ROW * len(names) + 70,
        margin={"l": 140, "r": 14, "t": 24, "b": 40},
        annotations=[label(legend, x=1.0, y=1.0, paper="xy", xanchor="right", yanchor="bottom")],
    )


def _recorded(name: str, title: str, y: float) -> list[dict[str, Any]]:
    """Return the record of a market as a band and a diamond; none where it has no record of days."""
    record = record_of(name)
    if record is None or record.rate is None or record.unit != "days":
        return []
    hover = f"{title}, on record: {record.winner_events} of {record.exposure:,d} days<extra></extra>"
    ends, dot = DAYS * np.array([record.rate.low, record.rate.high]), {"color": NEUTRAL, "size": 9, "symbol": "diamond"}
    return [
        line("on record", ends, np.array([y, y]), NEUTRAL, 5, hover),
        markers("on record", DAYS * np.array([record.rate.value]), np.array([y]), dot, hover),
    ]


def _computed(row: VenueDays, y: float) -> list[dict[str, Any]]:
    """Return what was computed of a market: a dot, and a line to what the ends of its ranges say."""
    hover = f"{row.title}: {row.winner} of {row.days:,d} days looked at; {row.low} to {row.high} at the ends"
    if not math.isnan(row.own_liquidation):
        hover += f"; your position is liquidated on {row.own_liquidation:.0f} days a year"
    ends, scale = np.array([row.low, row.high]), DAYS / row.days
    dot = {"color": WINNERS, "size": 8, "symbol": "circle"}
    return [
        line("computed", scale * ends, np.array([y, y]), WINNERS, 3, f"{hover}<extra></extra>"),
        markers("computed", scale * np.array([row.winner]), np.array([y]), dot, f"{hover}<extra></extra>"),
    ]
