"""Named random streams: one per purpose, so that changing one setting leaves every other draw bit-identical."""

from __future__ import annotations

from enum import IntEnum, unique

from numpy.random import SFC64, Generator, SeedSequence

from engine.errors import Checker, is_whole


@unique
class Stream(IntEnum):
    """What a stream is for. The numbers are part of every result: never reuse or renumber one."""

    BOOK_SIDES = 1
    BOOK_SIZES = 2
    BOOK_LEVERAGE = 3
    BOOK_ENTRY = 4
    BOOK_STOPS = 5
    BOOK_STOP_DISTANCES = 6
    BOOK_PAST = 7
    PATHS = 20
    PATH_TAILS = 21
    PATH_JUMP_COUNTS = 22
    PATH_JUMP_SIZES = 23
    WITHDRAWALS = 41
    PILOT = 60
    RESAMPLING = 62
    DAY_BOOKS = 80
    SEASON_SIDES = 90
    GAME_SEASONS = 91
    GAME_TRADERS = 92
    GAME_SEARCH = 93


def stream(seed: int, name: Stream, *key: int) -> Generator:
    """Return the random generator that belongs to a seed, a purpose and a key.

    Parameters
    ----------
    seed : int
        The one seed of a run, >= 0.
    name : Stream
        The purpose.
    *key : int
        Finer parts of the purpose, each >= 0: the block of paths, the step of a scan, ...

    Raises
    ------
    InputError
        When the seed is not a whole number >= 0.

    Notes
    -----
    SFC64 seeded from SeedSequence(seed, spawn_key=(name, *key)): streams of different names, keys or seeds are
    independent, whatever was drawn from the others and in whatever order.

    Examples
    --------
    >>> bool(stream(7, Stream.PATHS, 0).random() == stream(7, Stream.PATHS, 0).random())
    True
    """
    check_seed(seed)
    return Generator(SFC64(SeedSequence(int(seed), spawn_key=(int(name), *key))))


LARGEST_SEED = 2**128 - 1  # bits that the generator is seeded with at most


def check_seed(seed: int) -> None:
    """Raise InputError unless the seed is a whole number >= 0."""
    check = Checker()
    if not is_whole(seed) or seed < 0:
        check.add("seed", "a whole number >= 0", seed)
    elif seed > LARGEST_SEED:
        check.add("seed", "<= 2^128 - 1", seed)
    check.raise_if_any()
