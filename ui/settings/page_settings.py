"""The settings of a page, each declared once: its control, its value (it outlives a page change), its word in a link.

A page lists its settings in the order in which it draws them; ui.address puts that list into the link and back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from ui.live import live_slider, set_slider, slider_fold, slider_value
from ui.settings import link
from ui.settings.link import Setting

OnRelease = Callable[[], None]
SEPARATOR = "."
Panel = Sequence[tuple[str, Sequence["Slider"]]]  # folds of sliders: title ("": not folded), sliders


@dataclass(frozen=True, slots=True, kw_only=True)
class Slider:
    """A number; `key` is its own in the session, `name` its word in a link, `beside` what stands beside its label."""

    key: str
    name: str
    label: str
    help: str
    low: float
    high: float
    start: float
    step: float
    unit: str = ""
    digits: int | None = None
    scale: Literal["linear", "log"] = "linear"
    beside: Callable[[float], str] | None = None

    @property
    def value(self) -> float:
        """The value now, also in the middle of a drag."""
        return slider_value(self.key, self.start)

    def put(self, value: float) -> None:
        """Move it, as a link does."""
        set_slider(self.key, value)

    def read(self, text: str) -> float:
        """Return the value that a link gives; ValueError with a sentence where it is none."""
        return link.number(self.label, self.low, self.high, self.unit, text)

    def write(self, value: float) -> str:
        """Return a value as a link has it."""
        return link.text_of(float(value))

    def parts(self, _value: float) -> tuple[Setting, ...]:
        """A number brings no other settings along."""
        return ()

    def draw(self, on_release: OnRelease) -> None:
        """Draw it; inside a slider panel."""
        live_slider(
            f"{self.label}, {self.beside(self.value)}" if self.beside else self.label,
            self.low,
            self.high,
            self.start,
            self.step,
            key=self.key,
            help=self.help,
            unit=self.unit,
            digits=self.digits,
            scale=self.scale,
            on_release=on_release,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A setting that is no slider: its value is kept apart from its widget, which is gone when the page changes."""

    key: str
    name: str
    label: str
    help: str
    start: Any

    def put(self, value: Any) -> None:
        """Set it, as a link does."""
        st.session_state[f"kept:{self.key}"] = value

    def parts(self, _value: Any) -> tuple[Setting, ...]:
        """Return the settings that a value brings along."""
        return ()

    def _bound(self, value: Any, on_release: OnRelease, key: str = "") -> dict[str, Any]:
        """Return what ties a widget to it: the widget shows the value, and a change of it is kept."""
        key = key or self.key
        st.session_state[key] = value

        def changed() -> None:
            self.put(st.session_state[key])
            on_release()

        return {"key": key, "on_change": changed, "help": self.help}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick(_Kept):
    """One of several names; `then` gives the settings that a name brings along."""

    choices: Callable[[], Iterable[str]]
    show: Callable[[str], str] = str
    then: Callable[[str], tuple[Setting, ...]] | None = None

    @property
    def value(self) -> str:
        """The name now; the first where the one that was chosen is no longer known."""
        kept = st.session_state.get(f"kept:{self.key}", self.start)
        return kept if kept in self.choices() else self.start

    def read(self, text: str) -> str:
        """Return the name that a link gives; ValueError with a sentence where it is none."""
        return link.one_of(self.label, {_word(name): name for name in self.choices()}, text)

    def write(self, value: str) -> str:
        """Return a name as a link has it."""
        return _word(value)

    def parts(self, value: str) -> tuple[Setting, ...]:
        """Return the settings that a name brings along."""
        return self.then(value) if self.then else ()

    def draw(self, on_release: OnRelease, *, key: str = "", is_radio: bool = False, horizontal: bool = False) -> str:
        """Draw it as a list, or as a radio button, and return the name."""
        names, tied = list(self.choices()), self._bound(self.value, on_release, key)
        if is_radio:
            return st.radio(self.label, names, format_func=self.show, horizontal=horizontal, **tied)
        return st.selectbox(self.label, names, format_func=self.show, **tied)


@dataclass(frozen=True, slots=True, kw_only=True)
class Several(_Kept):
    """Some of several names in an order, at most `most`."""

    choices: Callable[[], Iterable[str]]
    most: int
    show: Callable[[str], str] = str

    @property
    def value(self) -> tuple[str, ...]:
        """The names now, those that are no longer known left out."""
        known = set(self.choices())
        return tuple(name for name in st.session_state.get(f"kept:{self.key}", self.start) if name in known)

    def read(self, text: str) -> tuple[str, ...]:
        """Return the names that a link gives; ValueError with a sentence where they are none."""
        words = text.split(SEPARATOR) if text else []
        if len(words) > self.most or len(set(words)) < len(words):
            raise ValueError(f"{self.label} must be at most {self.most} different names, were {len(words)}.")
        known = {_word(name): name for name in self.choices()}
        return tuple(link.one_of(self.label, known, word) for word in words)

    def write(self, value: Sequence[str]) -> str:
        """Return names as a link has them."""
        return SEPARATOR.join(_word(name) for name in value)

    def draw(self, on_release: OnRelease) -> tuple[str, ...]:
        """Draw it and return the names."""
        tied = self._bound(list(self.value), on_release)
        return tuple(
            st.multiselect(self.label, list(self.choices()), format_func=self.show, max_selections=self.most, **tied)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch(_Kept):
    """On or off."""

    @property
    def value(self) -> bool:
        """Whether it is on."""
        return bool(st.session_state.get(f"kept:{self.key}", self.start))

    def read(self, text: str) -> bool:
        """Return what a link gives; ValueError with a sentence where it is neither."""
        return link.one_of(self.label, {"on": True, "off": False}, text)

    def write(self, value: bool) -> str:
        """Return it as a link has it."""
        return "on" if value else "off"

    def draw(self, on_release: OnRelease) -> bool:
        """Draw it and return whether it is on."""
        return st.toggle(self.label, **self._bound(self.value, on_release))


def draw_panel(panel: Panel, on_release: OnRelease) -> None:
    """Draw sliders with their folds; inside a slider panel."""
    for title, sliders in panel:
        if title:
            with slider_fold(title):
                for slider in sliders:
                    slider.draw(on_release)
        else:
            for slider in sliders:
                slider.draw(on_release)


def sliders_of(panel: Panel) -> tuple[Slider, ...]:
    """Return the sliders of a panel, in order."""
    return tuple(slider for _, sliders in panel for slider in sliders)


def _word(name: str) -> str:
    """Return a name as a link has it: "1 day" is 1-day, "venue:okx" is okx."""
    return name.rpartition(":")[2].lower().replace(" ", "-")
