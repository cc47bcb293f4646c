"""Seasons of the venue game: five stretches of real days of five kinds, and the traders who want to trade in each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.errors import wrong_input
from engine.history import LEG_MINUTES, RecordedDays, recorded_days, walked
from engine.kernel.state import Floats
from engine.streams import Stream, stream

GAME_COINS = ("BTC", "DOGE", "ETH", "SOL")
KINDS = ("calm", "crash", "squeeze", "grind", "10 October")
OCTOBER = "2025-10-10"
DAYS = 3  # in a season
STEP_MINUTES = 5.0
EXTREME, DEEP, QUIET, STEADY = 0.02, 0.05, 0.1, 0.05  # shares of all stretches of a coin that are of a kind

WANTED = 1e8  # USD: what each side wants to hold
N_TRADERS = 200
LEVERAGE, LEVERAGE_DISPERSION, LEVERAGE_MOST = 8.0, 0.8, 100.0  # wanted: median, dispersion of its log, most
SIZE_TAIL = 1.4

Whole = NDArray[np.intp]


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class GameSeason:
    """A season: three real days as one path, and what traders want to hold in it. Arrays are read-only.

    Parameters
    ----------
    kind, coin, first_day : str
        One of KINDS; of GAME_COINS; "2025-10-10".
    closes, opens : (n_steps + 1,)
        Where steps of five minutes close and open, over the first price.
    notional, leverage : (n,)
        What each trader wants: USD, signed, long > 0, and its leverage.
    """

    kind: str
    coin: str
    first_day: str
    closes: Floats
    opens: Floats
    notional: Floats
    leverage: Floats

    @property
    def days(self) -> tuple[str, str]:
        """First and last day."""
        return self.first_day, str(np.datetime64(self.first_day) + DAYS - 1)


@lru_cache(maxsize=64)
def game_seasons(seed: int) -> tuple[GameSeason, ...]:
    """Return the five seasons of a seed, one of each kind, in an order that nobody knows beforehand.

    Parameters
    ----------
    seed : int
        >= 0; the same one gives the same seasons.

    Raises
    ------
    InputError
        When the seed is not a whole number >= 0.

    Notes
    -----
    Each season's coin and its stretch of three days are drawn from all those on record that are of its kind:
    "calm", the range of prices among the tenth that is narrowest; "crash", the low among the 2 % that are deepest below
    the first price; "squeeze", the high among the 2 % that are furthest above it; "grind", a fall of which the net move
    is the largest part of all moves (5 % of the falls that have no low among the 5 % deepest); "10 October" is the one
    of 2025, only its coin is drawn. Traders are drawn anew: sizes Pareto, leverage lognormal, a half of them long.

    Examples
    --------
    >>> sorted(season.kind for season in game_seasons(1))
    ['10 October', 'calm', 'crash', 'grind', 'squeeze']
    """
    chance = stream(seed, Stream.GAME_SEASONS)
    order = chance.permutation(len(KINDS))
    found = []
    for kind in KINDS:
        coin = GAME_COINS[int(chance.integers(len(GAME_COINS)))]
        days, starts = _stretches(coin)
        known = _kinds(coin)[kind]
        found.append((kind, coin, days, int(starts[known[int(chance.integers(known.size))]])))
    return tuple(_season(seed, place, *found[kind]) for place, kind in enumerate(order))


def _season(seed: int, place: int, kind: str, coin: str, days: RecordedDays, start: int) -> GameSeason:
    part = days.take(slice(start, start + DAYS))
    fine, begins = walked(part.closes, part.opens, round(LEG_MINUTES / STEP_MINUTES))
    first = fine[0, :1]
    closes = np.concatenate([first, fine[:, 1:].ravel()]) / first
    opens = np.concatenate([first, begins[:, 1:].ravel()]) / first
    chance = stream(seed, Stream.GAME_TRADERS, place)
    side = np.where(np.arange(N_TRADERS) % 2 == 0, 1.0, -1.0)
    size = np.minimum(1.0 / (1.0 - chance.random(N_TRADERS)), N_TRADERS) ** (1.0 / SIZE_TAIL)
    for one in (1.0, -1.0):
        size[side == one] *= WANTED / size[side == one].sum()
    spread = LEVERAGE_DISPERSION * chance.standard_normal(N_TRADERS)
    leverage = np.clip(LEVERAGE * np.exp(spread), 1.0, LEVERAGE_MOST)
    arrays = {"closes": closes, "opens": opens, "notional": side * size, "leverage": leverage}
    for values in arrays.values():
        values.setflags(write=False)
    first_day = str(part.date[0])
    return GameSeason(kind=kind, coin=coin, first_day=first_day, **arrays)


@lru_cache(maxsize=len(GAME_COINS))
def _stretches(coin: str) -> tuple[RecordedDays, Whole]:
    """Return the days of a coin, and where stretches of DAYS days in a row start."""
    days = recorded_days(coin=coin)
    number = days.date.astype(np.int64)
    return days, np.flatnonzero(number[DAYS - 1 :] - number[: number.size - DAYS + 1] == DAYS - 1)


@lru_cache(maxsize=len(GAME_COINS))
def _kinds(coin: str) -> dict[str, Whole]:
    """Return which stretches of a coin are of each kind."""
    days, starts = _stretches(coin)
    rows = starts[:, None] + np.arange(DAYS)
    log = np.log(days.closes)
    first = log[starts, 0]
    low, high = log.min(axis=1)[rows].min(axis=1) - first, log.max(axis=1)[rows].max(axis=1) - first
    net = log[starts + DAYS - 1, -1] - first
    moved = np.abs(np.diff(log[:, ::3], axis=1)).sum(axis=1)[rows].sum(axis=1)
    october = int(np.searchsorted(days.date[starts], np.datetime64(OCTOBER)))
    is_far = np.abs(days.date[starts] - np.datetime64(OCTOBER)).astype(np.int64) >= DAYS
    is_mild_fall = (net < 0.0) & (low > np.quantile(low, DEEP)) & is_far
    steady = np.where(is_mild_fall, -net / moved, 0.0)
    is_of = {
        "calm": high - low <= np.quantile(high - low, QUIET),
        "crash": low <= np.quantile(low, EXTREME),
        "squeeze": high >= np.quantile(high, 1.0 - EXTREME),
        "grind": steady >= np.quantile(steady[is_mild_fall], 1.0 - STEADY),
    }
    known = {kind: np.flatnonzero(chosen & is_far) for kind, chosen in is_of.items()}
    if not (october < starts.size and days.date[starts[october]] == np.datetime64(OCTOBER)):
        raise wrong_input("game_seasons.coin", f"one whose days from {OCTOBER} are on record", coin)
    return known | {"10 October": np.array([october])}
