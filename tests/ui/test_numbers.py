"""Whole numbers as people type them, and what is written where nothing is left: never a number that was not meant."""

from __future__ import annotations

import pytest

from ui.frame.formats import exact, money, percent, price, signed
from ui.settings.numbers import whole


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12), (" 12 ", 12), ("1,000", 1000), ("1 000", 1000), ("1.000", 1000), ("1,000,000", 1_000_000), ("-3", -3)],
)
def test_a_whole_number_is_read_as_it_is_typed(text: str, value: int) -> None:
    assert whole("Seed", -5, 2_000_000, text) == value


@pytest.mark.parametrize("text", ["1,5", "7,55", "1.5", "1,00,000", "abc", "", "12x", "1e3", "9999999", "1,000.000"])
def test_what_is_no_whole_number_is_refused_and_never_another_one(text: str) -> None:
    with pytest.raises(ValueError, match=r"^Seed must be a whole number from 0 to 2,000,000, was '"):
        whole("Seed", 0, 2_000_000, text)


def test_nothing_is_written_with_a_minus() -> None:
    assert [money(-amount, "USD") for amount in (0.0, 0.0004, 0.004)] == ["$0"] * 3
    assert money(-4.19, "USD") == "\N{MINUS SIGN}$4.19"
    assert exact(-0.001, "USD") == "$0.00"
    assert percent(-1e-9) == "0.00\N{NO-BREAK SPACE}%"
    assert [signed(share) for share in (0.0, -0.0, -1e-9, 1e-9)] == [percent(0.0)] * 2 + [percent(1e-9)] * 2
    assert signed(0.042) == "+4.2\N{NO-BREAK SPACE}%"
    assert signed(-0.153) == "\N{MINUS SIGN}15.3\N{NO-BREAK SPACE}%"


def test_a_price_needs_no_decimals_from_a_thousand_on() -> None:
    assert [price(7924.0, 1), price(3000.0, 2), price(8441.0, 0)] == ["7,924", "3,000", "8,441"]
    assert [price(0.03756, 5), price(150.25, 2)] == ["0.03756", "150.25"]
