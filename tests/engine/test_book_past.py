"""Books that have a past: survivors of the prices before the first, with the profits that those prices gave them."""

from __future__ import annotations

from functools import _lru_cache_wrapper
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import engine
import engine.scenario as scenario_module
from engine.book import Book
from engine.drawing import books, paths
from engine.drawing import past as past_module
from engine.drawing.book_settings import BookModel, Position
from engine.drawing.books import draw_book
from engine.drawing.past import Past, read_past
from engine.drawing.path_settings import PathModel
from engine.errors import InputError
from engine.scenario import from_document, run_scenario, scenario_book, scenario_path, to_document, with_values
from tests.refusals import refused

NAN, INF = float("nan"), float("inf")
CONTRACTS = pytest.mark.parametrize("contract", ["linear", "inverse"])
DAYS = PathModel(minutes_per_step=15.0, n_steps=384, volatility=0.8)
FALL_AND_RISE = (110.0, 90.0, 100.0)
BRACKETS = ((0.0, 0.004, 0.0), (50_000.0, 0.01, 300.0), (500_000.0, 0.05, 20_300.0))  # continuous at 50,000 and 500,000


def draw(past: Any = DAYS, seed: int = 0, extra: tuple[Position, ...] = (), **more: Any) -> Book:
    options = {key: more.pop(key) for key in ("brackets", "maintenance_basis") if key in more}
    return draw_book(model=BookModel(**more), seed=seed, extra=extra, past=past, **options)


def by_hand(**more: Any) -> Book:
    settings = {"entry_price": 100.0, "maintenance_rate": 0.0, "leverage_dispersion": 0.0, "n_traders": 20_000}
    return draw(FALL_AND_RISE, **(settings | more))


def past_of(past: Any = DAYS, seed: int = 0, **more: Any) -> Past:
    return read_past(past, model=BookModel(**more), seed=seed)


@CONTRACTS
def test_old_positions_have_the_profit_that_the_past_gave_them(contract: str) -> None:
    book = by_hand(leverage=2.0, holding_hours=1e6, contract=contract)  # older than two hours, so entered at 110
    assert (book.entry_price == 110.0).all()
    profit = engine.equity(book=book, price=100.0) - book.collateral
    unit = 1 / 110 - 1 / 100 if contract == "inverse" else -10.0  # longs lose what shorts gain
    np.testing.assert_allclose(profit, book.size * unit, rtol=1e-9)
    assert (profit[book.size < 0] > 0).all()
    assert (profit[book.size > 0] < 0).all()


@CONTRACTS
def test_ages_are_exponential(contract: str) -> None:
    entry = by_hand(leverage=2.0, holding_hours=1.0, contract=contract).entry_price
    for price, share in ((100.0, 1 - np.exp(-1)), (90.0, np.exp(-1) - np.exp(-2)), (110.0, np.exp(-2))):
        assert abs(np.mean(entry == price) - share) < 4 * np.sqrt(share * (1 - share) / 20_000)


def test_who_was_forced_out_is_not_there() -> None:
    """At 10x a long of 110 is out at 99 and a short of 90 at 99: the price has been at 90 and at 100 since."""
    book = by_hand(leverage=10.0, holding_hours=1.0)
    longs, shorts = book.entry_price[book.size > 0], book.entry_price[book.size < 0]
    assert set(longs) == {100.0, 90.0}
    assert set(shorts) == {100.0, 110.0}
    young, middle, old = 1 - np.exp(-1), np.exp(-1) - np.exp(-2), np.exp(-2)
    for entry, rest in ((longs, middle), (shorts, old)):
        share = young / (young + rest)
        assert abs(np.mean(entry == 100.0) - share) < 4 * np.sqrt(share * (1 - share) / 10_000)
    assert (engine.equity(book=book, price=100.0) >= book.collateral).all()


def test_a_stop_that_was_touched_is_not_there() -> None:
    """A stop 6 % from entry: 103.4 for a long of 110; 95.6 for a short of 90."""
    stops = {"stop_share": 1.0, "stop_distance": 0.06}
    book = by_hand(leverage=2.0, holding_hours=1.0, **stops)
    assert set(book.entry_price[book.size > 0]) == {100.0, 90.0}
    assert set(book.entry_price[book.size < 0]) == {100.0, 110.0}
    distance = np.log(book.entry_price / book.stop_price) * np.sign(book.size)
    assert distance.min() >= 0.03 - 1e-12
    assert distance.max() <= 0.09 + 1e-12


