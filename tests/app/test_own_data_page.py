"""Your data: files are taken, understood, mended by hand, open on other pages, and are gone with their session."""

from __future__ import annotations

import gc
import time
import weakref
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import engine
from tests.app.boards import boards, check, clean, html_of, notices, open_page, plain, press, text_of
from tests.refusals import refused
from ui.charts import run_view
from ui.own_data import parts
from ui.own_data.texts import PRICE_TEMPLATE, TEMPLATE, VENUE_TEMPLATE
from ui.settings import own

PAGE = "pages/your_data.py"
POSITIONS = Path(__file__).parents[1] / "engine" / "positions"
BOOK = b"id,side,size,entry_price,leverage\nann,long,3,60000,20\nbob,short,2,60000,5\ncy,long,1,61000,2\n"
WRONG = BOOK + b"<i>dan</i>,short,x,60000,5\n"
PRICES = b"time,price\n" + b"".join(b"%d,%d\n" % (60 * step, 60000 - 300 * step) for step in range(41))


def send(at: AppTest, kind: str, content: bytes, name: str) -> AppTest:
    """Give a file to the box of a kind."""
    turn = at.session_state["own:turn"]
    at.file_uploader(key=f"own:{kind}:{turn}").set_value((name, content, "text/csv"))
    return clean(at.run())


def box(at: AppTest, label: str) -> Any:
    """The list with this label."""
    return next(box for box in at.selectbox if box.label == label)


def told(at: AppTest) -> str:
    """The sentence that the page begins with."""
    return plain(str(boards(at)[0]["headline"]))


def data_of(at: AppTest) -> own.OwnData:
    found: own.OwnData = at.session_state[own.DATA]
    return found


def test_the_page_begins_empty_with_a_template_that_it_takes_itself() -> None:
    at = open_page(PAGE)
    assert "Nothing is loaded" in told(at)
    assert engine.load_book(TEMPLATE.encode()).n_traders == 2
    assert engine.load_prices(PRICE_TEMPLATE.encode()).size == 3


def test_a_book_is_said_and_opens_on_other_pages() -> None:
    at = send(open_page(PAGE), "book", BOOK, "mine.csv")
    board = check(at)[0]
    said = plain(board["headline"])
    assert [chart["id"] for chart in board["charts"]] == ["reach"]
    assert "mine.csv: 3 positions, 2 longs and 1 short." in said
    assert "A fall of 10 % from 60,166.7 forces out 75.0 % of all longs' coins" in said  # 3 of 4, at 20x
    assert "market makers hold 2 coins short against it" in said
    name = data_of(at).preset
    at.switch_page("pages/live_cascade.py")
    at.run()
    picked = box(at, "Replay")
    assert picked.options[0] == "My book: mine.csv"
    clean(picked.set_value(name).run())
    headline = check(at)[0]["headline"]
    assert "3 traders" in headline
    at.switch_page("pages/rules_side_by_side.py")
    clean(at.run())
    assert "My book: mine.csv" in text_of(at)


def test_a_position_is_priced_among_ones_own() -> None:
    """The same position has another answer among one's own traders than among drawn ones."""
    risky = b"size,entry_price,leverage\n" + b"".join(b"%d,60000,60\n-%d,60000,2\n" % (n, n) for n in range(1, 30))
    at = send(open_page(PAGE), "book", risky, "risky.csv")
    press(at, "What it costs me")
    traders = box(at, "Other traders")
    assert (traders.value, list(traders.options)) == ("My book", ["Drawn", "My book"])
    among_own = check(at)[0]["headline"]
    clean(traders.set_value("Drawn").run())
    assert check(at)[0]["headline"] != among_own


def test_prices_of_ones_own_stand_under_the_book() -> None:
    at = send(send(open_page(PAGE), "book", BOOK, "mine.csv"), "prices", PRICES, "path.csv")
    assert "path.csv: 41 prices from 60,000, 20.0 % down at most" in told(at)
    scenario = engine.load_preset(data_of(at).preset).scenario
    run = engine.run_scenario(scenario)
    assert run.prices.tolist() == [60000.0 - 300 * step for step in range(41)]
    assert run.book.n_traders == 3


def test_wrong_rows_are_listed_as_text_and_can_be_left_out() -> None:
    at = send(open_page(PAGE), "book", WRONG, "wrong.csv")
    assert any("There is something wrong in 1 row of wrong.csv" in sentence for sentence in notices(at))
    assert "must be a number, was 'x'" in text_of(at)
    assert data_of(at).preset == ""
    markup = html_of(at)
    assert "<i>dan" not in markup
    at.toggle(key=f"own:book:leave_out:{at.session_state['own:turn']}").set_value(True).run()
    assert any("Left out: 1 row of wrong.csv" in sentence for sentence in notices(at))
    assert engine.load_preset(data_of(at).preset).scenario.own.n_traders == 3


def test_columns_and_units_are_settled_by_hand() -> None:
    at = send(open_page(PAGE), "book", b"Lots,Paid,Times\n2,100,10\n-2,100,10\n", "lots.csv")
    assert any("must have a column of size" in sentence for sentence in notices(at))
    turn = at.session_state["own:turn"]
    for field, column in (("size", "Lots"), ("entry_price", "Paid"), ("leverage", "Times")):
        clean(at.selectbox(key=f"own:book:column:{field}:{turn}").set_value(column).run())
    assert "lots.csv: 2 positions" in told(at)
    at.selectbox(key=f"own:book:contract:{turn}").set_value("inverse").run()
    assert engine.load_preset(data_of(at).preset).scenario.book.contract == "inverse"


