"""What is on record about the five ideas: counts over events and frequencies, made when the page opens."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from statistics import median

from engine import Event, load_events, load_record
from ui.frame.formats import count, counted, percent

ON_CHAIN = ("on-chain", "lending protocol")
GROUPS = ("customers' balances", "default fund")  # that were cut as a whole


def having(figure: Callable[[Event], float]) -> list[tuple[Event, float]]:
    """Return the events, the earliest first, of which a figure is known and above zero, and that figure."""
    return [(event, value) for event in load_events() if (value := figure(event)) > 0.0]


def _named(event: Event) -> str:
    return f"{event.venue} ({event.date[:4]})"


def _span(found: list[tuple[Event, float]]) -> str:
    least, most = min(found, key=lambda row: row[1]), max(found, key=lambda row: row[1])
    return f"from {percent(least[1])} at {_named(least[0])} to {percent(most[1])} at {_named(most[0])}"


def _decentralized() -> str:
    chain = [event for event in load_events() if event.kind in ON_CHAIN]
    borne = [event for event in chain if event.socialized_usd > 0.0]
    return (
        f"{counted(len(chain), 'event')} on record at on-chain venues since {chain[0].date[:4]}; in "
        f"{len(borne)} of them a loss that others bore is known in dollars."
    )


def _mutualized() -> str:
    found = having(lambda event: next((share for of, share in event.haircuts if of in GROUPS), 0.0))
    return f"In {counted(len(found), 'event')} a whole group was cut by one share, {_span(found)}."


def _funds() -> str:
    found = having(lambda event: event.drawdown)
    emptied = sum(share >= 1.0 for _, share in found)
    middle = percent(median(share for _, share in found))
    return f"{len(found)} fund losses on record: the median took {middle} of the fund, {emptied} took all of it."


def _offset() -> str:
    rows = [row for row in load_record() if row.rate is not None]
    hits, days = sum(row.winner_events or 0 for row in rows), sum(row.exposure for row in rows)
    return (
        f"Winners in Bitcoin were charged or closed early on {count(hits)} of {count(round(days))} venue-days on "
        "record: seldom, and then many at once."
    )


def _socialized() -> str:
    found = having(lambda event: event.winner_haircut)
    return (
        f"In {counted(len(found), 'event')} winners gave up a part of their profit, {_span(found)}; last at "
        f"{_named(found[-1][0])}."
    )


SAID: dict[str, Callable[[], str]] = {
    "decentralized-loss-sharing": _decentralized,
    "loss-mutualization": _mutualized,
    "loss-mutualization-funds": _funds,
    "loss-offset-rules": _offset,
    "socialized-losses": _socialized,
}


@cache
def evidence(anchor: str) -> str:
    """Return what is on record about an idea, by its anchor."""
    return SAID[anchor]()