def test_who_cannot_survive_the_past_enters_now() -> None:
    book = draw((120.0, 1.0, 1000.0, 100.0), entry_price=100.0, holding_hours=1e6, n_traders=50)
    assert (book.entry_price == 100.0).all()


@CONTRACTS
@pytest.mark.parametrize("basis", ["mark", "entry"])
@pytest.mark.parametrize("brackets", [(), BRACKETS])
def test_nobody_is_triggered_at_the_first_price(contract: str, basis: str, brackets: Any) -> None:
    unit = 5e4 if contract == "inverse" else 1.0
    table = tuple((floor / unit, rate, amount / unit) for floor, rate, amount in brackets)
    venue = engine.Venue(depth=1e6, brackets=table, maintenance_basis=basis)
    for seed in range(5):
        book = draw(
            seed=seed, contract=contract, brackets=table, maintenance_basis=basis, leverage=30.0, stop_share=0.3
        )
        trigger = engine.liquidation_price(book=book, venue=venue)
        is_long, has_stop = book.size > 0, ~np.isnan(book.stop_price)
        for level in (trigger, np.where(has_stop, book.stop_price, trigger)):
            assert (level[is_long] < 5e4).all()
            assert (level[~is_long] > 5e4).all()


@CONTRACTS
def test_no_survivor_was_touched_since_its_entry(contract: str) -> None:
    rng = np.random.default_rng(1)
    prices = np.exp(np.cumsum(rng.normal(0, 0.02, 60)))
    prices *= 5e4 / prices[-1]
    book = draw(prices, contract=contract, leverage=20.0, holding_hours=20.0, stop_share=0.2, n_traders=5000)
    age = [int(np.flatnonzero(np.isclose(prices, entry, rtol=1e-12))[0]) for entry in book.entry_price]
    assert len(set(age)) > 30
    trigger = engine.liquidation_price(book=book, venue=engine.Venue(depth=1e6))
    stop = np.where(np.isnan(book.stop_price), trigger, book.stop_price)
    for size, at, level, order in zip(book.size, age, trigger, stop, strict=True):
        since = prices[at:]
        assert since.min() > max(level, order) if size > 0 else since.max() < min(level, order)


def test_few_are_near_their_trigger() -> None:
    distances, shares = (0.004, 0.008, 0.016, 0.032), []
    for seed in range(40):
        book = draw(seed=seed)
        trigger = engine.liquidation_price(book=book, venue=engine.Venue(depth=1e6))
        with np.errstate(divide="ignore"):
            distance = np.abs(np.log(trigger / 5e4))
        notional = np.abs(book.size)
        shares.append([notional[distance < d].sum() / notional.sum() for d in distances])
    mean = np.mean(shares, axis=0)
    assert mean[0] < 0.001
    for nearer, farther in pairwise(mean):
        assert nearer < 0.4 * farther  # a half if they were spread evenly


@CONTRACTS
def test_both_sides_match_at_the_first_price(contract: str) -> None:
    book = draw(contract=contract, open_interest=3e7, entry_price=250.0, long_share=0.3)
    total = 3e7 if contract == "inverse" else 3e7 / 250
    assert book.size[book.size > 0].sum() == pytest.approx(total, rel=1e-12)
    assert book.size[book.size < 0].sum() == pytest.approx(-total, rel=1e-12)


def test_leverage_stays_below_the_cap_of_the_margin_table() -> None:
    book = draw(leverage=90.0, brackets=BRACKETS, n_traders=2000)
    notional = np.abs(book.size) * book.entry_price
    rate = np.max([rate - amount / notional for _, rate, amount in BRACKETS], axis=0)
    leverage = notional / book.collateral
    assert (leverage <= np.minimum(100.0, 0.8 / rate) * (1 + 1e-12)).all()
    assert np.mean(leverage > 0.79 / rate) > 0.01  # the table does bind


