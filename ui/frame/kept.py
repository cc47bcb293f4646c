"""What is kept for all sessions and let go of when the last one has ended; knows no Streamlit."""

from __future__ import annotations

from collections.abc import Callable

_let_go: list[Callable[[], None]] = []


def when_empty(let_go: Callable[[], None]) -> Callable[[], None]:
    """Call this when the last session has ended: it lets go of what is soon made again."""
    _let_go.append(let_go)
    return let_go


def let_go() -> None:
    """Let go of all of it: the last session has ended."""
    for one in _let_go:
        one()
