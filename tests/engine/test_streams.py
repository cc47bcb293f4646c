"""Random streams: the same key gives the same numbers, any other key gives others."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InputError
from engine.streams import Stream, stream


def test_the_same_key_gives_the_same_numbers() -> None:
    first, second = (stream(5, Stream.PATHS, 3).random(100) for _ in range(2))
    assert np.array_equal(first, second)


def test_seed_name_and_key_each_give_other_numbers() -> None:
    draws = [
        stream(seed, name, *key).random() for seed in (0, 1) for name in Stream for key in ((), (0,), (1,), (0, 1))
    ]
    assert len(set(draws)) == len(draws)


def test_streams_are_uncorrelated() -> None:
    rows = [stream(0, name, block).standard_normal(20_000) for name in Stream for block in range(2)]
    correlation = np.corrcoef(rows) - np.eye(len(rows))
    assert np.abs(correlation).max() < 5 / np.sqrt(20_000)


@pytest.mark.parametrize("seed", [-1, 1.0, True, None, "0"])
def test_a_seed_is_a_whole_number(seed: object) -> None:
    with pytest.raises(InputError, match=r"seed must be a whole number >= 0, was "):
        stream(seed, Stream.PATHS)  # type: ignore[arg-type]


def test_large_seeds_are_seeds() -> None:
    assert stream(2**80, Stream.PATHS).random() != stream(2**80 + 1, Stream.PATHS).random()