@pytest.mark.parametrize(
    ("setting", "value"),
    [("leverage", 40.0), ("leverage_dispersion", 0.1), ("holding_hours", 2.0), ("maintenance_rate", 0.02)],
)
def test_a_setting_moves_nobodys_side_or_size(setting: str, value: float) -> None:
    before, after = draw(), draw(**{setting: value})
    assert np.array_equal(before.size, after.size)
    assert not np.array_equal(before.collateral, after.collateral)
    assert np.array_equal(before.size, draw(None).size)


def test_more_traders_keep_the_ones_before() -> None:
    few, many = draw(n_traders=500, long_share=1.0), draw(n_traders=1500, long_share=1.0)
    assert np.array_equal(few.entry_price, many.entry_price[:500])


def test_a_larger_volatility_scales_the_same_past() -> None:
    calm, wild = (past_of(PathModel(minutes_per_step=15.0, n_steps=384, volatility=v)) for v in (1e-3, 2e-3))
    for left, right in zip(calm[:3], wild[:3], strict=True):
        np.testing.assert_allclose(np.log(right / 5e4), 2 * np.log(left / 5e4), atol=1e-7)


def test_named_positions_come_as_they_are() -> None:
    whale = Position(trader_id="whale", size=500.0, entry_price=52_000.0, leverage=20.0)
    book = draw(extra=(whale,), n_traders=100)
    assert (book.size[-1], book.entry_price[-1], book.label(100)) == (500.0, 52_000.0, "whale")
    assert book.size[book.size > 0].sum() == pytest.approx(2000)


def test_prices_before_the_first_look_like_those_after_it() -> None:
    model = PathModel(minutes_per_step=60.0, n_steps=64, volatility=0.9)
    pasts = [past_of(model, seed) for seed in range(400)]
    moves = np.array([np.diff(np.log(past.prices[::-1])) for past in pasts]) / model.step_volatility
    assert abs(np.mean(moves)) < 4 / np.sqrt(moves.size)
    assert abs(np.mean(moves**2) - 1) < 4 * np.sqrt(2 / moves.size)
    # the range of a Brownian motion over T is sqrt(8 T / pi) on average (Feller, 1951): hourly steps lose nothing of it
    spans = np.array([np.log(past.highs[-1] / past.lows[-1]) for past in pasts]) / model.step_volatility
    assert abs(spans.mean() - np.sqrt(8 * 64 / np.pi)) < 4 * spans.std() / np.sqrt(400)
    after = engine.draw_paths(model=model, initial_price=5e4, n_paths=400, seed=0)
    assert np.std(moves) == pytest.approx(np.std(np.diff(np.log(after))) / model.step_volatility, rel=0.03)


def test_extremes_hold_every_price_since() -> None:
    past = past_of()
    assert past.prices[0] == past.lows[0] == past.highs[0] == 5e4
    assert (np.diff(past.lows) <= 0).all()
    assert (np.diff(past.highs) >= 0).all()
    assert (past.lows[1:] <= np.minimum.accumulate(past.prices)[:-1]).all()
    assert (past.highs[1:] >= np.maximum.accumulate(past.prices)[:-1]).all()


def test_given_prices_are_taken_as_they_are_or_scaled() -> None:
    past = past_of(FALL_AND_RISE, entry_price=100.0)
    assert past.prices.tolist() == [100.0, 90.0, 110.0]
    assert past.lows.tolist() == [100.0, 90.0, 90.0]
    assert past.highs.tolist() == [100.0, 100.0, 110.0]
    scaled = PathModel(model="array", prices=(220.0, 180.0, 200.0), n_steps=2, minutes_per_step=960.0)
    for left, right in zip(past[:3], past_of(scaled, entry_price=100.0)[:3], strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-14)


def test_jumps_of_the_past_force_out_too() -> None:
    jumps = PathModel(model="merton", volatility=0.0, jump_intensity=2e4, minutes_per_step=60.0, n_steps=40)
    past = past_of(jumps)
    assert past.lows[-1] < past.prices.min() or past.highs[-1] > past.prices.max()


