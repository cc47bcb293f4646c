"""Reference price paths of one coin or of several together (docs/MODEL.md sections 6 and 8)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any, Literal, overload

import numpy as np

from engine.arrays import Floats
from engine.drawing.blocks import BLOCK, draw_block, first_price
from engine.drawing.joint_paths import draw_joint_block
from engine.drawing.joint_settings import JointPathModel
from engine.drawing.path_settings import PathModel
from engine.errors import Checker

MOST_KEPT = 4_096  # steps of a path that is kept for the next run on it


@overload
def draw_paths(
    *,
    model: PathModel | JointPathModel,
    initial_price: float | Sequence[float] | Floats | None = None,
    n_paths: int,
    seed: int,
    return_opens: Literal[False] = False,
) -> Floats: ...


@overload
def draw_paths(
    *,
    model: PathModel | JointPathModel,
    initial_price: float | Sequence[float] | Floats | None = None,
    n_paths: int,
    seed: int,
    return_opens: Literal[True],
) -> tuple[Floats, Floats]: ...


def draw_paths(
    *,
    model: PathModel | JointPathModel,
    initial_price: float | Sequence[float] | Floats | None = None,
    n_paths: int,
    seed: int,
    return_opens: bool = False,
) -> Floats | tuple[Floats, Floats]:
    """Return reference price paths in USD per coin: where each step closes.

    Parameters
    ----------
    model : PathModel or JointPathModel
        The price model.
    initial_price : float, (K,) float of a JointPathModel, or None
        Price at step 0, USD per coin, > 0; it goes before the model's own. Models that bring their prices ("waypoints",
        "array") have no use for it. None: the model's own.
    n_paths : int
        >= 1; more paths leave the first ones as they are.
    seed : int
        >= 0.
    return_opens : bool
        True: return (closes, opens), two arrays of that shape; opens are where each step opens, the last close but for
        jumps and other gaps. The first of them is the first price.

    Returns
    -------
    (n_paths, n_steps + 1), of a JointPathModel with J assets (n_paths, K + J, n_steps + 1) float

    Raises
    ------
    InputError
        For counts out of range and for a price that is missing or out of range. NaN is refused.

    Examples
    --------
    >>> draw_paths(model=PathModel(volatility=0.0, n_steps=2), initial_price=100.0, n_paths=1, seed=0)
    array([[100., 100., 100.]])
    >>> fall = PathModel(model="array", prices=(100.0, 90.0, 80.0), n_steps=2, gap_steps=(2,))
    >>> closes, opens = draw_paths(model=fall, n_paths=1, seed=0, return_opens=True)
    >>> opens
    array([[100., 100.,  80.]])
    """
    check = Checker()
    check.whole("n_paths", n_paths, least=1)
    check.raise_if_any()
    draw: Any
    if isinstance(model, JointPathModel):
        draw = partial(draw_joint_block, model=model, initial_price=model.prices_at_start(initial_price))
        shape: tuple[int, ...] = (n_paths, model.n_prices, model.n_steps + 1)
    else:
        start = first_price(model, initial_price)  # type: ignore[arg-type]  # which it checks
        draw = partial(draw_block, model=model, initial_price=start)
        shape = (n_paths, model.n_steps + 1)
    prices = np.empty(shape)
    opens = np.empty(shape) if return_opens else None
    for row in range(0, n_paths, BLOCK):
        rows = slice(row, row + BLOCK)
        draw(seed=seed, block=row // BLOCK, out=prices[rows], opens=None if opens is None else opens[rows])
    return prices if opens is None else (prices, opens)


def one_path(model: PathModel, initial_price: float, seed: int) -> tuple[Floats, Floats]:
    """Return where each step of a seed's first path closes and opens, (n_steps + 1,) each, read-only, USD per coin.

    The latest are kept, for a run with another book or on another venue; but not prices that are given at every step,
    which may be somebody's own.
    """
    is_kept = model.n_steps <= MOST_KEPT and model.model != "array"
    return (_latest if is_kept else _drawn)(model, initial_price, seed)


def _drawn(model: PathModel, initial_price: float, seed: int) -> tuple[Floats, Floats]:
    paths = draw_paths(model=model, initial_price=initial_price, n_paths=1, seed=seed, return_opens=True)
    for prices in paths:
        prices.setflags(write=False)
    return paths[0][0], paths[1][0]


_latest = lru_cache(maxsize=64)(_drawn)  # 4 MB
