"""Candidates for the tilts of a plan: everything that could break a venue, and what lies around what did."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.book import Book
from engine.drawing.path_settings import PathModel
from engine.margin import equity, liquidation_price, notional
from engine.rare_events.gap_tilts import GAP_MODELS
from engine.rare_events.tilted_blocks import blocks_of
from engine.rare_events.tilts import LARGEST_HEAT, Tilt
from engine.venue import Venue

SHIFTS = (1.5, 3.0, 4.5, 6.0, 8.0)
MOVES = (3.0, 4.5, 6.0, 8.0)
N_LEVELS = 8
GAPS = (1.0, 2.5)  # step deviations
N_BREAKING = 10
LARGEST_GAP, GAP_STEP = 8.0, 0.25  # step deviations
FARTHEST = 4.5  # deviations of the horizon
STEADY_MODELS = ("gbm", "crash")  # whose steps have one deviation throughout
SHORT_OF = (0.25, 1.0)  # deficits left before need less
HEATED_MODELS = ("garch", "bootstrap")  # in which large moves come together
HOT_SQUARES = (3.0, 6.0)  # deviations of a window's sum of squares
HOT_BLOCKS = (3.0, 6.0)
HOT_MOVES = (-2.5, 0.0, 2.5)


def trigger_levels(book: Book, venue: Venue, model: PathModel, start: float) -> tuple[float, ...]:
    """Return logs of prices, over the first one, at which many positions have their triggers, below and above.

    Quantiles of the triggers, weighted by notional and by the chance that the price comes there.
    """
    if model.model not in GAP_MODELS:
        return ()
    trigger = liquidation_price(book=book, venue=venue)
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.log(trigger / start)
    spread = model.step_volatility * math.sqrt(model.n_steps)
    found: list[float] = []
    for side in (-1.0, 1.0):
        at = np.flatnonzero((np.sign(book.size) == -side) & np.isfinite(level) & (side * level > 0.0))
        away = np.abs(level[at]) / spread
        weight = notional(book=book, price=start)[at] * np.exp(-0.5 * np.minimum(away, 8.0) ** 2)
        if weight.sum() > 0.0:
            order = np.argsort(away, kind="stable")
            below = np.cumsum(weight[order]) / weight.sum()
            places = np.searchsorted(below, (np.arange(N_LEVELS) + 0.5) / N_LEVELS)
            found += dict.fromkeys(level[at][order][np.minimum(places, order.size - 1)].tolist())
    return tuple(found)


def breaking_gaps(book: Book, venue: Venue, model: PathModel, start: float, need: float) -> tuple[Tilt, ...]:
    """Return the gaps by which one step would leave deficits of `need` all at once, the likeliest of them.

    The step passes every trigger between a level and where it lands; market impact is left out. One for each step
    deviation of the level: positions near each other break together.
    """
    if model.model not in STEADY_MODELS or model.volatility == 0:
        return ()
    with np.errstate(divide="ignore", invalid="ignore"):
        levels = np.log(liquidation_price(book=book, venue=venue) / start) / model.step_volatility
    farthest = FARTHEST * math.sqrt(model.n_steps)
    found: list[tuple[float, float, float]] = []
    for side in (-1.0, 1.0):
        level = side * levels
        at = np.flatnonzero((np.sign(book.size) == -side) & (level > 0.0) & (level < farthest))
        at = at[np.argsort(level[at], kind="stable")]
        level, gap = level[at], np.full(at.size, math.inf)
        for landing in np.arange(GAP_STEP, farthest + LARGEST_GAP, GAP_STEP):
            short = np.maximum(
                -equity(book=book, price=start * math.exp(side * landing * model.step_volatility))[at], 0.0
            )
            short[level > landing] = 0.0
            at_once = np.cumsum(short[::-1])[::-1]
            gap = np.minimum(gap, np.where((at_once > need) & (level < landing), landing - level, math.inf))
        unlikely = level**2 / model.n_steps + gap**2  # of two normals: the level is reached, and the step is so large
        order = np.argsort(unlikely, kind="stable")
        order = order[gap[order] < LARGEST_GAP]
        nearest = np.unique(np.floor(level[order]), return_index=True)[1]
        for j in order[nearest]:
            found.append((float(unlikely[j]), float(side * level[j] * model.step_volatility), float(gap[j])))
    likeliest = sorted(found)[:N_BREAKING]
    return tuple(Tilt(level=at, gap=max(gap - less, 0.0)) for _, at, gap in likeliest for less in SHORT_OF)


def broad_tilts(model: PathModel, levels: Sequence[float] = (), gaps: Sequence[Tilt] = ()) -> tuple[Tilt, ...]:
    """Return tilts towards everything that could break a venue: moves, volatility, jumps, bursts, gaps at levels."""
    length = -(-model.n_steps // model.block_length) if model.model == "bootstrap" else model.n_steps
    widths = [length >> k for k in range(1, 20) if length >> k >= 1]
    tilts = [Tilt(shift=side * shift) for side in (-1, 1) for shift in SHIFTS]
    tilts += [Tilt(move=side * move, width=width) for side in (-1, 1) for move in MOVES for width in widths]
    if model.model != "bootstrap":
        noise = math.sqrt(2.0 / model.n_steps)
        tilts += [Tilt(shift=s, scale=math.sqrt(1.0 + k * noise)) for s in (-2.0, 0.0, 2.0) for k in (2.0, 4.0)]
    if model.model == "student_t":
        tilts += [Tilt(move=m, burst=burst) for m in (-1.5, 0.0, 1.5) for burst in (0.2, 0.05, 0.01, 0.002)]
    if model.model in HEATED_MODELS:
        tilts += hot_windows(model, [length, *widths])
    tilts += [*gaps, *(Tilt(level=level, gap=gap) for level in levels for gap in GAPS)]
    if model.volatility == 0:
        tilts = []
    if model.model == "merton" and model.jump_intensity > 0:
        expected = model.jump_intensity * model.step_years * model.n_steps
        more = [max(1.0, count / expected) for count in (1.0, 2.0, 4.0)]
        tilts += [Tilt(intensity=f, jump_shift=m) for f in more for m in (-2.0, -1.0, 0.0, 1.0, 2.0)]
    return (Tilt(), *tilts)


def hot_windows(model: PathModel, widths: Sequence[int]) -> list[Tilt]:
    """Return windows of large moves: of squares that pass their mean by a few deviations, with and without a drift.

    In "bootstrap" the block of the largest squares becomes so many times as likely over the one of the mean.
    """
    if model.model == "bootstrap":
        squares = blocks_of(model).squares[0]
        spread = float(squares.max() - squares.mean())
        heats = [(width, log / spread) for width in widths for log in HOT_BLOCKS] if spread > 0.0 else []
    else:
        excess = [(width, math.sqrt(2.0 / width) * k) for width in widths for k in HOT_SQUARES]
        heats = [(width, 0.5 * more / (1.0 + more)) for width, more in excess]
    most = [(width, min(heat, LARGEST_HEAT)) for width, heat in heats]
    return [Tilt(heat=heat, width=width, move=move) for width, heat in most for move in HOT_MOVES]


def neighbors(tilts: Sequence[Tilt], model: PathModel) -> tuple[Tilt, ...]:
    """Return tilts around those of a plan, themselves included."""
    around: dict[Tilt, None] = {}
    for tilt in tilts:
        around[tilt] = None
        if tilt.heat != 0.0:
            for factor in (0.7, 1.4):
                around[replace(tilt, heat=min(tilt.heat * factor, LARGEST_HEAT))] = None
        if tilt.shift != 0.0 or tilt.move != 0.0 or tilt.heat != 0.0:
            for step in (-0.8, 0.8):
                where = "shift" if tilt.shift != 0.0 else "move"
                around[replace(tilt, **{where: getattr(tilt, where) + step})] = None
        if tilt.has_window and tilt.burst == 1.0:
            around[replace(tilt, width=max(tilt.width * 2 // 3, 1))] = None
            around[replace(tilt, width=max(min(tilt.width * 4 // 3, model.n_steps), 1))] = None
        if tilt.level != 0.0:
            for steps in (-2.0, -0.7, 0.7, 2.0):
                around[replace(tilt, level=tilt.level + steps * model.step_volatility)] = None
            for more in (-0.5, 0.5):
                around[replace(tilt, gap=max(tilt.gap + more, 0.0))] = None
        elif tilt != Tilt() and tilt.heat == 0.0 and model.model != "bootstrap" and model.volatility > 0:
            wider = math.sqrt(1.0 + 2.0 * math.sqrt(2.0 / model.n_steps))
            around[replace(tilt, scale=min(tilt.scale * wider, 10.0))] = None
        if tilt.intensity != 1.0:
            for factor in (0.6, 1.6):
                around[replace(tilt, intensity=min(tilt.intensity * factor, 1e6))] = None
            for step in (-0.5, 0.5):
                around[replace(tilt, jump_shift=tilt.jump_shift + step)] = None
        if tilt.burst != 1.0:
            for factor in (0.5, 2.0):
                around[replace(tilt, burst=min(tilt.burst * factor, 1.0))] = None
    return tuple(around)
