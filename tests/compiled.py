"""Compile what tests run before the first one starts: `python -m tests.compiled accounts` and `... rest`.

Side by side they take two minutes where nothing was compiled before. Without them every process that runs tests would
compile for itself, and wait. They need nothing but the engine and what it imports.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

import engine
from engine.accounts.inputs import prepare_accounts

PARTS = import_module("engine.warm_up")  # the package has the function under this name
LIST = (
    engine.OffsetRule(policy="equal_losses", limit=0.5, trigger=engine.Trigger("deficit", ">=", 1e-6)),
    engine.OffsetRule(policy="equity_prorata"),
)


def accounts() -> None:
    """Accounts in several markets, without deleveraging: half of all that is compiled."""
    PARTS._run_accounts(fall(), policies=(PARTS.PLAIN, PARTS.RULES))


def rest() -> None:
    """One market: single runs, lists of rules, many paths, one amount alone, recorded days. Accounts' deleveraging."""
    engine.warm_up()
    book, venue = PARTS._tiny()
    prices = fall()
    for changes in ({"policy": "equal_losses"}, {"policy": "adl_queue"}, {"offset_rules": LIST}):
        engine.simulate(book=book, prices=prices, opens=prices, venue=replace(venue, **changes))
    engine.estimate(book=book, venue=venue, model=PARTS.FALL, n_paths=1, n_threads=1)
    engine.allocate(policy="profit_prorata", amount=1.0, profit=[1.0, 2.0])
    day = "2020-03-12"
    engine.hindcast(market=engine.load_market("deribit-2019", "BTC").changed(accounts=8), since=day, until=day)
    several, venue = PARTS._tiny_accounts(PARTS.DELEVERAGING)
    prepare_accounts(several, venue, np.full(2, PARTS.START), np.empty(0)).new_run(1, 1, 1)


def fall() -> NDArray[np.float64]:
    """The prices of the tiny runs."""
    return engine.draw_paths(model=PARTS.FALL, initial_price=PARTS.START, n_paths=1, seed=0)[0]


if __name__ == "__main__":
    {"accounts": accounts, "rest": rest}[sys.argv[1]]()