@pytest.mark.parametrize(
    ("past", "sentence"),
    [
        ([], "past must be prices in one dimension, at least one, was 'an array of shape (0,)'"),
        ([[1.0, 5e4]], "past must be prices in one dimension, at least one, was 'an array of shape (1, 2)'"),
        ("hours", "past must be an engine.PathModel or an array of prices, was 'hours'"),
        ([1.0, NAN, 5e4], "past[1] must be finite and > 0, was nan"),
        ([INF, 5e4], "past[0] must be finite and > 0, was inf"),
        ([5e4, 0.0, 5e4], "past[1] must be finite and > 0, was 0.0"),
        ([5e4, 50_000.1], "past[1] must be the first price, entry_price = 50000, to 1e-09 of it, was 50000.1"),
        (PathModel(), "past.n_steps must be >= 4 holding times = 384 steps of 5 minutes, was 288"),
    ],
)
def test_bad_pasts(past: Any, sentence: str) -> None:
    assert refused(draw, past) == sentence


CALM = with_values(engine.load_preset("calm").scenario, {"past.volatility": 0.5})


def test_a_scenarios_past_is_that_of_its_book_alone() -> None:
    book = scenario_book(CALM)
    for change in ({"venue.fund": 1.0}, {"venue.policy": "equal_losses"}, {"path.volatility": 2.0}, {"venue.depth": 1}):
        assert scenario_book(with_values(CALM, change)) is book
    wilder = scenario_book(with_values(CALM, {"past.volatility": 1.0}))
    assert np.array_equal(wilder.size, book.size)
    assert not np.array_equal(wilder.entry_price, book.entry_price)
    assert np.unique(scenario_book(with_values(CALM, {"past": None})).entry_price).size == 2000


def test_a_past_in_documents_and_settings() -> None:
    assert from_document(to_document(CALM)) == CALM
    without = with_values(CALM, {"past": "null"})
    assert without.past is None
    assert from_document(to_document(without)) == without
    with pytest.raises(InputError, match=r"past\.volatility must be >= 0 and <= 1000, was -1"):
        with_values(CALM, {"past.volatility": -1})
    with pytest.raises(InputError, match=r"scenario\.past must be null, or an object with fields, was \{\}"):
        from_document(to_document(CALM) | {"past": {}})


def test_a_scenario_runs_with_the_gaps_of_its_path() -> None:
    """The price opens 30 % lower in step 3: who is forced out there is forced out at that mark, not on the way."""
    changes = {"path.model": "crash", "path.volatility": 0.0, "path.crash_start": 2, "path.crash_steps": 1}
    run = run_scenario(with_values(CALM, changes))
    closes, opens = scenario_path(with_values(CALM, changes))
    assert closes[:4].tolist() == pytest.approx([6e4, 6e4, 6e4, 4.2e4])
    assert opens[:5].tolist() == pytest.approx([6e4, 6e4, 6e4, 4.2e4, 4.2e4])
    assert np.array_equal(run.opens, opens)
    assert (run.events["reference"][run.events["step"] == 3] <= 4.2e4 * (1 + 1e-12)).all()
    continuous = engine.simulate(book=scenario_book(CALM), prices=closes, venue=CALM.venue)
    assert run.deficit.sum() > continuous.deficit.sum()


def test_what_is_kept_for_the_next_run_is_what_would_be_drawn_anew() -> None:
    """Leverage moves neither path nor past; a run after another one of the same seed is bit for bit a first run."""
    runs = []
    for leverages in ((40.0, 5.0), (5.0,)):
        for module in (scenario_module, books, past_module, paths):
            for kept in vars(module).values():
                if isinstance(kept, _lru_cache_wrapper):
                    kept.cache_clear()
        runs.append([run_scenario(with_values(CALM, {"book.leverage": leverage})) for leverage in leverages][-1])
    after, first = runs
    assert all(np.array_equal(getattr(after, name), getattr(first, name)) for name in ("prices", "mark", "equity"))
    for name in ("size", "entry_price", "collateral"):
        assert np.array_equal(getattr(after.book, name), getattr(first.book, name))
    assert not any(prices.flags.writeable for prices in scenario_path(CALM))
    assert after.prices is not first.prices
