"""Reference price paths of one coin or of several together (docs/MODEL.md sections 6 and 8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal, overload

import numpy as np

from engine.arrays import Floats
from engine.drawing.blocks import BLOCK, draw_block, first_price
from engine.drawing.joint_paths import draw_joint_block
from engine.drawing.joint_settings import JointPathModel
from engine.drawing.path_settings import PathModel
from engine.errors import Checker, wrong_input

MOST_KEPT = 4_096  # steps of a path that is kept for the next run on it
Fill = Callable[[int, int, Floats, Floats | None], None]  # seed, block, closing and opening prices to fill


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
    fill, shape = _joint(model, initial_price) if isinstance(model, JointPathModel) else _single(model, initial_price)
    prices = np.empty((n_paths, *shape))
    opens = np.empty_like(prices) if return_opens else None
    for row in range(0, n_paths, BLOCK):
        rows = slice(row, row + BLOCK)
        fill(seed, row // BLOCK, prices[rows], None if opens is None else opens[rows])
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


def _single(model: PathModel, given: object) -> tuple[Fill, tuple[int, ...]]:
    """Return what fills blocks of a coin's paths, and the shape of a path."""
    start = first_price(model, given)  # type: ignore[arg-type]  # which it checks

    def fill(seed: int, block: int, out: Floats, opens: Floats | None) -> None:
        draw_block(model=model, initial_price=start, seed=seed, block=block, out=out, opens=opens)

    return fill, (model.n_steps + 1,)


def _joint(model: JointPathModel, given: object) -> tuple[Fill, tuple[int, ...]]:
    """The same of several coins."""
    if given is not None and np.ndim(given) != 1:  # type: ignore[arg-type]
        raise wrong_input("initial_price", f"{model.n_coins} prices, one for each coin", given)
    start = model.prices_at_start(given)  # type: ignore[arg-type]

    def fill(seed: int, block: int, out: Floats, opens: Floats | None) -> None:
        draw_joint_block(model=model, start=start, seed=seed, block=block, closes=out, opens=opens)

    return fill, (model.n_prices, model.n_steps + 1)
