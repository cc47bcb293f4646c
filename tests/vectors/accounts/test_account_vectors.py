"""Accounts in several markets against worked numbers: venues' own, and arithmetic on their rules."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from tests.vectors.reading import Vector, load_vectors

VECTORS = load_vectors(Path(__file__).parent)
NEEDS_ASSETS = "collateral in assets is not modeled: cash alone margins an account"
LISTED = {
    "cross.haircut.binance_docs": NEEDS_ASSETS,
    "cross.haircut.hyperliquid_docs": NEEDS_ASSETS,
    "cross.haircut.binance_unimmr": NEEDS_ASSETS,
    "cross.haircut.usde_trigger": NEEDS_ASSETS,
    "cross.haircut.wrong_way": NEEDS_ASSETS,
    "cross.run.usde_sold": NEEDS_ASSETS,
    "cross.run.usde_deficit": NEEDS_ASSETS,
    "cross.share.paradex_alice": "Paradex closes multiples of the first size, the model a fraction of the present one",
}
ASKED = [vector for vector in VECTORS if vector["id"] not in LISTED]


def book_of(accounts: list[dict[str, Any]], contracts: list[Any]) -> engine.Book:
    """One book of all accounts; an isolated one is a row with collateral of its own."""
    cross = [account for account in accounts if not account.get("isolated")]
    rows = [
        (position, -1 if account.get("isolated") else cross.index(account), account["cash"])
        for account in accounts
        for position in account["positions"]
    ]
    return engine.Book(
        size=[position["size"] for position, _, _ in rows],
        entry_price=[position["entry_price"] for position, _, _ in rows],
        maintenance_rate=[position["maintenance_rate"] for position, _, _ in rows],
        maintenance_amount=[position["maintenance_amount"] for position, _, _ in rows],
        collateral=[cash if owner < 0 else 0.0 for _, owner, cash in rows],
        account=[owner for _, owner, _ in rows],
        market=[contracts.index(position["contract"]) for position, _, _ in rows],
        cash=[account["cash"] for account in cross],
    )


def margin_of(inputs: dict[str, Any]) -> tuple[list[str], engine.AccountMargin]:
    """Margin of the one account of a vector."""
    names = list(inputs["marks"])
    book = book_of([{"cash": inputs["cash"], "positions": inputs["positions"]}], names)
    venue = engine.Venue(markets=[{"depth": math.inf}] * len(names))
    return names, engine.account_margin(book=book, venue=venue, marks=list(inputs["marks"].values()))


def ask_margin(inputs: dict[str, Any]) -> dict[str, Any]:
    _, margin = margin_of(inputs)
    equity = float(margin.equity[0])
    triggered = bool(margin.is_triggered[0])
    return {"equity": equity, "margin": equity, "maintenance": float(margin.requirement[0]), "triggered": triggered}


def ask_liquidation(inputs: dict[str, Any]) -> dict[str, Any]:
    held = [position["contract"] for position in inputs["positions"]]
    return {"price": float(margin_of(inputs)[1].liquidation_price[held.index(inputs["contract"])])}


def ask_bankruptcy(inputs: dict[str, Any]) -> dict[str, Any]:
    prices = margin_of(inputs)[1].bankruptcy_price
    held = [position["contract"] for position in inputs["positions"]]
    return {"price": dict(zip(held, prices.tolist(), strict=True))}


def ask_run(inputs: dict[str, Any]) -> dict[str, Any]:
    accounts, contracts = inputs["accounts"], inputs["contracts"]
    book = book_of(accounts, list(range(len(contracts))))
    markets = [{"depth": math.inf if one["depth"] is None else one["depth"]} for one in contracts]
    venue = engine.Venue(markets=markets, piece=math.inf, **inputs["venue"])
    run = engine.simulate(book=book, prices=inputs["prices"], venue=venue)
    cross = [i for i, account in enumerate(accounts) if not account["isolated"]]
    line = [*cross, *(i for i, account in enumerate(accounts) if account["isolated"])]
    place = np.argsort(line)
    names = ("equity", "charge", "liquidated_at", "naked", "adl_closed", "adl_cost")
    answer: dict[str, Any] = {name: getattr(run, name)[place].tolist() for name in names}
    ends = np.cumsum([len(account["positions"]) for account in accounts])[:-1]
    answer |= {
        "size": [part.tolist() for part in np.split(run.size, ends)],
        "mark_end": run.mark[:, -1].tolist(),
        "deficit": run.deficit.tolist(),
        "unfunded": run.unfunded,
        "fund_end": float(run.fund[-1]),
    }
    return answer


RULES = {
    "account_margin": ask_margin,
    "cross_liquidation_price": ask_liquidation,
    "cross_bankruptcy_price": ask_bankruptcy,
    "cross_run": ask_run,
}


@pytest.mark.parametrize("vector", ASKED, ids=lambda vector: str(vector["id"]))
def test_the_engine_gives_the_worked_number(vector: Vector) -> None:
    answer = RULES[vector["rule"]](vector["inputs"])
    for name, expected in vector["expected"].items():
        wanted = flat(expected)
        np.testing.assert_allclose(flat(answer[name]), wanted, rtol=1e-9, atol=vector["tolerance"], err_msg=name)


def flat(values: Any) -> list[float]:
    """Numbers in the order in which they stand, of names in theirs."""
    if isinstance(values, dict):
        return flat([values[name] for name in sorted(values)])
    return [number for part in values for number in flat(part)] if isinstance(values, list) else [float(values)]


def test_what_is_not_asked_is_listed_with_a_reason() -> None:
    assert len(ASKED) == 15
    assert set(LISTED) <= {vector["id"] for vector in VECTORS}
