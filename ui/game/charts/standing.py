"""Where a game stands between solvency, fairness and revenue, among all policies that are known for its seasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine import FoundPolicies
from ui.charts.common import Figure, axis, bars, figure, label, line, row_axis
from ui.charts.trilemma import KEY, Standing, named_point, other_points
from ui.frame.formats import count
from ui.frame.theme import INSURANCE_FUND, NEUTRAL, WINNERS
from ui.game import progress, texts
from ui.game.answers import Standing as Game

MOST = 100.0


def trilemma(game: Game) -> Figure:
    """Return every policy known, those on the frontier darker, the best and the game just played by name."""
    found = game.found
    rows = [_at("", row) for row in found.scores.tolist()]
    front = found.frontier
    best = int(np.argmax(found.points))
    mine, top = _at("you", list(game.scores)), _at("the best", found.scores[best].tolist())
    traces: list[dict[str, Any]] = [
        other_points("all", rows, size=4),
        *_edge(found),
        other_points("frontier", [rows[i] for i in front], size=7, color=NEUTRAL),
        named_point("the best", top, INSURANCE_FUND),
        named_point("you", mine, WINNERS),
    ]
    return figure(
        "game_trilemma",
        "Trilemma: paid in full, shared alike, positions kept",
        f"{count(front.size)} of {count(len(rows))} policies are on the frontier (large): more of one score costs "
        "another there.",
        traces,
        x=axis(f"fairness (points)<br>{KEY}", range=[min(at.x for at in (*rows, mine)) - 4.0, 106.0]),
        y=axis("revenue (points)", range=_range([at.y for at in (*rows, mine)])),
        annotations=_names(mine, top),
        margin={"l": 52, "r": 14, "t": 8, "b": 54},
        height=380,
    )


def _at(name: str, row: list[float]) -> Standing:
    solvency, fairness, revenue = row
    said = ", ".join(f"{word.lower()} {score:.0f}" for word, score in zip(texts.SCORES, row, strict=True))
    return Standing(fairness, revenue, 1.0 - solvency / MOST, f"{name}: {said}" if name else said)


def _range(values: list[float]) -> list[float]:
    low, high = min(values), max(values)
    return [max(0.0, low - 3.0), high + 8.0]


def _edge(found: FoundPolicies) -> list[dict[str, Any]]:
    """Return the frontier of those that leave nothing unpaid, as a line from the most revenue to the most fairness."""
    paid = found.scores[found.scores[:, 0] >= MOST]
    edge: list[list[float]] = []
    for _, fairness, revenue in sorted(paid.tolist(), key=lambda row: (-row[2], -row[1])):
        if not edge or fairness > edge[-1][0]:
            edge.append([fairness, revenue])
    if len(edge) < 2:
        return []
    x, y = np.array(edge).T
    return [line("frontier, all paid", x, y, NEUTRAL, 1) | {"hoverinfo": "skip"}]


def _names(mine: Standing, top: Standing) -> list[dict[str, Any]]:
    named = []
    for text, at, up in (("<b>the best</b>", top, 18), ("<b>you</b>", mine, -18)):
        named.append(label(text, x=at.x, y=at.y, yshift=up, xanchor="right" if at.x > 80.0 else "center"))
    return named


def venues(scores: Sequence[tuple[float, float, float]]) -> Figure:
    """Return where each venue of a class stands after a season, the best by name."""
    rows = [_at("", list(row)) for row in scores]
    best = max(range(len(rows)), key=lambda i: sum(scores[i]))
    return figure(
        "class_venues",
        "What the class reached",
        f"The best has {sum(scores[best]) / len(scores[best]):.1f} points.",
        [other_points("venues", rows, color=NEUTRAL), named_point("the best", rows[best], INSURANCE_FUND)],
        x=axis(f"fairness (points)<br>{KEY}", range=[min(80.0, *(at.x - 4.0 for at in rows)), 102.0]),
        y=axis("revenue (points)", range=_range([at.y for at in rows])),
        annotations=[label("<b>the best</b>", x=rows[best].x, y=rows[best].y, yshift=18, xanchor="right")],
        margin={"l": 52, "r": 14, "t": 8, "b": 54},
        height=300,
    )


def rules_chosen(names: Sequence[str]) -> Figure:
    """Return how many of a class chose each rule of loss sharing."""
    rules = list(progress.VALUES["rule"])
    counts = np.array([float(names.count(rule)) for rule in rules]) if names else np.zeros(len(rules))
    most = max(1, int(counts.max()))
    return figure(
        "class_rules",
        "Loss sharing, as the class chose it",
        f"{count(len(names))} chose." if names else "Nobody has chosen yet.",
        [bars("", counts, np.arange(len(rules), dtype=float), 0.6, {"color": WINNERS})],
        x=axis("students", range=[0, 1.15 * most], dtick=max(1, -(-most // 5))),
        y=row_axis([progress.shown("rule", rule) for rule in rules]),
        height=240,
        margin={"l": 180, "r": 14, "t": 8, "b": 40},
    )
