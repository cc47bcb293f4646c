"""What all charts share: the shape of a figure, axes with units, time ticks, direct labels, decimation."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ui.charts.run_summary import Floats
from ui.charts.run_view import RunView
from ui.frame.formats import SYMBOLS, duration
from ui.frame.theme import BAND, NEUTRAL

Figure = dict[str, Any]

MOST_POINTS = 2000
TRADERS = "traders"  # meta of a trace whose points are single traders, the first of customdata being the index
HEIGHT = 200
LARGER = 1.3  # times the size of large type
PLOT_WIDTH = 270.0  # pixels of a time axis on a phone, for deciding which labels fit
PLOT_HEIGHT = 150.0  # pixels of a plot between its margins, for labels at the ends of lines
LINE = 14.0  # pixels of a line of text
MARGIN = {"l": 56, "r": 14, "t": 8, "b": 40}  # of a chart that names none
LETTER = 6.6  # pixels of a letter
FLAT = 1e-6  # of money: what is less apart is a line without height
OWN_TEXT = "%{hovertext}<extra></extra>"  # a hover template: what each point says of itself
CURRENCY = re.compile(r"\(([A-Z]{3,5})( [a-z ]+)?\)$")


def figure(
    name: str,
    title: str,
    takeaway: str,
    traces: Sequence[Mapping[str, Any]],
    *,
    x: Mapping[str, Any],
    y: Mapping[str, Any],
    height: int = HEIGHT,
    **layout: Any,
) -> Figure:
    """Return a figure as ui.live.chart_board takes it; everything in it is plain (dicts, lists, numbers, arrays)."""
    return {
        "id": name,
        "title": title,
        "takeaway": takeaway,
        "traces": list(traces),
        "layout": {"xaxis": dict(x), "yaxis": dict(y), "annotations": [], "shapes": [], **layout},
        "height": height,
    }


def enlarge(chart: Figure) -> Figure:
    """Return a chart for larger type: height and margins grow, and time labels that would touch are left out."""
    layout = {**chart["layout"]}
    layout["margin"] = {side: round(LARGER * width) for side, width in layout.get("margin", MARGIN).items()}
    x = layout["xaxis"]
    if x.get("tickangle") == 0 and "ticktext" in x and all(isinstance(text, str) for text in x["ticktext"]):
        labels = list(zip(x["tickvals"], x["ticktext"], strict=True))
        kept = _that_fit(labels, x["range"][1], PLOT_WIDTH / LARGER) if labels else labels
        layout["xaxis"] = {**x, "tickvals": [at for at, _ in kept], "ticktext": [text for _, text in kept]}
    traces = [
        {**trace, "text": _in_two_lines(trace["text"])} if _is_told(trace) else trace for trace in chart["traces"]
    ]
    told = next(filter(_is_told, traces), None)
    if told is not None:
        title = x["title"] | {"text": x["title"]["text"].replace(", ", ",<br>", 1)}
        layout["margin"]["b"] += round(LARGER * LINE)
        layout["xaxis"] = {
            **x,
            "title": title,
            "range": [0, _room(told, PLOT_WIDTH - layout["margin"]["l"] + MARGIN["l"])],
        }
    return {**chart, "height": round(LARGER * chart["height"]), "layout": layout, "traces": traces}


def _is_told(trace: Mapping[str, Any]) -> bool:
    """Tell whether a trace is of bars with a text right of each."""
    return trace.get("orientation") == "h" and trace.get("textposition") == "outside"


def _in_two_lines(texts: Sequence[str]) -> list[str]:
    breaks = [("<br>", "<br>"), (", ", ",<br>"), (" of ", "<br>of ")]
    found = [next((pair for pair in breaks if pair[0] in text), breaks[0]) for text in texts]
    return [text.replace(*pair, 1) for text, pair in zip(texts, found, strict=True)]


def _room(trace: Mapping[str, Any], width: float) -> float:
    """Return where an axis ends that leaves room for the text right of each bar on a plot of some pixels."""
    ends = (np.asarray(trace["base"]) + np.asarray(trace["x"])).tolist()
    widest = [max(text.split("<br>"), key=len) for text in trace["text"]]
    return reach(ends, widest, width, letter=LARGER * LETTER, least=0.2) or 1.0


def reach(
    ends: Iterable[float],
    texts: Iterable[str],
    width: float,
    *,
    letter: float = LETTER,
    gap: float = 8.0,
    least: float = 0.3,
) -> float:
    """Return where an axis ends that leaves room for a text right of each bar; the plot has `width` pixels.

    `least` is the share of the plot that a bar keeps, however long its text is.
    """
    shares = (max(1.0 - (letter * len(text) + gap) / width, least) for text in texts)
    return max([0.0, *(end / share for end, share in zip(ends, shares, strict=True))])


def line(name: str, x: Any, y: Any, color: str, width: float, hover: str = "", **style: str) -> dict[str, Any]:
    """Return the trace of a line; `style` is plotly's own (dash, shape)."""
    drawn = {"color": color, "width": width, **style}
    trace = {"type": "scatter", "mode": "lines", "name": name, "x": x, "y": y, "line": drawn}
    return trace | {"hovertemplate": hover} if hover else trace


