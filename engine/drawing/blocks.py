"""Blocks of reference price paths, drawn from named random streams (docs/MODEL.md section 6).

Path k belongs to block k // BLOCK and is row k % BLOCK of it, whatever the number of paths, threads or workers.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Floats
from engine.drawing.gaps import open_paths
from engine.drawing.path_models import Shocks, draw_shocks, log_paths, waypoints
from engine.drawing.path_settings import PRICE_RANGE, PathModel
from engine.errors import Checker, wrong_input
from engine.streams import check_seed

BLOCK = 256


def draw_block(
    *,
    model: PathModel,
    initial_price: float | None = None,
    seed: int,
    block: int,
    out: Floats,
    opens: Floats | None = None,
) -> Floats:
    """Return the first paths of one block, written into `out` (n_paths, n_steps + 1), in USD per coin.

    Parameters
    ----------
    model, initial_price, seed
        As in draw_paths.
    block : int
        Number of the block, >= 0.
    out : (n_paths, n_steps + 1) float
        C-contiguous array to write into; its length, 1 to BLOCK, says how many paths are wanted.
    opens : (n_paths, n_steps + 1) or (n_paths, 0) float or None
        Array to write opening prices into, as from new_opens; one without columns, or None, wants none.

    Notes
    -----
    Safe to call from many threads at once. What takes long (the draws, exp) runs without the interpreter's lock.
    """
    start = first_price(model, initial_price)
    check_seed(seed)
    check = Checker()
    check.whole("block", block, least=0)
    check.whole("n_paths", out.shape[0], least=1, most=BLOCK)
    check.raise_if_any()
    _check_out(out, model)
    shocks = draw_shocks(model=model, seed=seed, block=block, n_paths=out.shape[0])
    return price_paths(model=model, initial_price=start, shocks=shocks, out=out, opens=opens)


def price_paths(
    *, model: PathModel, initial_price: float | None = None, shocks: Shocks, out: Floats, opens: Floats | None = None
) -> Floats:
    """Return the price paths that follow from shocks, written into `out` (n_paths, n_steps + 1), USD per coin.

    Opening prices go into `opens`, as in draw_block.
    """
    start = first_price(model, initial_price)
    log_paths(model=model, shocks=shocks, out=out)
    np.exp(out, out=out)
    out *= start
    steps, prices = waypoints(model)
    out[:, steps] = prices
    if opens is not None and opens.shape[1] > 0:
        open_paths(model=model, shocks=shocks, prices=out, out=opens)
    return out


def first_price(model: PathModel, initial_price: float | None = None) -> float:
    """Return the price at step 0: the model's first given price, else `initial_price`, else the model's own.

    Raises
    ------
    InputError
        When none of them is there, or `initial_price` is out of range.
    """
    if model.given_price is not None:
        return float(model.given_price)
    price = model.initial_price if initial_price is None else initial_price
    check = Checker()
    check.number("initial_price", price, least=PRICE_RANGE[0], most=PRICE_RANGE[1])
    check.raise_if_any()
    assert price is not None
    return float(price)


def _check_out(out: Floats, model: PathModel) -> None:
    width = model.n_steps + 1
    if out.dtype != np.float64 or out.ndim != 2 or out.shape[1] != width or not out.flags.c_contiguous:
        bound = f"a C-contiguous float64 array of {width} columns"
        raise wrong_input("out", bound, f"{out.dtype} {out.shape}")
