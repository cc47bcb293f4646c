"""A book from a file: columns recognized, units settled, every wrong row named, what was understood said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from engine.arrays import Flags
from engine.book import Book
from engine.contracts import CONTRACTS, INVERSE, LINEAR
from engine.errors import Checker, InputError
from engine.own_data.layouts import BOOK_FIELDS, layout_of, mapped, missing
from engine.own_data.numbers import convention_of
from engine.own_data.readings import (
    LARGEST,
    Reading,
    choose_symbol,
    collaterals,
    contract_of,
    labels_of,
    leave_out_closed,
    maintenance_rates,
    signed_sizes,
    stop_prices,
)
from engine.own_data.records import BookFile, Table, printable, refuse

UNITS = ("coins", "usd")
PRICES = (1e-12, 1e12)
NUMERIC = ("size", "entry_price", "collateral", "leverage", "maintenance_rate", "stop_price", "mark_price")
OF_LAYOUTS = ("contract_size", "notional_usd", "unrealized_pnl", "initial_margin")
_UNIT = {LINEAR: "coins", INVERSE: "usd"}


class Asked(NamedTuple):
    """What a person said of the file; None: nothing."""

    contract: str | None
    size_in: str | None
    contract_size: float
    symbol: str | None
    is_without_wrong: bool


def book_of(table: Table, mapping: Mapping[str, str] | None, decimal: str | None, asked: Asked) -> BookFile:
    """Return what a table of positions holds: engine.read_book."""
    _check_options(asked, decimal)
    layout = layout_of(table)
    columns = mapped(table, BOOK_FIELDS, mapping, layout)
    for wanted in ("size", "entry_price"):
        if wanted not in columns:
            raise InputError([(wanted, missing(table, BOOK_FIELDS, wanted, columns))])
    if not {"collateral", "leverage"} & set(columns):
        raise InputError([("collateral", missing(table, BOOK_FIELDS, "collateral or leverage", columns))])
    numeric = [columns[field] for field in (*NUMERIC, *OF_LAYOUTS) if field in columns]
    convention = convention_of(table, numeric, decimal)
    reading = Reading(table, columns, convention, layout)
    return _understood(reading, asked)


def _check_options(asked: Asked, decimal: str | None) -> None:
    check = Checker("book")
    for field, value, allowed in (
        ("contract", asked.contract, CONTRACTS),
        ("size_in", asked.size_in, UNITS),
        ("decimal", decimal, (".", ",")),
    ):
        if value is not None:
            check.choice(field, value, allowed)
    check.number("contract_size", asked.contract_size, above=0, most=LARGEST)
    check.raise_if_any()


def _understood(reading: Reading, asked: Asked) -> BookFile:
    """Return the book of a reading, in the order in which one thing decides another."""
    leave_out_closed(reading)
    symbol = choose_symbol(reading, asked.symbol)
    contract = asked.contract or contract_of(reading, symbol)
    size_in = asked.size_in or _UNIT[contract]
    entry, size = reading.values("entry_price"), signed_sizes(reading, contract, symbol, size_in, asked.contract_size)
    with np.errstate(invalid="ignore"):
        reading.bound("entry_price", ~((entry >= PRICES[0]) & (entry <= PRICES[1])), "a price > 0")
    collateral = collaterals(reading, size, entry, is_inverse=contract == INVERSE)
    rate, stop, labels = maintenance_rates(reading), stop_prices(reading), labels_of(reading)
    wrong_rows = {cell.row for cell in reading.table.wrong}
    n_wrong = int((reading.is_wrong & reading.is_kept).sum()) + len(wrong_rows)
    keep = reading.is_kept & ~reading.is_wrong
    _check_any(reading, keep, asked.is_without_wrong)
    book = None
    if asked.is_without_wrong or not n_wrong:
        reading.notes += [f"Left out as wrong: {n_wrong:,} rows."] * (n_wrong > 0)
        arrays: Any = {"size": size, "entry_price": entry, "collateral": collateral, "maintenance_rate": rate}
        arrays |= {"stop_price": None if stop is None or np.isnan(stop[keep]).all() else stop, "trader_id": labels}
        given = {name: values[keep] for name, values in arrays.items() if values is not None}
        book = Book(contract=contract, **given)
    _say(reading, contract, size_in, asked, book)
    marks = reading.values("mark_price")[keep]
    return BookFile(
        file=reading.table.file,
        kind=reading.table.kind,
        layout=reading.layout.name if reading.layout else "",
        book=book,
        columns=dict(reading.columns),
        contract=contract,
        symbol=symbol,
        market_makers=_held(book),
        mark_price=float(np.nanmedian(marks)) if np.isfinite(marks).any() else float("nan"),
        understood=tuple(note for note in reading.notes if note),
        wrong=tuple(sorted(reading.cells, key=lambda cell: cell.row)),
        n_wrong=n_wrong,
    )


def _check_any(reading: Reading, keep: Flags, is_without_wrong: bool) -> None:
    """Refuse a file that has no position."""
    if not reading.is_kept.any():
        refuse(reading.table.file, "has no open position: every size is 0")
    if is_without_wrong and not keep.any():
        first = reading.cells[0].sentence(reading.table.file)
        refuse(reading.table.file, f"has no row that is right: {first}")


def _held(book: Book | None) -> float:
    """Return what market makers hold against a book, 0 where both sides are equal to rounding."""
    if book is None:
        return 0.0
    net = -float(book.size.sum())
    return 0.0 if abs(net) <= 1e-12 * float(np.abs(book.size).sum()) else net


def _say(reading: Reading, contract: str, size_in: str, asked: Asked, book: Book | None) -> None:
    """Note what was taken for what."""
    said = [f"{field.replace('_', ' ')} from {printable(name)}" for field, name in reading.columns.items()]
    whose = f"{reading.layout.name} ({reading.layout.source})" if reading.layout else "recognized by their names"
    reading.notes.insert(0, f"Columns {whose}: {', '.join(said)}.")
    reading.notes.append(reading.convention.sentence)
    how = "as asked" if asked.contract else "as the file says" if reading.layout else "assumed"
    unit = "coins" if contract == LINEAR else "USD"
    given = "" if size_in == _UNIT[contract] else f", from {'USD' if size_in == 'usd' else 'coins'} at the entry price"
    money = "USD" if contract == LINEAR else "coin"
    reading.notes.append(f"A {contract} contract, {how}: sizes in {unit}{given}, collateral in {money}.")
    if book is not None:
        held = _held(book)
        side = "long" if held > 0 else "short"
        share = abs(held) / float(np.abs(book.size).sum())
        reading.notes.append(
            f"Longs and shorts differ: market makers hold {abs(held):,.6g} {unit} {side} against the book, "
            f"{100 * share:.3g} % of all positions."
            if held
            else "Longs and shorts are equal: market makers hold nothing."
        )
