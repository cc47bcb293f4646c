"""Charts of 10 October 2025. Streamlit is not imported here."""

from __future__ import annotations

import numpy as np

from engine import WAVE_RULES, load_october, load_waves
from ui.charts.common import OWN_TEXT, Figure, axis, bars, dotted, figure, label, line, markers, row_axis, ticks
from ui.frame.theme import DEFAULTERS, FAINT, NEUTRAL, WINNERS
from ui.october import texts

ROW = 46
COLORS = {"queue": WINNERS, "pro_rata": NEUTRAL, "integer_pro_rata": "#a8702a", "mirror_descent": "#8a63d2"}
SYMBOLS = {"queue": "circle", "pro_rata": "diamond", "integer_pro_rata": "square", "mirror_descent": "triangle-up"}


def all_charts() -> list[Figure]:
    """Return all charts, in the order of the page."""
    return [measures(), repeated_account(), left_out(), by_rule()]


def measures() -> Figure:
    """Return every printed figure of every measure, on a logarithmic axis."""
    rows = load_october().measures
    traces, notes = [], []
    for at, each in enumerate(rows):
        x, y = np.array(sorted(each.values)), np.full(len(each.values), float(at))
        if x.size > 1:
            traces.append(line("span", x, y, NEUTRAL, 3))
        hover = [f"{each.title}: {texts.usd(value)}" for value in x]
        marker = {"color": WINNERS, "size": 12, "symbol": "diamond"}
        traces.append(markers("printed", x, y, marker, OWN_TEXT, hovertext=hover))
        notes.append(label(texts.span(each), x=float(np.log10(x[-1])), y=float(at), xanchor="left", xshift=10))
    return figure(
        "measures",
        "Four measures of the same minutes",
        texts.measures_sentence(),
        traces,
        x=axis("printed as the loss (USD)", type="log", range=[7.1, 9.6], tickformat=".2~s"),
        y=row_axis([each.title.replace(" ", "<br>", 1) for each in rows]),
        height=ROW * len(rows) + 60,
        margin={"l": 130, "r": 14, "t": 8, "b": 40},
        annotations=notes,
    )


def repeated_account() -> Figure:
    """Return the deficit of each wave: the one value that repeats, and all other accounts."""
    waves = load_waves()
    one = np.where(texts.frozen(waves), waves.largest_deficit, 0.0)
    y, names = np.arange(waves.wave.size), [f"wave {number}" for number in waves.wave]
    traces = []
    for title, amount, base, color in (
        ("the repeated account", one, 0 * one, DEFAULTERS),
        ("all others", waves.deficit - one, one, WINNERS),
    ):
        hover = [f"{name}, {title}: {texts.usd(value)}" for name, value in zip(names, amount, strict=True)]
        trace = bars(title, amount, y, 0.66, {"color": color}, base=base)
        traces.append({**trace, "hovertext": hover, "hovertemplate": OWN_TEXT})
    return figure(
        "repeated",
        "One account, counted again and again",
        f"{texts.repeated_sentence()} Vermilion: that account; blue: all others.",
        traces,
        x=axis("deficit of the wave (USD)", range=[0, 1.15 * waves.deficit.max()], tickformat=".2~s"),
        y=row_axis(names),
        barmode="overlay",
        height=26 * waves.wave.size + 60,
        margin={"l": 64, "r": 14, "t": 8, "b": 40},
    )


def left_out() -> Figure:
    """Return which part of what was closed lies in the waves that the measures look at."""
    shares = texts.left_out()
    value, names = 100 * np.array(list(shares.values())), list(shares)
    trace = bars("share", value, np.arange(value.size), 0.6, {"color": [WINNERS, DEFAULTERS, FAINT]}, base=0 * value)
    told = {"text": [f"{each:.1f} %" for each in value], "textposition": "outside", "cliponaxis": False}
    return figure(
        "left_out",
        "The waves left out",
        texts.left_out_sentence(),
        [trace | told | {"hoverinfo": "skip"}],
        x=axis("share of what was closed, %", range=[0, 100]),
        y=row_axis([name.replace(", ", ",<br>").replace(" with", "<br>with") for name in names]),
        height=ROW * value.size + 60,
        margin={"l": 110, "r": 14, "t": 8, "b": 40},
    )


def by_rule() -> Figure:
    """Return what each rule raised over what was needed, wave by wave."""
    waves = load_waves()
    at = np.arange(waves.wave.size)
    traces = []
    for rule, name in WAVE_RULES.items():
        ratio = waves.raised[rule] / waves.needed
        hover = [
            f"{name}, wave {n}: raised {texts.usd(h)} of {texts.usd(b)} needed"
            for n, h, b in zip(waves.wave, waves.raised[rule], waves.needed, strict=True)
        ]
        marker = {"color": COLORS[rule], "size": 10, "symbol": SYMBOLS[rule]}
        traces.append(markers(name, at, ratio, marker, OWN_TEXT, hovertext=hover))
    return figure(
        "by_rule",
        "Raised over needed, wave by wave",
        f"{texts.rules_sentence()} Blue circle: queue; gray diamond: pro rata; brown square: integer; "
        "violet triangle: mirror descent.",
        traces,
        x=axis("wave of the extract", range=[-0.6, waves.wave.size - 0.4], **ticks(at.tolist(), map(str, waves.wave))),
        y=axis(
            "raised / needed",
            type="log",
            range=[-2.1, 1.2],
            tickvals=[0.01, 0.1, 1, 10],
            ticktext=["0.01", "0.1", "1", "10"],
        ),
        height=280,
        shapes=[dotted(y=1.0)],
    )