def band(x: Any, low: Any, high: Any) -> list[dict[str, Any]]:
    """Return the two traces of an error band."""
    edge = {"type": "scatter", "mode": "lines", "x": x, "line": {"width": 0}, "hoverinfo": "skip"}
    return [{**edge, "y": low}, {**edge, "y": high, "fill": "tonexty", "fillcolor": BAND}]


def diamond(x: Sequence[float], y: Sequence[float], color: str, hover: str) -> dict[str, Any]:
    """Return the trace of what the visitor has chosen."""
    drawn = {"color": color, "size": 12, "symbol": "diamond"}
    points = {"type": "scatter", "mode": "markers", "x": np.array(x), "y": np.array(y)}
    return {**points, "marker": drawn, "hovertemplate": hover}


def dotted(*, x: float | None = None, y: float | None = None) -> dict[str, Any]:
    """Return a dotted line across the plot, upright at `x` or level at `y`."""
    upright = {"x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper"}
    place = upright if y is None else {"x0": 0, "x1": 1, "xref": "paper", "y0": y, "y1": y}
    return {"type": "line", "line": {"color": NEUTRAL, "width": 1, "dash": "dot"}, **place}


def markers(name: str, x: Any, y: Any, marker: Mapping[str, Any], hover: str, **more: Any) -> dict[str, Any]:
    """Return the trace of points."""
    drawn = {"line": {"width": 0}, **marker}
    return {
        "type": "scatter", "mode": "markers", "name": name, "x": x, "y": y, "marker": drawn, "hovertemplate": hover,
        **more,
    }  # fmt: skip


