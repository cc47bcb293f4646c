"""Where to go next: settings of a replay that are worth a look."""

from __future__ import annotations

import streamlit as st

from ui.charts.run_view import RunView
from ui.settings import sidebar
from ui.settings.run_settings import Choice, variant_choice

FUND, VAULT = "venue.fund", "venue.vault"


def steps(choice: Choice, view: RunView) -> list[tuple[str, str, Choice]]:
    """Return what to try next as (name, what it shows, choice): the preset's own variants, or less to fall back on."""
    found = [
        (variant.title, variant.summary, variant_choice(choice.preset, variant)) for variant in view.preset.variants
    ]
    lighter = without_layers(choice, view)
    if lighter is not None:
        found.append(lighter)
    return [step for step in found if step[2] != choice]


def without_layers(choice: Choice, view: RunView) -> tuple[str, str, Choice] | None:
    """Return the same run without the layers that paid for everything; None where others bear something already."""
    f, venue = view.summary, view.scenario.venue
    if f.charged > 0 or f.n_deleveraged or f.unfunded > 0 or f.deficit <= 0:
        return None
    taken = {FUND: 0.0} if venue.fund > 0 else {}
    if venue.vault > 0:
        taken[VAULT] = "0"
    if not taken:
        return None
    words = " and ".join(["the fund"] * (FUND in taken) + ["the vault"] * (VAULT in taken))
    kept = {name: value for name, value in choice.values.items() if name not in taken}
    fund_start = view.preset.scenario.venue.fund
    if fund_start <= 0:
        taken.pop(FUND, None)
    return f"Take {words} away", "Who pays when nothing stands between.", Choice(choice.preset, {**kept, **taken})


def next_steps(choice: Choice, view: RunView) -> None:
    """Draw what to try next at the end of the sidebar."""
    with st.sidebar, st.container(gap=None, key="next"):
        found = steps(choice, view)
        if found:
            st.caption("Try next")
        for name, summary, step in found:
            st.button(name, on_click=sidebar.choose, args=(step,), help=summary, type="tertiary", key=f"next:{name}")
