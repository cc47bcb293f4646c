"""Undo and redo of a page's settings: what they were each time the hand let go."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ui.settings.page_settings import Setting

LONGEST = 50


class Steps:
    """The past of a page's settings in this session."""

    def __init__(self, name: str, settings: tuple[Setting, ...]) -> None:
        self.key = f"steps:{name}"
        self.settings = settings

    def _now(self) -> tuple[Any, ...]:
        return tuple(setting.value for setting in self.settings)

    def _kept(self) -> tuple[list[tuple[Any, ...]], int]:
        past, at = st.session_state.get(self.key, ([], -1))
        return past, at

    def remember(self) -> None:
        """Add the settings as they are, where they are new; what was undone before is then forgotten."""
        past, at = self._kept()
        now = self._now()
        if at < 0 or past[at] != now:
            past = [*past[: at + 1], now][-LONGEST:]
            st.session_state[self.key] = (past, len(past) - 1)

    def buttons(self) -> None:
        """Draw undo, redo and reset; after `remember`."""
        past, at = self._kept()
        st.button("Undo", key=f"{self.key}:undo", on_click=self.go, args=(at - 1,), disabled=at < 1)
        st.button("Redo", key=f"{self.key}:redo", on_click=self.go, args=(at + 1,), disabled=at >= len(past) - 1)
        is_start = self._now() == tuple(setting.start for setting in self.settings)
        st.button("Reset", key=f"{self.key}:reset", on_click=self.reset, disabled=is_start)

    def reset(self) -> None:
        """Put the settings to where they start."""
        for setting in self.settings:
            setting.put(setting.start)

    def go(self, at: int) -> None:
        """Put the settings back to what they were."""
        past, _ = self._kept()
        st.session_state[self.key] = (past, at)
        for setting, value in zip(self.settings, past[at], strict=True):
            setting.put(value)
