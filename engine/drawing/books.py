"""Drawing a book: who is long, how large, at what leverage and entry, with which stop.

Each property has a random stream of its own, so a setting moves what it names and nothing else: with another leverage
the same traders keep side, size and stop, and their leverage is scaled. In a book that has a past, leverage and entry
hang together: who would have been forced out is drawn again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from engine.arrays import Floats
from engine.book import Book
from engine.contracts import INVERSE
from engine.drawing.book_settings import BookModel, Brackets, Position
from engine.drawing.past import draw_survivors, read_past
from engine.drawing.path_settings import PathModel
from engine.errors import Checker
from engine.streams import Stream, check_seed, stream

Traders = tuple[Floats, Floats, Floats, Floats | None]  # size, entry price, collateral, stop

# Shares of the log distance to liquidation: the largest loss at entry_price, and 1 / one standard deviation of entries.
LARGEST_LOSS_SHARE = 0.9
DEVIATIONS_TO_LIQUIDATION = 3.0
# Random numbers are kept for the next book of the same seed, which only moves a setting: of small books those of many
# visitors at once, 8 MB, and of larger ones the latest, 16 MB.
SMALL, MOST_KEPT = 8_192, 250_000  # traders


def draw_book(
    *,
    model: BookModel,
    seed: int,
    extra: Sequence[Position] = (),
    past: PathModel | ArrayLike | None = None,
    brackets: Brackets = (),
    maintenance_basis: str = "mark",
) -> Book:
    """Return the book that belongs to these settings and this seed.

    Parameters
    ----------
    model : BookModel
        What the traders look like.
    seed : int
        >= 0. The same seed gives the same traders whatever the settings.
    extra : sequence of Position
        Named positions; they come after the drawn ones and count towards the open interest of their side. A book with
        named positions labels the drawn ones by their index; one without has no labels.
    past : PathModel, (m,) float or None
        Where the price was before: a model, of which a path is drawn and scaled so that it ends at `entry_price`, at
        least four times `holding_hours` long; or past prices in USD per coin, one an hour, oldest first, that end there
        (to 1e-9 of it). None: entries are spread around `entry_price` and nobody has been forced out.
    brackets : tuple of (notional floor, rate, amount)
        With a past: the margin table that forced positions out, in the settlement currency; empty: the model's
        maintenance rate.
    maintenance_basis : {"mark", "entry"}
        With a past: what the requirement was measured at, as in Venue.

    Raises
    ------
    InputError
        For an empty book, a seed out of range, a repeated name, or named positions that leave no open interest to the
        drawn traders of their side; for a past that is empty, not finite, <= 0, too short or does not end at the first
        price.

    Notes
    -----
    Size: w_i = exp(E_i / size_tail) with E_i standard exponential, a Pareto law cut at n_traders^(1 / size_tail), which
    one trader is expected to pass; scaled so that each side sums to the open interest less what is named.
    Leverage: exp(log(leverage) + leverage_dispersion z_i), clipped to its bounds. Collateral: entry notional over it.
    Entry: entry_price exp(d_i z_i - d_i^2 / 2) with d_i the smaller of entry_dispersion and a third of the log distance
    from entry to liquidation, a loss at entry_price being at most nine tenths of that distance: so traders with little
    margin entered close to the price, and a path that starts there liquidates nobody with its first price.
    With a past (docs/MODEL.md section 2): age exponential with mean holding_hours, entry the past's price of that time.
    Whose trigger, stop or liquidation price, was touched since then is drawn again, age and leverage; who is after 64
    rounds still forced out enters now. Stops lie where they were put at entry.

    Examples
    --------
    >>> book = draw_book(model=BookModel(n_traders=4), seed=1)
    >>> bool(abs(book.size.sum()) < 1e-9 * abs(book.size).sum())
    True
    """
    _check_request(model, extra)
    check_seed(seed)
    side, size = _draw_positions(model, seed, extra)
    distance = _draw_stop_distances(model, seed)
    if past is None:
        leverage = _draw_leverage(model, seed)
        entry = _draw_entries(model, seed, side, leverage)
        worse = np.where(side > 0, np.minimum(entry, model.entry_price), np.maximum(entry, model.entry_price))
    else:
        entry, leverage = draw_survivors(
            model=model,
            seed=seed,
            side=side,
            size=size,
            stop_distance=distance,
            past=read_past(past, model=model, seed=seed),
            margin=brackets,
            maintenance_basis=maintenance_basis,
        )
        worse = entry
    collateral = size / entry if model.contract == INVERSE else size * entry
    np.abs(collateral, out=collateral)
    collateral /= leverage
    stop = None if distance is None else worse * np.exp(-side * distance)
    return _assemble(model, (size, entry, collateral, stop), extra)


def _kept(name: Stream, n: int, seed: int, method: str) -> Floats:
    """Return n numbers that a method of a stream's generator draws, read-only, from a cache if they are not many."""
    if n > MOST_KEPT:
        return _draw(name, n, seed, method)
    return (_small if n <= SMALL else _latest)(name, n, seed, method)


