"""A law as a test of every policy."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

Drawn = Callable[..., st.SearchStrategy[Any]]


def law(policies: Iterable[str], cases: Drawn, *, n: int, **more: st.SearchStrategy[Any]) -> Callable[[Any], Any]:
    """Try a law, for each policy, on n of the cases that are drawn for it: its first argument, others by name."""

    def as_test(holds: Callable[..., None]) -> Callable[[str], None]:
        first = next(iter(inspect.signature(holds).parameters))

        @pytest.mark.parametrize("policy", policies)
        def test(policy: str) -> None:
            settings(max_examples=n)(given(**{first: cases(policy=policy)}, **more)(holds))()

        test.__name__, test.__doc__ = holds.__name__, holds.__doc__
        return test

    return as_test
