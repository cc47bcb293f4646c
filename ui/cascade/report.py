"""A self-contained report: one HTML file with sentence, charts, ledger and settings, that opens without a network."""

from __future__ import annotations

import json
import platform
from html import escape
from importlib.metadata import version
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from ui.cascade import tables
from ui.cascade.ab_comparison import difference_rows, told
from ui.cascade.changes import changes
from ui.cascade.charts import main_charts, more_charts
from ui.charts.common import Figure
from ui.charts.recorded import recorded_rows
from ui.charts.run_view import RunView
from ui.frame.layout import CHECKOUT
from ui.settings.reproduce import command
from ui.settings.reproduce import version as version_of_ours

PLOTLY = Path(__file__).parents[2] / "static" / "plotly-cartesian-4.1.1.min.js"
LIBRARIES = ("numpy", "numba", "streamlit", "pandas")

TICKS = Path(__file__).parents[2] / "static" / "live" / "money.js"
PAGE = Path(__file__).with_name("report_page.html")


def report(view: RunView, before: RunView | None = None, link: str = "") -> str:
    """Return the report of a run as HTML, with the pinned run beside it where there is one."""
    figures = main_charts(view, before) + more_charts(view)
    sentence, numbers = told(view, before)
    return Template(PAGE.read_text(encoding="utf-8")).substitute(
        title=escape(f"Shortfall: {view.preset.title}"),
        summary=escape(_story(view)),
        headline=escape(sentence),
        numbers="".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in numbers),
        figures="".join(_figure(chart) for chart in figures),
        sections=_sections(view, before, link),
        plotly=PLOTLY.read_text(encoding="utf-8").replace("</script", "<\\/script"),
        ticks=TICKS.read_text(encoding="utf-8").replace("export function", "function"),
        charts=_script(figures),
    )


def _story(view: RunView) -> str:
    """Return what happened in the replay, behind what was changed in it."""
    happened = f"What happened ({view.preset.status}): {view.preset.summary}"
    changed = changes(view)
    return f"Changed: {changed}. {happened}" if changed else happened


def _figure(chart: Figure) -> str:
    caption = f"<b>{escape(chart['title'])}</b> {escape(chart['takeaway'])}"
    return f'<figure><figcaption>{caption}</figcaption><div id="{escape(chart["id"])}"></div></figure>'


def _sections(view: RunView, before: RunView | None, link: str) -> str:
    changed = view.scenario != view.preset.scenario
    note = "Settings differ from the replay's: the record is of what happened, this run is of what was chosen."
    parts = [
        "<h2>On record and in this run</h2>",
        f"<p>{note}</p>" if changed else "",
        _table(recorded_rows(view)) or "<p>Nothing is on record.</p>",
        *(
            ()
            if before is None
            else ("<h2>A (pinned) against B (this run)</h2>", _table(difference_rows(view, before)))
        ),
        "<h2>Ledger</h2>",
        _table(tables.ledger_rows(view)),
        _table(tables.flow_rows(view)),
        "<h2>The same figures from the command line</h2>",
        f"<pre>{escape(command(view.scenario, view.preset.name))}</pre>",
        f"<p>{escape(CHECKOUT.replace('`', ''))}</p>",
        f'<p>On the page: <a href="{escape(link, quote=True)}">{escape(link)}</a></p>' if link else "",
        "<h2>Assumed in this replay</h2>",
        "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in view.preset.assumptions) + "</ul>",
        "<h2>Settings</h2>",
        _table(tables.setting_rows(view.scenario, view.preset)),
        "<h2>Versions</h2>",
        f"<p>{escape(versions())}</p>",
    ]
    return "\n".join(parts)


def versions() -> str:
    """Return what computed the figures: Python and the libraries."""
    found = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return f"{version_of_ours()}, Python {platform.python_version()}, {found}"


def _table(rows: list[tables.Row]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{escape(name)}</th>" for name in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row.values()) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _script(figures: list[Figure]) -> str:
    """Figures as JSON that can stand in a script: no tag can end it."""
    return json.dumps(_plain(figures), separators=(",", ":"), allow_nan=False).replace("</", "<\\/")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return float(f"{value:.7g}") if np.isfinite(value) else None
    return value
