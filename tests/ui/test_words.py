"""Words and numbers: money and shares as people write them, the computed headline, help for every control."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from engine import InputError, load_preset, preset_names
from engine.scenario import with_values
from ui.cascade.changes import changes
from ui.cascade.charts import flow
from ui.cascade.headline import headline, lost_share, numbers
from ui.cascade.notes import DEEPEST, MOST_VOLATILITY
from ui.cascade.tables import record_line, recorded_rows
from ui.charts.run_summary import Excursion
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


def told(preset: str, **figures: object) -> RunView:
    """A run whose summary has other figures: what the sentence makes of them."""
    made = run(preset)
    again = RunView(made.preset, made.scenario, made.run)
    again.__dict__["summary"] = replace(made.summary, **figures)
    return again


def test_headline_measures_forced_selling_over_the_whole_run() -> None:
    fall, none = Excursion(60, 0.153, 0.003, True), Excursion(0, 0.0, 0.0, False)
    made = told("binance-2020", fall=fall, rise=none, gap=-0.068, gap_step=1, gap_steps=1)
    assert headline(made).startswith(
        f"BTC fell 15.3{NB}%: forced selling took it 6.8{NB}% below the reference within a{NB}minute, "
        "0.3 points at the low. ".replace(f"a{NB}minute", "a minute")
    )
    made = told("binance-2020", fall=fall._replace(forced=0.0), rise=none, gap=-0.029, gap_step=53, gap_steps=4)
    assert "and nothing of that was left at the low" in headline(made)
    made = told("binance-2020", fall=fall._replace(forced=0.05), rise=none, gap=-0.06, gap_step=60, gap_steps=4)
    assert headline(made).startswith(f"BTC fell 15.3{NB}%, of which 5.0 points came from forced selling. ")


def test_the_largest_distance_from_the_reference_is_that_of_any_step() -> None:
    made = run("binance-2020")
    away = np.abs(made.run.mark / made.run.prices - 1.0)
    assert abs(made.summary.gap) >= away.max() * (1 - 1e-9)
    assert made.summary.gap < 0 < made.summary.fall.move
    assert made.summary.fall.forced <= made.summary.fall.move
    quiet = run("calm", path__volatility=0.0)
    assert (quiet.summary.gap, quiet.summary.move) == (0.0, 0.0)


def test_headline_tells_both_ways_in_order() -> None:
    up, down = Excursion(20, 0.07, 0.064, False), Excursion(287, 0.042, 0.0, True)
    assert headline(told("calm", rise=up, fall=down)).startswith(
        f"BTC rose 7.0{NB}% (6.4 points of it forced buying), then fell to 4.2{NB}% below its start. "
    )
    down, up = Excursion(10, 0.638, 0.0, True), Excursion(20, 1.67, 0.0, False)
    assert headline(told("calm", rise=up, fall=down)).startswith(
        f"BTC fell 63.8{NB}%, then rose to 167.0{NB}% above its start. "
    )
    assert ", then" not in headline(told("calm", rise=Excursion(1, 0.0057, 0.0, False)))


def test_headline_names_who_paid_and_not_a_fund_that_is_none() -> None:
    vault = told("hyperliquid-jelly-2025")
    assert "the fund paid" not in headline(vault)
    assert "the liquidity vault paid all of it" in headline(vault)
    assert numbers(vault)[2][1].endswith(f"vault 100{NB}%")
    none = told(
        "hyperliquid-2025",
        deficit=18e6,
        fund_start=0.0,
        fund_paid=18e6,
        charged=0.0,
        unfunded=0.0,
        n_deleveraged=489,
        deleveraged_notional=908e6,
        deleveraged_loss=10.3e6,
        deleveraged_gain=0.0,
    )
    assert "a deficit of $18.0M: what other liquidated accounts left paid all of it (this venue has no fund). " in (
        headline(none)
    )
    assert "which cost their owners another $10.3M." in headline(none)
    assert flow(none)["takeaway"].startswith(
        f"What accounts closed before had left pays 100{NB}% of the deficit of $18.0M"
    )


def test_headline_explains_a_fund_that_pays_more_than_it_held() -> None:
    made = told("calm", n_liquidated=700, n_wiped=700, deficit=20e6, fund_start=5e6, fund_paid=10.4e6, charged=9.6e6)
    assert "the fund paid $10.4M ($5.0M that it held, and what the liquidated left meanwhile)" in headline(made)


def test_headline_tells_gains_and_losses_of_the_closed_apart() -> None:
    made = told(
        "hyperliquid-2025",
        n_deleveraged=489,
        deleveraged_notional=908e6,
        deleveraged_loss=1.1e6,
        deleveraged_gain=2.0e6,
    )
    assert "which cost some of their owners another $1.1M and gave others $2.0M." in headline(made)


def test_headline_when_nothing_happens_says_what_can_move_it() -> None:
    assert "Nobody was liquidated" in headline(run("calm", book__leverage=1.0, book__leverage_cap=1.5))
    calm = headline(run("calm"))
    assert "no deficit, nobody pays" in calm
    assert calm.endswith("Raise leverage or volatility, or deepen the crash, to see a deficit.")
    assert headline(run("calm", path__volatility=0.0)).startswith("BTC did not move.")
    most = headline(run("calm", path__volatility=3.0, book__leverage=1.0, book__leverage_cap=1.1))
    assert "volatility" not in most
    sliders = run_sliders("calm")
    assert (sliders["path.volatility"].high, sliders["crash_depth"].high) == (100 * MOST_VOLATILITY, DEEPEST)
    strict = headline(run("calm", venue__maintenance_rate=0.2))
    assert "leverage" not in strict
    assert f"At a maintenance margin of 20.0{NB}% everybody is closed while much is left" in strict


def test_a_position_on_record_that_leaves_before_the_gap_is_said_to() -> None:
    scenario = load_preset("okex-2018").scenario
    low = scenario.path.points[-1][1]
    early = replace(scenario.path, points=((0, 8421.0), (60, 8000.0), (73, 7900.0), (74, low)))
    text = headline(view_of("okex-2018", replace(scenario, path=early)))
    assert re.search(
        rf"The \$41[67]M long is now forced out before the gap, leaving .* instead of [\d,]+{NB}BTC\.", text
    )
    assert "forced out before" not in headline(run("okex-2018"))


def test_headline_says_what_a_smaller_fund_does() -> None:
    empty = headline(run("bitmex-2020", venue__fund=0.0))
    assert "With an empty fund the bankrupt are handed to winners instead of being sold in the market." in empty
    assert "handed to winners" not in headline(run("bitmex-2020"))
    assert "While the fund lasts the bankrupt are sold" in headline(run("hyperliquid-2025", venue__fund=200e6))


def test_what_was_changed_is_said() -> None:
    assert changes(run("hyperliquid-2025")) == ""
    choice = Choice("hyperliquid-2025", {"book.leverage": 12.0, "venue.policy": "profit_prorata"})
    text = changes(view_of("hyperliquid-2025", scenario_of(choice)))
    assert text.startswith("leverage 12.0x instead of 7.5x, loss sharing “")
    choice = Choice("hyperliquid-jelly-2025", {"venue.vault": "0"})
    assert changes(view_of("hyperliquid-jelly-2025", scenario_of(choice))) == "liquidity vault 0 instead of $240M"
    assert changes(view_of("calm", scenario_of(Choice("calm", {"crash_depth": 10.0})))) == (
        "crash depth 10.0% instead of 0.0%"
    )


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
    assert len(text) < 400
    assert len(numbers(made)) == 4
    assert 0.0 <= lost_share(made) <= 1.0
    assert preset in COINS


@pytest.mark.parametrize("preset", preset_names())
def test_the_record_is_met_by_an_untouched_preset(preset: str) -> None:
    rows = recorded_rows(run(preset))
    assert all(row["within"] in ("within", "") for row in rows)
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
        assert name in ("crash_depth", "crash_duration")
        return
    assert slider.low <= slider.start <= slider.high
    assert scenario_of(Choice(preset)) == load_preset(preset).scenario


def test_percent_becomes_fraction_once() -> None:
    chosen = scenario_of(Choice("calm", {"path.volatility": 80.0, "venue.fund": 2.0, "venue.liquidation_fee": 0.5}))
    assert chosen.path.volatility == pytest.approx(0.8)
    assert chosen.venue.fund == pytest.approx(0.02 * chosen.open_interest)
    assert chosen.venue.liquidation_fee == pytest.approx(0.005)


@pytest.mark.parametrize("preset", preset_names())
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
    preset = load_preset("hyperliquid-popcat-2025")
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
