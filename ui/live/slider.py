"""Sliders that report while they are dragged; st.slider reports on release only."""

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal

import streamlit as st

from ui.live.assets import register

THROTTLE_MS = 33
_sliders = register("sliders")
_panel: ContextVar["_Panel | None"] = ContextVar("slider panel", default=None)


def live_slider(
    label: str,
    min_value: float,
    max_value: float,
    value: float,
    step: float,
    *,
    key: str,
    name: str = "",
    help: str = "",
    unit: str = "",
    digits: int | None = None,
    scale: Literal["linear", "log"] = "linear",
    on_release: Callable[[], None] | None = None,
) -> float:
    """Show a slider with a number box, a help sentence and a reset, and return its value: in the middle of a drag, too.

    Call it inside a `slider_panel`, in a fragment together with what it moves. The value survives page changes;
    `set_slider` overrides it.

    Parameters
    ----------
    label, min_value, max_value, value, step
        As in `st.slider`; `value` is where it starts, and where the reset button and a double click go.
    key
        Unique; `slider_value(key)` and `set_slider(key, ...)` use it.
    name
        How sentences and screen readers call it, where the label tells more: `label` must begin with it.
    unit
        Written after the number, with its space if it wants one: "x", " %"; "$" goes before it.
    digits
        Decimals that are always shown; a number that was typed with more shows them all. None takes those of `step`.
    scale
        "log" spreads the values evenly by ratio and rounds them to three digits; min_value must be > 0.
    on_release
        Called when the hand lets go, a key is pressed or a number is typed; not during the drag.

    Raises
    ------
    ValueError
        The bounds do not fit each other, or a logarithmic slider begins at 0 or below.
    RuntimeError
        No `slider_panel` is open.
    """
    _check(label, min_value, max_value, step, scale)
    panel = _inside()
    kept = panel.record(key, value, min_value, max_value)
    panel.on_release[key] = on_release
    panel.sliders.append(
        {
            "key": key,
            "label": label,
            "name": name or label,
            "help": help,
            "unit": unit,
            "min": min_value,
            "max": max_value,
            "step": step,
            "log": scale == "log",
            "digits": _decimals(step) if digits is None else digits,
            "reset": value,
            "fold": panel.fold,
            "value": kept["x"],
            "generation": kept["generation"],
            "note": "",
        }
    )
    return kept["x"]


@contextmanager
def slider_panel(key: str) -> Iterator[None]:
    """Put the sliders called inside into one element; it appears where the block ends.

    `slider_note` inside the block writes a sentence at one of them.
    """
    panel = _Panel(key)
    token = _panel.set(panel)
    try:
        yield
    finally:
        _panel.reset(token)
    panel.show()


@contextmanager
def slider_fold(label: str) -> Iterator[None]:
    """Fold the sliders called inside away under `label`; the visitor opens them. Only inside a `slider_panel`."""
    panel = _inside()
    outer, panel.fold = panel.fold, label
    try:
        yield
    finally:
        panel.fold = outer


def slider_note(key: str, sentence: str) -> None:
    """Say at a slider of the open panel what is wrong with its value and what is allowed."""
    for slider in _inside().sliders:
        if slider["key"] == key:
            slider["note"] = sentence


def slider_bounds(panel: str) -> dict[str, tuple[float, float, float]]:
    """The sliders of a panel that has been shown: key -> (lowest, highest, present value)."""
    kept = {key: st.session_state[_name(key)] for key in st.session_state.get(f"live:sliders:{panel}", ())}
    return {key: (*record["bounds"], record["x"]) for key, record in kept.items()}


def slider_value(key: str, default: float) -> float:
    """The value of a slider, shown or not; `default` when it has never been shown or set."""
    return st.session_state.get(_name(key), {"x": default})["x"]


def set_slider(key: str, value: float) -> None:
    """Move a slider from code (preset, link, undo); what the browser still says about the old value is ignored."""
    kept = _kept(key, value)
    kept["x"] = float(value)
    kept["generation"] += 1


def clean_number(raw: Any, default: float, low: float, high: float) -> float:
    """`raw` within the bounds; `default` when it is no finite number. What a browser sends is never trusted."""
    if type(raw) not in (int, float) or not -math.inf < raw < math.inf:
        raw = default
    return float(min(high, max(low, raw)))


class _Panel:
    """The sliders of one element, and what the browser last said about them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.key = f"live:panel:{name}"
        self.fold = ""
        self.sliders: list[dict[str, Any]] = []
        self.on_release: dict[str, Callable[[], None] | None] = {}

    def state(self) -> dict[str, Any]:
        """{"values": {key: [x, generation]}, "n", "moved", "final"}, if the browser is honest."""
        state = st.session_state.get(self.key)
        inner = state.get("state") if hasattr(state, "get") else None
        return inner if isinstance(inner, dict) else {}

    def record(self, key: str, value: float, low: float, high: float) -> dict[str, Any]:
        """A slider's record, within these bounds and with what the browser last said."""
        kept = _kept(key, value)
        kept["x"] = clean_number(kept["x"], value, low, high)
        kept["bounds"] = (low, high)
        self.take(key)
        return kept

    def take(self, key: str) -> None:
        """Put the browser's value into the slider's record, unless the record was set from code after it was sent."""
        values = self.state().get("values")
        pair = values.get(key) if isinstance(values, dict) else None
        kept = st.session_state[_name(key)]
        if isinstance(pair, list) and len(pair) == 2 and type(pair[1]) is int and pair[1] == kept["generation"]:
            kept["x"] = clean_number(pair[0], kept["x"], *kept["bounds"])

    def show(self) -> None:
        st.session_state[f"live:sliders:{self.name}"] = tuple(slider["key"] for slider in self.sliders)
        number = self.state().get("n")
        number = number if type(number) is int and 0 <= number < 2**53 else 0
        data = {"panel": self.name, "sliders": self.sliders, "n": number, "throttle": THROTTLE_MS}
        _sliders(key=self.key, data=json.dumps(data, allow_nan=False).encode(), on_state_change=self.changed)

    def changed(self) -> None:
        """Streamlit's callback, before the script runs: the values are new, and the hand may have let go."""
        for slider in self.sliders:
            self.take(slider["key"])
        state = self.state()
        moved = state.get("moved")
        callback = self.on_release.get(moved) if isinstance(moved, str) else None
        if callback is not None and state.get("final") is True:
            callback()


def _inside() -> _Panel:
    panel = _panel.get()
    if panel is None:
        raise RuntimeError("only inside a slider_panel")
    return panel


def _name(key: str) -> str:
    return f"live:{key}"


def _kept(key: str, value: float) -> dict[str, Any]:
    """The slider's own record. Streamlit drops a component's state as soon as it is not on the page."""
    start = {"x": float(value), "generation": 0, "bounds": (-math.inf, math.inf)}
    return st.session_state.setdefault(_name(key), start)


def _decimals(step: float) -> int:
    return len(f"{step:.10f}".rstrip("0").partition(".")[2])


def _check(label: str, low: float, high: float, step: float, scale: str) -> None:
    faults = []
    if not low < high:
        faults.append(f"min_value must be < max_value, was {low} and {high}")
    if not step > 0:
        faults.append(f"step must be > 0, was {step}")
    if scale == "log" and not low > 0:
        faults.append(f"min_value of a logarithmic slider must be > 0, was {low}")
    if faults:
        raise ValueError(f"slider {label!r}: " + "; ".join(faults))
