"""Recorded days as presets: the day's figures, a run that is near the hindcast's, every market, errors that say why."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import engine
from engine.day_presets import _growing_margin, load_preset
from engine.errors import InputError, UnknownNameError
from engine.history import recorded_days, recorded_past
from engine.markets import load_market
from engine.scenario import from_document, run_scenario, scenario_path, to_document
from tests.commands import answer, denial

OCTOBER, MARCH = "binance-btc@2025-10-10", "deribit-2019-btc@2020-03-12"


def test_a_day_has_its_figures_in_words_and_its_hours_as_labels() -> None:
    """Open, low, high and close of 10 October 2025 as data/prices has them: 121,662, 102,000, 122,550, 112,774."""
    preset = load_preset(OCTOBER)
    assert preset.title == "10 October 2025 at Binance, BTC"
    assert preset.summary.startswith("From 00:00 UTC on 10 October 2025 BTC opened at $121,662, fell to $102,000")
    assert "(16.2 % down), rose to $122,550 (0.7 % up) and closed at $112,774" in preset.summary
    assert preset.time_labels[0] == (0, "10 Oct 00:00")
    assert preset.time_labels[-1] == (288, "00:00")
    assert (preset.currency, preset.quote_currency, preset.price_digits) == ("USD", "USD", 0)
    assert set(load_market("binance", "BTC").sources) <= set(preset.sources)
    assert any(text.startswith("Leverage 3.7, from 3 to 5: median") for text in preset.assumptions)
    assert (preset.recorded, preset.variants) == ((), ())


def test_a_day_of_a_venue_starts_at_its_hour_and_is_in_its_currency() -> None:
    preset = load_preset(MARCH)
    assert preset.time_labels[0] == (0, "12 Mar 08:00")
    assert (192, "00:00") in preset.time_labels
    assert preset.currency == "BTC"


def test_the_path_is_the_recorded_day_and_the_past_the_hours_before_it() -> None:
    scenario = load_preset(MARCH).scenario
    day = recorded_days(coin="BTC", since="2020-03-12", until="2020-03-12", start_hour=8, minutes_per_step=5.0)
    for found, expected in zip(scenario_path(scenario), (day.closes[0], day.opens[0]), strict=True):
        assert found == pytest.approx(expected, rel=1e-12)
    before = recorded_days(coin="BTC", since="2020-03-08", until="2020-03-11", start_hour=8)
    assert len(scenario.past.prices) == 4 * 72 + 1
    assert scenario.past.prices[:-1] == pytest.approx(np.append(before.closes[0, 0], before.closes[:, 1:].ravel())[:-1])
    assert scenario.past.prices[-1] == day.closes[0, 0]


def test_a_past_ends_at_the_open_of_its_bar() -> None:
    prices = engine.recorded_prices("BTC")
    past = recorded_past("BTC", 1000, 48)
    assert past.shape == (145,)
    assert past[0] == prices.open[952]
    assert past[-1] == prices.open[1000]
    assert past[1:].max() == prices.high[952:1000].max()
    assert past.min() == prices.low[952:1000].min()


@pytest.mark.parametrize("name", [OCTOBER, MARCH])
def test_a_run_conserves_money_and_is_near_the_hindcast(name: str) -> None:
    """The same market on the same day: displacement and share forced out of several books within a factor of two."""
    venue, _, date = name.replace("-btc", "").partition("@")
    market = load_market(venue, "BTC")
    cast = engine.hindcast(market=market, since=date, until=date, seeds=4)
    displacement, forced = [], []
    for seed in range(4):
        run = run_scenario(replace(load_preset(name).scenario, seed=seed))
        assert abs(run.ledger.residual) < 1e-9
        dollars = run.prices[0] if run.book.is_inverse else 1.0
        displacement.append(np.abs(run.impact).max())
        forced.append(run.forced.sum() * dollars / (2.0 * market.values["open_interest"]))
    assert 0.5 < np.mean(displacement) / cast.rows["displacement"].mean() < 2.0
    assert 0.8 < np.mean(forced) / cast.liquidated_share < 1.25


@pytest.mark.parametrize("market", engine.market_names())
def test_every_market_opens_its_first_and_last_day(market: str) -> None:
    first, last = engine.day_bounds(market)
    assert first < last
    for date in (first, last):
        preset = load_preset(f"{market}@{date}")
        assert preset.date == date
        run = run_scenario(replace(preset.scenario, book=replace(preset.scenario.book, n_traders=200)))
        assert abs(run.ledger.residual) < 1e-9
        with pytest.raises(InputError, match=r"preset must be a day from"):
            load_preset(f"{market}@{np.datetime64(date) + (-1 if date == first else 1)}")


def test_a_growing_margin_is_exact_at_its_floors_and_never_too_low() -> None:
    """Deribit to 2021: 0.525 % and 0.005 % for every coin, so 100 coins need 1.025 of them and 1,000 need 55.25."""
    market = load_market("deribit-2019", "BTC", price=8000.0)  # the mean position is 200,000 / 8,000 = 25 coins
    floors, rates, amounts = np.array(_growing_margin(market)).T
    assert floors[:4].tolist() == [0.0, 25.0, 50.0, 100.0]
    coins = np.array([25.0, 100.0, 130.0, 1000.0])
    row = np.searchsorted(floors, coins, side="right") - 1
    needed = rates[row] * coins - amounts[row]
    assert needed[:2] == pytest.approx([0.1625, 1.025])
    assert 1.5275 < needed[2] < 1.5275 + 0.00005 * 100**2 / 4
    assert 55.25 <= needed[3] < 1.12 * 55.25


def test_a_coin_without_prices_of_its_own_says_whose_stand_for_it() -> None:
    preset = load_preset("bybit-new@2020-09-03")
    assert preset.title == "3 September 2020: a coin listed today at Bybit"
    assert any("those of SOL stand for it" in text for text in preset.assumptions)


def test_a_market_of_today_on_an_earlier_day_says_so() -> None:
    sentence = "The market is what it has been since 2022-01-01, put on an earlier day."
    assert sentence in load_preset("binance-btc@2020-03-12").assumptions
    assert sentence not in load_preset(OCTOBER).assumptions


@pytest.mark.parametrize(
    ("name", "error", "sentence"),
    [
        ("nowhere-btc@2025-10-10", UnknownNameError, r"preset must be a market and a day, .*deribit-btc.*'nowhere"),
        ("binance-btc@yesterday", InputError, r"a market and a day, like binance-btc@2.*was 'binance-btc@yest"),
        ("binance-btc@2025-10", InputError, r"preset must be a market and a day, like"),
        ("binance-btc@20251010", InputError, r"preset must be a market and a day, like"),
        ("binance-btc@2016-03-12", InputError, r"a day from 2017-08-2\d to 2026-05-15, which Binance BTC since 2022"),
        ("binance-2019-btc@2017-08-18", InputError, r"preset must be a day from 2019-09-09 to 2021-12-31"),
        ("bybit-new@2020-12-21", InputError, r"hours are all on record \(4 of 2020-12-21 are missing\)"),
        ("nothing", UnknownNameError, r"preset must be one of .*okex-2018.*'nothing'"),
    ],
)
def test_what_cannot_be_opened_says_why(name: str, error: type[InputError], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        load_preset(name)


def test_a_day_runs_from_the_command_line_and_its_file_gives_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    told = answer(capsys, "run", "--preset", OCTOBER, "--set", "book.n_traders=300")
    assert told["first_price"] == pytest.approx(121662, abs=1)
    scenario = load_preset(OCTOBER).scenario
    assert from_document(json.loads(json.dumps(to_document(scenario)))) == scenario
    said = denial(capsys, "run", "--preset", "binance-btc@2016-03-12")
    assert said.startswith("preset must be a day from 2017-08-2")