def _draw(name: Stream, n: int, seed: int, method: str) -> Floats:
    drawn: Floats = getattr(stream(seed, name), method)(n)
    drawn.setflags(write=False)
    return drawn


_latest = lru_cache(maxsize=8)(_draw)
_small = lru_cache(maxsize=128)(_draw)


def _draw_positions(model: BookModel, seed: int, extra: Sequence[Position]) -> tuple[Floats, Floats]:
    """Return the side of each trader, +1 or -1, and its signed size, read-only; leverage and entries move neither."""
    left = (_left_for(model, 1.0, extra), _left_for(model, -1.0, extra))
    kept = _small_positions if model.n_traders <= SMALL else _latest_positions
    fill = kept if model.n_traders <= MOST_KEPT else _positions
    return fill(model.n_traders, _n_longs(model), model.size_tail, left, seed)


def _positions(n: int, n_longs: int, size_tail: float, left: tuple[float, float], seed: int) -> tuple[Floats, Floats]:
    side = _draw_sides(n, n_longs, seed)
    size = _draw_sizes(n, size_tail, left, seed, side)
    for values in (side, size):
        values.setflags(write=False)
    return side, size


_latest_positions = lru_cache(maxsize=4)(_positions)
_small_positions = lru_cache(maxsize=64)(_positions)


def _draw_sides(n: int, n_longs: int, seed: int) -> Floats:
    """Return +1 for the traders with the lowest uniforms, so that a larger long share only turns shorts into longs."""
    side = np.full(n, -1.0)
    if n_longs:
        uniform = _kept(Stream.BOOK_SIDES, n, seed, "random")
        side[np.argpartition(uniform, n_longs - 1)[:n_longs]] = 1.0
    return side


def _n_longs(model: BookModel) -> int:
    n_longs = math.floor(model.long_share * model.n_traders + 0.5)
    if model.n_traders >= 2 and 0 < model.long_share < 1:
        return min(max(n_longs, 1), model.n_traders - 1)
    return n_longs


def _draw_sizes(n: int, size_tail: float, left: tuple[float, float], seed: int, side: Floats) -> Floats:
    size = np.minimum(_kept(Stream.BOOK_SIZES, n, seed, "standard_exponential"), math.log(max(n, 1)))
    np.exp(size / size_tail, out=size)
    for sign, whole in zip((1.0, -1.0), left, strict=True):
        total = float(np.sum(size, where=side == sign))
        if total > 0:
            size[side == sign] *= sign * whole / total
    return size


def _left_for(model: BookModel, sign: float, extra: Sequence[Position]) -> float:
    """Return the size of one side that named positions leave to drawn traders: coins (linear) or USD (inverse)."""
    total = model.open_interest if model.contract == INVERSE else model.open_interest / model.entry_price
    return total - sum(abs(position.size) for position in extra if position.size * sign > 0)


def _draw_leverage(model: BookModel, seed: int) -> Floats:
    normal = _kept(Stream.BOOK_LEVERAGE, model.n_traders, seed, "standard_normal")
    leverage = normal * model.leverage_dispersion
    leverage += math.log(model.leverage)
    np.exp(leverage, out=leverage)
    return np.clip(leverage, model.leverage_floor, model.largest_leverage, out=leverage)


