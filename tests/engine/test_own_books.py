"""Books from files: kinds, layouts, units, decimal marks, wrong rows, and what is understood."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from tests.engine.own_files import parquet, workbook

POSITIONS = Path(__file__).parent / "positions"
CELLS = [
    ["id", "side", "size", "entry_price", "collateral", "stop"],
    ["ann", "long", 2.0, 100.0, 40.0, 90.0],
    ["bob", "short", 1.5, 110.0, 33.0, None],
]
TEXT = "id,side,size,entry_price,collateral,stop\nann,long,2,100,40,90\nbob,short,1.5,110,33,\n"
COMMA = "id;side;size;entry_price;collateral;stop\nann;long;2;100;40;90\nbob;short;1,5;110;33;\n"
COLUMNS = dict(zip(CELLS[0], zip(*CELLS[1:], strict=True), strict=True))
FILES = {
    "csv": TEXT.encode(),
    "bom": b"\xef\xbb\xbf" + TEXT.encode(),
    "utf16": TEXT.encode("utf-16"),
    "windows": TEXT.replace("ann", "ann\u00e9").encode("cp1252"),
    "lines of Windows": TEXT.replace("\n", "\r\n").encode(),
    "semicolons": COMMA.encode(),
    "tabs": TEXT.replace(",", "\t").encode(),
    "head of comments": b"# made by: us\n# units: coins\n" + TEXT.encode(),
    "blank lines": TEXT.replace("\nbob", "\n\n\nbob").encode() + b"\n\n",
    "parquet": parquet(**{name: list(cells) for name, cells in COLUMNS.items()}),
    "xlsx": workbook(CELLS),
    "json": json.dumps([dict(zip(CELLS[0], row, strict=True)) for row in CELLS[1:]]).encode(),
}


@pytest.mark.parametrize("kind", FILES)
def test_the_same_book_from_every_kind_of_file(kind: str) -> None:
    book = engine.load_book(FILES[kind], name="book")
    assert book.size.tolist() == [2.0, -1.5]
    assert book.entry_price.tolist() == [100.0, 110.0]
    assert book.collateral.tolist() == [40.0, 33.0]
    assert book.stop_price[0] == 90.0
    assert np.isnan(book.stop_price[1])
    assert book.trader_id.tolist()[1] == "bob"
    assert book.maintenance_rate is None


def test_a_path_and_a_stream_are_read_alike(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(TEXT, encoding="utf-8")
    with file.open("rb") as stream:
        assert engine.load_book(stream).size.tolist() == engine.load_book(str(file)).size.tolist() == [2.0, -1.5]
    file.write_text(TEXT.replace("long,2", "long,two"), encoding="utf-8")
    with pytest.raises(engine.InputError, match=r"mine\.csv, row 2, column size: must be a number, was 'two'"):
        engine.load_book(file)


# by file: sizes, entry prices, collaterals, market, worked by hand
LAYOUTS: dict[str, tuple[list[float], list[float], list[float], str]] = {
    # cross margin: 0.2 x 60,000 / 20 and 0.05 x 62,000 / 10
    "binance_hedge": ([0.2, -0.05], [60_000.0, 62_000.0], [600.0, 310.0], "BTCUSDT"),
    # BTC is the largest of three, one of which is closed; collateral is the position's own balance
    "bybit": ([0.4], [60_000.0], [2450.0], "BTCUSDT"),
    # contracts of 0.01 BTC: 30,515.6 / (50 x 61,000) is 0.010005
    "okx_long_short": ([0.5, -0.2], [60_000.0, 62_000.0], [3000.0, 620.0], "BTC-USDT-SWAP"),
    # isolated: margin used 17.5 has the loss of 2.5 in it
    "hyperliquid": ([-5.0], [40.0], [20.0], "HYPE"),
    "ccxt": ([-5.0], [40.0], [20.0], "HYPE/USDC:USDC"),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_venues_and_libraries_return_loads_without_a_word_of_help(name: str) -> None:
    size, entry, collateral, symbol = LAYOUTS[name]
    found = engine.read_book(POSITIONS / f"{name}.json")
    assert found.layout
    assert not found.wrong
    assert found.symbol == symbol
    assert found.contract == "linear"
    assert found.book.size.tolist() == pytest.approx(size)
    assert found.book.entry_price.tolist() == entry
    assert found.book.collateral.tolist() == pytest.approx(collateral)
    assert found.market_makers == pytest.approx(-sum(size))


def test_the_other_market_of_a_file_is_a_word_away() -> None:
    found = engine.read_book(POSITIONS / "hyperliquid.json", symbol="SOL")
    assert found.book.size.tolist() == [0.5]
    assert found.book.collateral.tolist() == pytest.approx([0.5 * 140 / 20])  # cross margin, by its leverage
    assert any("HYPE (1)" in sentence for sentence in found.understood)
    with pytest.raises(engine.InputError, match="symbol must be one of HYPE, SOL"):
        engine.read_book(POSITIONS / "hyperliquid.json", symbol="BTC")


def test_coin_margined_contracts_are_told_by_their_market() -> None:
    row = {"symbol": "BTCUSD_PERP", "positionAmt": "-3", "entryPrice": "50000", "unRealizedProfit": "0"}
    row |= {"leverage": "10", "marginType": "cross", "isolatedWallet": "0", "positionSide": "BOTH"}
    book = engine.load_book(json.dumps([row]).encode())
    assert (book.contract, book.size.tolist()) == ("inverse", [-300.0])
    assert book.collateral.tolist() == pytest.approx([300 / 50_000 / 10])  # coins
    okx = {"instId": "BTC-USD-SWAP", "pos": "4", "posSide": "net", "avgPx": "50000", "lever": "5", "mgnMode": "cross"}
    okx |= {"markPx": "51000", "notionalUsd": "400.1", "margin": ""}
    book = engine.load_book(json.dumps({"data": [okx]}).encode())
    assert (book.contract, book.size.tolist()) == ("inverse", [400.0])


@pytest.mark.parametrize(
    ("options", "size", "collateral"),
    [
        ({}, [2.0, -1.0], [20.0, 22.0]),
        ({"contract": "inverse"}, [2.0, -1.0], [2 / 100 / 10, 1 / 110 / 5]),
        ({"size_in": "usd"}, [0.02, -1 / 110], [0.2, 0.2]),
        ({"contract": "inverse", "size_in": "coins"}, [200.0, -110.0], [0.2, 0.2]),
        ({"contract_size": 0.01}, [0.02, -0.01], [0.2, 0.22]),
    ],
)
def test_units_and_contract_are_asked(options: dict[str, Any], size: list[float], collateral: list[float]) -> None:
    book = engine.load_book(b"size,entry_price,leverage\n2,100,10\n-1,110,5\n", **options)
    assert book.contract == options.get("contract", "linear")
    assert book.size.tolist() == pytest.approx(size)
    assert book.collateral.tolist() == pytest.approx(collateral)


@pytest.mark.parametrize(
    ("cells", "values", "said"),
    [
        (("1.234,5", "0,25"), (1234.5, 0.25), "Decimals stand behind a comma"),
        (("1,234.5", "0.25"), (1234.5, 0.25), "Commas part thousands"),
        (("1,234", "2,500"), (1234.0, 2500.0), '"1,234" as 1234'),
        (("1 234,5", "2\u202f000,25"), (1234.5, 2000.25), "Decimals stand behind a comma"),
        (("1'234.5", "$2,000.25"), (1234.5, 2000.25), "Commas part thousands"),
        (("1e3", "2.5 BTC"), (1000.0, 2.5), ""),
    ],
)
def test_decimal_marks_and_thousands(cells: tuple[str, str], values: tuple[float, float], said: str) -> None:
    text = "size;entry_price;leverage\n" + "".join(f"{cell};100;10\n" for cell in cells)
    found = engine.read_book(text.encode())
    assert found.book.size.tolist() == pytest.approx(values)
    assert any(said in sentence for sentence in found.understood)


def test_the_decimal_mark_can_be_said() -> None:
    text = b"size;entry_price;leverage\n1,234;100;10\n"
    assert engine.load_book(text).size.tolist() == [1234.0]
    assert engine.load_book(text, decimal=",").size.tolist() == [1.234]


def test_maintenance_rates_in_percent() -> None:
    for text in (
        "size,entry,leverage,maintenance rate\n1,1,1,0.5 %\n",
        "size,entry,lev,maintenance rate (%)\n1,1,1,0.5\n",
    ):
        rate = engine.load_book(text.encode()).maintenance_rate
        assert rate.tolist() == pytest.approx([0.005])
    with pytest.raises(engine.InputError, match=r"row 2, column mmrate: must be a fraction >= 0 and < 1, was '5'"):
        engine.load_book(b"size,entry,leverage,mmrate\n1,1,1,5\n", name="a.csv")


def test_columns_are_mapped_by_hand() -> None:
    text = b"Lots,Paid,Deposit\n2,100,40\n"
    with pytest.raises(engine.InputError, match=r"b\.csv must have a column of size .* Lots, Paid, Deposit"):
        engine.load_book(text, name="b.csv")
    mapping = {"size": "Lots", "entry_price": "Paid", "collateral": "Deposit"}
    assert engine.load_book(text, mapping=mapping).collateral.tolist() == [40.0]
    with pytest.raises(engine.InputError, match=r"mapping\.size must be a column of b\.csv, like Lots, was 'Lot'"):
        engine.load_book(text, name="b.csv", mapping={**mapping, "size": "Lot"})
    with pytest.raises(engine.InputError, match="mapping must be of the fields size, side"):
        engine.load_book(text, mapping={**mapping, "sizes": "Lots"})
    both = b"size,entry,collateral,leverage\n2,100,1,10\n"
    assert engine.load_book(both, mapping={"collateral": ""}).collateral.tolist() == [20.0]


WRONG = """id,side,size,entry_price,leverage
a,long,1,100,10

