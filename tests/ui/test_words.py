"""Words and numbers: money and shares as people write them, the computed headline, help for every control."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from engine import InputError, load_preset, preset_names
from engine.scenario import with_values
from ui.cascade.headline import headline, lost_share, numbers
from ui.cascade.tables import record_line, recorded_rows
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


def test_headline_of_a_shared_loss() -> None:
    made = run("okex-2018")
    rate = percent(float(made.run.haircut_rate.max()))
    text = headline(made)
    assert text.startswith(f"BTC fell 11.1{NB}%, none of it from forced selling. ")
    assert (
        f"left a deficit of {money(float(made.run.deficit.sum()), 'BTC')}: the fund paid 10{NB}BTC, the venue" in text
    )
    assert text.endswith(f"and every winner lost {rate} of its profit.")


def test_headline_names_the_part_of_forced_selling() -> None:
    made = run("hyperliquid-2025")
    f = made.summary
    assert f"of which {points(f.forced_move)} points came from forced selling" in headline(made)
    assert f.own_move + f.forced_move == pytest.approx(f.move)
    assert "closed early" in headline(made)


def test_headline_when_nothing_happens_says_what_to_move() -> None:
    assert "Nobody was liquidated" in headline(run("calm", book__leverage=1.0, book__leverage_cap=1.5))
    calm = headline(run("calm"))
    assert "no deficit, nobody pays" in calm
    assert "Raise leverage or volatility" in calm
    assert headline(run("calm", path__volatility=0.0)).startswith("BTC did not move.")


def test_headline_when_nobody_pays_the_deficit() -> None:
    made = run("bitvc-2014", venue__policy="none")
    assert headline(made).endswith(": nobody paid it.")


def test_headline_when_charges_differ() -> None:
    made = run("bitvc-2014", venue__policy="equal_losses")
    assert "between" in headline(made)
    made = run("bitvc-2014", venue__policy="open_interest_both_sides")
    assert "without profit paid too" in headline(made) or made.summary.n_losers_charged == 0


@pytest.mark.parametrize("preset", preset_names())
def test_headline_and_numbers_of_every_preset(preset: str) -> None:
    made = run(preset)
    text = headline(made)
    assert text.endswith(".")
    assert text.count("  ") == 0
    assert len(text) < 330
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
        assert name in ("crash_depth", "crash_duration", "venue.thinning")
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
