"""Headline, numbers and several plotly charts in one element, updated in place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ui.live.assets import register
from ui.live.live_channel import open_channel
from ui.live.pack import pack

HEIGHT = 250
_board = register("board")


@dataclass(frozen=True, slots=True)
class Click:
    """The point that was clicked: the chart's id, the trace, the point in it, and the point's customdata."""

    chart: str
    trace: int
    point: int
    custom: Any


def chart_board(
    charts: Sequence[Mapping[str, Any]],
    *,
    key: str,
    headline: str = "",
    words: Sequence[tuple[str, str]] = (),
    numbers: Sequence[tuple[str, str]] = (),
    columns: int = 2,
    on_click: Callable[[], None] | None = None,
    panel: str | None = None,
    redraw: Callable[[dict[str, float]], Mapping[str, Any]] | None = None,
) -> Click | None:
    """Show charts that follow a slider, and return the point that was clicked, if that is why the fragment runs.

    Parameters
    ----------
    charts
        In the order in which they are drawn; the first comes first when time is short. Each is a mapping:
        ``id`` (unique, stable), ``title``, ``traces`` (plotly traces as plain dicts with NumPy arrays), ``layout`` (a
        plotly layout as a plain dict; ``xaxis.range`` and ``yaxis.range``, if given, are what the chart asks for),
        ``takeaway`` (one computed line above it), ``alt`` (text alternative; title and takeaway by default), ``height``
        (pixels).
    headline
        The computed sentence.
    words
        (word, definition) of the terms in the sentence, in their order; during a drag they stand without it.
    numbers
        (name, value) pairs below it.
    panel, redraw
        The short way for a drag, twice as fast as the fragment: the key of a `slider_panel` shown before, and a
        function from its sliders' values (by key) to {"charts", "headline", "numbers"} and, if a label tells more than
        the name, {"labels": {slider key: label}}. It is called in other threads, so it must not use `st`; what else it
        needs, it closes over. If it raises, the fragment runs. One board a panel.

    Notes
    -----
    During a drag a chart is drawn by static/live/draw.js if its traces are scatter (lines, markers, fills) or bar, on
    linear or logarithmic axes. Every other chart, and every chart at rest, is drawn by Plotly.
    """
    payload = _payload(charts, headline, numbers, words=words) | {"columns": columns}
    if panel is not None and redraw is not None:
        token = open_channel(key, panel, lambda values: pack(_payload(**redraw(values)) | {"columns": columns}))
        payload["channel"] = {"panel": panel, "token": token}
    result = _board(key=key, data=pack(payload), on_click_change=on_click or _nothing)
    return clean_click(result.get("click"), charts)


def _payload(
    charts: Sequence[Mapping[str, Any]],
    headline: str = "",
    numbers: Sequence[tuple[str, str]] = (),
    labels: Mapping[str, str] | None = None,
    words: Sequence[tuple[str, str]] = (),
) -> dict[str, Any]:
    drawn = [{"takeaway": "", "alt": "", "height": HEIGHT, **chart} for chart in charts]
    rows = [list(pair) for pair in numbers]
    told = [list(pair) for pair in words]
    return {"headline": headline, "words": told, "numbers": rows, "charts": drawn, "labels": dict(labels or {})}


def clean_click(raw: Any, charts: Sequence[Mapping[str, Any]]) -> Click | None:
    """The click as the browser reports it, or None when it names nothing that is there."""
    if not isinstance(raw, Mapping):
        return None
    chart = next((chart for chart in charts if chart["id"] == raw.get("chart")), None)
    trace, point = raw.get("trace"), raw.get("point")
    if chart is None or type(trace) is not int or type(point) is not int:
        return None
    if not 0 <= trace < len(chart["traces"]) or point < 0:
        return None
    return Click(chart=chart["id"], trace=trace, point=point, custom=_custom(chart["traces"][trace], point))


def _custom(trace: Mapping[str, Any], point: int) -> Any:
    """The point's customdata from what was sent, never from what came back."""
    custom = trace.get("customdata")
    if custom is None or point >= len(custom):
        return None
    item = custom[point]
    return item.item() if hasattr(item, "item") and getattr(item, "ndim", 0) == 0 else item


def _nothing() -> None:
    """A component reports an event only if a callback is named."""