def bars(name: str, x: Any, y: Any, width: float, marker: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return the trace of bars that lie."""
    drawn = {"line": {"width": 0}, **marker}
    return {"type": "bar", "orientation": "h", "name": name, "x": x, "y": y, "width": width, "marker": drawn, **more}


def named_bars(
    name: str, value: Any, y: Any, width: float, color: str, words: Callable[[float], str]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return bars that lie from 0, and the labels at their ends that say what each is."""
    told = [words(float(one)) for one in value]
    hover = {"hovertext": [f"{name}: {one}" for one in told], "hovertemplate": OWN_TEXT}
    ends = [
        label(one, x=float(end), y=float(at), xanchor="left", xshift=4, font={"size": 11})
        for one, end, at in zip(told, value, y, strict=True)
    ]
    return bars(name, value, y, width, {"color": color}, base=0.0 * value, **hover), ends


def axis(title: str, **more: Any) -> dict[str, Any]:
    """Return an axis with a title; one in prefixes of a thousand ("~s") is of money, which static/live/money.js ticks.

    A line of money without height gets an axis from 0 to 1.

    Raises
    ------
    ValueError
        An axis of money whose title does not end with its currency in brackets.
    """
    words = {"title": {"text": title, "standoff": 6}, "zeroline": False}
    if not more.get("tickformat", "").endswith("s"):
        return words | more
    currency = CURRENCY.search(title)
    if currency is None:
        raise ValueError(f"the title of an axis of money must end with its currency in brackets, was {title!r}")
    more = {name: value for name, value in more.items() if name not in ("tickformat", "nticks", "dtick")}
    ends = more.get("range")
    if ends and more.get("type") != "log" and abs(ends[1] - ends[0]) < FLAT:
        more["range"] = [0.0, 1.0]
    return words | more | {"money": currency[1]}


def ticks(at: Iterable[float], words: Iterable[str]) -> dict[str, Any]:
    """Return the ticks of an axis that has words at some places."""
    return {"tickmode": "array", "tickvals": list(at), "ticktext": list(words)}


def times_ticks(at: Sequence[float]) -> dict[str, Any]:
    """Return the ticks of an axis of leverage, or of how many times as much something is: 2x, 5x."""
    return ticks(at, [f"{each}x" for each in at])


def row_axis(names: Sequence[str]) -> dict[str, Any]:
    """Return the axis of bars that lie, with a name each, the first on top."""
    return axis("", range=[len(names) - 0.45, -0.55], showgrid=False, **ticks(range(len(names)), names))


def leverage_ticks() -> dict[str, Any]:
    """Return the ticks of a logarithmic axis of leverage."""
    return times_ticks((1, 2, 5, 10, 20, 50, 100))


def categories(title: str) -> dict[str, Any]:
    """Return an axis of names."""
    words = {"text": title, "standoff": 6}
    return {"title": words, "type": "category", "fixedrange": True, "showgrid": False, "tickangle": 0}


def label(text: str, *, x: float, y: float, paper: str = "", **more: Any) -> dict[str, Any]:
    """Return a text at a place; `paper` names the coordinates ("x", "y", "xy") that run from 0 to 1 over the plot."""
    return {
        "text": text,
        "x": x,
        "y": y,
        "xref": "paper" if "x" in paper else "x",
        "yref": "paper" if "y" in paper else "y",
        "showarrow": False,
        **more,
    }


def note(text: str) -> dict[str, Any]:
    """Return the sentence in the middle of a chart that has nothing to show."""
    return label(text, x=0.5, y=0.5, paper="xy")


def end_labels(values: Mapping[str, float], low: float, high: float, gap: float = LINE) -> list[dict[str, Any]]:
    """Return labels right of the plot at each line's end, pushed apart where they would touch or leave it below."""
    ordered = sorted(values.items(), key=lambda item: item[1])
    pixel = PLOT_HEIGHT / max(high - low, 1e-300)
    least = 0.5 * LINE * (1 + ordered[0][0].count("<br>")) - 2.0 if ordered else 0.0
    places = _apart_by([pixel * (y - low) for _, y in ordered], gap)
    places = [max(place, least + gap * at) for at, place in enumerate(places)]
    return [
        label(text, x=1.0, y=y, paper="x", xanchor="left", xshift=4, yshift=place - pixel * (y - low))
        for (text, y), place in zip(ordered, places, strict=True)
    ]


def _apart_by(places: Sequence[float], gap: float) -> list[float]:
    """Return ascending places, moved to lie `gap` apart: those that touch spread around their mean."""
    groups: list[list[float]] = []
    for place in places:
        groups.append([place])
        while len(groups) > 1 and _first(groups[-1], gap) - _last(groups[-2], gap) < gap:
            groups[-2:] = [groups[-2] + groups[-1]]
    return [_first(group, gap) + gap * at for group in groups for at in range(len(group))]


def _first(group: Sequence[float], gap: float) -> float:
    return sum(group) / len(group) - 0.5 * gap * (len(group) - 1)


def _last(group: Sequence[float], gap: float) -> float:
    return _first(group, gap) + gap * (len(group) - 1)


def time_axis(view: RunView, width: float = PLOT_WIDTH) -> dict[str, Any]:
    """Return the axis of steps: the scenario's own time labels or hours from the start, as many as `width` holds."""
    n = view.n_steps
    labels = (
        _that_fit(view.time_labels, n, width) if view.time_labels else _hours(n, view.minutes_per_step, int(width / 55))
    )
    unit = f"time, steps of {duration(view.minutes_per_step)}" if view.time_labels else "time from the start"
    last = view.preset.last_step_minutes
    return axis(
        f"{unit}, the last of {duration(last)}" if last else unit,
        range=[0, 1.02 * n],
        tickmode="array",
        tickangle=0,
        tickvals=[step for step, _ in labels],
        ticktext=[text for _, text in labels],
        hoverformat="d",
    )


def time_of(view: RunView, step: int) -> str:
    """Return when a step is: the label at it, else the time since the start."""
    for at, text in view.time_labels:
        if at == step:
            return text
    return f"{duration(step * view.minutes_per_step)} after the start" if step else "the start"


def _that_fit(labels: Sequence[tuple[int, str]], n: int, width: float) -> list[tuple[int, str]]:
    kept = [labels[0]]
    last = labels[-1]
    for item in [*labels[1:-1], last]:
        while item == last and len(kept) > 1 and not _apart(kept[-1], item, width / n):
            kept.pop()
        if _apart(kept[-1], item, width / n) and (item == last or _apart(item, last, width / n)):
            kept.append(item)
    return kept


def _apart(left: tuple[int, str], right: tuple[int, str], per_step: float) -> bool:
    gap = (right[0] - left[0]) * per_step
    return gap >= 0.5 * LETTER * (len(left[1]) + len(right[1])) + 6


def _hours(n: int, minutes: float, most: int) -> list[tuple[float, str]]:
    total = n * minutes
    unit, name = (1440.0, "d") if total > 4320 else (60.0, "h") if total > 180 else (1.0, "min")
    step = nice_step(total / unit / max(most, 1))
    return [(k * step * unit / minutes, f"{k * step:g} {name}") for k in range(int(total / unit / step + 1e-9) + 1)]


def nice_step(least: float) -> float:
    """Return the smallest of 1, 2, 2.5, 5 times a power of ten that is at least this."""
    if not least > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * power >= least * (1 - 1e-9))


