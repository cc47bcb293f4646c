"""Opening prices: where a step does not open at the last close, because the price jumped (docs/MODEL.md section 3)."""

from __future__ import annotations

import math

import numpy as np

from engine.arrays import Floats
from engine.drawing.path_models import LARGEST_LOG_MOVE, Shocks, jump_moves
from engine.drawing.path_settings import PathModel


def has_gaps(model: PathModel) -> bool:
    """Tell whether some step of a model's paths can open elsewhere than at the last close."""
    return model.model in ("merton", "history") or _is_sudden(model) or len(model.gap_steps) > 0


def new_opens(*, model: PathModel, n_paths: int) -> Floats:
    """Return an array for opening prices: (n_paths, n_steps + 1), or (n_paths, 0) for a model without gaps."""
    return np.empty((n_paths, model.n_steps + 1 if has_gaps(model) else 0))


def open_paths(*, model: PathModel, shocks: Shocks, prices: Floats, out: Floats) -> Floats:
    """Return where each step opens, written into `out` (n_paths, n_steps + 1), USD per coin.

    Parameters
    ----------
    model, shocks
        What the prices were made of.
    prices : (n_paths, n_steps + 1) float
        Closing prices, USD per coin, > 0.
    out : (n_paths, n_steps + 1) float
        Its first column becomes the first price.

    Notes
    -----
    O_t = C_{t-1}, the last close, but for a gap: C_{t-1} exp(J_t) where a merton path jumps by J_t (the diffusion
    follows) or an hour of a recorded day opened elsewhere; C_{t-1} (1 - crash_depth)^crash_scale where a scripted crash
    takes one step; C_t in `gap_steps`.
    """
    out[:, 0] = prices[:, 0]
    out[:, 1:] = prices[:, :-1]
    if model.model == "merton":
        where, size = jump_moves(model=model, shocks=shocks)
        path, step = np.divmod(where, model.n_steps)
        start, farthest = prices[path, 0], math.exp(LARGEST_LOG_MOVE)
        jumped = out[path, step + 1] * np.exp(np.clip(size, -2 * LARGEST_LOG_MOVE, 2 * LARGEST_LOG_MOVE))
        out[path, step + 1] = np.clip(jumped, start / farthest, start * farthest)
    if model.model == "history":
        assert shocks.return_index is not None
        days, drawn = model.recorded_days(), shocks.return_index[:, 0]
        out[:, 1:] *= days.opens[drawn, 1 : out.shape[1]] / days.closes[drawn, : out.shape[1] - 1]
    if _is_sudden(model):
        out[:, model.crash_start + 1] *= (1.0 - model.crash_depth) ** model.crash_scale
    steps = list(model.gap_steps)
    out[:, steps] = prices[:, steps]
    return out


def _is_sudden(model: PathModel) -> bool:
    return model.model == "crash" and model.crash_steps == 1
