"""Words and numbers: money and shares as people write them, the computed headline, help for every control."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from engine import InputError, load_preset, preset_names
from engine.scenario import with_values
from tests.ui.replays import replay
from ui.cascade.headline import headline, lost_share, numbers
from ui.cascade.tables import record_line
from ui.charts.recorded import recorded_rows
from ui.charts.run_view import RunView, view_of
from ui.frame.formats import coins, counted, duration, exact, money, multiple, percent, points
from ui.frame.intervals import basis_points
from ui.settings.reproduce import command, differences
from ui.settings.run_settings import RUN_SETTINGS, Choice, run_sliders, scenario_of, setting_at
from ui.settings.words import COINS

NB = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (4_712_345.6, "USD", "$4.7M"),
        (0.0, "USD", "$0"),
        (-312_000.0, "USD", "\N{MINUS SIGN}$312k"),
        (999_950.0, "USD", "$1.0M"),
        (5_511_042_925.0, "USD", "$5.5bn"),
        (42.0, "USD", "$42"),
        (1220.3, "BTC", f"1,220{NB}BTC"),
        (10.0, "BTC", f"10{NB}BTC"),
        (0.8125, "BTC", f"0.812{NB}BTC"),
        (16_480_373.0, "USDT", f"16.5M{NB}USDT"),
        (math.inf, "USD", "no limit"),
    ],
)
def test_money(amount: float, currency: str, text: str) -> None:
    assert money(amount, currency) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.124, "12.4"), (0.0025, "0.25"), (0.0, "0"), (1.0, "100"), (0.99999, "100.0"), (-0.336, "\N{MINUS SIGN}33.6")],
)
def test_percent(share: float, text: str) -> None:
    assert percent(share) == f"{text}{NB}%"


def test_small_numbers_do_not_get_a_minus_sign() -> None:
    assert exact(-1e-12, "BTC") == f"0.0000{NB}BTC"
    assert exact(-1e-12, "USD") == "$0.00"
    assert coins(-0.0001) == "0.000"


def test_counts_lengths_and_multiples() -> None:
    assert counted(1, "trader") == "1 trader"
    assert counted(2001, "trader") == "2,001 traders"
    assert duration(0.5) == "30 seconds"
    assert duration(1) == "1 minute"
    assert duration(15) == "15 minutes"
    assert duration(1440 * 3.5) == "3.5 days"
    assert (multiple(7.5), multiple(25.2), multiple(2.0)) == ("7.5x", "25x", "2x")
    assert (points(0.0512), points(0.0003), points(0.123)) == ("5.1", "0.03", "12")


def run(preset: str, **values: object) -> RunView:
    names = {name.replace("__", "."): value for name, value in values.items()}
    return view_of(preset, with_values(load_preset(preset).scenario, names))


@pytest.mark.parametrize("preset", preset_names())
def test_headline_and_numbers_of_every_preset(preset: str) -> None:
    made = run(preset)
    text = headline(made)
    assert text.endswith(".")
    assert text.count("  ") == 0
    assert len(text) < 400
    assert len(numbers(made)) == 4
    assert 0.0 <= lost_share(made) <= 1.0
    assert preset in COINS


@pytest.mark.parametrize("preset", preset_names())
def test_the_record_is_met_by_an_untouched_preset_or_says_by_how_much_not(preset: str) -> None:
    rows = recorded_rows(run(preset))
    for row, figure in zip(rows, load_preset(preset).recorded, strict=True):
        assert row["within"].startswith("outside by ") if figure.outside else row["within"] in ("within", "")
    assert all(row["source"] for row in rows if row["status"] != "assumed")
    assert record_line(run(preset))


def test_every_control_has_a_name_and_one_sentence_of_help() -> None:
    for setting in RUN_SETTINGS.values():
        sentence, _, formula = setting.help.partition(" Formula: ")
        assert setting.label
        assert sentence.endswith(".")
        assert ". " not in sentence
        assert not formula.rstrip(".").endswith(".")


@pytest.mark.parametrize("preset", preset_names())
@pytest.mark.parametrize("name", RUN_SETTINGS)
def test_a_setting_at_its_start_changes_nothing_that_matters(preset: str, name: str) -> None:
    slider = run_sliders(preset).get(name)
    if slider is None:
        crowd = (
            ()
            if load_preset(preset).scenario.book.n_traders
            else ("book.leverage", "book.n_traders", "book.long_share")
        )
        assert name in ("crash_depth", "crash_duration", "venue.thinning", *crowd)
        return
    assert slider.low <= slider.start <= slider.high
    assert scenario_of(Choice(preset)) == load_preset(preset).scenario


def test_percent_becomes_fraction_once() -> None:
    chosen = scenario_of(Choice("calm", {"path.volatility": 80.0, "venue.fund": 2.0, "venue.liquidation_fee": 0.5}))
    assert chosen.path.volatility == pytest.approx(0.8)
    assert chosen.venue.fund == pytest.approx(0.02 * chosen.open_interest)
    assert chosen.venue.liquidation_fee == pytest.approx(0.005)


def test_leverage_moves_the_crowd_up_to_its_cap_and_leaves_the_record() -> None:
    base = load_preset("okex-2018").scenario
    moved = scenario_of(Choice("okex-2018", {"book.leverage": 6.0}))
    assert moved.positions == base.positions
    assert moved.book == replace(base.book, leverage=6.0)
    before, after = (view_of("okex-2018", each) for each in (base, moved))
    crowd = after.leverage[:-1]
    assert crowd.max() == pytest.approx(8.0)
    is_free = (crowd < 7.999) & (before.leverage[:-1] > 1.001)
    assert crowd[is_free] == pytest.approx(1.5 * before.leverage[:-1][is_free], rel=0.02)
    assert (after.run.book.size == before.run.book.size).all()


@pytest.mark.parametrize("preset", [name for name in preset_names() if load_preset(name).scenario.book.n_traders])
def test_leverage_scales_the_crowd_up_to_the_cap_and_leaves_positions_on_record(preset: str) -> None:
    base = load_preset(preset).scenario
    slider = run_sliders(preset)["book.leverage"]
    changed = scenario_of(Choice(preset, {"book.leverage": slider.high}))
    assert slider.high == min(base.book.leverage_cap, 100.0)
    assert changed.positions == base.positions
    assert changed.book.leverage_cap == base.book.leverage_cap
    n = changed.book.n_traders
    scaled = view_of(preset, changed)
    assert scaled.leverage[:n].max() <= base.book.leverage_cap * (1 + 1e-9)
    assert np.median(scaled.leverage[:n]) > np.median(view_of(preset, base).leverage[:n])


@pytest.mark.parametrize("preset", preset_names())
def test_volatility_says_what_it_moves(preset: str) -> None:
    is_pinned = load_preset(preset).scenario.path.model == "waypoints"
    label = run_sliders(preset)["path.volatility"].label
    assert label == ("Noise between known prices" if is_pinned else "Volatility")


def test_the_record_says_how_far_outside_a_run_is() -> None:
    preset = replay("hyperliquid-popcat-2025")
    figure = replace(preset.recorded[0], value=4.95e6, low=4.95e6, high=6e6, unit="USD")
    view = view_of(preset.name, preset.scenario)
    made = RunView(replace(preset, recorded=(figure,)), view.scenario, view.run)
    deficit = float(view.run.deficit.sum())
    assert recorded_rows(made)[0]["within"] == f"outside by {money(deficit - 6e6, 'USD')}"
    assert record_line(made).endswith(f"outside by {money(deficit - 6e6, 'USD')}")
    assert record_line(view).endswith("within $5.0M to $9.9M")


def test_a_crash_can_be_put_into_a_calm_day() -> None:
    none = scenario_of(Choice("calm"))
    deep = scenario_of(Choice("calm", {"crash_depth": 30.0, "crash_duration": 1.0}))
    assert (none.path.model, deep.path.model) == ("gbm", "crash")
    assert deep.path.crash_depth == pytest.approx(0.3)
    assert deep.path.crash_steps == 12


def test_stretching_a_replay_keeps_its_prices_and_settles_at_its_end() -> None:
    slow = scenario_of(Choice("okex-2018", {"crash_duration": 2 * 18.5}))
    base = load_preset("okex-2018").scenario
    assert [price for _, price in slow.path.points] == [price for _, price in base.path.points]
    assert slow.path.n_steps == 2 * base.path.n_steps == slow.venue.settlement_interval
    assert slow.path.gap_steps == (2 * base.path.gap_steps[0],)


def test_wrong_values_are_collected_and_belong_to_a_control() -> None:
    with pytest.raises(InputError) as caught:
        scenario_of(Choice("calm", {"venue.thinning": -1.0, "book.long_share": 200.0}))
    assert {setting_at(name) for name in caught.value.fields} == {"venue.thinning", "book.long_share"}
    assert setting_at("book.leverage_floor") == "book.leverage"
    assert setting_at("book.open_interest") == "preset"


def test_the_command_names_what_differs() -> None:
    base = load_preset("hyperliquid-2025").scenario
    assert command(base, "hyperliquid-2025") == "python -m engine run --preset hyperliquid-2025"
    changed = replace(base, venue=replace(base.venue, fund=1e6), seed=7)
    assert command(changed, "hyperliquid-2025").endswith("--set venue.fund=1000000.0 --set seed=7")
    assert set(differences(changed, base)) == {"venue.fund", "seed"}


def test_basis_points_have_the_minus_sign_of_all_numbers() -> None:
    assert [basis_points(share) for share in (-13.5e-4, 2.8e-4, 0.0, -1e-9, 0.0123)] == [
        "−13.5 bp",
        "2.8 bp",
        "0.0 bp",
        "0.00 bp",
        "123 bp",
    ]
