"""A against B in words and in a table: the pinned run, and the one on the page."""

from __future__ import annotations

from ui.cascade.charts.pinned import can_overlay
from ui.cascade.headline import headline, lost_share, numbers
from ui.cascade.tables import Row
from ui.charts.run_view import RunView
from ui.frame.formats import count, exact, money, percent
from ui.settings.reproduce import differences, settings, written

FIGURES = {
    "move": "largest move of the mark",
    "n_liquidated": "traders forced out",
    "n_wiped": "of them with nothing left",
    "deficit": "deficit",
    "fund_paid": "paid by the fund",
    "venue_paid": "paid by the venue",
    "backstop_paid": "paid by the backstop",
    "charged": "paid by traders",
    "unfunded": "paid by nobody",
    "deleveraged_notional": "positions closed early",
    "deleveraged_loss": "what that cost their owners",
    "market_makers": "gained by market makers",
    "fund_end": "fund at the end",
    "n_payers": "winners who pay",
    "rate": "share of profit they lose",
    "highest_rate": "the most that one of them loses",
}
SHARES = ("move", "rate", "highest_rate")


def told(view: RunView, before: RunView | None) -> tuple[str, list[tuple[str, str]]]:
    """Return the sentence and the four numbers of a run; with A, where a run is pinned."""
    if before is None:
        return headline(view), numbers(view)
    return f"{headline(view)} {difference_sentence(view, before)}", both_numbers(view, before)


def difference_sentence(view: RunView, before: RunView) -> str:
    """Return what is different in B, in a sentence."""
    if not can_overlay(view, before):
        return f"A is another replay, {before.preset.title}: both stand under “A against B” below the charts."
    now, then, currency = view.summary, before.summary, view.currency
    told = (
        ("{} traders are forced out instead of {}", count(now.n_liquidated), count(then.n_liquidated)),
        ("the deficit is {} instead of {}", money(now.deficit, currency), money(then.deficit, currency)),
        ("winners lose {} of their profit instead of {}", percent(lost_share(view)), percent(lost_share(before))),
    )
    parts = [text.format(here, there) for text, here, there in told if here != there]
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
    text = written(settings(view.scenario)[name])
    return text if len(text) <= 60 else f"{text[:57]}..."
