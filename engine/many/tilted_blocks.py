"""Exponential tilting of the bootstrap: blocks of returns drawn with probabilities exp(tilt x standardized sum)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.drawing.path_models import Shocks, standardized_returns
from engine.drawing.path_settings import PathModel

Floats = NDArray[np.float64]


def block_sums(model: PathModel) -> Floats:
    """Return what a block adds to the path's standardized sum, (blocks, returns): by block and by where it starts."""
    circle = np.concatenate([standardized_returns(model)] * 2)
    total = np.concatenate(([0.0], np.cumsum(circle))) / math.sqrt(model.n_steps)
    n, full = len(model.returns), model.n_steps // model.block_length
    lengths = [model.block_length] * full + [model.n_steps - full * model.block_length]
    return np.array([total[length : length + n] - total[:n] for length in lengths if length > 0])


def path_block_sums(model: PathModel, shocks: Shocks) -> Floats:
    """Return what each block of each path adds to its standardized sum, (paths, blocks)."""
    assert shocks.return_index is not None
    starts = shocks.return_index[:, :: model.block_length]
    return np.asarray(block_sums(model)[np.arange(starts.shape[1]), starts])


def log_normalizers(by_block: Floats, tilt: float) -> Floats:
    """Return log E[exp(tilt x sum)] of every block, (blocks,)."""
    logs = tilt * by_block
    top = logs.max(axis=1)
    return np.asarray(top + np.log(np.mean(np.exp(logs - top[:, None]), axis=1)))


def tilt_blocks(
    model: PathModel,
    shocks: Shocks,
    tilts: Sequence[tuple[float, float, int]],
    choice: NDArray[np.int64],
    extra: Floats,
) -> Shocks:
    """Return shocks whose blocks start where (shift, move, width) of each path's tilt draws them.

    Each start moves to the same quantile of the tilted law; `extra` (paths, 1 + blocks) holds the place of the window
    and where in its probability a start lies.
    """
    assert shocks.return_index is not None
    index, by_block = shocks.return_index.copy(), block_sums(model)
    n_blocks, n_returns = by_block.shape
    for which, (shift, move, width) in enumerate(tilts):
        rows = np.flatnonzero(choice == which)
        if rows.size == 0 or (shift == 0.0 and move == 0.0):
            continue
        wide = min(width, n_blocks)
        starts = np.arange(0, n_blocks - wide + 1, max(wide // 4, 1))
        first = starts[np.minimum((extra[rows, 0] * starts.size).astype(np.int64), starts.size - 1)]
        for block in range(n_blocks):
            is_inside = (first <= block) & (block < first + wide)
            column = block * model.block_length
            for inside, tilt in ((True, shift + move), (False, shift)):
                members = rows[is_inside == inside]
                if members.size == 0 or tilt == 0.0:
                    continue
                chance = np.exp(tilt * by_block[block] - np.max(tilt * by_block[block]))
                below = np.cumsum(chance) / chance.sum()
                quantile = (index[members, column] + extra[members, 1 + block]) / n_returns
                start = np.minimum(np.searchsorted(below, quantile, side="right"), n_returns - 1)
                length = min(model.block_length, model.n_steps - column)
                index[members, column : column + length] = (start[:, None] + np.arange(length)) % n_returns
    return shocks._replace(return_index=index)
