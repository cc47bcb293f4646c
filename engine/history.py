"""Real days: recorded hourly candles of a coin, as paths that a run can be put on (docs/MODEL.md section 6)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.compile import compiled
from engine.errors import MOST_SHOWN, Checker, require_choice, wrong_input
from engine.kernel.state import Floats

PRICES = Path(__file__).parents[1] / "data" / "prices"
HOURLY = "1h"
HOURS = 24
LEGS = 3 * HOURS  # of a day: to the extreme that comes first, to the other one, to the close of each hour
LEG_MINUTES = 20.0
STEP_LENGTHS = (1.0, 2.0, 4.0, 5.0, 10.0, 20.0)  # minutes that a leg can be walked in
LEG_SQUARES = 3.75  # squares of an hour's three legs over that of its open to close: 3.6 to 4.3 by coin and years
DAILY_MEMORY = 0.94  # weight of yesterday's variance, RiskMetrics 1996
WARM_UP = 30 * HOURS  # hours that the first variance is the mean of

Whole = NDArray[np.int64]
Dates = NDArray[np.datetime64]


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class RecordedPrices:
    """Candles of one coin as they were recorded; nothing is filled in.

    Parameters
    ----------
    coin : str
    step : int
        Seconds in a bar.
    start : (n,) int
        Start of each bar, seconds since 1970, UTC, rising; bars that are missing are not there.
    open, high, low, close : (n,)
        USD per coin.
    """

    coin: str
    step: int
    start: Whole
    open: Floats
    high: Floats
    low: Floats
    close: Floats


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class RecordedDays:
    """Real days as paths of n steps: 72 legs of 20 minutes, each walked straight in log price.

    Parameters
    ----------
    date : (d,) datetime64[D]
        Of each path's first hour, UTC.
    closes, opens : (d, n + 1)
        Where each step closes and opens, USD per coin, for `simulate(prices=, opens=)`. An hour opens where it was
        recorded to; its three legs then go without a gap to the extreme that the bar's direction puts first (a falling
        hour makes its high first), to the other, to the close. The first column is the day's first price, twice.
    first_bar : (d,) int
        Place of each day's first hour in `recorded_prices(coin)`: what lies before it is that day's past.
    left_out : tuple of (date, reason)
        Days of the window that are not whole.
    """

    date: Dates
    closes: Floats
    opens: Floats
    first_bar: Whole
    left_out: tuple[tuple[str, str], ...]

    def __len__(self) -> int:
        """Return the number of days."""
        return int(self.date.size)

    def take(self, places: slice | Whole) -> RecordedDays:
        """Return some of the days."""
        names = ("date", "closes", "opens", "first_bar")
        return replace(self, **{name: getattr(self, name)[places] for name in names})


@lru_cache(maxsize=1)
def recorded_coins() -> tuple[str, ...]:
    """Return the coins whose hours are recorded."""
    return tuple(sorted(path.stem.split("-")[0].upper() for path in PRICES.glob(f"*-{HOURLY}.npz")))


@lru_cache(maxsize=16)
def recorded_prices(coin: str, window: str = HOURLY) -> RecordedPrices:
    """Return the recorded candles of a coin, arrays read-only.

    Parameters
    ----------
    coin : str
        One of `recorded_coins()`.
    window : str
        "1h": every hour there is; else the minutes of a crash, as "2021-05-1m".

    Raises
    ------
    UnknownNameError
        When there are no such prices; the sentence names what there is.

    Examples
    --------
    >>> recorded_prices("BTC").close[0]
    np.float64(4308.83)
    """
    require_choice("coin", coin, recorded_coins())
    stem = f"{coin.lower()}-"
    windows = [path.stem.removeprefix(stem) for path in PRICES.glob(f"{stem}*.npz")]
    require_choice("window", window, windows)
    with np.load(PRICES / f"{stem}{window}.npz", allow_pickle=False) as file:
        first, last, high, low = _decode(file["moves"])
        unit, step = 10.0 ** int(file["digits"]), int(file["step"])
        start = _starts(int(file["start"]), step, file["gaps"], first.size)
    columns = {"open": first / unit, "high": high / unit, "low": low / unit, "close": last / unit}
    for values in (start, *columns.values()):
        values.setflags(write=False)
    return RecordedPrices(coin=coin, step=step, start=start, **columns)


def _decode(moves: NDArray[np.int32]) -> tuple[Whole, Whole, Whole, Whole]:
    """Return open, close, high and low as whole numbers of the smallest unit (benchmarks/make_prices.py)."""
    gap, move, above, below = moves.astype(np.int64)
    last = np.cumsum(gap + move)
    first = last - move
    return first, last, np.maximum(first, last) + above, np.minimum(first, last) - below


def _starts(start: int, step: int, gaps: Whole, n: int) -> Whole:
    """Return when each bar starts; a gap is (number of the first missing bar from the start, how many)."""
    is_there = np.ones(n + int(gaps[:, 1].sum()), dtype=np.bool_)
    for first, length in gaps:
        is_there[first : first + length] = False
    return start + step * np.flatnonzero(is_there).astype(np.int64)


def recorded_days(
    *,
    coin: str,
    since: str | None = None,
    until: str | None = None,
    start_hour: int = 0,
    volatility: float | None = None,
    minutes_per_step: float = LEG_MINUTES,
) -> RecordedDays:
    """Return the real days of a coin, each an hour-by-hour path.

    Parameters
    ----------
    coin : str
        One of `recorded_coins()`.
    since, until : str or None
        First and last day, "2022-01-31"; None: as far as the record goes.
    start_hour : int
        Hour, UTC, at which a day starts: 0 to 23.
    volatility : float or None
        None: days as they were. A number (per year): filtered historical simulation, see Notes.
    minutes_per_step : float
        Length of a step, one of STEP_LENGTHS; impact fades once a step, so it should be short beside its half-life.

    Returns
    -------
    RecordedDays
        Days with missing hours are not in it, and named in `left_out`.

    Raises
    ------
    InputError
        For a coin without prices, a date that is none, and a window without a whole day.

    Notes
    -----
    docs/MODEL.md section 7. Filtered historical simulation: every log move of an hour, the gap before it included, is
    multiplied by `volatility` over the EWMA volatility of its time (`ewma_volatility`, known before the hour begins),
    so a calm year's shocks come at the level asked for and keep their shape.

    References
    ----------
    Barone-Adesi, Giannopoulos, Vosper 1999, "VaR without correlations for portfolios of derivative securities".
    """
    prices = recorded_prices(coin)
    if minutes_per_step not in STEP_LENGTHS:
        bound = f"one of {', '.join(f'{m:g}' for m in STEP_LENGTHS)}"
        raise wrong_input("minutes_per_step", bound, minutes_per_step)
    first, last = _window(prices, since, until, start_hour, volatility)
    day, place, reason = _days_of(prices, first, last, start_hour, is_scaled=volatility is not None)
    kept = np.array([d not in reason for d in day.tolist()], dtype=np.bool_)
    left_out = tuple((str(np.datetime64(d, "D")), why) for d, why in sorted(reason.items()))
    if not kept.any():
        _refuse_window(prices, since, until, left_out)
    closes, opens = _paths(prices, place[kept])
    if volatility is not None:
        known = ewma_volatility(coin)[place[kept][:, None] + np.arange(HOURS)]
        closes, opens = _scaled(closes, opens, volatility / known)
    closes, opens = walked(closes, opens, round(LEG_MINUTES / minutes_per_step))
    return RecordedDays(
        date=day[kept].astype("datetime64[D]"),
        closes=closes,
        opens=opens,
        first_bar=place[kept],
        left_out=left_out,
    )


def _days_of(
    prices: RecordedPrices, first: int, last: int, start_hour: int, *, is_scaled: bool
) -> tuple[Whole, Whole, dict[int, str]]:
    """Return the numbers of the days of a window, where each begins in the record, and why some cannot be used."""
    number = (prices.start - 3600 * start_hour) // 86_400
    day = np.arange(first, last + 1)
    place = np.searchsorted(number, day)
    count = np.searchsorted(number, day, side="right") - place
    reason = {int(day[i]): f"{HOURS - int(count[i])} of its hours are missing" for i in np.flatnonzero(count < HOURS)}
    if is_scaled:
        is_early = (count == HOURS) & np.isnan(ewma_volatility(prices.coin))[np.minimum(place, number.size - 1)]
        reason |= {int(d): f"no volatility is known in the first {WARM_UP} hours on record" for d in day[is_early]}
    return day, place, reason


@lru_cache(maxsize=8)
def kept_days(
    coin: str, since: str | None, until: str | None, start_hour: int, volatility: float | None, minutes: float
) -> RecordedDays:
    """Return `recorded_days`, kept."""
    return recorded_days(
        coin=coin,
        since=since,
        until=until,
        start_hour=start_hour,
        volatility=volatility,
        minutes_per_step=minutes,
    )


def _refuse_window(
    prices: RecordedPrices, since: str | None, until: str | None, left_out: tuple[tuple[str, str], ...]
) -> None:
    """Raise InputError for a window without a whole day: what is on record, and why a day of it cannot be used."""
    span = " to ".join(str(np.datetime64(int(t), "s")) for t in prices.start[[0, -1]])
    why = f"; {left_out[0][0]}: {left_out[0][1]}" if left_out else ""
    end = (until or "its end")[:MOST_SHOWN]
    bound = f"such that there is a whole day of {prices.coin} until {end} (recorded: {span}{why})"
    raise wrong_input("since", bound, since)


def _window(
    prices: RecordedPrices, since: str | None, until: str | None, start_hour: int, volatility: float | None
) -> tuple[int, int]:
    """Return the numbers of the first and the last day to look at, both within the record."""
    check = Checker()
    check.whole("start_hour", start_hour, least=0, most=23)
    if volatility is not None:
        check.number("volatility", volatility, least=0, most=1000)
    given = (("since", since), ("until", until))
    bounds = {name: check.day(name, date) for name, date in given if date is not None}
    check.raise_if_any()
    ends = (prices.start[[0, -1]] - 3600 * start_hour) // 86_400
    return max(bounds.get("since", int(ends[0])), int(ends[0])), min(bounds.get("until", int(ends[1])), int(ends[1]))


def _paths(prices: RecordedPrices, place: Whole) -> tuple[Floats, Floats]:
    """Return closes and opens (d, 73) of the days whose first hours are at these places."""
    hours = place[:, None] + np.arange(HOURS)
    first, high, low, last = (column[hours] for column in (prices.open, prices.high, prices.low, prices.close))
    is_falling = last < first
    closes = np.empty((place.size, LEGS + 1))
    closes[:, 0] = first[:, 0]
    closes[:, 1::3] = np.where(is_falling, high, low)
    closes[:, 2::3] = np.where(is_falling, low, high)
    closes[:, 3::3] = last
    opens = np.empty_like(closes)
    opens[:, 1:] = closes[:, :-1]
    opens[:, 0] = closes[:, 0]
    opens[:, 1::3] = first
    return closes, opens


def recorded_past(coin: str, bar: int, hours: int) -> Floats:
    """Return the prices of the hours before a bar, oldest first, ending at its open: (3 hours + 1,), USD per coin.

    Each hour is three legs of LEG_MINUTES, as in `recorded_days`; `hours` is a multiple of 24, and hours that are
    missing are not there.
    """
    prices = recorded_prices(coin)
    closes, _ = _paths(prices, np.arange(bar - hours, bar, HOURS))
    past = np.append(closes[0, 0], closes[:, 1:].ravel())
    past[-1] = prices.open[bar]
    return past


def _scaled(closes: Floats, opens: Floats, factor: Floats) -> tuple[Floats, Floats]:
    """Return the paths whose log moves are multiplied by their hour's factor (d, 24)."""
    by_step = np.repeat(factor, 3, axis=1)
    gap = np.log(opens[:, 1:] / closes[:, :-1]) * by_step
    move = np.log(closes[:, 1:] / opens[:, 1:]) * by_step
    end = np.cumsum(gap + move, axis=1)
    start = closes[:, :1]
    return np.hstack([start, start * np.exp(end)]), np.hstack([start, start * np.exp(end - move)])