@pytest.mark.parametrize("name", ["binance_hedge", "bybit", "okx_long_short", "hyperliquid", "ccxt"])
def test_what_venues_return_is_taken_as_it_is(name: str) -> None:
    at = send(open_page(PAGE), "book", (POSITIONS / f"{name}.json").read_bytes(), f"{name}.json")
    assert data_of(at).preset
    assert not notices(at)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PAR1PAR1", b"[[[[", b"\x00\x01", b"size\n1\n", b"{}"])
def test_a_file_that_cannot_be_read_is_a_sentence_and_the_page_goes_on(content: bytes) -> None:
    at = send(open_page(PAGE), "book", content, "bad.csv")
    assert any(sentence.startswith("bad.csv ") for sentence in notices(at))
    at = send(at, "book", BOOK, "mine.csv")
    assert "mine.csv: 3 positions" in told(at)
    assert not any(sentence.startswith("bad.csv ") for sentence in notices(at))


def test_a_link_to_somebody_elses_book_says_so() -> None:
    other = data_of(send(open_page(PAGE), "book", BOOK, "mine.csv"))
    at = AppTest.from_file(str(Path(__file__).parents[2] / "app.py"), default_timeout=180)
    at.query_params["p"] = other.preset
    at.run()
    assert any("kept for its session alone" in sentence for sentence in notices(at))
    assert "mine.csv" not in text_of(at) + "".join(str(box.options) for box in at.selectbox)


def test_nothing_is_kept_when_the_session_has_ended() -> None:
    at = send(send(open_page(PAGE), "book", BOOK, "mine.csv"), "prices", PRICES, "path.csv")
    data = data_of(at)
    name, table = data.preset, weakref.ref(data.parts["book"])
    at.switch_page("pages/live_cascade.py")
    at.run()
    box(at, "Replay").set_value(name).run()
    assert any(key[0] == name for key in run_view._kept)
    arrays = weakref.ref(engine.load_preset(name).scenario.own._book)
    del at, data
    gc.collect()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and (arrays() is not None or table() is not None):
        gc.collect()
        time.sleep(0.05)
    assert (arrays(), table()) == (None, None)
    assert not any(key[0] == name for key in run_view._kept)
    with pytest.raises(engine.UnknownNameError, match="ends with the session"):
        engine.load_preset(name)


def test_a_venue_of_ones_own_stands_among_the_others_and_is_saved() -> None:
    at = open_page(PAGE)
    clean(at.file_uploader(key="own:venue:0").set_value(("v.toml", VENUE_TEMPLATE.encode(), "text/plain")).run())
    assert "My venue: auto-deleveraging" in text_of(at).lower().replace("my venue", "My venue")
    name = data_of(at).venue
    assert engine.load_venue_preset(name).brackets == ((0.0, 0.004, 0.0), (50_000.0, 0.01, 300.0))
    table = b"notional_floor,rate,maintenance_amount\n0,0.02,0\n1000,0.05,30\n"
    at.file_uploader(key="own:brackets:1").set_value(("t.csv", table, "text/csv")).run()
    saved = data_of(at).parts["venue"].saved
    assert engine.read_venue(saved.encode(), file="v", name="mine-x").brackets == ((0, 0.02, 0), (1000, 0.05, 30))
    name = data_of(at).venue
    at.switch_page("pages/rules_side_by_side.py")
    clean(at.run())
    assert "Venue: My venue" in next(box for box in at.multiselect if "compare" in box.label).options
    at.switch_page("pages/fund_size.py")
    at.run()
    assert box(at, "Venue").options[0] == "My venue"
    clean(box(at, "Venue").set_value(name).run())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("= 1", "v.toml cannot be read as TOML"),
        ("a = 1", "v.toml must have the tables margin"),
        (
            VENUE_TEMPLATE.replace("max_drawdown = 0.3\npeak", "max_drawdawn = 0.3\npeak"),
            "max_drawdawn must be one of the keys",
        ),
        (VENUE_TEMPLATE.replace('policy = "adl_queue"', 'policy = "mine"'), "policy must be a name from"),
        (VENUE_TEMPLATE.replace("table = [[", 'brackets = "../../secret.csv"\nother = [['), "names another file"),
        (VENUE_TEMPLATE.replace("interval_hours = 0.0", 'interval_hours = "x"'), "has a value of the wrong kind"),
        (VENUE_TEMPLATE.replace("[50000.0, 0.01, 300.0]", "[50000.0, 1.5, 300.0]"), "v.toml"),
        ("[" * 5000, "v.toml cannot be read as TOML"),
    ],
)
def test_a_venue_that_cannot_be_is_a_sentence(text: str, sentence: str) -> None:
    assert sentence in refused(engine.read_venue, text.encode(), file="v.toml", name="mine-x")


def test_a_margin_table_that_cannot_be_is_named_by_row_and_column() -> None:
    with pytest.raises(engine.InputError, match=r"t\.csv, row 3, column floor: must be 0 first and then rising"):
        engine.read_brackets(b"floor,mmr\n0,0.01\n0,0.02\n", name="t.csv")
    with pytest.raises(engine.InputError, match=r"t\.csv, row 2, column mmr: must be >= 0 and < 1"):
        engine.read_brackets(b"floor,mmr\n0,1.5\n", name="t.csv")
    with pytest.raises(engine.InputError, match=r"t\.csv must have a column of rate"):
        engine.read_brackets(b"floor,x\n0,1.5\n", name="t.csv")


def test_own_presets_are_made_of_what_is_there() -> None:
    found = engine.read_prices(PRICES, name="path.csv")
    preset = parts.preset_of("mine-1", None, None, found, "okx")
    assert preset.title == "My prices: path.csv"
    assert preset.scenario.venue.policy == "adl_queue"
    assert preset.scenario.book.entry_price == 60000.0
