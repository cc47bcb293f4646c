"""Numbers as people read them: money, prices, shares, counts, times; written alike on every page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

SPACE = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
SYMBOLS = {"USD": "$"}
WHOLE_PRICE = 1000.0  # from here on a price needs no decimals
_STEPS = ((1e12, "tn"), (1e9, "bn"), (1e6, "M"), (1e3, "k"))


def money(amount: float, currency: str) -> str:
    """Return an amount for a sentence: $4.7M, 1,220 BTC, -$312k."""
    if not math.isfinite(amount):
        return "no limit" if amount > 0 else "unknown"
    symbol = SYMBOLS.get(currency)
    if symbol is None:
        return f"{coins(amount)}{SPACE}{currency}"
    text = _short(abs(amount))
    return f"{sign(amount, text)}{symbol}{text}"


def usd(amount: float) -> str:
    """Return an amount of dollars for a sentence: $4.7M."""
    return money(amount, "USD")


def usd_as_printed(amount: float) -> str:
    """Return an amount of dollars, hundreds of millions to the tenth, as sources print them."""
    return f"${amount / 1e6:.1f}M" if 1e8 <= amount < 1e9 else usd(amount)


def coins(amount: float) -> str:
    """Return an amount of coins: 1,220; 12.4; 0.153; 1.2M."""
    size = abs(amount)
    if size >= 1e6:
        return sign(amount) + _short(size)
    digits = 0 if size >= 100 or size == round(size) else 1 if size >= 10 else 2 if size >= 1 else 3
    text = f"{size:,.{digits}f}"
    return sign(amount, text) + text


def exact(amount: float, currency: str) -> str:
    """Return an amount to the cent, or to four digits of a coin."""
    symbol = SYMBOLS.get(currency)
    if symbol is None:
        text = f"{abs(amount):,.4f}"
        return f"{sign(amount, text)}{text}{SPACE}{currency}"
    text = f"{abs(amount):,.2f}"
    return f"{sign(amount, text)}{symbol}{text}"


def price(value: float, digits: int) -> str:
    """Return a price with the venue's usual digits, but no decimals from 1,000 on: 7,483 or 0.03756."""
    return f"{value:,.{digits if abs(value) < WHOLE_PRICE else 0}f}"


def percent(share: float, digits: int | None = None) -> str:
    """Return a share as a percentage: 12.4 %, 0.25 %; two digits below 1 %, none at exactly 0 and 100 %."""
    if not math.isfinite(share):
        return "unknown"
    value = 100.0 * share
    if digits is None:
        digits = 0 if share in (0.0, 1.0) else 1 if abs(value) >= 0.995 else 2
    text = f"{abs(value):,.{digits}f}"
    return f"{sign(value, text)}{text}{SPACE}%"


def signed(share: float) -> str:
    """Return a change as a percentage with its sign, without one where it is written as zero: +4.2 %, 0 %."""
    text = percent(share)
    return f"+{text}" if share > 0 and text.strip(f"0.%{SPACE}") else text


def points(share: float) -> str:
    """Return a difference of two percentages, without its unit: 5, 0.4, 0.03."""
    value = abs(100.0 * share)
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}" if value >= 0.095 else f"{value:.2f}"


def count(number: int) -> str:
    """Return a whole number: 2,001."""
    return f"{number:,d}"


def capital(text: str) -> str:
    """Return a text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: 1 trader, 2,001 traders."""
    return f"{number:,d} {one if number == 1 else many or one + 's'}"


def multiple(value: float) -> str:
    """Return a leverage: 25x, 7.5x."""
    return f"{value:.0f}x" if value >= 10 or abs(value - round(value)) < 0.05 else f"{value:.1f}x"


def duration(minutes: float) -> str:
    """Return a length of time: 30 s, 15 minutes, 6 hours, 3.5 days."""
    for size, unit in ((1440.0, "days"), (60.0, "hours"), (1.0, "minutes")):
        if minutes >= size * (2 if size > 1 else 1):
            value = minutes / size
            text = f"{value:.0f} {unit}" if abs(value - round(value)) < 0.05 else f"{value:.1f} {unit}"
            return "1 minute" if text == "1 minutes" else text
    return f"{60 * minutes:.0f} seconds"


@lru_cache(maxsize=8192)  # a calendar writes every day of its years at every change
def date_words(text: str) -> str:
    """Return a date as people write it: 12 March 2020."""
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"


def listed(items: Sequence[str]) -> str:
    """Return names in a row: A, B and C; nobody where there is none."""
    return " and ".join(filter(None, (", ".join(items[:-1]), items[-1]))) if items else "nobody"


def _short(size: float) -> str:
    for scale, unit in _STEPS:
        if size >= 0.9995 * scale:
            value = size / scale
            digits = 1 if value < 99.95 and not (unit == "k" and value >= 9.95) else 0
            return f"{value:,.{digits}f}{unit}"
    return f"{size:,.0f}" if size >= 10 or size < 0.005 else f"{size:,.2f}"


def sign(amount: float, text: str = "1") -> str:
    """Return a minus sign, but not before a number that is written as zero."""
    return MINUS if amount < 0 and text.strip("0.,") else ""
