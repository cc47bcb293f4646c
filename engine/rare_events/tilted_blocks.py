"""Exponential tilting of the bootstrap: blocks of returns drawn with probabilities exp(tilt x what they add up to)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.drawing.path_models import Shocks, standardized_returns
from engine.drawing.path_settings import PathModel

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Blocks:
    """What blocks of returns add up to, by where they start in the series; all are alike but for a shorter last one.

    Parameters
    ----------
    sums, squares : (1 or 2, returns) float
        What a block adds to the path's standardized sum, and to its sum of squares.
    kind : (blocks,) int
        Row of each block of a path.
    """

    sums: Floats
    squares: Floats
    kind: NDArray[np.int64]
    _normalizers: dict[tuple[float, float], Floats] = field(default_factory=dict)

    def exponents(self, along: float, hot: float) -> Floats:
        """Return the log of how much likelier a start becomes, but for the normalizer."""
        return along * self.sums + hot * self.squares

    def log_normalizers(self, along: float, hot: float = 0.0) -> Floats:
        """Return log E[exp(exponent)] of every block, (blocks,)."""
        found = self._normalizers.get((along, hot))
        if found is None:
            exponents = self.exponents(along, hot)
            top = exponents.max(axis=1)
            found = top + np.log(np.mean(np.exp(exponents - top[:, None]), axis=1))
            self._normalizers[along, hot] = found
        return np.asarray(found[self.kind])


@lru_cache(maxsize=4)
def blocks_of(model: PathModel) -> Blocks:
    """Return the blocks of a model."""
    circle = np.concatenate([standardized_returns(model)] * 2)
    total = np.zeros((2, circle.size + 1))
    np.cumsum([circle / math.sqrt(model.n_steps), circle * circle], axis=1, out=total[:, 1:])
    n, (full, rest) = len(model.returns), divmod(model.n_steps, model.block_length)
    lengths = [model.block_length] * (full > 0) + [rest] * (rest > 0)
    sums, squares = np.stack([total[:, length : length + n] - total[:, :n] for length in lengths], axis=1)
    kind = np.zeros(full + (rest > 0), dtype=np.int64)
    kind[full:] = len(lengths) - 1
    return Blocks(sums, squares, kind)


def path_blocks(model: PathModel, shocks: Shocks) -> tuple[Floats, Floats]:
    """Return the sums and the squares of the blocks of each path, two (paths, blocks)."""
    assert shocks.return_index is not None
    starts, blocks = shocks.return_index[:, :: model.block_length], blocks_of(model)
    return blocks.sums[blocks.kind, starts], blocks.squares[blocks.kind, starts]


def tilt_blocks(
    model: PathModel,
    shocks: Shocks,
    tilts: Sequence[tuple[float, float, int, float]],
    choice: NDArray[np.int64],
    extra: Floats,
) -> Shocks:
    """Return shocks whose blocks start where (shift, move, width, heat) of each path's tilt draws them.

    Each start moves to the same quantile of the tilted law; `extra` (paths, 1 + blocks) holds the place of the window
    and where in its probability a start lies.
    """
    assert shocks.return_index is not None
    index, blocks, below = shocks.return_index.copy(), blocks_of(model), dict[tuple[float, float], Floats]()
    n_blocks, n_returns = blocks.kind.size, blocks.sums.shape[1]
    for which, (shift, move, width, heat) in enumerate(tilts):
        rows = np.flatnonzero(choice == which)
        if rows.size == 0 or (shift == 0.0 and move == 0.0 and heat == 0.0):
            continue
        wide = min(width, n_blocks)
        starts = np.arange(0, n_blocks - wide + 1, max(wide // 4, 1))
        first = starts[np.minimum((extra[rows, 0] * starts.size).astype(np.int64), starts.size - 1)]
        for block in range(n_blocks):
            is_inside = (first <= block) & (block < first + wide)
            column = block * model.block_length
            for inside, along, hot in ((True, shift + move, heat), (False, shift, 0.0)):
                members = rows[is_inside == inside]
                if members.size == 0 or (along == 0.0 and hot == 0.0):
                    continue
                if (along, hot) not in below:
                    exponents = blocks.exponents(along, hot)
                    chance = np.cumsum(np.exp(exponents - exponents.max(axis=1, keepdims=True)), axis=1)
                    below[along, hot] = chance / chance[:, -1:]
                quantile = (index[members, column] + extra[members, 1 + block]) / n_returns
                start = np.minimum(
                    np.searchsorted(below[along, hot][blocks.kind[block]], quantile, side="right"), n_returns - 1
                )
                length = min(model.block_length, model.n_steps - column)
                index[members, column : column + length] = (start[:, None] + np.arange(length)) % n_returns
    return shocks._replace(return_index=index)
