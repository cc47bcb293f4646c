"""A against B in words and in a table: the pinned run, and the one on the page."""

from __future__ import annotations

from ui.cascade.charts.pinned import can_overlay
from ui.cascade.headline import lost_share, numbers
from ui.cascade.tables import Row
from ui.charts.run_view import RunView
from ui.frame.formats import count, exact, money, percent, points
from ui.settings.reproduce import differences, written

FIGURES = {
    "move": "largest move of the mark",
    "n_liquidated": "traders forced out",
    "n_wiped": "of them with nothing left",
    "deficit": "deficit",
    "fund_paid": "paid by the fund",
    "venue_paid": "paid by the venue",
    "backstop_paid": "paid by the backstop",
    "charged": "paid by traders",
    "deleveraged_notional": "positions closed early",
    "unfunded": "paid by nobody",
    "fund_end": "fund at the end",
    "n_payers": "winners who pay",
    "rate": "share of profit they lose",
    "highest_rate": "the most that one of them loses",
}
SHARES = ("move", "rate", "highest_rate")


def difference_sentence(view: RunView, before: RunView) -> str:
    """Return what is different in B, in a sentence."""
    if not can_overlay(view, before):
        return f"A is another replay, {before.preset.title}: both stand under “A against B” below the charts."
    now, then = view.summary, before.summary
    parts = []
    if now.n_liquidated != then.n_liquidated:
        number = now.n_liquidated - then.n_liquidated
        parts.append(f"{count(abs(number))} {'more' if number > 0 else 'fewer'} traders are forced out")
    gap = now.to_cover - then.to_cover
    if abs(gap) > 1e-9 * max(now.to_cover, then.to_cover, 1e-300):
        parts.append(f"the deficit is {money(abs(gap), view.currency)} {'larger' if gap > 0 else 'smaller'}")
    change = lost_share(view) - lost_share(before)
    if abs(change) >= 5e-5:
        parts.append(f"winners lose {points(change)} points {'more' if change > 0 else 'less'} of their profit")
    if not parts:
        return "Against A nothing changes."
    return f"Against A, {', '.join(parts[:-1])}{' and ' if len(parts) > 1 else ''}{parts[-1]}."


def both_numbers(view: RunView, before: RunView) -> list[tuple[str, str]]:
    """Return the four numbers of B, with A's beside their names."""
    both = zip(numbers(view), numbers(before), strict=True)
    return [(f"{name} (A: {then.removesuffix(' of their profit')})", value) for (name, value), (_, then) in both]


def difference_rows(view: RunView, before: RunView) -> list[Row]:
    """Return the settings and figures of A and B side by side; settings that are equal are left out."""
    rows = []
    if view.preset.name != before.preset.name:
        rows.append({"": "replay", "A": before.preset.title, "B": view.preset.title})
    for name in differences(view.scenario, before.scenario):
        rows.append({"": name, "A": _value(before, name), "B": _value(view, name)})
    for name, label in FIGURES.items():
        rows.append({"": label, "A": _figure(before, name), "B": _figure(view, name)})
    return rows


def _figure(view: RunView, name: str) -> str:
    value = getattr(view.summary, name)
    if name in SHARES:
        return percent(value)
    return count(value) if name.startswith("n_") else exact(value, view.currency)


def _value(view: RunView, name: str) -> str:
    section, _, key = name.partition(".")
    text = written(getattr(getattr(view.scenario, section), key) if key else getattr(view.scenario, name))
    return text if len(text) <= 60 else f"{text[:57]}..."
