"""Rows on their way to a book: which are kept, their sizes, collateral and labels, and what is wrong in them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.arrays import Flags, Floats
from engine.contracts import INVERSE, LINEAR
from engine.errors import InputError, require_choice
from engine.own_data.layouts import Layout
from engine.own_data.numbers import Convention, Numbers, read_numbers
from engine.own_data.records import MOST_LISTED, Table, WrongCell, printable, seen

LARGEST = 1e18  # of a size or an amount
LEVERAGES = 1e6
LONG, SHORT, EITHER = ("long", "buy", "b", "l"), ("short", "sell", "s"), ("", "both", "net", "none")
SAME_POWER = 0.05  # decades by which the size of a contract may miss a power of ten
COIN_MARGINED = {True: 100.0, False: 10.0}  # USD in a contract of Binance's COIN-M: on BTC, on all others
LONGEST_LABEL = 80
ANGLES = {"<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}", ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"}


class Reading:
    """A table on its way to a book: its numbers, which rows are kept, and what is wrong."""

    def __init__(self, table: Table, columns: Mapping[str, str], convention: Convention, layout: Layout | None) -> None:
        self.table, self.columns, self.convention, self.layout = table, columns, convention, layout
        self.is_wrong: Flags = np.zeros(table.n_rows, dtype=np.bool_)
        self.is_kept: Flags = np.ones(table.n_rows, dtype=np.bool_)
        self.cells: list[WrongCell] = list(table.wrong[:MOST_LISTED])
        self.notes: list[str] = list(table.notes)
        self._numbers: dict[str, Numbers] = {}

    def numbers(self, field: str) -> Numbers:
        """Return a field's column as numbers."""
        if field not in self._numbers:
            self._numbers[field] = read_numbers(self.table.columns[self.columns[field]], self.convention.decimal)
        return self._numbers[field]

    def values(self, field: str, default: float = np.nan) -> Floats:
        """Return a field's numbers, the default where there is none."""
        if field not in self.columns:
            return np.full(self.table.n_rows, default)
        values = self.numbers(field).values
        return np.where(np.isnan(values), default, values) if default == default else values

    def texts(self, field: str) -> Any:
        """Return a field's column as text, "" where there is none."""
        values = self.table.columns[self.columns[field]]
        text = values if pa.types.is_string(values.type) else pc.cast(values, pa.string(), safe=False)
        return pc.fill_null(pc.utf8_trim_whitespace(text), "")

    def fault(self, field: str, is_wrong: Flags, problem: str | Callable[[int], str]) -> None:
        """Note that rows are wrong in a field: those that are kept."""
        where = is_wrong & self.is_kept
        self.is_wrong |= where
        left = max(MOST_LISTED - len(self.cells), 0)
        self.cells += self.table.wrong_cells(self.columns[field], where, problem, left)

    def bound(self, field: str, is_wrong: Flags, bound: str, *, is_optional: bool = False) -> None:
        """Note cells that are no number, that are missing where one is needed, and that are out of bounds."""
        numbers, column = self.numbers(field), self.table.columns[self.columns[field]]
        is_missing = np.isnan(numbers.values) & ~numbers.is_wrong
        self.fault(field, numbers.is_wrong, lambda row: f"must be a number, was {seen(column, row)}")
        if not is_optional:
            self.fault(field, is_missing, f"must be {bound}, is missing")
        is_out = is_wrong & ~np.isnan(numbers.values)
        self.fault(field, is_out, lambda row: f"must be {bound}, was {seen(column, row)}")


def leave_out_closed(reading: Reading) -> None:
    """Leave out positions of size 0, which venues list as well."""
    if reading.layout is not None:
        is_closed = (reading.numbers("size").values == 0.0) & reading.is_kept
        reading.is_kept &= ~is_closed
        if is_closed.any():
            reading.notes.append(f"Left out as closed: {int(is_closed.sum()):,} positions of size 0.")


