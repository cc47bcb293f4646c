"""The settings of the page: which event is open, which ones are listed, and what is changed in its replay."""

from __future__ import annotations

from functools import lru_cache

from engine import CLEARING_ORDERS, EVENT_KINDS, PAYERS, POLICIES, Preset, load_event, load_events
from ui.frame.formats import SPACE, multiple
from ui.history.answers import BUFFERS, WhatIf, buffer_of, replay_of, unlike
from ui.settings.page_settings import Pick, Setting, Slider
from ui.settings.words import CLEARING_WORDS

ALL = "all"
TRUST = {ALL: "any confidence", "medium": "at least medium", "high": "high"}


def event_title(name: str) -> str:
    """Return an event's title with its date; of none, that all are shown."""
    return f"{load_event(name).title}, {load_event(name).date}" if name else "none: all events"


@lru_cache(maxsize=128)
def changes_of(name: str) -> tuple[Setting, ...]:
    """Return what can be changed in the replay of an event; nothing where it has none."""
    replay = replay_of(name) if name else None
    if replay is None:
        return ()
    key = f"history:{replay.name}"
    if not isinstance(replay, Preset):
        order = Pick(
            key=f"{key}:order", name="order", label="Order of the layers", start=CLEARING_ORDERS[0],
            choices=lambda: CLEARING_ORDERS, show=CLEARING_WORDS.__getitem__,
            help="Whose money goes first: the clearing house's own or that of its members.",
        )  # fmt: skip
        return (order, _times(key, "Members' fund"))
    own, buffer = replay.scenario.venue.policy, buffer_of(replay)
    rule = Pick(
        key=f"{key}:rule", name="rule", label="Loss sharing", start=own, choices=lambda: unlike(replay),
        show=lambda policy: f"{POLICIES[policy].label}{', as it was' if policy == own else ''}",
        help="Who pays what the fund and the layers behind it cannot.",
    )  # fmt: skip
    return (rule, _times(key, BUFFERS[buffer].capitalize()) if buffer else _share(key))


def _times(key: str, what: str) -> Slider:
    return Slider(
        key=f"{key}:fund", name="fund", label=f"{what}, times as large", low=0.0, high=20.0, start=1.0, step=0.1,
        digits=1, unit="x", help="1x is as it was. Formula: amount on record x this.",
    )  # fmt: skip


def _share(key: str) -> Slider:
    return Slider(
        key=f"{key}:fund", name="fund", label="Insurance fund, of open interest", low=0.0, high=20.0, start=0.0,
        step=0.05, digits=2, unit=f"{SPACE}%", factor=100.0,
        help="There was none. Formula: fund / open interest of one side.",
    )  # fmt: skip


def what_if_of(settings: tuple[Setting, ...]) -> WhatIf:
    """Return what the settings of a replay say."""
    rule, fund = settings
    assert isinstance(fund, Slider)
    return WhatIf(str(rule.value), fund.value / fund.factor)


def fund_words(fund: Slider) -> str:
    """Return how large the fund is, in words."""
    return f"of {fund.shown(fund.value)} of open interest" if fund.factor != 1.0 else f"{multiple(fund.value)} as large"


EVENT = Pick(
    key="history:event", name="event", label="Event", start="", choices=lambda: ("", *_newest()), show=event_title,
    then=changes_of, help="Opens its story, its figures and its sources, and its replay where there is one.",
)  # fmt: skip
KIND = Pick(
    key="history:kind", name="kind", label="Kind of venue", start=ALL, choices=lambda: (ALL, *_kinds()),
    show=lambda kind: "all kinds" if kind == ALL else kind, help="Lists the events at such venues alone.",
)  # fmt: skip
PAYER = Pick(
    key="history:payer", name="paid_by", label="Who paid", start=ALL, choices=lambda: (ALL, *PAYERS),
    show=lambda payer: "anybody" if payer == ALL else PAYERS[payer],
    help="Lists the events in which they bore a part, by what the sources say of the mechanism.",
)  # fmt: skip
CONFIDENCE = Pick(
    key="history:confidence", name="confidence", label="Confidence", start=ALL, choices=lambda: TRUST,
    show=TRUST.__getitem__,
    help="High: a primary source, or two independent ones that agree. Medium: one good source. Low: a thin one.",
)  # fmt: skip
FILTERS = (KIND, PAYER, CONFIDENCE)
SETTINGS = (EVENT, *FILTERS)


def _newest() -> tuple[str, ...]:
    return tuple(event.name for event in reversed(load_events()))


def _kinds() -> tuple[str, ...]:
    return tuple(dict.fromkeys(EVENT_KINDS.values()))


def is_listed(name: str) -> bool:
    """Tell whether the filters let an event through."""
    event, trust = load_event(name), CONFIDENCE.value
    return (
        KIND.value in (ALL, event.kind)
        and (PAYER.value == ALL or PAYER.value in event.paid_by)
        and (trust == ALL or event.confidence == "high" or event.confidence == trust)
    )
