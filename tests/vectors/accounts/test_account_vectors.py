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
LISTED = {
    "cross.share.paradex_alice": "Paradex closes multiples of the first size, the model a fraction of the present one"
}
ASKED = [vector for vector in VECTORS if vector["id"] not in LISTED]


def book_of(accounts: list[dict[str, Any]], contracts: list[Any]) -> engine.Book:
    """One book of all accounts; an isolated one is a row with collateral of its own."""
    cross = [account for account in accounts if not account.get("isolated")]
    units = [account["units"] for account in cross]
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
        units=units if any(units) else None,
    )


BYSTANDER = {"contract": "-", "size": 1.0, "entry_price": 1.0, "maintenance_rate": 0.0, "maintenance_amount": 0.0}


def at_mark(position: dict[str, Any], mark: float) -> dict[str, Any]:
    """A position whose requirement is a fixed sum, as a rate that gives that sum at the mark asked about."""
    fixed = -position["maintenance_amount"]
    if fixed <= 0.0:
        return position
    rate = position["maintenance_rate"] + fixed / (abs(position["size"]) * mark)
    return position | {"maintenance_rate": rate, "maintenance_amount": 0.0}


def margin_of(inputs: dict[str, Any]) -> engine.AccountMargin:
    """Margin of the one account of a vector, which may have no position; a bystander has one."""
    assets, marks = inputs.get("assets", {}), inputs["marks"] | {"-": 1.0}
    positions = [at_mark(position, marks[position["contract"]]) for position in inputs["positions"]]
    own = {"cash": inputs["cash"], "positions": positions, "units": list(inputs.get("units", {}).values())}
    bystander = {"cash": 0.0, "positions": [BYSTANDER], "units": [0.0] * len(assets)}
    book = book_of([own, bystander], list(marks))
    venue = engine.Venue(
        markets=[{"depth": math.inf}] * len(marks),
        assets=[{"name": name, "haircut": one["haircut"], "depth": math.inf} for name, one in assets.items()],
    )
    asset_marks = [one["price"] for one in assets.values()] or None
    return engine.account_margin(book=book, venue=venue, marks=list(marks.values()), asset_marks=asset_marks)


def ask_margin(inputs: dict[str, Any]) -> dict[str, Any]:
    margin = margin_of(inputs)
    numbers = {"equity": margin.equity, "margin": margin.margin, "maintenance": margin.requirement}
    return {name: float(values[0]) for name, values in numbers.items()} | {"triggered": bool(margin.is_triggered[0])}


def ask_liquidation(inputs: dict[str, Any]) -> dict[str, Any]:
    held = [position["contract"] for position in inputs["positions"]]
    return {"price": float(margin_of(inputs).liquidation_price[held.index(inputs["contract"])])}


def ask_bankruptcy(inputs: dict[str, Any]) -> dict[str, Any]:
    prices = margin_of(inputs).bankruptcy_price
    held = [position["contract"] for position in inputs["positions"]]
    return {"price": dict(zip(held, prices[: len(held)].tolist(), strict=True))}


def ask_collateral_trigger(inputs: dict[str, Any]) -> dict[str, Any]:
    return {"price": float(margin_of(inputs).asset_trigger_price[0, list(inputs["assets"]).index(inputs["asset"])])}


def ask_run(inputs: dict[str, Any]) -> dict[str, Any]:
    accounts, contracts = inputs["accounts"], inputs["contracts"]
    book = book_of(accounts, list(range(len(contracts))))
    markets = [{"depth": math.inf if one["depth"] is None else one["depth"]} for one in contracts]
    venue = engine.Venue(markets=markets, assets=inputs["assets"], piece=math.inf, **inputs["venue"])
    asset_prices = inputs["asset_prices"] or None
    run = engine.simulate(book=book, prices=inputs["prices"], venue=venue, asset_prices=asset_prices)
    cross = [i for i, account in enumerate(accounts) if not account["isolated"]]
    line = [*cross, *(i for i, account in enumerate(accounts) if account["isolated"])]
    place = np.argsort(line)
    names = ("equity", "charge", "liquidated_at", "naked", "adl_closed", "adl_cost")
    answer: dict[str, Any] = {name: getattr(run, name)[place].tolist() for name in names}
    ends = np.cumsum([len(account["positions"]) for account in accounts])[:-1]
    answer |= {
        "size": [part.tolist() for part in np.split(run.size, ends)],
        "mark_end": run.mark[:, -1].tolist(),
        "asset_mark_end": run.asset_mark[:, -1].tolist(),
        "units": run.units[place].tolist(),
        "deficit": run.deficit.tolist(),
        "unfunded": run.unfunded,
        "fund_end": float(run.fund[-1]),
    }
    return answer


RULES = {
    "account_margin": ask_margin,
    "cross_liquidation_price": ask_liquidation,
    "cross_bankruptcy_price": ask_bankruptcy,
    "collateral_trigger_price": ask_collateral_trigger,
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
    assert len(ASKED) == 22
    assert set(LISTED) <= {vector["id"] for vector in VECTORS}
