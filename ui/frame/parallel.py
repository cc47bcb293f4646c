"""Several estimates of one draft at once: kernels let go of the interpreter, so they share the processors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

from engine import default_threads

A, B = TypeVar("A"), TypeVar("B")


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(default_threads(), thread_name_prefix="draft")


def each(call: Callable[[A], B], items: Iterable[A]) -> tuple[B, ...]:
    """Return call(item) of every item, in their order; the first error is raised. `call` must not use `each` itself."""
    return tuple(_pool().map(call, items))
