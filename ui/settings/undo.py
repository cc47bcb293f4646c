"""Undo and redo: what was chosen in a session, in order; and the buttons that step through a page's settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from ui.settings.page_settings import Setting

LONGEST = 50


@dataclass(frozen=True, slots=True)
class History:
    """What was chosen in a session and which of it is shown; a value, each step gives a new one."""

    entries: tuple[Any, ...] = ()
    at: int = -1

    @property
    def now(self) -> Any:
        """The entry that is shown; None before the first."""
        return self.entries[self.at] if self.entries else None

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier entry."""
        return self.at > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a later entry."""
        return self.at < len(self.entries) - 1

    def add(self, entry: Any) -> History:
        """Return the history with an entry after the one shown, where it is new; what was undone is then forgotten."""
        if self.now == entry:
            return self
        kept = (*self.entries[: self.at + 1], entry)[-LONGEST:]
        return History(kept, len(kept) - 1)

    def go(self, at: int) -> History:
        """Return the history with another entry shown."""
        return replace(self, at=min(max(at, 0), len(self.entries) - 1))


class Steps:
    """The past of a page's settings in this session: what they were each time the hand let go."""

    def __init__(self, name: str, settings: tuple[Setting, ...]) -> None:
        self.key = f"steps:{name}"
        self.settings = settings

    def _now(self) -> tuple[Any, ...]:
        return tuple(setting.value for setting in self.settings)

    def _past(self) -> History:
        return st.session_state.get(self.key, History())

    def remember(self) -> None:
        """Add the settings as they are."""
        st.session_state[self.key] = self._past().add(self._now())

    def buttons(self) -> None:
        """Draw undo, redo and reset; after `remember`."""
        past = self._past()
        st.button("Undo", key=f"{self.key}:undo", on_click=self.go, args=(past.at - 1,), disabled=not past.can_undo)
        st.button("Redo", key=f"{self.key}:redo", on_click=self.go, args=(past.at + 1,), disabled=not past.can_redo)
        is_start = self._now() == tuple(setting.start for setting in self.settings)
        st.button("Reset", key=f"{self.key}:reset", on_click=self.reset, disabled=is_start)

    def reset(self) -> None:
        """Put the settings to where they start."""
        for setting in self.settings:
            setting.put(setting.start)

    def go(self, at: int) -> None:
        """Put the settings back to what they were."""
        past = st.session_state[self.key] = self._past().go(at)
        for setting, value in zip(self.settings, past.now, strict=True):
            setting.put(value)
