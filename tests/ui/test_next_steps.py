"""Where to go next: what is offered leads somewhere else, and bites where nobody paid."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine import load_preset, preset_names
from tests.ui.replays import replay, run_of
from ui.cascade.next_steps import steps, without_layers
from ui.charts.run_view import RunView, view_of
from ui.settings.run_settings import Choice, scenario_of


def shown(choice: Choice) -> RunView:
    return view_of(choice.preset, scenario_of(choice))


def test_the_first_preset_leads_to_its_variants() -> None:
    choice = Choice("cascade")
    names = [name for name, _, _ in steps(choice, shown(choice))]
    assert names[:3] == ["Less leverage: nothing happens", "Tipping point", "Meltdown"]
    less = steps(choice, shown(choice))[0][2]
    assert shown(less).summary.charged == 0.0
    assert names[0] not in [name for name, _, _ in steps(less, shown(less))]


@pytest.mark.parametrize("preset", preset_names())
def test_taking_the_layers_away_bites(preset: str) -> None:
    choice, known = Choice(preset), replay(preset)
    made = run_of(known, known.scenario)
    step = without_layers(choice, made)
    f = made.summary
    bears = f.charged > 0 or f.n_deleveraged or f.unfunded > 0
    own = known.scenario.venue
    assert (step is None) == bool(bears or f.deficit <= 0 or not (own.fund or own.vault))
    if step is None:
        return
    venue = scenario_of(step[2]).venue
    assert (venue.fund, venue.vault) == (0.0, 0.0)
    after = run_of(known, replace(known.scenario, venue=venue)).summary
    assert after.charged > 0 or after.n_deleveraged or after.unfunded > 0


def test_what_was_chosen_is_kept() -> None:
    choice = Choice("binance-2020", {"book.leverage": 25.0})
    step = without_layers(choice, shown(choice))
    assert step[2].values == {"book.leverage": 25.0, "venue.fund": 0.0}
    assert load_preset("binance-2020").scenario.venue.fund > 0
