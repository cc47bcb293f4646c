"""Plays a precomputed cascade in the browser: one message, no server between the steps."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ui.live.assets import register
from ui.live.board import HEIGHT, Click, clean_click
from ui.live.pack import pack

_player = register("player")


def player(
    sentences: Sequence[str],
    rounds: Any,
    charts: Sequence[Mapping[str, Any]],
    *,
    key: str,
    columns: int = 2,
    running: Sequence[str] = (),
) -> Click | None:
    """Show a cascade with play, pause, step, scrubber and speed, and return the point that was clicked.

    Parameters
    ----------
    sentences
        What happened in each step, the state before the first one included.
    running
        A shorter sentence for each step, shown while the film plays too fast to read the others.
    rounds
        (n_steps,) int: the round of each step; the round button goes to the next one.
    charts
        As for `chart_board`. A trace may have two more entries: ``upto``, (n_steps,) int, how many of its points a step
        shows; ``frames``, a dict of (n_steps, n_points) arrays that replace the trace's entries of the same name.

    Raises
    ------
    ValueError
        `rounds`, ``upto`` or ``frames`` has not as many steps as `sentences`.
    """
    _check(len(sentences), np.asarray(rounds), charts)
    if running and len(running) != len(sentences):
        raise ValueError(f"running must have {len(sentences)} steps, had {len(running)}")
    payload = {
        "sentences": list(sentences),
        "running": list(running or sentences),
        "rounds": np.asarray(rounds, dtype=np.int32),
        "columns": columns,
        "charts": [{"takeaway": "", "alt": "", "height": HEIGHT, **chart} for chart in charts],
    }
    result = _player(key=key, data=pack(payload), on_click_change=lambda: None)
    return clean_click(result.get("click"), charts)


def _check(n_steps: int, rounds: np.ndarray, charts: Sequence[Mapping[str, Any]]) -> None:
    lengths = {"rounds": len(rounds)}
    for chart in charts:
        for number, trace in enumerate(chart["traces"]):
            name = f"{chart['id']} trace {number}"
            if "upto" in trace:
                lengths[f"upto of {name}"] = len(trace["upto"])
            lengths |= {f"frames[{entry!r}] of {name}": len(rows) for entry, rows in trace.get("frames", {}).items()}
    faults = [
        f"{name} must have {n_steps} steps, had {length}" for name, length in lengths.items() if length != n_steps
    ]
    if faults:
        raise ValueError("; ".join(faults))
