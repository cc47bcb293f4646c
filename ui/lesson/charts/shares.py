"""Pictures of the steps about who pays: the fund, the haircut, three rules, a lost leg, four remedies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ui.charts.common import Figure, axis, bars, dotted, figure, label, line, markers, row_axis
from ui.frame.formats import listed, percent
from ui.frame.theme import DEFAULTERS, FAINT, INSURANCE_FUND, NEUTRAL, REFERENCE, WINNERS
from ui.lesson import answers, sharing
from ui.lesson.answers import GAP, jump, rate_of
from ui.lesson.market import START, dollars, gain, letters, longs, missing, shorts

HEIGHT = 330
STRIPES = {"shape": "/", "fgcolor": "#ffffff", "solidity": 0.4}


def _rows(name: str, title: str, said: str, traces: Sequence[Mapping[str, Any]], rows: Sequence[str], x: str,
          most: float, **more: Any) -> Figure:  # fmt: skip
    return figure(
        name, title, said, traces, x=axis(x, range=[0.0, most]), y=row_axis(rows), height=more.pop("height", HEIGHT),
        **({"margin": {"l": 92, "r": 14, "t": 8, "b": 40}, "barmode": "overlay"} | more),
    )  # fmt: skip


def _row(values: Sequence[float], color: Any, base: Sequence[float] | None = None, texts: Sequence[str] | None = None,
         **marker: Any) -> dict[str, Any]:  # fmt: skip
    places = np.arange(len(values), dtype=float)
    start = np.array(base if base is not None else np.zeros(len(values)))
    words = {"text": list(texts), "textposition": "outside"} if texts else {}
    return bars("", np.array(values, dtype=float), places, 0.62, {"color": color, **marker}, base=start,
                hovertemplate="$%{x:,.2f}<extra></extra>", **words)  # fmt: skip


def fund(size: float, is_shown: bool) -> Figure:
    """Return what is missing, what the fund pays of it, and what each has left."""
    holes = missing(jump(GAP))
    total = sum(holes.values())
    rows = [*(f"{name}'s hole" for name in holes), "fund"]
    starts = np.concatenate([[0.0], np.cumsum(list(holes.values()))[:-1]])
    values = [*holes.values(), size if is_shown else answers.FULL_FUND]
    texts = [*(dollars(hole) for hole in holes.values()), dollars(values[-1])]
    colors = [*[DEFAULTERS] * len(holes), INSURANCE_FUND]
    traces = [_row(values, colors, [*starts, 0.0], texts)]
    said = f"{listed([f'{name} {dollars(hole)}' for name, hole in holes.items()])} are missing; nobody has paid yet."
    shapes = []
    if is_shown:
        rows += ["paid", "left for others"]
        paid = float(jump(GAP, fund=size).fund_paid.sum())
        none, words = [0.0] * len(values), [""] * len(values)
        traces.append(_row([*none, paid, total - paid], [*colors, INSURANCE_FUND, DEFAULTERS], [*none, 0.0, paid],
                           [*words, dollars(paid), dollars(total - paid)]))  # fmt: skip
        said, shapes = answers.fund_said(size), [dotted(x=total)]
    return _rows("fund", "The hole and the fund", said, traces, rows, "amount (USD)", 185.0, shapes=shapes,
                 margin={"l": 110, "r": 14, "t": 8, "b": 40})  # fmt: skip


def haircut(size: float, is_shown: bool) -> Figure:
    """Return each winner's profit, and the share of it that is taken."""
    done = jump(GAP, fund=size if is_shown else answers.FULL_FUND)
    profit = [gain(done, name) for name in shorts()]
    lost = [float(done.charge[list(letters()).index(name)]) if is_shown else 0.0 for name in shorts()]
    kept = [won - cut for won, cut in zip(profit, lost, strict=True)]
    texts = [
        f"{dollars(won)}, loses {dollars(cut)}" if cut > answers.PENNY else dollars(won)
        for won, cut in zip(profit, lost, strict=True)
    ]
    traces = [_row(kept, WINNERS), _row(lost, DEFAULTERS, kept, texts, pattern=STRIPES)]
    said = answers.haircut_said(size) if is_shown else f"What {listed(shorts())} have won by the jump."
    return _rows("haircut", "Who has won, and what is taken", said, traces, [f"▼ {name}" for name in shorts()],
                 "profit (USD)", 330.0, margin={"l": 50, "r": 14, "t": 8, "b": 40})  # fmt: skip


