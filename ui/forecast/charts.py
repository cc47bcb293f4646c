"""The record's intervals beside the hindcast's, and how near the other figures are. Streamlit is not imported here."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import Beside
from ui.charts.common import Figure, axis, figure, line, markers
from ui.forecast.answers import Forecast
from ui.forecast.texts import DAYS, FIGURES, figures_sentence, found_words, is_apart, name_of, recorded_words
from ui.frame.theme import BAND, DEFAULTERS, NEUTRAL, WINNERS

ROW = 34  # pixels of an era, or of a figure
FACTOR = 3.0


def intervals(found: Forecast) -> Figure:
    """Return days a year on which winners pay: for each era the record's 95 % interval, and the hindcast's below it."""
    traces: list[dict[str, Any]] = []
    most = 0.0
    for at, each in enumerate(found.whole):
        rates = (
            (each.record.rate, NEUTRAL, "diamond", "on record", -0.16),
            (each.found.rate, WINNERS, "circle", "hindcast", 0.16),
        )
        for rate, color, symbol, name, shift in rates:
            if rate is None:
                continue
            low, high = DAYS * rate.low, DAYS * rate.high
            most = max(most, high)
            value = f"{DAYS * rate.value:.2g} days a year, {low:.2g} to {high:.2g}"
            hover = f"{name_of(each.record)}, {name}: {value}<extra></extra>"
            y = at + shift
            traces.append(line(name, np.array([low, high]), np.array([y, y]), color, 4, hover))
            dot = {"color": color, "size": 9, "symbol": symbol}
            traces.append(markers(name, np.array([DAYS * rate.value]), np.array([y]), dot, hover))
    held = sum(each.is_held for each in found.whole)
    return figure(
        "intervals",
        "Days a year on which winners pay",
        f"The record does not speak against the model in {held} of {len(found.whole)} eras. "
        "Gray diamond: on record; blue dot: hindcast; lines: 95 % by chance.",
        traces,
        x=axis("days a year on which winners pay", range=[-0.02 * most, 1.05 * most]),
        y=_rows([name_of(each.record) for each in found.whole]),
        height=ROW * len(found.whole) + 70,
        margin={"l": 150, "r": 14, "t": 8, "b": 40},
    )


def _rows(names: list[str]) -> dict[str, Any]:
    return axis(
        "", range=[len(names) - 0.4, -0.6], tickvals=list(range(len(names))), ticktext=names, showgrid=False
    )  # fmt: skip


def ratios(rows: tuple[Beside, ...]) -> Figure:
    """Return hindcast over record for every other figure on record, on a log scale, with the band of a factor of 3."""
    known = [(each, one) for each in rows for one in each.figures.values() if one.record is not None]
    traces = []
    for at, (each, one) in enumerate(known):
        color = WINNERS if one.is_near else DEFAULTERS if is_apart(one) else NEUTRAL
        told = f"{found_words(one)}; on record {recorded_words(one)}"
        hover = f"{name_of(each.record)}, {FIGURES[one.name]}: {told}<extra></extra>"
        dot = {"color": color, "size": 9, "symbol": "circle" if one.is_near else "square"}
        traces.append(markers("ratio", np.array([one.ratio]), np.array([at]), dot, hover))
    most = max([10.0, *(1.3 * max(one.ratio, 1 / one.ratio) for _, one in known)])
    edge = np.log10(most)
    box = {"type": "rect", "x0": 1 / FACTOR, "x1": FACTOR, "y0": 0, "y1": 1, "yref": "paper", "line": {"width": 0}}
    return figure(
        "ratios",
        "The other figures: hindcast over record",
        f"{figures_sentence(rows)} Band: a factor of three; gray: few days, chance explains them. "
        "Half a day is added to both counts.",
        traces,
        x=axis(
            "hindcast over record",
            type="log",
            range=[-edge, edge],
            tickvals=[0.1, 1 / 3, 1, 3, 10],
            ticktext=["0.1", "1/3", "1", "3", "10"],
        ),
        y=_rows([f"{name_of(each.record)}:<br>{FIGURES[one.name]}" for each, one in known]),
        height=ROW * len(known) + 70,
        margin={"l": 150, "r": 14, "t": 8, "b": 40},
        shapes=[{**box, "fillcolor": BAND, "layer": "below"}],
    )
