"""Price paths from files, and scenarios with a book and prices of one's own."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import engine
from engine.cli.commands import main
from engine.scenario import from_document
from tests.commands import denial
from tests.refusals import refused

BOOK = b"id,size,entry_price,leverage\nann,2,100,10\nbob,-2,100,5\n"


def test_time_and_price() -> None:
    found = engine.read_prices(b"time,price\n2025-10-10 21:00,100\n2025-10-10 21:05,90\n2025-10-10 21:10,95\n")
    assert found.prices.tolist() == [100.0, 90.0, 95.0]
    assert (found.minutes_per_step, found.start) == (5.0, "2025-10-10 21:00:00")
    assert found.path == engine.PathModel(model="array", prices=(100.0, 90.0, 95.0), n_steps=2, minutes_per_step=5.0)


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000, 1_000_000_000])
def test_times_are_counted_in_seconds_or_their_thousandths(unit: int) -> None:
    text = "".join(f"{(1_760_130_000 + 60 * row) * unit},{100 - row}\n" for row in range(3))
    found = engine.read_prices(f"timestamp,close\n{text}".encode())
    assert (found.minutes_per_step, found.start[:10]) == (1.0, "2025-10-10")


def test_a_candle_is_walked_through_its_extremes() -> None:
    """A falling one goes to its high first, a rising one to its low; an open away from the last close is a gap."""
    text = b"time,open,high,low,close\n0,100,104,90,92\n3600,92,99,91,98\n7200,95,97,94,96\n"
    found = engine.read_prices(text)
    assert found.prices.tolist() == [100, 104, 90, 92, 92, 91, 99, 98, 95, 94, 97, 96]
    assert found.gap_steps == (8,)
    assert found.minutes_per_step == 15.0
    closes, opens = engine.draw_paths(model=found.path, initial_price=100.0, n_paths=1, seed=0, return_opens=True)
    assert closes[0].tolist() == found.prices.tolist()
    assert opens[0, 8] == 95.0
    assert opens[0, 7] == 99.0


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([[0, 10, 12, 9, 11, 5.0], [60_000, 11, 13, 10, 12, 4.0]]),  # ccxt fetchOHLCV
        "0,10,12,9,11,5,59999,0,3,0,0,0\n60000,11,13,10,12,4,119999,0,3,0,0,0\n",  # Binance's files of candles
    ],
)
def test_candles_without_names(content: str) -> None:
    assert engine.load_prices(content.encode()).tolist() == [10, 9, 12, 11, 11, 10, 13, 12]


def test_the_newest_first_is_turned_round() -> None:
    found = engine.read_prices(b"time,price\n120,3\n60,2\n0,1\n")
    assert found.prices.tolist() == [1.0, 2.0, 3.0]
    assert any("newest row stands first" in sentence for sentence in found.understood)


def test_without_times_a_row_is_five_minutes_unless_said() -> None:
    assert engine.read_prices(b"price\n1\n2\n").minutes_per_step == 5.0
    assert engine.read_prices(b"price\n1\n2\n", minutes_per_step=60).minutes_per_step == 60.0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("time,price\n0,1\n60,x\n", "p.csv, row 3, column price: must be a price > 0, was 'x'"),
        ("time,price\n0,1\n60,-2\n", "p.csv, row 3, column price: must be a price > 0, was '-2'"),
        ("time,price\n0,1\nsoon,2\n", "p.csv, row 3, column time: must be a time, was 'soon'"),
        ("time,price\n0,1\n60,2\n120,2\n240,3\n", "row 5, column time: must be 1 minutes from the one before"),
        ("time,price\n0,1\n60,2\n60,2\n120,3\n", "row 4, column time: must be 1 minutes from the one before"),
        ("time,price\n0,1\n", "p.csv has one price, a path must have two or more"),
        ("time,open,high,low,close\n0,5,4,1,2\n", "p.csv, row 2, column open: must be between low 1 and high 4, was 5"),
        ("time,volume\n0,1\n", "p.csv must have a column of price"),
    ],
)
def test_wrong_prices_are_named(text: str, sentence: str) -> None:
    assert sentence in refused(engine.load_prices, text.encode(), name="p.csv")


def own() -> engine.OwnBook:
    return engine.OwnBook(engine.load_book(BOOK))


def test_a_book_of_ones_own_takes_the_place_of_the_traders() -> None:
    calm = engine.load_preset("calm").scenario
    scenario = engine.with_own_book(calm, own())
    share = calm.venue.fund / calm.open_interest
    assert scenario.open_interest == 200.0
    assert scenario.venue.fund == pytest.approx(share * 200.0)
    assert scenario.venue.depth / 200.0 == pytest.approx(calm.venue.depth / calm.book.open_interest)
    run = engine.run_scenario(scenario)
    assert run.prices[0] == 100.0
    assert run.book.n_traders == 2
    assert engine.run_size(scenario).n_traders == 2


def test_a_replay_is_scaled_to_the_price_of_the_book() -> None:
    replay = engine.load_preset("okex-2018").scenario
    before, after = (engine.run_scenario(each).prices for each in (replay, engine.with_own_book(replay, own())))
    assert after[0] == pytest.approx(100.0)
    np.testing.assert_allclose(after / after[0], before / before[0], rtol=1e-9)


def test_named_positions_stand_at_the_end_of_ones_own_book() -> None:
    position = engine.Position(trader_id="me", size=1.0, entry_price=100.0, leverage=4.0)
    scenario = replace(engine.with_own_book(engine.load_preset("calm").scenario, own()), positions=(position,))
    book = engine.scenario_book(scenario)
    assert book.trader_id.tolist() == ["ann", "bob", "me"]
    assert book.collateral.tolist() == [20.0, 40.0, 25.0]


def test_prices_of_ones_own_keep_times_in_minutes() -> None:
    calm = engine.load_preset("calm").scenario
    path = engine.read_prices(b"time,price\n0,100\n60,90\n120,80\n").path
    scenario = engine.with_own_prices(engine.with_own_book(calm, own()), path)
    half_life = calm.venue.impact_half_life * calm.path.minutes_per_step
    assert scenario.venue.impact_half_life * scenario.path.minutes_per_step == pytest.approx(half_life)
    assert engine.run_scenario(scenario).prices.tolist() == [100.0, 90.0, 80.0]
    drawn = engine.with_own_prices(calm, path)
    assert drawn.book.entry_price == 100.0
    assert engine.run_scenario(drawn).prices[-1] == 80.0
    with pytest.raises(engine.InputError, match="positions have entry prices on record"):
        engine.with_own_prices(engine.load_preset("hyperliquid-jelly-2025").scenario, path)


def test_a_book_that_has_ended_is_gone_and_says_so() -> None:
    mine = own()
    scenario = engine.with_own_book(engine.load_preset("calm").scenario, mine)
    mine.end()
    with pytest.raises(engine.InputError, match="has ended with its session"):
        engine.run_scenario(scenario)


def test_a_document_names_the_book_and_needs_it_again() -> None:
    scenario = engine.with_own_book(engine.load_preset("calm").scenario, own())
    document = json.loads(json.dumps(engine.to_document(scenario)))
    with pytest.raises(engine.InputError, match=r"scenario\.own must be given as a file of positions"):
        from_document(document)
    again = from_document(document, own())
    assert engine.run_scenario(again).equity.tolist() == engine.run_scenario(scenario).equity.tolist()


def test_the_command_line_reads_the_same_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book, prices, traders = (tmp_path / name for name in ("book.csv", "prices.csv", "traders.csv"))
    book.write_bytes(BOOK.replace(b"bob", b"=bob"))
    prices.write_bytes(b"time,price\n0,100\n60,85\n")
    files = ["--book", str(book), "--prices", str(prices)]
    assert main(["run", *files, "--set", "venue.depth=inf", "--json"]) == 0
    said = capsys.readouterr()
    figures = json.loads(said.out)
    assert (figures["n_traders"], figures["first_price"], figures["lowest_reference"]) == (2, 100.0, 85.0)
    assert "market makers hold nothing" in said.err
    assert "a row every 1 minutes" in said.err
    assert main(["run", *files, "--csv", str(traders)]) == 0
    text = traders.read_text(encoding="utf-8")
    assert f"--book {book}" in text.splitlines()[1]
    assert "\n'=bob,short," in text
    assert "prices.csv must have a column of size" in denial(capsys, "run", "--book", str(prices))
    assert math.isfinite(figures["fund_at_end"])