def rules(_trader: str, is_shown: bool) -> list[Figure]:
    """Return what each of the dozen won or lost and, after the vote, what each pays under three rules, on one scale."""
    rows = [f"{'▲' if name in longs() else '▼'} {name}" for name in letters()]
    if not is_shown:
        done = sharing.shared("none")
        won = [gain(done, name) for name in letters()]
        trace = _row(won, [WINNERS if each > 0 else DEFAULTERS for each in won])
        said = (
            f"{listed(shorts())} have won, {listed(longs())} have lost. Someone must bear "
            f"{dollars(sum(missing(done).values()))}."
        )
        chart = _rows("rules", "Won or lost by the jump", said, [trace], rows, "won or lost (USD)", 210.0, height=380)
        chart["layout"]["xaxis"]["range"] = [-120.0, 210.0]
        chart["layout"]["margin"]["l"] = 50
        return [chart]
    return [_rule(rule, words, rows, _trader) for rule, words in sharing.RULES.items()]


def _rule(rule: str, words: str, rows: Sequence[str], trader: str) -> Figure:
    paid = sharing.paid(rule)
    first = sharing.worst_off(rule)
    colors = [WINNERS if name in shorts() else NEUTRAL for name in letters()]
    texts = [dollars(paid[name]) if paid[name] > answers.PENNY else "" for name in letters()]
    said = f"{len(sharing.payers(rule))} pay, {first} the most."
    shapes = []
    if trader:
        at = letters().index(trader)
        shapes = [{"type": "rect", "x0": 0, "x1": 1, "xref": "paper", "y0": at - 0.5, "y1": at + 0.5,
                   "fillcolor": FAINT, "opacity": 0.35, "line": {"width": 0}, "layer": "below"}]  # fmt: skip
    return _rows(f"rule-{rule}", words, said, [_row([paid[name] for name in letters()], colors, None, texts)], rows,
                 "pays (USD)", 46.0, height=380, shapes=shapes, margin={"l": 44, "r": 8, "t": 8, "b": 40})  # fmt: skip


def leg(price: float, is_shown: bool) -> Figure:
    """Return what M's two legs and their sum have won or lost, over where the price goes on to."""
    prices = np.linspace(80.0, 100.0, 21)
    size = answers.size("A")
    if not is_shown:
        traces = [
            line("", prices, size * (prices - START), DEFAULTERS, 2),
            line("", prices, size * (START - prices), WINNERS, 2),
            line("", prices, 0.0 * prices, NEUTRAL, 3),
        ]
        said = "M's long loses what M's short wins: together nothing, wherever the price goes."
        names = {"▲ long": (80.0, -size * 20.0), "▼ short": (80.0, size * 20.0), "together": (80.0, 0.0)}
    else:
        both = np.array([sharing.total(sharing.hedged(float(each))) for each in prices])
        traces = [
            line("", prices, 0.0 * prices, NEUTRAL, 1, dash="dash"),
            line("", prices, both, DEFAULTERS, 3, "%{x:$.0f}: %{y:$,.2f}<extra></extra>"),
            markers("", np.array([price]), np.array([sharing.total(sharing.hedged(price))]),
                    {"size": 13, "color": WINNERS, "symbol": "diamond"}, "%{x:$.2f}: %{y:$,.2f}<extra></extra>"),
        ]  # fmt: skip
        said = sharing.leg_said(price)
        names = {"with both legs": (80.0, 0.0), "with one leg": (80.0, float(both[0]))}
    sides = {text: "top" if y < 0.0 else "bottom" for text, (_, y) in names.items()}
    texts = [label(text, x=x, y=y, xanchor="left", yanchor=sides[text], xshift=4) for text, (x, y) in names.items()]
    return figure(
        "leg", "M's two legs", said, traces, x=axis("the price goes on to (USD)", range=[79.5, 100.5]),
        y=axis("won or lost by M (USD)", range=[-235.0, 235.0]), height=HEIGHT, annotations=texts,
        shapes=[dotted(x=GAP)],
    )  # fmt: skip


def help_(chosen: Sequence[str], is_shown: bool) -> Figure:
    """Return what winners lose without help, with each of the four remedies, and with those that are chosen."""
    base = rate_of(sharing.with_help(()))
    rows, rates = ["none"], [base]
    if is_shown:
        rows += [*(label.lower() for label in sharing.HELP.values())]
        rates += [rate_of(sharing.with_help((name,))) for name in sharing.HELP]
        if len(chosen) > 1:
            rows.append("your choice")
            rates.append(rate_of(sharing.with_help(tuple(name for name in sharing.HELP if name in chosen))))
    values = [100.0 * rate for rate in rates]
    colors = [NEUTRAL, *[INSURANCE_FUND] * (len(rows) > 1), *[REFERENCE] * 3, WINNERS][: len(rows)]
    said = sharing.help_said(chosen) if is_shown else f"Without any help winners lose {percent(base)} of their profit."
    trace = _row(values, colors, None, [percent(rate) for rate in rates]) | {
        "hovertemplate": "%{x:.2f} %<extra></extra>"
    }
    return _rows("help", "What winners lose", said, [trace], rows, "share of their profit (%)",
                 1.35 * max(values) + 0.1, height=260, margin={"l": 130, "r": 14, "t": 8, "b": 40})  # fmt: skip