b,long,x,100,10
c,up,1,100,10
d,long,-1,100,10
e,short,0,100,10
a,short,1,-5,10
f,short,1,100,
g,short,1
h,short,1,100,10
"""
FAULTS = [
    "own.csv, row 4, column size: must be a number, was 'x'",
    "own.csv, row 5, column side: must be long or short, was 'up'",
    "own.csv, row 6, column size: must be > 0 where the side is long",
    "own.csv, row 7, column size: must be a number other than 0, was '0'",
    "own.csv, row 8, column entry_price: must be a price > 0, was '-5'",
    "own.csv, row 8, column id: must be a label of its own, was 'a' as in row 2",
    "own.csv, row 9, column leverage: is missing, and nothing else says the collateral",
    "own.csv, row 10: has 3 cells, the column names are 5 (g,short,1)",
]


def test_every_wrong_row_is_named_with_its_number_in_the_file() -> None:
    found = engine.read_book(WRONG.encode(), name="own.csv")
    assert list(found.sentences) == FAULTS
    assert (found.book, found.n_wrong) == (None, 7)
    with pytest.raises(engine.InputError) as raised:
        engine.load_book(WRONG.encode(), name="own.csv")
    assert list(raised.value.violations) == FAULTS


def test_wrong_rows_can_be_left_out_and_are_counted() -> None:
    found = engine.read_book(WRONG.encode(), name="own.csv", is_without_wrong=True)
    assert found.book.trader_id.tolist() == ["a", "h"]
    assert "Left out as wrong: 7 rows." in found.understood
    assert list(found.sentences) == FAULTS


def test_of_many_wrong_rows_some_are_named_and_all_are_counted() -> None:
    text = "size,entry,leverage\n" + "x,1,1\n" * 5000
    with pytest.raises(engine.InputError) as raised:
        engine.load_book(text.encode(), name="own.csv")
    assert len(raised.value.violations) == 21
    assert raised.value.violations[-1] == "own.csv: 5,000 rows are wrong, 20 of them are named"


def test_a_book_whose_sides_differ_is_balanced_by_market_makers_who_are_named() -> None:
    found = engine.read_book(b"size,entry,leverage\n3,100,10\n-1,100,10\n")
    assert found.market_makers == -2.0
    assert any("market makers hold 2 coins short" in sentence for sentence in found.understood)
    even = engine.read_book(b"size,entry,leverage\n0.1,100,10\n0.2,100,10\n-0.3,100,10\n")
    assert even.market_makers == 0.0
    assert found.book is not None
    ledger = engine.simulate(book=found.book, prices=[100.0, 98.0], venue=engine.Venue(depth=np.inf)).ledger
    assert ledger.closing["market_makers"] - ledger.opening["market_makers"] == pytest.approx(4.0)  # -2 (98 - 100)


def test_labels_are_text_in_charts_and_in_spreadsheets() -> None:
    book = engine.load_book(b'id,size,entry,leverage\n"=cmd()",1,1,1\n<b>x</b>,1,1,1\n')
    assert engine.cell_text(book.label(0)) == "'=cmd()"
    assert "<" not in book.label(1)
    assert ">" not in book.label(1)