def walked(closes: Floats, opens: Floats, n_pieces: int) -> tuple[Floats, Floats]:
    """Return the paths (d, n + 1) whose legs are walked in so many pieces, straight in log price."""
    if n_pieces == 1:
        return closes, opens
    shape = (closes.shape[0], 1 + (closes.shape[1] - 1) * n_pieces)
    fine, starts = np.empty(shape), np.empty(shape)
    _walk(np.ascontiguousarray(closes), np.ascontiguousarray(opens), n_pieces, fine, starts)
    return fine, starts


@compiled
def _walk(closes: Floats, opens: Floats, n_pieces: int, fine: Floats, starts: Floats) -> None:
    """Fill where the pieces close and open; the last of a leg closes where the leg does."""
    for d in range(closes.shape[0]):
        fine[d, 0], starts[d, 0] = closes[d, 0], opens[d, 0]
        for leg in range(1, closes.shape[1]):
            at, first = opens[d, leg], (leg - 1) * n_pieces + 1
            step = math.exp(math.log(closes[d, leg] / at) / n_pieces)
            for piece in range(first, first + n_pieces):
                starts[d, piece] = at
                at *= step
                fine[d, piece] = at
            fine[d, first + n_pieces - 1] = closes[d, leg]


def usual_step(volatility: float, minutes_per_step: float) -> float:
    """Return the root mean square log move of a step of real days at a volatility (per year of 365 days).

    A leg is straight, so a step that is a k-th of it moves a k-th as far, and an hour's three legs have LEG_SQUARES
    times the square of its move from open to close.
    """
    hour = volatility / math.sqrt(HOURS * 365)
    return hour * math.sqrt(LEG_SQUARES / 3.0) * minutes_per_step / LEG_MINUTES


