"""Undo, redo and a short history: the choices of a session in order, each with the sentence of its run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ui.settings.run_settings import Choice

LONGEST = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """A choice, what was changed to get there, and what came of it."""

    choice: Choice
    change: str
    sentence: str


@dataclass(frozen=True, slots=True)
class History:
    """The entries of a session and which of them is shown; a value, each step gives a new one."""

    entries: tuple[Entry, ...] = ()
    at: int = -1

    @property
    def now(self) -> Entry | None:
        """The entry that is shown."""
        return self.entries[self.at] if self.entries else None

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier entry."""
        return self.at > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a later entry."""
        return self.at < len(self.entries) - 1

    def add(self, entry: Entry) -> History:
        """Return the history with an entry after the one shown; what was undone before is forgotten."""
        if self.now is not None and self.now.choice == entry.choice:
            return self
        kept = (*self.entries[: self.at + 1], entry)[-LONGEST:]
        return History(kept, len(kept) - 1)

    def go(self, at: int) -> History:
        """Return the history with another entry shown."""
        return replace(self, at=min(max(at, 0), len(self.entries) - 1))
