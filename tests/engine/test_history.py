"""Recorded prices: whole, in order, and paths of real days worked by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InputError, UnknownNameError
from engine.history import (
    LEG_SQUARES,
    PRICES,
    RecordedDays,
    ewma_volatility,
    recorded_coins,
    recorded_days,
    recorded_prices,
    usual_step,
)


def one_day(coin: str, date: str, **options: float) -> RecordedDays:
    return recorded_days(coin=coin, since=date, until=date, **options)


FILES = sorted(path.stem.split("-", 1) for path in PRICES.glob("*.npz"))
BARS = {"BTC": (76_543, 128), "ETH": (76_543, 128), "SOL": (50_489, 20), "DOGE": (60_131, 44), "XTZ": (58_196, 36)}


@pytest.mark.parametrize(("coin", "window"), FILES)
def test_candles_are_in_order_positive_and_enclosed(coin: str, window: str) -> None:
    prices = recorded_prices(coin.upper(), window)
    steps = np.diff(prices.start)
    assert (steps > 0).all()
    assert (prices.start % prices.step == 0).all()
    assert (prices.low > 0).all()
    assert (prices.high >= np.maximum(prices.open, prices.close)).all()
    assert (prices.low <= np.minimum(prices.open, prices.close)).all()


@pytest.mark.parametrize("coin", sorted(BARS))
def test_hours_are_as_many_as_the_record_says(coin: str) -> None:
    prices = recorded_prices(coin)
    n_hours = int(prices.start[-1] - prices.start[0]) // prices.step + 1
    assert (prices.close.size, n_hours - prices.close.size) == BARS[coin]
    assert recorded_coins() == tuple(sorted(BARS))


@pytest.mark.parametrize("path", sorted(PRICES.glob("*.npz")), ids=lambda path: path.stem)
def test_files_are_small(path: Path) -> None:
    assert path.stat().st_size < 1_900_000


def test_the_worst_hours_are_those_of_the_record() -> None:
    """Low over open: 12 March 2020 at 10h -24.5 %, 23h -24.0 %; 4 December 2021 at 5h -16.4 % (extremes on record)."""
    prices = recorded_prices("BTC")
    at = {int(t): i for i, t in enumerate(prices.start)}
    for hour, fall in (("2020-03-12T10", -0.245), ("2020-03-12T23", -0.240), ("2021-12-04T05", -0.164)):
        bar = at[int(np.datetime64(hour, "s").astype(np.int64))]
        assert prices.low[bar] / prices.open[bar] - 1 == pytest.approx(fall, abs=5e-4)
    assert (prices.open[0], prices.high[0], prices.low[0], prices.close[0]) == (4261.48, 4313.62, 4261.32, 4308.83)
    assert prices.close[-1] == 78_229.81


def test_a_day_goes_through_open_the_first_extreme_the_other_and_close() -> None:
    day = one_day("BTC", "2020-03-12")
    prices = recorded_prices("BTC")
    bars = slice(int(day.first_bar[0]), int(day.first_bar[0]) + 24)
    assert str(np.datetime64(int(prices.start[bars][0]), "s")) == "2020-03-12T00:00:00"
    assert day.closes.shape == day.opens.shape == (1, 73)
    assert day.closes[0, 0] == day.opens[0, 0] == day.opens[0, 1] == prices.open[bars][0]
    for hour in range(24):
        first, high, low, last = (getattr(prices, name)[bars][hour] for name in ("open", "high", "low", "close"))
        extremes = [high, low] if last < first else [low, high]
        assert day.closes[0, 3 * hour + 1 : 3 * hour + 4].tolist() == [*extremes, last]
        assert day.opens[0, 3 * hour + 1 : 3 * hour + 4].tolist() == [first, *extremes]


def test_legs_are_walked_straight_in_pieces_and_gaps_stay_gaps() -> None:
    legs, fine = (one_day("BTC", "2020-03-12", minutes_per_step=minutes) for minutes in (20.0, 5.0))
    assert fine.closes.shape == (1, 289)
    assert fine.closes[0, ::4].tolist() == legs.closes[0].tolist()
    assert fine.opens[0, 1::4].tolist() == legs.opens[0, 1:].tolist()
    walk = np.log([fine.opens[0, 5], *fine.closes[0, 5:9]])
    np.testing.assert_allclose(np.diff(walk), math.log(legs.closes[0, 2] / legs.opens[0, 2]) / 4, rtol=1e-9)
    inside = np.arange(1, 289) % 4 != 1
    assert (fine.opens[0, 1:][inside] == fine.closes[0, :-1][inside]).all()


def test_the_usual_step_of_a_year_is_that_of_its_days() -> None:
    days = recorded_days(coin="BTC", since="2023-01-01", until="2025-12-31", minutes_per_step=20.0)
    legs, hours = (np.log(days.closes[:, k::k] / days.opens[:, 1::k]) for k in (1, 3))
    assert (legs**2).sum() / (hours**2).sum() == pytest.approx(LEG_SQUARES, rel=0.1)
    level = math.sqrt(float((hours**2).mean()) * 8760)
    assert usual_step(level, 20.0) == pytest.approx(math.sqrt(float((legs**2).mean())), rel=0.05)
    assert usual_step(level, 1.0) == pytest.approx(usual_step(level, 20.0) / 20)


def test_a_day_may_start_at_another_hour() -> None:
    day = one_day("BTC", "2022-01-12", start_hour=8)
    assert recorded_prices("BTC").start[day.first_bar[0]] == np.datetime64("2022-01-12T08", "s").astype(np.int64)


def test_the_days_since_2019_and_the_ones_that_are_not_whole() -> None:
    """2,692 days from 1 January 2019 to 15 May 2026, of which 2,672 are whole."""
    days = recorded_days(coin="BTC", since="2019-01-01", until="2026-05-15")
    assert (len(days), len(days.left_out)) == (2672, 20)
    assert ("2019-05-15", "10 of its hours are missing") in days.left_out
    assert len(recorded_days(coin="BTC", since="2022-01-12", until="2026-05-15", start_hour=8)) == 1584


def test_volatility_is_the_weighted_mean_square_return_known_before_the_hour() -> None:
    prices, known = recorded_prices("XTZ"), ewma_volatility("XTZ")
    returns = np.diff(np.log(prices.close))
    hours = np.diff(prices.start) / 3600
    assert np.isnan(known[:720]).all()
    first = np.mean(returns[:719] ** 2 / hours[:719])
    assert known[720] == pytest.approx(math.sqrt(first * 8760), rel=1e-12)
    weight = 0.94 ** (hours[719] / 24)
    second = weight * first + (1 - weight) * returns[719] ** 2 / hours[719]
    assert known[721] == pytest.approx(math.sqrt(second * 8760), rel=1e-12)


def test_scaled_days_keep_their_shape_at_the_volatility_asked_for() -> None:
    """Every log move of an hour is multiplied by the level over the volatility known before that hour."""
    plain, scaled = (one_day("ETH", "2021-05-19", volatility=level) for level in (None, 0.5))
    known = ewma_volatility("ETH")[plain.first_bar[0] : plain.first_bar[0] + 24]
    for hour in (0, 12, 23):
        at = slice(3 * hour, 3 * hour + 4)
        moves = [np.diff(np.log(days.closes[0, at])) for days in (plain, scaled)]
        np.testing.assert_allclose(moves[1][1:], moves[0][1:] * 0.5 / known[hour], rtol=1e-9)
    gap = [np.log(days.opens[0, 4] / days.closes[0, 3]) for days in (plain, scaled)]
    assert gap[1] == pytest.approx(gap[0] * 0.5 / known[1], rel=1e-6, abs=1e-12)
    assert scaled.closes[0, 0] == plain.closes[0, 0]
    calm = one_day("ETH", "2021-05-19", volatility=0.0)
    np.testing.assert_allclose(calm.closes, calm.closes[0, 0], rtol=1e-12)


def test_scaled_days_have_about_the_volatility_asked_for() -> None:
    """Over all days since 2019; the volatility known before is right on average, within a sixth."""
    days = recorded_days(coin="BTC", since="2019-01-01", volatility=0.6)
    hourly = np.log(days.closes[:, 3::3] / days.opens[:, 1::3])
    assert math.sqrt(hourly.var() * 8760) == pytest.approx(0.6, rel=1 / 6)


def test_wrong_input_is_named() -> None:
    with pytest.raises(UnknownNameError, match=r"coin must be one of BTC, DOGE, ETH, SOL, XTZ, was 'PEPE'"):
        recorded_days(coin="PEPE")
    with pytest.raises(UnknownNameError, match=r"window must be one of .*2021-05-1m.*, was '2018-1m'"):
        recorded_prices("BTC", "2018-1m")
    with pytest.raises(InputError, match=r"since must be such that there is a whole day of BTC until 2010-01-02"):
        recorded_days(coin="BTC", since="2010-01-01", until="2010-01-02")
    with pytest.raises(InputError, match=r"2019-05-15: 10 of its hours are missing"):
        one_day("BTC", "2019-05-15")
    for wrong in ("soon", "", "NaT", "today", "2022", "2022-01"):  # numpy takes all but the first for a time
        with pytest.raises(InputError, match=rf"since must be a date like 2022-01-31, was '{wrong}'"):
            recorded_days(coin="BTC", since=wrong)
    with pytest.raises(InputError, match=r"start_hour must be a whole number >= 0 and <= 23, was 24"):
        recorded_days(coin="BTC", start_hour=24)
    with pytest.raises(InputError, match=r"minutes_per_step must be one of 1, 2, 4, 5, 10, 20, was 7"):
        recorded_days(coin="BTC", minutes_per_step=7.0)
    with pytest.raises(InputError, match=r"no volatility is known in the first 720 hours"):
        one_day("BTC", "2017-08-20", volatility=0.5)
