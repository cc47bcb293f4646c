"""Real days: the calendar of what each would have done, and the markets beside their records."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import Hindcast
from ui.charts.common import Figure, axis, figure, label, line, markers
from ui.cost.day_texts import DAYS, calendar_words, date_words, venues_words
from ui.cost.real_days import DaysResult, VenueDays, record_of, recorded_market
from ui.frame.formats import money, percent
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
    found = result.found
    dates = found.real_days.date
    years = dates.astype("datetime64[Y]").astype(int) + 1970
    first, count = int(years.min()), int(years.max() - years.min()) + 1
    start = (years - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    weekday = (start.astype(int) + 3) % WEEK  # of 1 January; 0 is Monday
    place = (dates - start).astype(int) + weekday
    week, row = place // WEEK, ROWS * (years - first) + place % WEEK
    state, hover = states(found), hovers(result)
    traces = []
    for k, (_, name, color) in reversed(list(enumerate(STATES))):
        here = np.flatnonzero(state == k)
        size = 5 if name == "nothing" else 7
        marker = {"color": color, "size": size, "symbol": "square"}
        custom = np.array([f"{dates[i]}" for i in here])
        trace = markers(name, week[here], row[here], marker, "%{text}<extra></extra>", customdata=custom)
        traces.append(trace | {"text": [hover[i] for i in here]})
    ticks = [ROWS * k + 3 for k in range(count)]
    legend = [
        label(
            f"\N{BLACK SQUARE} {name}", x=x, y=1.0, paper="xy", xanchor="left", yanchor="bottom", font={"color": color}
        )
        for (_, name, color), x in zip(STATES, (0.0, 0.27, 0.6), strict=False)
    ]
    return figure(
        "calendar",
        "Every day",
        calendar_words(result),
        traces,
        x=axis(
            "week of the year", range=[-1.0, 54.0], tickvals=[0, 13, 26, 39, 52], ticktext=["1", "14", "27", "40", "53"]
        ),
        y=axis(
            "year",
            range=[ROWS * count - 0.5, -1.5],
            tickvals=ticks,
            ticktext=[str(first + k) for k in range(count)],
            showgrid=False,
        ),
        height=max(150, 42 * count + 76),
        margin={"l": 56, "r": 14, "t": 24, "b": 40},
        annotations=legend,
    )


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
            text += f"; you pay {money(rows['own_charge'][i], 'USD')}"
        told.append(text)
    return told


def venues(rows: list[VenueDays], own: str, names: tuple[str, ...]) -> Figure:
    """Return days a year on which winners pay: the record's interval, and where it was computed the hindcast's."""
    known = {row.name: row for row in rows}
    titles = [recorded_market(name).title for name in names]
    traces: list[dict[str, Any]] = []
    most = 0.0
    for at, name in enumerate(names):
        record = record_of(name)
        if record is not None and record.rate is not None and record.unit == "days":
            low, high = DAYS * record.rate.low, DAYS * record.rate.high
            most = max(most, high)
            hover = f"{titles[at]}, on record: {record.winner_events} of {record.exposure:,d} days<extra></extra>"
            traces.append(line("on record", np.array([low, high]), np.array([at - 0.14] * 2), NEUTRAL, 5, hover))
            dot = {"color": NEUTRAL, "size": 9, "symbol": "diamond"}
            traces.append(markers("on record", np.array([DAYS * record.rate.value]), np.array([at - 0.14]), dot, hover))
        if name in known:
            row = known[name]
            scale = DAYS / row.days
            low, high, mid = row.low * scale, row.high * scale, row.winner * scale
            most = max(most, mid)
            hover = f"{row.title}: {row.winner} of {row.days:,d} days looked at"
            hover += f"; {row.low} to {row.high} at the ends<extra></extra>"
            traces.append(line("computed", np.array([low, high]), np.array([at + 0.18] * 2), WINNERS, 3, hover))
            dot = {"color": WINNERS, "size": 8, "symbol": "circle"}
            traces.append(markers("computed", np.array([mid]), np.array([at + 0.18]), dot, hover))
    top = max(1.15 * most, 0.5)
    notes = [
        label(
            "diamond and band: on record, 95 %; dot: computed",
            x=1.0,
            y=1.0,
            paper="xy",
            xanchor="right",
            yanchor="bottom",
        )
    ]
    return figure(
        "venues",
        "Which venue",
        venues_words(rows, own),
        traces,
        x=axis("days a year on which winners pay", range=[-0.02 * top, top]),
        y=axis(
            "",
            range=[len(names) - 0.4, -0.6],
            tickvals=list(range(len(names))),
            ticktext=[f"<b>{title}</b>" if name == own else title for name, title in zip(names, titles, strict=True)],
            showgrid=False,
        ),
        height=ROW * len(names) + 70,
        margin={"l": 140, "r": 14, "t": 24, "b": 40},
        annotations=notes,
    )
