"""What the page answers: events and their replays, counts over all of them, a replay under another rule.

Streamlit is not imported here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby

from engine import (
    PAYERS,
    POLICIES,
    ClearingHouse,
    DefaultWaterfall,
    Event,
    Preset,
    RecordedFrequency,
    clearing_house_names,
    default_waterfall,
    load_clearing_house,
    load_events,
    load_preset,
    load_record,
    load_record_days,
    ordered_layers,
    preset_names,
    recorded_value,
    who_pays,
)
from ui.charts.recorded import Row, figure_rows, recorded_rows
from ui.charts.run_view import RunView, view_of

WINNERS = ("winners", "closed early")
POOLED = "All that were counted"
BUFFERS = {"fund": "insurance fund", "vault": "liquidity vault"}  # fields of a venue that stand before its traders
ALMOST_ALL = 1 - 1e-9
BOOKS = 3  # drawn books that a replay is asked of, as in data/README.md


@lru_cache(maxsize=1)
def replays() -> dict[str, Preset | ClearingHouse]:
    """Return every replay by its name, those of events first and by their date."""
    found: list[Preset | ClearingHouse] = [load_preset(name) for name in preset_names()]
    found += [load_clearing_house(name) for name in clearing_house_names()]
    return {each.name: each for each in sorted(found, key=lambda each: (not each.event, each.date))}


def replay_of(event: str) -> Preset | ClearingHouse | None:
    """Return the replay of an event, None where there is none."""
    return next((each for each in replays().values() if each.event == event), None)


def with_haircut() -> tuple[Event, ...]:
    """Return the events with a recorded haircut of winners' profit, the largest first."""
    known = [event for event in load_events() if not math.isnan(event.winner_haircut)]
    return tuple(sorted(known, key=lambda event: -event.winner_haircut))


def with_fund() -> tuple[Event, ...]:
    """Return the events with a recorded loss of a fund, the largest share first."""
    return tuple(sorted((e for e in load_events() if not math.isnan(e.drawdown)), key=lambda event: -event.drawdown))


def is_emptied(event: Event) -> bool:
    """Tell whether an event left nothing in the fund."""
    return event.drawdown >= ALMOST_ALL


def by_payer() -> dict[str, int]:
    """Return in how many events each kind of payer bore something; one event counts for each of its payers."""
    return {payer: sum(payer in event.paid_by for event in load_events()) for payer in PAYERS}


def winners_paid(event: Event) -> bool:
    """Tell whether winners bore a part: by a haircut, or closed early."""
    return any(payer in event.paid_by for payer in WINNERS)


def counted_windows() -> tuple[RecordedFrequency, ...]:
    """Return the windows of the record in which days with charged winners were counted, parts of others left out."""
    known = [row for row in load_record() if row.winner_events is not None and row.venue != POOLED]
    windows = []
    for _, rows in groupby(known, key=lambda row: (row.venue, row.mechanism, row.unit)):
        widest: list[RecordedFrequency] = []
        for row in sorted(rows, key=lambda row: -row.exposure):
            if not any(whole.since <= row.since and row.until <= whole.until for whole in widest):
                widest.append(row)
        windows += widest
    return tuple(windows)


@dataclass(frozen=True, slots=True)
class FundDays:
    """Venue-days on which losses of a fund were counted, those with more than 5 % lost, and the largest share lost."""

    exposure: int
    days: int
    largest: float


def fund_days() -> FundDays:
    """Return what the record has of funds, day by day."""
    rows = [row for row in load_record() if row.fund_days is not None]
    sizes = [day.size for day in load_record_days() if day.figure == "fund"]
    return FundDays(sum(row.exposure for row in rows), sum(row.fund_days or 0 for row in rows), max(sizes))


def compared(replay: Preset | ClearingHouse) -> list[Row]:
    """Return what is on record of a replay beside what is computed."""
    if isinstance(replay, Preset):
        return recorded_rows(as_it_was(replay))
    done = default_waterfall(loss=replay.loss, layers=replay.layers)
    known = {"loss": replay.loss}
    known |= {f"paid.{name}": paid for name, paid in done.by_layer.items()}
    known |= {f"rate.{name}": rate for name, rate in done.rate.items()}
    return figure_rows(replay.recorded, lambda key: known.get(key, math.nan))


def as_it_was(preset: Preset) -> RunView:
    """Return the run of a replay."""
    return view_of(preset.name, preset.scenario)


def other_books(preset: Preset) -> tuple[RunView, ...]:
    """Return the runs of a replay with other drawn traders and other noise: the record is one draw as well."""
    seeds = (preset.scenario.seed + k for k in range(1, BOOKS))
    return tuple(view_of(preset.name, replace(preset.scenario, seed=seed)) for seed in seeds)


def spread(preset: Preset, key: str) -> tuple[float, float]:
    """Return the least and the largest of a figure on record over all drawn books."""
    values = [recorded_value(view.run, key) for view in (as_it_was(preset), *other_books(preset))]
    return min(values), max(values)


def buffer_of(preset: Preset) -> str:
    """Return the field of the venue's money that stands before its traders, "" where there is none."""
    return next((field for field in BUFFERS if getattr(preset.scenario.venue, field) > 0.0), "")


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Another rule and another fund: a policy, and the fund as a multiple of the recorded one.

    Where there was none, `fund` is a share of open interest.
    """

    policy: str
    fund: float


def changed(preset: Preset, what_if: WhatIf, seed: int | None = None) -> RunView:
    """Return the run of a replay under another rule and fund; traders and shocks are the same, those of the seed."""
    venue, buffer = preset.scenario.venue, buffer_of(preset)
    amount = what_if.fund * (getattr(venue, buffer) if buffer else preset.scenario.open_interest)
    venue = replace(venue, **{buffer or "fund": amount})
    if what_if.policy != venue.policy:
        venue = replace(venue, policy=what_if.policy, policy_options={})
    seed = preset.scenario.seed if seed is None else seed
    return view_of(preset.name, replace(preset.scenario, venue=venue, seed=seed))


def elsewhere(preset: Preset, what_if: WhatIf) -> list[float]:
    """Return how much more traders bear after a change in each of the other drawn books, each paired with itself."""
    return [
        shares(changed(preset, what_if, view.scenario.seed))["traders"] - shares(view)["traders"]
        for view in other_books(preset)
    ]


def shares(view: RunView) -> dict[str, float]:
    """Return who bore what in a run, in money: the layers, winners charged and closed early, and what nobody paid."""
    f, figures = view.summary, who_pays(view.run)
    return {
        "insurance fund": f.fund_paid,
        "venue": f.venue_paid,
        "backstop": f.backstop_paid,
        "traders": figures.charged,
        "nobody": figures.unfunded,
    }


def rearranged(house: ClearingHouse, order: str, times: float) -> tuple[list[str], DefaultWaterfall]:
    """Return the layers of a default in another order, the members' fund so many times as large, and what each paid."""
    layers = [
        replace(layer, contributions=times * layer.contributions) if layer.name == house.members else layer
        for layer in ordered_layers(house, order)
    ]
    return [layer.name for layer in layers], default_waterfall(loss=house.loss, layers=layers)


def unlike(preset: Preset) -> Sequence[str]:
    """Return the policies that can be put in place of a replay's own: its own first."""
    own = preset.scenario.venue.policy
    return (own, *(name for name in POLICIES if name != own))
