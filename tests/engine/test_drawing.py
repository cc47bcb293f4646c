"""Drawn books: matched, bounded, solvent at the first price, and the same traders when a setting moves."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.book import Book
from engine.drawing.book_settings import BookModel, Position
from engine.drawing.books import draw_book
from engine.errors import InputError
from tests.refusals import refused

NAN, INF = float("nan"), float("inf")
CONTRACTS = pytest.mark.parametrize("contract", ["linear", "inverse"])


def draw(seed: int = 0, extra: tuple[Position, ...] = (), **more: Any) -> Book:
    return draw_book(model=BookModel(**more), seed=seed, extra=extra)


def unit(book: Book, price: Any) -> Any:
    return -1 / np.asarray(price) if book.is_inverse else np.asarray(price)


def gain(book: Book, price: float) -> np.ndarray:
    return book.size * (unit(book, price) - unit(book, book.entry_price))


def notional(book: Book, price: Any) -> np.ndarray:
    return np.abs(book.size * unit(book, price))


def leverage(book: Book) -> np.ndarray:
    return notional(book, book.entry_price) / book.collateral


@CONTRACTS
@pytest.mark.parametrize("long_share", [0.1, 0.5, 0.97])
def test_open_interest_is_matched(contract: str, long_share: float) -> None:
    book = draw(contract=contract, long_share=long_share, open_interest=3e7, entry_price=250.0)
    total = 3e7 if contract == "inverse" else 3e7 / 250
    longs, shorts = book.size[book.size > 0], book.size[book.size < 0]
    assert longs.sum() == pytest.approx(total, rel=1e-12)
    assert shorts.sum() == pytest.approx(-total, rel=1e-12)
    assert longs.size == round(2000 * long_share)
    assert book.trader_id is None


@pytest.mark.parametrize(("long_share", "sign"), [(0.0, -1), (1.0, 1)])
def test_one_sided_books_are_left_to_the_market_makers(long_share: float, sign: int) -> None:
    book = draw(long_share=long_share)
    assert (np.sign(book.size) == sign).all()
    assert book.size.sum() == pytest.approx(sign * 1e8 / 50_000)


@pytest.mark.parametrize("long_share", [0.001, 0.5, 0.999])
@pytest.mark.parametrize("n_traders", [2, 3])
def test_a_share_between_none_and_all_puts_somebody_on_each_side(n_traders: int, long_share: float) -> None:
    sides = np.sign(draw(n_traders=n_traders, long_share=long_share).size)
    assert set(sides) == {-1.0, 1.0}


def test_one_trader() -> None:
    assert draw(n_traders=1, long_share=0.5).size.tolist() == [2000.0]
    assert draw(n_traders=1, long_share=0.2).size.tolist() == [-2000.0]


def test_the_same_seed_gives_the_same_book_and_another_seed_another() -> None:
    one, same, other = draw(3, stop_share=0.5), draw(3, stop_share=0.5), draw(4, stop_share=0.5)
    for field in ("size", "entry_price", "collateral", "stop_price"):
        assert np.array_equal(getattr(one, field), getattr(same, field), equal_nan=True)
        assert not np.array_equal(getattr(one, field), getattr(other, field), equal_nan=True)


def test_sizes_are_heavy_tailed() -> None:
    def top_share(book: Book) -> float:
        size = np.sort(np.abs(book.size))
        return float(size[-size.size // 100 :].sum() / size.sum())

    tails = [top_share(draw(n_traders=50_000, size_tail=tail)) for tail in (1.16, 1.4, 2.0, INF)]
    assert tails == sorted(tails, reverse=True)
    assert tails[0] > 0.4
    assert tails[2] == pytest.approx(0.1, abs=0.01)  # the law: 0.01 ** (1 - 1 / 2)
    assert tails[3] == pytest.approx(0.01)


@pytest.mark.parametrize("seed", range(5))
def test_nobody_is_larger_than_the_expected_largest_of_all(seed: int) -> None:
    size = np.abs(draw(seed, n_traders=20_000, long_share=1.0).size)
    assert size.max() <= size.min() * 20_000 ** (1 / 1.4) * (1 + 1e-4)
    assert size.max() < 0.05 * size.sum()


@CONTRACTS
def test_leverage_is_lognormal_around_its_median_and_capped(contract: str) -> None:
    drawn = leverage(draw(n_traders=20_000, leverage=8, leverage_dispersion=0.7, contract=contract, leverage_cap=40))
    assert np.median(drawn) == pytest.approx(8, rel=0.03)
    assert drawn.max() == pytest.approx(40)
    assert drawn.min() >= 1 - 1e-12
    inside = np.log(drawn[(drawn > 1.01) & (drawn < 39.9)] / 8)
    assert inside.std() == pytest.approx(0.7, rel=0.08)


def test_maintenance_caps_leverage() -> None:
    drawn = leverage(draw(leverage=90, maintenance_rate=0.05))
    assert drawn.max() == pytest.approx(0.8 / 0.05)


def test_leverage_scales_the_same_traders() -> None:
    books = [draw(leverage=value, stop_share=0.3) for value in (2, 5, 20, 60)]
    for less, more in pairwise(books):
        assert np.array_equal(less.size, more.size)
        assert np.array_equal(np.isnan(less.stop_price), np.isnan(more.stop_price))
        assert (leverage(more) >= leverage(less) * (1 - 1e-12)).all()
        assert (np.sign(gain(less, 50_000.0)) == np.sign(gain(more, 50_000.0))).mean() > 0.98
    free = (leverage(books[0]) > 1.01) & (leverage(books[1]) < 99)
    np.testing.assert_allclose(leverage(books[1])[free], 2.5 * leverage(books[0])[free], rtol=1e-12)


@pytest.mark.parametrize(
    ("setting", "value", "moved"),
    [
        ("leverage", 3.0, {"collateral", "entry_price"}),
        ("leverage_dispersion", 0.2, {"collateral", "entry_price"}),
        ("entry_dispersion", 0.01, {"entry_price", "collateral"}),
        ("open_interest", 5e7, {"size", "collateral"}),
        ("size_tail", 3.0, {"size", "collateral"}),
        ("stop_share", 0.4, {"stop_price"}),
    ],
)
def test_a_setting_moves_what_it_names(setting: str, value: float, moved: set[str]) -> None:
    before, after = draw(), draw(**{setting: value})
    for field in ("size", "entry_price", "collateral", "stop_price"):
        same = np.array_equal(getattr(before, field), getattr(after, field))
        assert same == (field not in moved), field


def test_a_larger_long_share_only_turns_shorts_into_longs() -> None:
    sides = [np.sign(draw(long_share=share).size) for share in np.linspace(0, 1, 11)]
    for fewer, more in pairwise(sides):
        assert (more >= fewer).all()


def test_more_traders_keep_the_ones_before() -> None:
    few, many = draw(n_traders=500), draw(n_traders=1500)
    np.testing.assert_allclose(leverage(few), leverage(many)[:500], rtol=1e-12)


@CONTRACTS
@pytest.mark.parametrize("median", [2.0, 20.0, 100.0])
@pytest.mark.parametrize("rate", [0.0, 0.005, 0.008])
def test_everybody_is_solvent_at_the_first_price(contract: str, median: float, rate: float) -> None:
    book = draw(leverage=median, contract=contract, maintenance_rate=rate, entry_dispersion=0.2, n_traders=5000)
    buffer = book.collateral + gain(book, 50_000.0) - rate * notional(book, 50_000.0)
    assert (buffer > 0).all()
    for side in (-1, 1):
        profits = gain(book, 50_000.0)[np.sign(book.size) == side] > 0
        assert 0.4 < profits.mean() < 0.6


def test_no_dispersion_puts_every_entry_at_the_price() -> None:
    assert draw(entry_dispersion=0.0).entry_price == pytest.approx(50_000.0)


@CONTRACTS
def test_stops_lie_on_the_losing_side_of_entry_and_first_price(contract: str) -> None:
    book = draw(stop_share=0.3, stop_distance=0.1, n_traders=10_000, contract=contract)
    has = ~np.isnan(book.stop_price)
    assert has.mean() == pytest.approx(0.3, abs=0.02)
    side = np.sign(book.size[has])
    worse = np.where(side > 0, np.minimum(book.entry_price, 5e4)[has], np.maximum(book.entry_price, 5e4)[has])
    distance = np.log(worse / book.stop_price[has]) * side
    assert distance.min() >= 0.05 - 1e-12
    assert distance.max() <= 0.15 + 1e-12
    assert draw(stop_share=0.0).stop_price is None


WHALE = Position(trader_id="whale", size=500.0, entry_price=52_000.0, leverage=20.0)
HEDGER = Position(trader_id="hedger", size=-10.0, entry_price=49_000.0, collateral=1e6, stop_price=60_000.0)


def test_named_positions_are_part_of_the_open_interest() -> None:
    book = draw(extra=(WHALE, HEDGER), n_traders=100)
    assert book.n_traders == 102
    assert book.label(0) == "0"
    assert (book.label(100), book.label(101)) == ("whale", "hedger")
    assert book.size[100:].tolist() == [500.0, -10.0]
    assert book.collateral[100:].tolist() == [500 * 52_000 / 20, 1e6]
    assert np.isnan(book.stop_price[:101]).all()
    assert book.stop_price[101] == 60_000.0
    assert book.size.sum() == pytest.approx(0, abs=1e-9)
    assert book.size[book.size > 0].sum() == pytest.approx(2000)
    plain = draw(n_traders=100)
    assert np.array_equal(book.entry_price[:100], plain.entry_price)


def test_a_named_long_against_drawn_shorts() -> None:
    whale = Position(trader_id="whale", size=4e8, entry_price=8000.0, leverage=20.0)
    book = draw(extra=(whale,), contract="inverse", long_share=0, open_interest=4e8, entry_price=8000.0)
    assert book.collateral[-1] == pytest.approx(4e8 / 8000 / 20)
    assert book.size.sum() == pytest.approx(0, abs=1e-3)


def test_a_book_of_named_positions_alone() -> None:
    book = draw(extra=(WHALE, HEDGER), n_traders=0)
    assert book.size.tolist() == [500.0, -10.0]


@given(
    n_traders=st.integers(1, 60),
    leverage=st.floats(0.5, 500),
    leverage_dispersion=st.floats(0, 10),
    long_share=st.floats(0, 1),
    size_tail=st.floats(0.1, 50) | st.just(INF),
    entry_dispersion=st.floats(0, 3),
    entry_price=st.floats(1e-8, 1e12),
    stop_share=st.floats(0, 1),
    contract=st.sampled_from(["linear", "inverse"]),
    seed=st.integers(0, 2**70),
)
def test_every_setting_in_range_gives_a_book(seed: int, **settings: Any) -> None:
    book = draw(seed, **settings)
    assert book.n_traders == settings["n_traders"]
    assert (book.collateral > 0).all()
    assert leverage(book).max() <= 100 * (1 + 1e-9)
    equity = book.collateral + gain(book, settings["entry_price"])
    assert (equity > 0).all()


def test_all_violations_in_one_error() -> None:
    with pytest.raises(InputError) as caught:
        BookModel(n_traders=-1, open_interest=0, leverage=0, long_share=1.5, size_tail=NAN, contract="quanto")
    assert caught.value.violations == (
        "book.n_traders must be a whole number >= 0 and <= 10000000, was -1",
        "book.open_interest must be > 0 and <= 1e+30, was 0",
        "book.leverage must be >= 0.01 and <= 1e+06, was 0",
        "book.long_share must be >= 0 and <= 1, was 1.5",
        "book.size_tail must be finite and >= 0.1, was nan",
        "book.contract must be one of inverse, linear, was 'quanto'",
    )


FIELDS = (
    "n_traders open_interest entry_price leverage leverage_dispersion leverage_floor leverage_cap long_share "
    "entry_dispersion stop_share stop_distance maintenance_rate"
)


@pytest.mark.parametrize("bad", [NAN, INF, -INF, "1", None, True])
@pytest.mark.parametrize("field", FIELDS.split())
def test_no_field_takes_what_is_no_finite_number(field: str, bad: object) -> None:
    with pytest.raises(InputError) as caught:
        BookModel(**{field: bad})  # type: ignore[arg-type]
    assert caught.value.fields == (f"book.{field}",)


@pytest.mark.parametrize(
    ("settings", "extra", "sentence"),
    [
        ({"leverage_floor": 9, "leverage_cap": 8}, (), "book.leverage_floor must be <= leverage_cap = 8, was 9"),
        (
            {"leverage_floor": 9, "maintenance_rate": 0.1},
            (),
            "book.leverage_floor must be <= 0.8 / maintenance_rate = 8, was 9",
        ),
        ({"n_traders": 0}, (), "book.n_traders must be >= 1 in a book without named positions, was 0"),
        ({}, (WHALE, WHALE), "book.trader_id must be a name that no other trader has, was 'whale'"),
        (
            {"open_interest": 2e7},
            (WHALE,),
            "book.open_interest must be > 2.5e+07, what the named longs hold, was 20000000.0",
        ),
    ],
)
def test_bounds_that_tie_fields_together(settings: dict[str, Any], extra: tuple[Position, ...], sentence: str) -> None:
    assert refused(draw, extra=extra, **settings) == sentence


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"size": 0}, "position.size must be finite and not 0, was 0"),
        ({"size": NAN}, "position.size must be finite and not 0, was nan"),
        ({"entry_price": -1.0}, "position.entry_price must be >= 1e-100 and <= 1e+100, was -1.0"),
        ({"leverage": None}, "position.collateral must be given if and only if leverage is not, was None"),
        ({"collateral": 5.0}, "position.collateral must be given if and only if leverage is not, was 5.0"),
        ({"leverage": 0.0}, "position.leverage must be > 0, was 0.0"),
        ({"stop_price": 0.0}, "position.stop_price must be > 0, was 0.0"),
        ({"trader_id": ""}, "position.trader_id must be a name, was ''"),
    ],
)
def test_bad_positions(given: dict[str, Any], sentence: str) -> None:
    whole = {"trader_id": "whale", "size": 1.0, "entry_price": 100.0, "leverage": 5.0}
    assert refused(Position, **(whole | given)) == sentence


@pytest.mark.parametrize("seed", [-1, 0.5, None])
def test_bad_seeds(seed: Any) -> None:
    with pytest.raises(InputError, match="seed must be a whole number >= 0"):
        draw(seed)
