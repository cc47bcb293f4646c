"""Settings, each declared once: its control, its value (it outlives a page change), its word in a link, its refusals.

A page lists its settings in the order in which it draws them; ui.settings.address puts that list into the link and
back. The settings of a replay (ui.settings.run_settings) are made of the same kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal, TypeVar

import streamlit as st

from ui.live import live_slider, set_slider, slider_fold, slider_note, slider_value
from ui.settings.numbers import whole_box
from ui.settings.reproduce import written

T = TypeVar("T")
OnRelease = Callable[[], None]
SEPARATOR = "."
LISTED = 12  # names that a refusal lists; of more only those that are near
Panel = Sequence[tuple[str, Sequence["Slider"]]]  # folds of sliders: title ("": not folded), sliders


class PartlyReadError(ValueError):
    """Some of what a link gives for a setting cannot be; `kept` is what can."""

    def __init__(self, sentence: str, kept: Any) -> None:
        self.kept = kept
        super().__init__(sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Declared:
    """What every setting has. `key` is its own in the session, `name` its word in a link.

    Each kind has `start` and `value`; `put` sets it; `read` takes the text of a link and returns the value, or raises
    ValueError with a sentence for what cannot be; `write` gives that text back, and `shown` a value as the page
    writes it.
    """

    key: str
    name: str
    label: str
    help: str

    def parts(self, _value: Any) -> tuple[Setting, ...]:
        """Return the settings that a value brings along."""
        return ()

    def write(self, value: Any) -> str:
        """Return a value as a link has it."""
        return str(value)

    def shown(self, value: Any) -> str:
        """Return a value as the page writes it."""
        return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slider(_Declared):
    """A number; `beside` is what stands beside its label.

    `factor` is what a link's number is multiplied by here: 100 where the link has a fraction and the page percent.
    """

    low: float
    high: float
    start: float
    step: float
    unit: str = ""
    digits: int | None = None
    scale: Literal["linear", "log"] = "linear"
    factor: float = 1.0
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
        unit = self.unit if self.factor == 1.0 else ""
        value = number(self.label, self.low / self.factor, self.high / self.factor, unit, text)
        return value if self.factor == 1.0 else round(self.factor * value, 9)

    def write(self, value: float) -> str:
        """Return a value as a link has it."""
        return text_of(float(value) if self.factor == 1.0 else round(value / self.factor, 9))

    def shown(self, value: float) -> str:
        """Return a value as the page writes it: 20.0x."""
        return f"{value:,.{self.digits or 0}f}{self.unit}"

    def label_at(self, value: float) -> str:
        """Return the label at a value, with what stands beside it."""
        return f"{self.label}, {self.beside(value)}" if self.beside else self.label

    def draw(self, on_release: OnRelease) -> None:
        """Draw it; inside a slider panel."""
        live_slider(
            self.label_at(self.value),
            self.low,
            self.high,
            self.start,
            self.step,
            key=self.key,
            name=self.label,
            help=self.help,
            unit=self.unit,
            digits=self.digits,
            scale=self.scale,
            on_release=on_release,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept(_Declared):
    """A setting that is no slider: its value is kept apart from its widget, which is gone when the page changes."""

    start: Any

    @property
    def kept(self) -> Any:
        """What was put last, else the start."""
        return st.session_state.get(f"kept:{self.key}", self.start)

    @property
    def value(self) -> Any:
        """The value now."""
        return self.kept

    def put(self, value: Any) -> None:
        """Set it, as a link does."""
        st.session_state[f"kept:{self.key}"] = value

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
        kept = self.kept
        return kept if kept in self.choices() else self.start

    def read(self, text: str) -> str:
        """Return the name that a link gives; ValueError with a sentence where it is none."""
        return one_of(self.label, {_word(name): name for name in self.choices()}, text)

    def write(self, value: str) -> str:
        """Return a name as a link has it."""
        return _word(value)

    def shown(self, value: str) -> str:
        """Return a name as the page writes it."""
        return self.show(value)

    def parts(self, value: str) -> tuple[Setting, ...]:
        """Return the settings that a name brings along."""
        return self.then(value) if self.then else ()

    def draw(
        self,
        on_release: OnRelease,
        *,
        key: str = "",
        is_radio: bool = False,
        horizontal: bool = False,
        is_slider: bool = False,
    ) -> str:
        """Draw it as a list, as a radio button, or, where the names have an order, as a slider; return the name."""
        names, tied = list(self.choices()), self._bound(self.value, on_release, key)
        if is_slider:
            return str(st.select_slider(self.label, names, format_func=self.show, **tied))
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
        return tuple(name for name in self.kept if name in known)

    def read(self, text: str) -> tuple[str, ...]:
        """Return the names that a link gives; ValueError with a sentence where they are none."""
        known, kept, faults = {_word(name): name for name in self.choices()}, [], []
        words = text.split(SEPARATOR) if text else []
        for word in words:
            try:
                kept.append(one_of(self.label, known, word))
            except ValueError as error:
                faults.append(str(error))
        if len(words) > self.most or len(set(kept)) < len(kept):
            faults.append(f"{self.label} must be at most {self.most} different names, were {len(words)}.")
        if faults:
            raise PartlyReadError(" ".join(faults), tuple(dict.fromkeys(kept))[: self.most] or self.start)
        return tuple(kept)

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

    def read(self, text: str) -> bool:
        """Return what a link gives; ValueError with a sentence where it is neither."""
        return one_of(self.label, {"on": True, "off": False}, text)

    def write(self, value: bool) -> str:
        """Return it as a link has it."""
        return "on" if value else "off"

    def draw(self, on_release: OnRelease) -> bool:
        """Draw it and return whether it is on."""
        return st.toggle(self.label, **self._bound(self.value, on_release))


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole(_Kept):
    """A whole number in a box."""

    low: int
    high: int

    def read(self, text: str) -> int:
        """Return the number that a link gives; ValueError with a sentence where it is none."""
        value = number(self.label, self.low, self.high, "", text)
        if not value.is_integer():
            raise ValueError(f"{self.label} must be a whole number, was {text[:40]}.")
        return int(value)

    def draw(self, on_release: OnRelease) -> None:
        """Draw it."""

        def put(value: int) -> None:
            self.put(value)
            on_release()

        whole_box(self.label, self.label, self.low, self.high, self.value, key=self.key, put=put, help=self.help)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(_Kept):
    """A text; `check` gives it back as it is kept, or raises ValueError with a sentence."""

    check: Callable[[str], str] = str
    show: Callable[[str], str] = str
    start: str = ""

    def read(self, text: str) -> str:
        """Return the text that a link gives; ValueError with a sentence where it cannot be."""
        return self.check(text)

    def shown(self, value: str) -> str:
        """Return a text as the page writes it."""
        return self.show(value)


Setting = Slider | Pick | Several | Switch | Whole | Text


def draw_panel(panel: Panel, on_release: OnRelease, notes: Mapping[str, str] | None = None) -> None:
    """Draw sliders with their folds, inside a slider panel; a sentence of `notes`, by slider key, stands at its own."""
    for title, sliders in panel:
        if title:
            with slider_fold(title):
                for slider in sliders:
                    slider.draw(on_release)
        else:
            for slider in sliders:
                slider.draw(on_release)
    for key, sentence in (notes or {}).items():
        slider_note(key, sentence)


def sliders_of(panel: Panel) -> tuple[Slider, ...]:
    """Return the sliders of a panel, in order."""
    return tuple(slider for _, sliders in panel for slider in sliders)


def _word(name: str) -> str:
    """Return a name as a link has it: "1 day" is 1-day, "venue:okx" is okx."""
    return name.rpartition(":")[2].lower().replace(" ", "-")


def text_of(value: object) -> str:
    """Return a value as a link has it."""
    return f"{value:.10g}" if isinstance(value, float) else written(value)


def number(label: str, low: float, high: float, unit: str, text: str) -> float:
    """Return the number that a text is; ValueError with the label, the bounds and the text where it is none of them."""
    allowed = f"{label} must be a number from {low:.10g} to {high:.10g} {unit.strip()}".rstrip()
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{allowed}, was {text[:40]!r}.") from None
    slack = 1e-9 * max(abs(low), abs(high))
    if not low - slack <= value <= high + slack:  # also refuses NaN
        raise ValueError(f"{allowed}, was {text[:40]}.")
    return min(max(value, low), high)


def one_of(label: str, known: Mapping[str, T], text: str) -> T:
    """Return what a word stands for, however its letters and spaces are written.

    ValueError with the label, the words (of many those that are near) and the text where it is none of them.
    """
    word = _word(text)
    if word in known:
        return known[word]
    if len(known) <= LISTED:
        raise ValueError(f"{label} must be one of {', '.join(known)}, was {text[:40]!r}.")
    near = get_close_matches(word, list(known), n=3)
    hint = f", such as {' or '.join(near)}" if near else ""
    raise ValueError(f"{label} must be a name in the list on this page{hint}, was {text[:40]!r}.")