def common_dates(histories: Mapping[str, Dates]) -> Dates:
    """Return the dates that are in all of several histories, rising; a gap in one of them drops the day."""
    return reduce(np.intersect1d, histories.values())


@lru_cache(maxsize=16)
def ewma_volatility(coin: str) -> Floats:
    """Return the volatility of a coin known before each of its hours, (n,), per year of 365 days; NaN in the warm-up.

    Notes
    -----
    v <- w v + (1 - w) r^2 / k over log returns r of k hours from close to close (k = 1 but after a gap),
    w = 0.94^(k/24). The first v is the mean square return of the first 720 hours.

    References
    ----------
    J.P. Morgan, RiskMetrics Technical Document, 4th edition 1996: decay of 0.94 a day.
    """
    prices = recorded_prices(coin)
    span = np.diff(prices.start) / prices.step
    square = np.diff(np.log(prices.close)) ** 2 / span
    weight = DAILY_MEMORY ** (span / HOURS)
    variance = float(square[: WARM_UP - 1].mean())
    known = np.full(prices.close.size, np.nan)
    for bar in range(WARM_UP, known.size):
        known[bar] = variance
        w = float(weight[bar - 1])
        variance = w * variance + (1.0 - w) * float(square[bar - 1])
    known = np.sqrt(known * HOURS * 365)
    known.setflags(write=False)
    return known
