"""A figure as a small still picture (SVG): for paper, and beside a definition. What it cannot draw is an error."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from ui.charts.common import MARGIN, Figure, nice_step

INK, GRID, SIZE = "#70767d", "rgba(112,118,125,.3)", 12
DASHES = {"dash": "7 5", "dot": "2 4"}
SYMBOLS = {  # corners around the middle, in half sizes; without an entry: a circle
    "triangle-up": ((0, -1), (1, 0.8), (-1, 0.8)),
    "triangle-down": ((0, 1), (1, -0.8), (-1, -0.8)),
    "diamond": ((0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)),
}


def picture(figure: Figure, width: int) -> str:
    """Return a figure as an image element."""
    source = base64.b64encode(svg(figure, width).encode()).decode()
    words = escape(f"{figure['title']}: {figure['takeaway']}", quote=True)
    return f'<img class="sf-picture" alt="{words}" src="data:image/svg+xml;base64,{source}">'


def svg(figure: Figure, width: int = 460) -> str:
    """Return a figure as SVG text; ValueError for a trace of another type than lines, markers and bars that lie."""
    plot = _Plot(figure, width)
    parts = [*plot.axes(), *(plot.shape(each) for each in figure["layout"]["shapes"])]
    for trace in figure["traces"]:
        parts += plot.trace(trace)
    parts += [plot.note(each) for each in figure["layout"]["annotations"]]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {plot.height}" width="{width}" '
        f'height="{plot.height}" font-family="sans-serif" font-size="{SIZE}" fill="{INK}">{"".join(parts)}</svg>'
    )


class _Plot:
    """Where things lie: data or paper coordinates to pixels."""

    def __init__(self, figure: Figure, width: int) -> None:
        layout = figure["layout"]
        self.height, self.width = int(figure["height"]), width
        self.margin = layout.get("margin", MARGIN)
        self.x, self.y = layout["xaxis"], layout["yaxis"]

    def place(self, value: float, axis: str, is_paper: bool = False) -> float:
        """Return where a value lies along an axis, in pixels."""
        low, high = (0.0, 1.0) if is_paper else getattr(self, axis)["range"]
        share, m = (value - low) / (high - low), self.margin
        if axis == "x":
            return round(m["l"] + share * (self.width - m["l"] - m["r"]), 1)
        return round(self.height - m["b"] - share * (self.height - m["t"] - m["b"]), 1)

    def axes(self) -> list[str]:
        """Return grid, ticks and titles."""
        parts, bottom, right = [], self.height - self.margin["b"], self.width - self.margin["r"]
        for at, text in _ticks(self.x):
            parts.append(_text(text, self.place(at, "x"), bottom + 16, "middle"))
        for at, text in _ticks(self.y):
            y = self.place(at, "y")
            grid = self.y.get("showgrid", True)
            parts += [_stroke([(self.margin["l"], y), (right, y)], GRID, 1)] * bool(grid)
            parts.append(_text(text, self.margin["l"] - 6, y + 4, "end"))
        parts.append(_text(self.x["title"]["text"], (self.margin["l"] + right) / 2, self.height - 5, "middle"))
        middle = (self.margin["t"] + bottom) / 2
        turned = f' transform="translate(12 {middle}) rotate(-90)"'
        return [*parts, _text(self.y["title"]["text"], 0, 0, "middle", turned)]

    def shape(self, shape: Mapping[str, Any]) -> str:
        """Return a line or a rectangle."""
        ends = [
            (self.place(shape[f"x{k}"], "x", shape.get("xref") == "paper"),
             self.place(shape[f"y{k}"], "y", shape.get("yref") == "paper"))
            for k in (0, 1)
        ]  # fmt: skip
        if shape["type"] == "line":
            drawn = shape["line"]
            return _stroke(ends, drawn.get("color", INK), drawn.get("width", 1), drawn.get("dash", ""))
        (x0, y0), (x1, y1) = ends
        fill, opacity = shape["fillcolor"], shape.get("opacity", 1)
        size = f'width="{abs(x1 - x0)}" height="{abs(y1 - y0)}"'
        return f'<rect x="{min(x0, x1)}" y="{min(y0, y1)}" {size} fill="{fill}" opacity="{opacity}"/>'

    def note(self, note: Mapping[str, Any]) -> str:
        """Return an annotation."""
        x = self.place(note["x"], "x", note["xref"] == "paper") + note.get("xshift", 0)
        y = self.place(note["y"], "y", note["yref"] == "paper") - note.get("yshift", 0)
        y += {"bottom": -4, "top": 14}.get(note.get("yanchor", ""), 4)
        anchor = {"left": "start", "right": "end"}.get(note.get("xanchor", ""), "middle")
        color = note.get("font", {}).get("color", INK)
        return _text(re.sub(r"<[^>]*>", " ", note["text"]), x, y, anchor, f' fill="{color}"')

    def trace(self, trace: Mapping[str, Any]) -> list[str]:
        """Return a trace."""
        if trace["type"] == "bar" and trace.get("orientation") == "h":
            return self._bars(trace)
        if trace["type"] != "scatter" or trace["mode"] not in ("lines", "markers"):
            raise ValueError(f"a still picture has lines, markers and bars that lie, was {trace['type']!r}")
        pairs = zip(trace["x"], trace["y"], strict=True)
        points = [(self.place(float(x), "x"), self.place(float(y), "y")) for x, y in pairs]
        if trace["mode"] == "markers":
            return [_mark(point, trace["marker"]) for point in points]
        drawn = trace["line"]
        if drawn.get("shape") == "hv":
            points = [p for a, b in zip(points, [*points[1:], points[-1]], strict=True) for p in (a, (b[0], a[1]))]
        return [_stroke(points, drawn.get("color", INK), drawn.get("width", 2), drawn.get("dash", ""))]

    def _bars(self, trace: Mapping[str, Any]) -> list[str]:
        parts, n = [], len(trace["x"])
        colors = trace["marker"]["color"]
        colors = [colors] * n if isinstance(colors, str) else colors
        texts = trace.get("text", [""] * n)
        half = abs(self.place(float(trace["width"]), "y") - self.place(0.0, "y")) / 2
        opacity = 0.45 if "pattern" in trace["marker"] else 1
        for at, base, length, color, text in zip(trace["y"], trace["base"], trace["x"], colors, texts, strict=True):
            left, right = self.place(float(base), "x"), self.place(float(base + length), "x")
            y = self.place(float(at), "y")
            size = f'width="{abs(right - left):.1f}" height="{2 * half:.1f}"'
            parts.append(f'<rect x="{min(left, right)}" y="{y - half:.1f}" {size} fill="{color}" opacity="{opacity}"/>')
            parts.append(_text(text, max(left, right) + 5, y + 4, "start"))
        return parts


def _ticks(axis: Mapping[str, Any]) -> list[tuple[float, str]]:
    if axis.get("tickmode") == "array":
        return list(zip(axis["tickvals"], map(str, axis["ticktext"]), strict=True))
    low, high = sorted(axis["range"])
    step = nice_step((high - low) / 5)
    return [(float(at), f"{at:g}") for at in np.round(np.arange(np.ceil(low / step), high / step + 1e-9) * step, 9)]


def _text(text: str, x: float, y: float, anchor: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{escape(text)}</text>' if text else ""


def _stroke(points: Sequence[tuple[float, float]], color: str, width: float, dash: str = "") -> str:
    way = " ".join(f"{x},{y}" for x, y in points)
    dashed = f' stroke-dasharray="{DASHES[dash]}"' if dash else ""
    return f'<polyline points="{way}" fill="none" stroke="{color}" stroke-width="{width}"{dashed}/>'


def _mark(point: tuple[float, float], marker: Mapping[str, Any]) -> str:
    (x, y), half = point, marker["size"] / 2
    corners = SYMBOLS.get(marker.get("symbol", ""))
    if corners is None:
        return f'<circle cx="{x}" cy="{y}" r="{half}" fill="{marker["color"]}"/>'
    way = " ".join(f"{x + half * dx:.1f},{y + half * dy:.1f}" for dx, dy in corners)
    return f'<polygon points="{way}" fill="{marker["color"]}"/>'
