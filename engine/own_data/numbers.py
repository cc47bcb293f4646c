"""Numbers as people and venues write them: decimal comma or point, thousands, percent signs, currencies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.arrays import Flags, Floats
from engine.own_data.records import Table

MISSING = ("", "-", "--", "nan", "NaN", "NAN", "null", "NULL", "None", "N/A", "n/a", "NA", "#N/A")
SPACE = r"[\s\x{00A0}\x{202F}]"
# how often each is seen tells what a file means by a stop and by a comma
DECIMAL_COMMA = r"^[^,]*,(\d{1,2}|\d{4,})\D*$|\.\d{3},|^\D*0,\d+\D*$"
DECIMAL_POINT = r"^[^.]*\.(\d{1,2}|\d{4,})\D*$|,\d{3}\.|^\D*0\.\d+\D*$"
THREE_BEHIND_COMMA = r"^[^,.]*[1-9]\d{0,2},\d{3}\D*$"


class Convention(NamedTuple):
    """The mark before the decimals of a file, and the sentence that says so."""

    decimal: str
    sentence: str


class Numbers(NamedTuple):
    """A column as numbers, NaN where there is none; where a cell is none and not empty; where a percent sign was."""

    values: Floats
    is_wrong: Flags
    is_percent: Flags


def convention_of(table: Table, names: Iterable[str], decimal: str | None = None) -> Convention:
    """Return what stands before the decimals in these columns: what `decimal` says, else what most cells show."""
    texts = [table.columns[name] for name in dict.fromkeys(names) if pa.types.is_string(table.columns[name].type)]
    if decimal is not None:
        return Convention(decimal, f'Decimals stand behind a "{decimal}", as asked.')
    with_comma = [values for values in texts if pc.any(pc.match_substring(values, ",")).as_py()]
    if not with_comma:
        return Convention(".", "")
    comma, point = (sum(_count(values, pattern) for values in texts) for pattern in (DECIMAL_COMMA, DECIMAL_POINT))
    if comma > point:
        return Convention(",", f'Decimals stand behind a comma: {comma:,} numbers like "1,5" or "1.234,5".')
    if point or not any(_count(values, THREE_BEHIND_COMMA) for values in with_comma):
        return Convention(".", "Commas part thousands, decimals stand behind a point.")
    return Convention(".", 'Commas are read as parting thousands, "1,234" as 1234: nothing in the file says otherwise.')


def _count(values: Any, pattern: str) -> int:
    return int(pc.sum(pc.match_substring_regex(values, pattern)).as_py() or 0)


def read_numbers(values: Any, decimal: str = ".") -> Numbers:
    """Return a column as numbers.

    Parameters
    ----------
    values : pyarrow Array
        Of text or of floating-point numbers.
    decimal : {".", ","}

    Notes
    -----
    Thousands may be parted by the other mark, a space or an apostrophe, in groups of three; a currency sign may stand
    before a number, and a percent sign, an "x" or a name in capitals (USDT) behind it. Everything else is no number,
    and so are infinities and NaN that are written as numbers are.
    """
    if pa.types.is_floating(values.type):
        return _finished(_floats(values), values)
    if not pa.types.is_string(values.type):  # times
        return Numbers(np.full(len(values), np.nan), np.asarray(values.is_valid()), np.zeros(len(values), np.bool_))
    plain = pc.utf8_trim_whitespace(values)
    is_missing = pc.fill_null(pc.is_in(plain, value_set=pa.array(MISSING)), True)
    plain = pc.if_else(is_missing, pa.scalar(None, pa.string()), plain)
    try:
        return _finished(_cast(plain, decimal), plain)
    except pa.ArrowInvalid:
        return _read_slowly(plain, decimal)


def _floats(values: Any) -> Floats:
    """Return a column of numbers as an array of its own, NaN where there is none."""
    return np.array(values.fill_null(np.nan).to_numpy(zero_copy_only=False), dtype=np.float64)


def _cast(plain: Any, decimal: str) -> Floats:
    if decimal == ",":
        if pc.any(pc.match_substring(plain, ".")).as_py():
            raise pa.ArrowInvalid("points among decimal commas")
        plain = pc.replace_substring(plain, ",", ".")
    return _floats(plain.cast(pa.float64()))


def _finished(numbers: Floats, values: Any) -> Numbers:
    """Return numbers, those that are infinite, or not a number though something is there, being wrong."""
    is_wrong = ~np.isfinite(numbers)
    if is_wrong.any():
        is_wrong &= np.asarray(values.is_valid())
        if pa.types.is_floating(values.type):
            is_wrong &= ~np.isnan(numbers)
    numbers[is_wrong] = np.nan
    return Numbers(numbers, is_wrong, np.zeros(numbers.size, dtype=np.bool_))


def _read_slowly(plain: Any, decimal: str) -> Numbers:
    point, mark = (r"\.", ",") if decimal == "." else (",", ".")
    group = rf"(?:[{mark}'\x{{2019}}]|{SPACE})"
    digits = rf"(?:\d{{1,3}}(?:{group}\d{{3}})+|\d+)"
    number = rf"(?:{digits}(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d{{1,3}})?"
    pattern = rf"^(?P<sign>[+\-\x{{2212}}]?)(?P<currency>[$\x{{20AC}}\x{{A3}}\x{{A5}}]?){SPACE}?"
    pattern += rf"(?P<number>{number}){SPACE}?(?P<unit>%|[xX]|[A-Z]{{3,5}})?$"
    found = pc.extract_regex(plain, pattern)
    sign, number_text, unit = (pc.struct_field(found, name) for name in ("sign", "number", "unit"))
    text = pc.replace_substring_regex(number_text, group, "")
    if decimal == ",":
        text = pc.replace_substring(text, ",", ".")
    numbers = _floats(text.cast(pa.float64()))
    is_negative = pc.fill_null(pc.is_in(sign, value_set=pa.array(["-", "\N{MINUS SIGN}"])), False)
    numbers[np.asarray(is_negative)] *= -1.0
    is_wrong = np.asarray(plain.is_valid()) & ~np.isfinite(numbers)
    numbers[is_wrong] = np.nan
    return Numbers(numbers, is_wrong, np.asarray(pc.fill_null(pc.equal(unit, "%"), False)))