def choose_symbol(reading: Reading, asked: str | None) -> str:
    """Keep the rows of one market: the one that is asked for, else the one with the largest notional."""
    if "symbol" not in reading.columns:
        if asked is not None:
            raise InputError([("symbol", f"{reading.table.file} has no column of markets, so symbol must be None")])
        return ""
    codes = pc.dictionary_encode(reading.texts("symbol"))
    names, place = codes.dictionary.to_pylist(), np.asarray(codes.indices)
    with np.errstate(over="ignore", invalid="ignore"):
        notional = np.abs(reading.values("size") * reading.values("entry_price") * reading.values("contract_size", 1.0))
    notional = np.abs(reading.values("notional_usd")) if "notional_usd" in reading.columns else notional
    weight = np.bincount(place, np.where(reading.is_kept & np.isfinite(notional), notional, 0.0), len(names))
    count = np.bincount(place, reading.is_kept, len(names))
    if asked is not None:
        require_choice("symbol", asked, [name for name, n in zip(names, count, strict=True) if n])
    chosen = int(np.argmax(np.where(count > 0, weight, -1.0))) if asked is None else names.index(asked)
    others = [f"{printable(names[k]) or 'no name'} ({int(count[k]):,})" for k in np.argsort(-weight) if k != chosen]
    others = [text for text in others if not text.endswith("(0)")]
    if others:
        reading.is_kept &= place == chosen
        more = f" and {len(others) - 5:,} more" if len(others) > 5 else ""
        why = "the largest of the file" if asked is None else "as asked"
        left = f"Left out are rows of {', '.join(others[:5])}{more}"
        reading.notes.append(f"Positions in {printable(names[chosen]) or 'no name'}, {why}. {left}.")
    return str(names[chosen])


def contract_of(reading: Reading, symbol: str) -> str:
    """Return the type of the contract that a layout tells, linear where none does."""
    layout = reading.layout
    if layout is None:
        return LINEAR
    is_inverse = re.fullmatch(layout.inverse, symbol) is not None or reading.table.facts.get("category") == INVERSE
    return INVERSE if is_inverse else LINEAR


def signed_sizes(reading: Reading, contract: str, symbol: str, size_in: str, contract_size: float) -> Floats:
    """Return signed sizes in the book's unit: coins (linear) or USD (inverse)."""
    raw = reading.values("size")
    reading.bound("size", (raw == 0) | (np.abs(raw) > LARGEST), "a number other than 0")
    sign = np.sign(raw)
    if "side" in reading.columns:
        side = pc.utf8_lower(reading.texts("side"))
        known = {name: np.asarray(pc.is_in(side, pa.array(words))) for name, words in _SIDES.items()}
        is_known = known["long"] | known["short"] | known["either"]
        reading.fault("side", ~is_known, lambda row: f"must be long or short, was {seen(side, row)}")
        reading.fault("size", known["long"] & (raw < 0), "must be > 0 where the side is long")
        sign = np.where(known["short"], -1.0, np.where(known["long"], 1.0, sign))
    factor = contract_size * reading.values("contract_size", 1.0)
    if contract_size == 1.0 and reading.layout is not None:
        factor = factor * _contract_size(reading, reading.layout, contract, symbol)
    size = sign * np.abs(raw) * factor
    entry = reading.values("entry_price")
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if contract == LINEAR and size_in == "usd":
            return np.asarray(size / entry)
        return np.asarray(size * entry) if contract == INVERSE and size_in == "coins" else size


_SIDES = {"long": LONG, "short": SHORT, "either": EITHER}


def _contract_size(reading: Reading, layout: Layout, contract: str, symbol: str) -> float:
    """Return what one contract of a layout is: coins (linear) or USD (inverse)."""
    if layout.name.startswith("Binance") and contract == INVERSE:
        return COIN_MARGINED[symbol.startswith("BTC")]
    if not layout.has_contracts:
        return 1.0
    size, mark, notional = (np.abs(reading.values(field)) for field in ("size", "mark_price", "notional_usd"))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = notional / (size if contract == INVERSE else size * mark)
    ratio = ratio[reading.is_kept & np.isfinite(ratio) & (ratio > 0)]
    decades = math.log10(float(np.median(ratio))) if ratio.size else math.nan
    if not abs(decades - round(decades) if ratio.size else math.nan) <= SAME_POWER:
        text = f"{reading.table.file} does not say how large a contract of {printable(symbol)} is: say contract_size"
        raise InputError([("contract_size", text)])
    one = 10.0 ** round(decades)
    unit = "USD" if contract == INVERSE else "coins"
    reading.notes.append(f"One contract is {one:g} {unit}: the notional of the positions over their sizes.")
    return one