def _draw_entries(model: BookModel, seed: int, side: Floats, leverage: Floats) -> Floats:
    room = _room(model, side, leverage)
    deviation = np.minimum(room / DEVIATIONS_TO_LIQUIDATION, model.entry_dispersion)
    shift = _kept(Stream.BOOK_ENTRY, model.n_traders, seed, "standard_normal") * deviation
    np.square(deviation, out=deviation)
    deviation *= 0.5
    shift -= deviation
    shift *= side
    room *= LARGEST_LOSS_SHARE
    loss = np.minimum(shift, room, out=room)
    loss *= side
    entry = np.exp(loss, out=loss)
    entry *= model.entry_price
    return entry


def _room(model: BookModel, side: Floats, leverage: Floats) -> Floats:
    """Return the log distance from each entry to its liquidation price, infinity where there is none.

    With initial margin 1/L and maintenance rate m the price may fall by log((1 - m) / (1 - 1/L)) and rise by
    log((1 + 1/L) / (1 + m)) in linear contracts; in inverse ones fall and rise change places.
    """
    margin, rate = 1.0 / leverage, model.maintenance_rate
    is_inverse = model.contract == INVERSE
    bound = np.log1p(margin) - math.log1p(rate)
    with np.errstate(divide="ignore"):
        open_end = math.log1p(-rate) - np.log1p(-np.minimum(margin, 1.0))
    return np.where((side > 0) != is_inverse, open_end, bound)


def _draw_stop_distances(model: BookModel, seed: int) -> Floats | None:
    """Return the log distance of each stop, NaN for who has none; None where nobody has one."""
    if model.stop_share == 0:
        return None
    n = model.n_traders
    has_stop = _kept(Stream.BOOK_STOPS, n, seed, "random") < model.stop_share
    distance = _kept(Stream.BOOK_STOP_DISTANCES, n, seed, "random")
    return np.where(has_stop, model.stop_distance * (0.5 + distance), np.nan)


def with_named(traders: Traders, named: Sequence[Position], is_inverse: bool) -> dict[str, Any]:
    """Return size, entry price, collateral and stop of traders (None: nobody has one), named positions at their end."""
    size, entry, collateral, stop = traders
    if named:
        size = np.append(size, [position.size for position in named])
        entry = np.append(entry, [position.entry_price for position in named])
        stops = [math.nan if position.stop_price is None else position.stop_price for position in named]
        if stop is not None or not np.isnan(stops).all():
            stop = np.append(np.full(collateral.size, np.nan) if stop is None else stop, stops)
        collateral = np.append(collateral, [position.margin(is_inverse=is_inverse) for position in named])
    return {"size": size, "entry_price": entry, "collateral": collateral, "stop_price": stop}


def _assemble(model: BookModel, drawn: Traders, extra: Sequence[Position]) -> Book:
    arrays = with_named(drawn, extra, model.contract == INVERSE)
    if not extra:
        return Book(contract=model.contract, **arrays)
    labels = (_small_labels if model.n_traders <= SMALL else _labels)(model.n_traders)
    return Book(
        **arrays,
        track_record=_records(model.n_traders, extra),
        trader_id=labels + tuple(position.trader_id for position in extra),
        contract=model.contract,
    )


def _labels(n: int) -> tuple[str, ...]:
    """Return the labels of drawn traders: their indices."""
    return tuple(map(str, range(n)))


_small_labels = lru_cache(maxsize=4)(_labels)


def _records(n_drawn: int, extra: Sequence[Position]) -> Floats | None:
    """Return the track records of a book, None where every one is 1."""
    known = [position.track_record for position in extra]
    return None if all(value == 1.0 for value in known) else np.append(np.ones(n_drawn), known)


def _check_request(model: BookModel, extra: Sequence[Position]) -> None:
    check = Checker("book")
    if model.n_traders == 0 and not extra:
        check.add("n_traders", ">= 1 in a book without named positions", model.n_traders)
    seen: set[str] = set()
    for position in extra:
        name = position.trader_id
        if name in seen or (name.isdecimal() and int(name) < model.n_traders):
            check.add("trader_id", "a name that no other trader has", name)
        seen.add(name)
    n_longs = _n_longs(model)
    for sign, count, whose in ((1.0, n_longs, "longs"), (-1.0, model.n_traders - n_longs, "shorts")):
        left = _left_for(model, sign, extra)
        if count and left <= 0:
            value = model.entry_price if model.contract != INVERSE else 1.0
            named = model.open_interest - left * value
            check.add("open_interest", f"> {named:g}, what the named {whose} hold", model.open_interest)
    check.raise_if_any()
