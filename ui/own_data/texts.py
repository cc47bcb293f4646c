"""The page's sentences, rows and template, computed from what was read. No Streamlit here."""

from __future__ import annotations

import numpy as np

from engine import POLICIES, Table, WrongCell
from ui.frame.formats import count, counted, multiple, percent, usd
from ui.own_data.parts import MOVES, BookPart, PricePart, VenuePart
from ui.settings.own import OwnData

MOST_WRONG, SHOWN = 200, 5  # rows of the list on the page, and of a file
FALL = 0.1
NOTHING = (
    "Nothing is loaded: choose a file of positions or of prices. It is read on this server, kept for this session "
    "alone, and gone when you leave."
)
TEMPLATE = """# Positions: a line each. Delete the columns you have not; collateral or leverage is needed, not both.
# size: coins, or USD of an inverse contract; stop and maintenance_rate (a fraction) may stay empty.
id,side,size,entry_price,collateral,leverage,maintenance_rate,stop
alice,long,2.5,60000,15000,,0.005,57000
bob,short,1.5,61000,,10,,
"""
PRICE_TEMPLATE = """# Prices: a line each, evenly spaced; or candles with the columns time,open,high,low,close.
time,price
2025-10-10 21:00,121700
2025-10-10 21:05,118400
2025-10-10 21:10,112900
"""
VENUE_TEMPLATE = """name = "mine"
title = "My venue"
kind = "exchange"
contract = "linear"
as_of = "today"
date_read = ""
sources = []
unverified = []
not_recorded = []
note = ""

[margin]
rule = "first tier 0.4 %, then 1 % from 50,000 USD"
table = [[0.0, 0.004, 0.0], [50000.0, 0.01, 300.0]]

[fund]
rule = "may lose 30 % of its peak of 8 hours"
max_drawdown = 0.3
peak_window_hours = 8.0

[waterfall]
order = ["collateral", "insurance fund", "auto-deleveraging"]

[settlement]
interval = "continuous"
interval_hours = 0.0
price = "mark price"

[venue]
maintenance_rate = 0.004
fund_max_drawdown = 0.3
policy = "adl_queue"
policy_options = { score = "okx", price = "mark" }
"""
FIELDS = {
    "size": "Size",
    "side": "Side",
    "entry_price": "Entry price",
    "collateral": "Collateral",
    "leverage": "Leverage",
    "maintenance_rate": "Maintenance rate",
    "stop_price": "Stop",
    "trader_id": "Label of the position",
    "symbol": "Market",
    "mark_price": "Mark price",
}
PRICE_FIELDS = {"time": "Time", "price": "Price or close", "open": "Open", "high": "High", "low": "Low"}


def headline(data: OwnData) -> str:
    """Return what the page is about: what is loaded, and what a fall would do to it."""
    book, prices = data.parts.get("book"), data.parts.get("prices")
    said = []
    if book is not None and book.is_ready:
        said.append(book_sentence(book))
    if prices is not None and prices.is_ready:
        said.append(price_sentence(prices))
    if book is not None and not book.is_ready:
        rows = f"{count(book.found.n_wrong)} of {counted(book.table.n_rows, 'row')}" if book.found else ""
        why = f"something is wrong in {rows}, listed below" if rows else "what its columns are has to be settled below"
        said.append(f"{book.table.file} is read: {why}.")
    if prices is not None and not prices.is_ready:
        said.append(f"{prices.table.file} is read: something in it is wrong, named below.")
    return " ".join(said) or NOTHING


def book_sentence(part: BookPart) -> str:
    """Return how many stand where in a book, and whom a fall of a tenth would force out."""
    assert part.found is not None
    book = part.found.book
    assert book is not None
    longs = int((book.size > 0).sum())
    sides = f"{counted(longs, 'long')} and {counted(book.n_traders - longs, 'short')}"
    unit = "USD" if book.is_inverse else "coins"
    said = f"{part.found.file}: {counted(book.n_traders, 'position')}, {sides}."
    reach = part.reach
    if reach is not None and reach.longs is not None:
        share = float(reach.longs[np.searchsorted(MOVES, FALL)])
        lost = "nobody" if share == 0 else f"{percent(share)} of all longs' {unit}"
        said += f" A fall of {percent(FALL, 0)} from {reach.price:,.6g} forces out {lost} at a margin of 0.5 %."
    held = part.found.market_makers
    if held:
        side = "long" if held > 0 else "short"
        said += f" Sides differ: market makers hold {abs(held):,.6g} {unit} {side} against it."
    return said


def price_sentence(part: PricePart) -> str:
    """Return what a path does."""
    assert part.found is not None
    prices = part.found.prices
    first, low, high = float(prices[0]), float(prices.min()), float(prices.max())
    down, up = percent(1 - low / first), percent(high / first - 1)
    return f"{part.found.file}: {counted(prices.size, 'price')} from {first:,.6g}, {down} down at most and {up} up."


def numbers(data: OwnData) -> list[tuple[str, str]]:
    """Return the figures beside the sentence."""
    book = data.parts.get("book")
    if book is None or not book.is_ready:
        return []
    found = book.found.book
    size = np.abs(found.size)
    notional = size if found.is_inverse else size * found.entry_price
    largest = float(notional.max() / notional.sum())
    leverage = data.kept.books[0].leverage if data.kept.books else float("nan")
    return [
        ("Positions", count(found.n_traders)),
        ("All positions, at entry", usd(float(notional.sum()))),
        ("Median leverage", multiple(leverage) if np.isfinite(leverage) else "unknown"),
        ("Largest position", percent(largest)),
    ]


def venue_sentence(part: VenuePart) -> str:
    """Return what a venue's file says, and where the venue is now."""
    assert part.found is not None
    rows = len(part.found.brackets)
    margin = f"a margin table of {counted(rows, 'row')}" if rows else "a margin of one rate"
    said = f"{part.found.title}: {POLICIES[part.found.policy].label.lower()}, {margin}."
    where = "It stands among the venues of Rules side by side, What it costs me and Fund size"
    return f"{said} {where}, and their links to it work in this session."


def wrong_rows(cells: tuple[WrongCell, ...]) -> list[dict[str, str]]:
    """Return what is wrong as rows of a table, the first of them."""
    return [
        {"row": count(cell.row), "column": cell.column or "the whole row", "what is wrong": cell.problem}
        for cell in cells[:MOST_WRONG]
    ]


def wrong_sentence(part: BookPart) -> str:
    """Return how many rows are wrong, and what can be done."""
    assert part.found is not None
    n, named = part.found.n_wrong, len(part.found.wrong)
    more = f" {count(MOST_WRONG)} of what is wrong is listed." if named > MOST_WRONG else ""
    if part.found.book is not None:
        return f"Left out: {counted(n, 'row')} of {part.table.file} with something wrong.{more}"
    return (
        f"There is something wrong in {counted(n, 'row')} of {part.table.file}: mend it there, or leave it out.{more}"
    )


def preview_rows(table: Table) -> list[dict[str, str]]:
    """Return the first rows of a file with their numbers in it."""
    cells = table.preview(SHOWN)
    return [{"row": count(int(number)), **row} for number, row in zip(table.rows[:SHOWN], cells, strict=False)]


def markets(part: BookPart) -> list[str]:
    """Return the names of the markets in a file, the most frequent first, a hundred at most."""
    column = part.found.columns.get("symbol") if part.found is not None else None
    if column is None:
        return []
    names, counts = np.unique(np.array(part.table.columns[column].to_pylist(), dtype=str), return_counts=True)
    return [str(name) for name in names[np.argsort(-counts, kind="stable")][:100]]
