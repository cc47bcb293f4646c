"""Tables as files that say what they are: their head has currency, settings that were changed, version and link."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pandas as pd

from engine import cell_text
from ui.charts.run_view import RunView
from ui.settings.reproduce import command, differences, version, written

DIGITS = "%.10g"  # of a number in a file: more than any figure here is good for


def head(view: RunView, link: str = "") -> dict[str, str]:
    """Return what stands in the head of every file of a run, {name: text}."""
    preset = view.preset
    changed = differences(view.scenario, preset.scenario)
    positions = view.scenario.positions != preset.scenario.positions
    settings = [f"{name}={written(value)}" for name, value in changed.items()] + ["positions"] * positions
    return {
        "made by": version(),
        "replay": f"{preset.name} ({preset.title})",
        "settings that were changed": ", ".join(settings) or "none",
        "seed": str(view.scenario.seed),
        "money": f"in {preset.currency}, prices in {preset.quote_currency}",
        "command": command(view.scenario, preset.name),
        **({"link": link} if link else {}),
    }


def as_csv(frame: pd.DataFrame, about: Mapping[str, str]) -> str:
    """Return a table as CSV below its head, a line a fact, each after a "#" (pandas.read_csv has comment="#")."""
    lines = [f"# {name}: {' '.join(text.split())}\n" for name, text in about.items()]
    frame = frame.map(lambda value: cell_text(value) if isinstance(value, str) else value)
    return "".join(lines) + str(frame.to_csv(index=False, float_format=DIGITS, lineterminator="\n"))


def as_parquet(frame: pd.DataFrame, about: Mapping[str, str]) -> bytes:
    """Return a table as a Parquet file; pandas.read_parquet gives its head back as `attrs`."""
    buffer, told = io.BytesIO(), frame.copy()
    told.attrs = dict(about)
    told.to_parquet(buffer, index=False)
    return buffer.getvalue()