def thin(y: Floats) -> NDArray[np.intp]:
    """Return the indices of a long series that keep its shape: the lowest and highest of each run of points."""
    n = y.size
    if n <= MOST_POINTS:
        return np.arange(n)
    width = math.ceil(n / (MOST_POINTS // 2))
    padded = np.full(width * math.ceil(n / width), y[-1])
    padded[:n] = y
    blocks = padded.reshape(-1, width)
    start = np.arange(blocks.shape[0]) * width
    both = np.concatenate([start + blocks.argmin(axis=1), start + blocks.argmax(axis=1), [0, n - 1]])
    return np.unique(np.minimum(both, n - 1))


def trader_at(charts: Sequence[Figure], chart: str, trace: int, custom: Any) -> int | None:
    """Return the trader that a point stands for; None for a line, a bar, or a point that stands for many."""
    spec = next((spec for spec in charts if spec["id"] == chart), None)
    if spec is None or not 0 <= trace < len(spec["traces"]) or spec["traces"][trace].get("meta") != TRADERS:
        return None
    return int(custom[0])


def price_axis(view: RunView, span: float, **more: Any) -> dict[str, Any]:
    """Return the axis of prices over a span: the venue's digits, but no more than its ticks need."""
    needed = max(0, -math.floor(math.log10(max(span, 1e-12) / 5.0)))
    digits = min(view.price_digits, needed)
    return axis(f"price ({view.preset.quote_currency})", tickformat=f",.{digits}f", **more)


def money_axis(what: str, view: RunView, **more: Any) -> dict[str, Any]:
    """Return an axis of amounts in the settlement currency."""
    return axis(f"{what} ({view.currency})", tickformat="~s", **more)


def money_hover(field: str, view: RunView) -> str:
    """Return the part of a hover template that writes exact money."""
    symbol = SYMBOLS.get(view.currency)
    return f"{symbol}%{{{field}:,.0f}}" if symbol else f"%{{{field}:,.4f}} {view.currency}"


def price_hover(field: str, view: RunView) -> str:
    """Return the part of a hover template that writes a price with the venue's digits."""
    return f"%{{{field}:,.{view.price_digits}f}}"


def table(*columns: Any) -> NDArray[np.float32]:
    """Return columns as customdata, a row for each point; single precision is all that a hover text writes."""
    rows = np.empty((len(columns[0]), len(columns)), np.float32)
    for place, column in enumerate(columns):
        rows[:, place] = column
    return rows
