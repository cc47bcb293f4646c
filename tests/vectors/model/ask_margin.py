"""engine.equity, engine.bankruptcy_price and engine.liquidation_price, asked by the venues' numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import Book, bankruptcy_price, equity, liquidation_price
from tests.reference.venues.exact import CENT, DOLLAR, HALF_DOLLAR, nearest_to
from tests.vectors.model.setup import Question, account, book_of
from tests.vectors.reading import Inputs, Outputs, one_or_all, signed_size


def only_position(inputs: Inputs) -> tuple[str, float]:
    """Market and size of an account's one position; more than one is cross margin."""
    ((market, size),) = inputs.need("positions").items()
    return market, size


def bankruptcy_quote(asked: Question) -> Outputs:
    inputs = asked.inputs
    market, size = only_position(inputs)
    book = book_of([account(inputs["usdc"], size, inputs["prices"][market])])
    return {"quote_received": -inputs["close_delta"] * float(bankruptcy_price(book=book)[0])}


def is_bankrupt(asked: Question) -> Outputs:
    _, size = only_position(asked.inputs)
    price = asked.inputs.need("oracle_price")
    book = book_of([account(asked.inputs["usdc"], size, price)])
    return {"deleverage_at_bankruptcy_price": bool(equity(book=book, price=price)[0] < 0)}


def account_values(asked: Question) -> Outputs:
    price = asked.inputs.need("price")
    book = book_of([account(entry["margin"], entry["size"], price) for entry in asked.inputs["accounts"]])
    return {"withdrawable": np.maximum(equity(book=book, price=price), 0.0).tolist()}


def equity_after_falls(asked: Question) -> Outputs:
    inputs = asked.inputs
    book = Book(size=[inputs["long_notional"]], entry_price=[1.0], collateral=[inputs["collateral"]])
    return {"equity": [float(equity(book=book, price=1.0 - drop / 100)[0]) for drop in inputs["drops_pct"]]}


def several_markets(asked: Question) -> Outputs:
    """One book a market, for a book has one price; the collateral of the account stands in the first."""
    inputs, values = asked.inputs, []
    for number, size in enumerate(inputs["sizes"]):
        entry = inputs["open_prices"][number] * (1 + size / 2 / inputs["skew_scale"][number])
        book = Book(size=[size], entry_price=[entry], collateral=[inputs["margin"] if number == 0 else 0.0])
        values.append(float(equity(book=book, price=inputs["prices"][number])[0]))
    return {"market_pnls": [values[0] - inputs["margin"], *values[1:]], "available_margin": round(sum(values), 9)}


def inverse_book(inputs: Inputs, contracts: float, coin: float) -> Book:
    sign = -1 if inputs.get_any("side", default="long") == "short" else 1
    return Book(size=[sign * contracts], entry_price=[inputs["entry"]], collateral=[coin], contract="inverse")


def bybit_prices(asked: Question) -> Outputs:
    inputs = asked.inputs
    book = inverse_book(inputs, inputs["qty_usd"], inputs["qty_usd"] / inputs["entry"] / inputs["leverage"])
    venue = asked.venue(brackets=(), maintenance_rate=inputs.get_any("mmr", default=0.005))
    bankrupt = float(bankruptcy_price(book=book)[0])
    return {
        "bankruptcy_price_raw": bankrupt,
        "bankruptcy_price_tick": nearest_to(bankrupt, HALF_DOLLAR),
        "liquidation_price": nearest_to(float(liquidation_price(book=book, venue=venue)[0]), HALF_DOLLAR),
    }


def kraken_prices(asked: Question) -> Outputs:
    inputs = asked.inputs
    book = inverse_book(inputs, inputs["contracts"], inputs["margin_btc"])
    venue = asked.venue(maintenance_rate=inputs["mm_rate"])
    return {
        "liquidation_price": nearest_to(float(liquidation_price(book=book, venue=venue)[0]), DOLLAR),
        "limit_price_zero_equity": nearest_to(float(bankruptcy_price(book=book)[0]), DOLLAR),
    }


def bracket_prices(asked: Question) -> Outputs:
    prices = []
    for case in asked.inputs["cases"]:
        book = Book(
            size=[signed_size(Inputs(case))],
            entry_price=[case["entry"]],
            collateral=[asked.inputs["wallet_balance"]],
            maintenance_rate=[case["mmr"]],
            maintenance_amount=[case["maint_amount"]],
        )
        prices.append(nearest_to(float(liquidation_price(book=book, venue=asked.venue())[0]), CENT))
    return {"liquidation_price": one_or_all(prices)}


RULES: dict[str, Any] = {
    "bankruptcy_price": bankruptcy_quote,
    "adl_eligibility": is_bankrupt,
    "account_value_floor": account_values,
    "waterfall_stage_by_margin_fraction": equity_after_falls,
    "multi_market_available_margin": several_markets,
    "bankruptcy_price_inverse": bybit_prices,
    "liquidation_and_bankruptcy_price_inverse": kraken_prices,
    "liquidation_price_isolated_tiered": bracket_prices,
}