def collaterals(reading: Reading, size: Floats, entry: Floats, *, is_inverse: bool) -> Floats:
    """Return collateral in USD (linear) or coin (inverse), from leverage where it does not stand there."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        notional = np.abs(size) / entry if is_inverse else np.abs(size) * entry
        leverage, given = reading.values("leverage"), reading.values("collateral")
        by_leverage = np.where(leverage > 0, notional / leverage, np.nan)
    is_cross = np.zeros(size.size, dtype=np.bool_)
    if "margin_mode" in reading.columns:
        is_cross = np.asarray(pc.starts_with(pc.utf8_lower(reading.texts("margin_mode")), "cross"))
    if reading.layout is not None:
        if reading.layout.has_gain_in_collateral:
            given = given - reading.values("unrealized_pnl", 0.0)
        given = np.where((given <= 0) | is_cross, np.nan, given)
    found = np.where(np.isnan(given), by_leverage, given)
    found = np.where(np.isnan(found), reading.values("initial_margin"), found)
    if "leverage" in reading.columns:
        no_other = np.isnan(given) & np.isnan(found)
        reading.bound("leverage", (leverage > LEVERAGES) | ((leverage <= 0) & no_other), "> 0", is_optional=True)
    field = "collateral" if "collateral" in reading.columns else "leverage"
    if field == "collateral":
        reading.bound(field, (found < 0) | (found > LARGEST), ">= 0", is_optional=True)
    reading.fault(field, np.isnan(found) & ~reading.is_wrong, "is missing, and nothing else says the collateral")
    n_cross = int((is_cross & reading.is_kept & np.isnan(given)).sum())
    if n_cross and reading.layout is not None:
        text = f"{n_cross:,} positions on cross margin stand as if isolated, with notional at entry over leverage"
        reading.notes.append(f"{text}: the rest of their accounts is not in the file.")
    elif reading.layout is None and (is_derived := np.isnan(given) & ~np.isnan(by_leverage) & reading.is_kept).any():
        n = int(is_derived.sum())
        reading.notes.append(f"Collateral of {n:,} position{'s' * (n > 1)}: notional at entry over leverage.")
    return found


def maintenance_rates(reading: Reading) -> Floats | None:
    """Return maintenance rates as fractions, None where not every row has one."""
    if "maintenance_rate" not in reading.columns:
        return None
    numbers, column = reading.numbers("maintenance_rate"), reading.columns["maintenance_rate"]
    is_percent = numbers.is_percent | bool(re.search(r"%|percent\b", column.lower()))
    rate = np.where(is_percent, numbers.values / 100.0, numbers.values)
    reading.bound("maintenance_rate", (rate < 0) | (rate >= 1), "a fraction >= 0 and < 1", is_optional=True)
    if is_percent.any():
        reading.notes.append(f"Maintenance rates in {printable(column)} are in percent.")
    n_missing = int((np.isnan(rate) & reading.is_kept & ~numbers.is_wrong).sum())
    if n_missing:
        if n_missing < int(reading.is_kept.sum()):
            reading.notes.append(f"{n_missing:,} rows have no maintenance rate: the venue's is taken for all.")
        return None
    return rate


def stop_prices(reading: Reading) -> Floats | None:
    """Return stop prices, NaN for none: an empty cell or 0."""
    if "stop_price" not in reading.columns:
        return None
    stop = reading.values("stop_price")
    reading.bound("stop_price", (stop < 0) | (stop > LARGEST), "a price > 0, or 0 for none", is_optional=True)
    return np.where(stop == 0, np.nan, stop)


def labels_of(reading: Reading) -> NDArray[np.object_] | None:
    """Return the labels of traders; one that stands twice is wrong, a row without one goes by its number."""
    if "trader_id" not in reading.columns:
        return None
    text = pc.utf8_slice_codeunits(reading.texts("trader_id"), 0, LONGEST_LABEL)
    for mark, other in ANGLES.items():  # charts would take them for markup
        text = pc.replace_substring(text, mark, other)
    is_blank = np.asarray(pc.equal(text, ""))
    if is_blank[reading.is_kept].all():
        return None
    codes = np.asarray(pc.dictionary_encode(text).indices)
    first = np.full(int(codes.max()) + 1, -1)
    kept = np.flatnonzero(reading.is_kept)
    first[codes[kept[::-1]]] = kept[::-1]
    is_again = ~is_blank & reading.is_kept & (first[codes] != np.arange(codes.size))

    def again(row: int) -> str:
        return f"must be a label of its own, was {seen(text, row)} as in row {rows[first[codes[row]]]}"

    rows = reading.table.rows
    reading.fault("trader_id", is_again, again)
    labels = np.array(text.to_pylist(), dtype=object)
    for row in np.flatnonzero(is_blank).tolist():
        labels[row] = f"row {rows[row]}"
    return labels
