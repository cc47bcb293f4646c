"""The sentence tells the run: how far and why, who was wiped out, who paid, and what a change did."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from tests.ui.replays import replay, run, run_of
from ui.cascade.changes import changes
from ui.cascade.charts import flow
from ui.cascade.headline import headline, numbers
from ui.cascade.notes import DEEPEST, MOST_VOLATILITY
from ui.charts.run_summary import Excursion
from ui.charts.run_view import RunView, view_of
from ui.frame.formats import money, percent
from ui.settings.run_settings import Choice, run_sliders, scenario_of

NB = "\N{NO-BREAK SPACE}"


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
    made = told("binance-2020", fall=fall, rise=none, gap=-0.068, gap_steps=1)
    assert headline(made).startswith(
        f"BTC fell 15.3{NB}%: forced selling took it 6.8{NB}% below the reference within a{NB}minute, "
        "0.3 points at the low. ".replace(f"a{NB}minute", "a minute")
    )
    made = told("binance-2020", fall=fall._replace(forced=0.0), rise=none, gap=-0.029, gap_steps=4)
    assert "and nothing of that was left at the low" in headline(made)
    made = told("binance-2020", fall=fall._replace(forced=0.05), rise=none, gap=-0.06, gap_steps=4)
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
    assert (
        "a deficit of $18.0M: margin left by other liquidated accounts paid all of it (this venue has no fund). "
        in (headline(none))
    )
    assert "which cost their owners another $10.3M." in headline(none)
    assert flow(none)["takeaway"].startswith(
        f"Margin left by accounts closed before pays 100{NB}% of the deficit of $18.0M"
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
    preset = replay("okex-2018")
    path = replace(preset.scenario.path, points=((0, 8421.0), (60, 8000.0), (73, 7900.0), (74, 7483.0)))
    text = headline(run_of(preset, replace(preset.scenario, path=path)))
    note = rf"The \$41[67]M long is now forced out before the gap, leaving 0{NB}BTC instead of 3,[\d]+{NB}BTC\."
    assert re.search(note, text)
    assert "forced out before" not in headline(run("okex-2018"))
    flat = replace(path, points=((0, 8421.0), (74, 8421.0)), volatility=0.0)
    text = headline(run_of(preset, replace(preset.scenario, path=flat)))
    assert re.search(r"The \$41[67]M long is no longer forced out", text)


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
