"""How concentrated charges are under each rule: Lorenz curves, and the trade-off between three aims."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine import WhoPays, lorenz
from ui.charts.common import Figure, axis, figure, label, line, note
from ui.charts.trilemma import KEY, Standing, named_point, other_points
from ui.frame.formats import percent
from ui.frame.theme import FAINT, NEUTRAL
from ui.rules.answers import Contender, charges

TRILEMMA_HEIGHT, TRILEMMA_WIDTH = 258, 270.0  # pixels of the plot, and of a Gini of 1 in a narrow one
SMALL_LETTER, SMALL_LINE = 5.2, 11  # pixels of a small label's letter and line


def lorenz_curve(chosen: Sequence[Contender]) -> Figure:
    """Return the Lorenz curves of the charges."""
    traces: list[dict[str, Any]] = [line("equal", [0, 100], [0, 100], FAINT, 1) | {"hoverinfo": "skip"}]
    annotations = []
    for index, contender in enumerate(chosen):
        held = charges(contender)
        if not held.size or not held.any():
            continue
        x, y = (100.0 * part for part in lorenz(held))
        index_of = np.unique(np.linspace(0, x.size - 1, min(x.size, 300)).astype(np.intp))
        name = f"{contender.letter} {contender.label}"
        hover = f"{name}: %{{x:.0f}} % of them pay %{{y:.1f}} %<extra></extra>"
        traces.append(line(name, x[index_of], y[index_of], contender.color, 2.0, hover, dash=contender.dash))
        where = float(np.interp(18.0 + 14.0 * index, y, x))
        annotations.append(
            label(
                f"<b>{contender.letter}</b>", x=where, y=18.0 + 14.0 * index, xshift=10, font={"color": contender.color}
            )
        )
    ginis = {c.letter: c.figures.gini for c in chosen if not math.isnan(c.figures.gini)}
    text = "Nobody is charged, so nothing is concentrated."
    if ginis:
        most, least = max(ginis, key=ginis.__getitem__), min(ginis, key=ginis.__getitem__)
        text = f"Most concentrated: {most}, Gini {ginis[most]:.2f}; least: {least}, {ginis[least]:.2f}."
        if f"{ginis[most]:.2f}" == f"{ginis[least]:.2f}":
            text = f"Gini {ginis[most]:.2f} under {' and '.join(ginis)}."
    return figure(
        "compare_lorenz",
        "Lorenz curve",
        text,
        traces,
        x=axis("winners, from who pays least (%)", range=[0, 100]),
        y=axis("what they pay together (%)", range=[0, 100]),
        annotations=annotations or [note("Nobody is charged.")],
        margin={"l": 52, "r": 14, "t": 8, "b": 38},
        height=280,
    )


def trilemma(chosen: Sequence[Contender], everybody: Mapping[str, WhoPays]) -> Figure:
    """Return solvency, fairness and revenue of each rule: a named point each; a ring is a loss that nobody pays."""
    kept = [100.0 * f.open_interest_kept for f in (*(c.figures for c in chosen), *everybody.values())]
    span = max(max(kept) - min(kept), 2.0)
    low, high = min(kept) - 0.18 * span, max(kept) + 0.25 * span
    own = {c.label: c.figures for c in chosen}
    others = {name: f for name, f in everybody.items() if name not in own}
    shown = [_at(name, f) for name, f in others.items()]
    traces = [other_points("all rules", shown)] if shown else []
    return figure(
        "compare_trilemma",
        "Trilemma: paid in full, shared alike, positions kept",
        _trilemma_takeaway(chosen),
        [*traces, *(named_point(c.letter, _at(f"{c.letter} {c.label}", c.figures), c.color) for c in chosen)],
        x=axis(
            "shared alike \N{LEFTWARDS ARROW} Gini of the charges \N{RIGHTWARDS ARROW} one pays all<br>" + KEY,
            range=[-0.06, 1.06],
        ),
        y=axis("open interest kept (%)", range=[low, high]),
        annotations=_names(chosen, others, TRILEMMA_HEIGHT / (high - low)),
        margin={"l": 52, "r": 14, "t": 8, "b": 54},
        height=TRILEMMA_HEIGHT + 62,
    )


def _at(name: str, f: WhoPays) -> Standing:
    return Standing(_fairness(f), 100.0 * f.open_interest_kept, f.unfunded_share, _story(name, f))


def _names(chosen: Sequence[Contender], others: Mapping[str, WhoPays], per_unit: float) -> list[dict[str, Any]]:
    """Return the names of the points: letters of what is compared, small labels of other rules where there is room."""
    found = []
    taken: list[tuple[float, float, float]] = []  # height, left and right end of each small label, in pixels
    for names, (x, y), share in _places({c.letter: c.figures for c in chosen}):
        text = f"<b>{', '.join(names)}</b>" + (f" unfunded {percent(share, 0)}" if share >= 5e-3 else "")
        found.append(label(text, x=x, y=y, yshift=20, xanchor="right" if x > 0.8 else "center"))
    for names, (x, y), _ in _places(others):
        more = f" +{len(names) - 1}" if len(names) > 1 else ""
        side = {"xanchor": "right", "xshift": -6} if x > 0.55 else {"xanchor": "left", "xshift": 6}
        text = f"{names[0]}{more}"
        width, left = SMALL_LETTER * len(text), TRILEMMA_WIDTH * x + side["xshift"]
        left -= width if x > 0.55 else 0.0
        down = -9
        beside = [at for at, start, end in taken if left <= end and left + width >= start]
        while any(abs(per_unit * y + down - at) < SMALL_LINE for at in beside):
            down -= SMALL_LINE
        taken.append((per_unit * y + down, left, left + width))
        found.append(label(text, x=x, y=y, yshift=down, font={"size": 10, "color": NEUTRAL}, **side))
    return found


def _places(figures: Mapping[str, WhoPays]) -> list[tuple[list[str], tuple[float, float], float]]:
    """Return the names of the points, those at one place together."""
    places: list[tuple[list[str], tuple[float, float], float]] = []
    for name, f in figures.items():
        x, y = _fairness(f), 100.0 * f.open_interest_kept
        for names, (a, b), share in places:
            if abs(a - x) < 0.02 and abs(b - y) < 0.5 and abs(share - f.unfunded_share) < 0.01:
                names.append(name)
                break
        else:
            places.append(([name], (x, y), f.unfunded_share))
    return places


def _fairness(figures: WhoPays) -> float:
    return 0.0 if math.isnan(figures.gini) else figures.gini


def _story(name: str, f: WhoPays) -> str:
    gini = "nobody charged" if math.isnan(f.gini) else f"Gini {f.gini:.2f}"
    kept = f"open interest kept {percent(f.open_interest_kept)}"
    return f"{name}<br>unfunded {percent(f.unfunded_share)} of the deficit<br>{gini}<br>{kept}"


def _trilemma_takeaway(chosen: Sequence[Contender]) -> str:
    open_ones = [c.letter for c in chosen if c.figures.unfunded_share > 5e-3]
    if len(open_ones) == len(chosen):
        text = "Each of them leaves a loss that nobody pays (rings)"
    elif open_ones:
        text = f"{' and '.join(open_ones)} leave{'s' if len(open_ones) == 1 else ''} a loss that nobody pays (ring)"
    else:
        text = "All of them pay the deficit in full"
    most = max(chosen, key=lambda c: c.figures.open_interest_kept)
    if most.figures.open_interest_kept - min(c.figures.open_interest_kept for c in chosen) < 5e-4:
        return f"{text}; all keep {percent(most.figures.open_interest_kept)} of open interest."
    return f"{text}; {most.letter} keeps the most open interest, {percent(most.figures.open_interest_kept)}."
