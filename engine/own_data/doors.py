"""The doors for files of one's own: a table, a book, a price path. What reads them is loaded when one is opened."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from engine.arrays import Floats
from engine.book import Book
from engine.errors import InputError
from engine.own_book import OwnBook
from engine.own_data.records import BookFile, PriceFile, Source, Table

MOST_SAID = 20  # wrong cells in an error


def read_table(file: Source | Table, *, name: str = "") -> Table:
    """Return what a file holds, whichever of the four kinds it is: told by its content, not by its name.

    Parameters
    ----------
    file : path, bytes, binary stream, or a Table, which is returned as it is
    name : str
        What sentences call it; by default the end of its path.

    Raises
    ------
    InputError
        One sentence that names the file, for what is none of these, is larger than MOST_BYTES, or holds more than
        MOST_ROWS rows or MOST_COLUMNS columns, packed or not.
    """
    from engine.own_data.tables import table_of

    return file if isinstance(file, Table) else table_of(file, name)


def load_book(file: Source | Table, **options: Any) -> Book:
    """Return the book that a file of positions holds: CSV, Parquet, XLSX or JSON.

    Parameters
    ----------
    file : path, bytes, binary stream or Table
    **options
        Those of `read_book`, which also says what was understood.

    Raises
    ------
    InputError
        A sentence for the file, or one for each wrong row (MOST_SAID at most, the others are counted), with file,
        number of the row in the file, and column.

    Examples
    --------
    >>> book = load_book(b"size,entry_price,leverage\\n2,100,10\\n-1,110,5\\n", name="book.csv")
    >>> book.size, book.collateral
    (array([ 2., -1.]), array([20., 22.]))
    """
    return _right(read_book(file, **options))


def own_book(found: BookFile) -> OwnBook:
    """Return a book from a file as a scenario has it, at its mean mark; wrong rows raise what `load_book` does."""
    price = found.mark_price if math.isfinite(found.mark_price) and found.mark_price > 0 else None
    return OwnBook(_right(found), price=price, label=found.file)


def _right(found: BookFile) -> Book:
    if found.book is None:
        said = [("file", sentence) for sentence in found.sentences[:MOST_SAID]]
        if found.n_wrong > MOST_SAID:
            said.append(("file", f"{found.file}: {found.n_wrong:,} rows are wrong, {MOST_SAID} of them are named"))
        raise InputError(said)
    return found.book


def read_book(
    file: Source | Table,
    *,
    name: str = "",
    mapping: Mapping[str, str] | None = None,
    contract: str | None = None,
    size_in: str | None = None,
    contract_size: float = 1.0,
    symbol: str | None = None,
    decimal: str | None = None,
    is_without_wrong: bool = False,
) -> BookFile:
    """Return what a file of positions holds, and what of it is wrong.

    Parameters
    ----------
    file : path, bytes, binary stream or Table
    name : str
        What sentences call it; by default the end of its path.
    mapping : mapping of str to str or None
        Column of each field that is not recognized by name: {"size": "Lots"}; "" for a field that is in none.
    contract : {"linear", "inverse"} or None
        None: as the layout says, else linear.
    size_in : {"coins", "usd"} or None
        What sizes are given in. None: coins (linear) or USD (inverse).
    contract_size : float
        How much of it one unit of size is, > 0.
    symbol : str or None
        Which market's rows; None: the one with the largest notional.
    decimal : {".", ","} or None
        None: as most numbers show.
    is_without_wrong : bool
        Leave wrong rows out.

    Raises
    ------
    InputError
        For a file that cannot be read, a field without a column, and an option that is none. Wrong rows raise nothing.

    Notes
    -----
    Sizes are signed, or have a side. Collateral is what stands there, else notional at entry over leverage: always so
    for positions on cross margin, whose collateral is the account's. Both sides of a market are equal, so market
    makers hold what a book lacks: -sum(size) (docs/MODEL.md section 1).
    """
    from engine.own_data.books import Asked, book_of

    asked = Asked(contract, size_in, contract_size, symbol, is_without_wrong)
    return book_of(read_table(file, name=name), mapping, decimal, asked)


def load_prices(file: Source | Table, **options: Any) -> Floats:
    """Return the price path that a file holds, (n_steps + 1,), USD per coin, ready for `simulate`.

    Parameters
    ----------
    file : path, bytes, binary stream or Table
    **options
        Those of `read_prices`, which also gives times, gaps and what was understood.

    Raises
    ------
    InputError
        A sentence for the file, or one for each wrong row, with file, number of the row in the file, and column.

    Examples
    --------
    >>> load_prices(b"time,price\\n2025-10-10 21:00,100\\n2025-10-10 21:05,90\\n", name="prices.csv")
    array([100.,  90.])
    """
    return read_prices(file, **options).prices


def read_prices(
    file: Source | Table,
    *,
    name: str = "",
    mapping: Mapping[str, str] | None = None,
    decimal: str | None = None,
    minutes_per_step: float | None = None,
) -> PriceFile:
    """Return the price path of a file: a price a row, or a candle a row (open, high, low, close).

    Parameters
    ----------
    file : path, bytes, binary stream or Table
    name : str
        What sentences call it; by default the end of its path.
    mapping : mapping of str to str or None
        Column of each field that is not recognized by name: {"price": "Settle"}; "" for a field that is in none.
    decimal : {".", ","} or None
        None: as most numbers show.
    minutes_per_step : float or None
        Minutes from row to row of a file without times; None: MINUTES. What times say goes first.

    Raises
    ------
    InputError
        For a file that cannot be read, and a sentence for each wrong row: a price that is none or not > 0, an open or
        close outside its candle, a time that is none, stands twice, or is not as far from the one before as all are.

    Notes
    -----
    docs/MODEL.md section 7, as recorded days are walked: a candle that closes below its open goes to its high first,
    any other to its low first.
    """
    from engine.own_data.prices import path_of

    return path_of(read_table(file, name=name), mapping, decimal, minutes_per_step)
