"""Compile what tests run before the first one starts: `python -m tests.compiled accounts` and `... one_market`.

Each takes a processor for two minutes where nothing was compiled before; side by side they take two. Without them every
process that runs tests would compile for itself, and wait.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib import import_module

import engine

PARTS = import_module("engine.warm_up")  # the package has the function under this name
LIST = (
    engine.OffsetRule(policy="equal_losses", limit=0.5, trigger=engine.Trigger("deficit", ">=", 1e-6)),
    engine.OffsetRule(policy="equity_prorata"),
)


def accounts() -> None:
    """Accounts in several markets."""
    PARTS._run_accounts(engine.draw_paths(model=PARTS.FALL, initial_price=PARTS.START, n_paths=1, seed=0)[0])


def one_market() -> None:
    """One market: single runs, lists of rules, many paths, one amount alone, recorded days."""
    engine.warm_up()
    book, venue = PARTS._tiny()
    prices = engine.draw_paths(model=PARTS.FALL, initial_price=PARTS.START, n_paths=1, seed=0)[0]
    for changes in ({"policy": "equal_losses"}, {"policy": "adl_queue"}, {"offset_rules": LIST}):
        engine.simulate(book=book, prices=prices, opens=prices, venue=replace(venue, **changes))
    engine.estimate(book=book, venue=venue, model=PARTS.FALL, n_paths=1, n_threads=1)
    engine.allocate(policy="profit_prorata", amount=1.0, profit=[1.0, 2.0])
    day = "2020-03-12"
    engine.hindcast(market=engine.load_market("deribit-2019", "BTC").changed(accounts=8), since=day, until=day)


if __name__ == "__main__":
    {"accounts": accounts, "one_market": one_market}[sys.argv[1]]()
