"""Money that appears is seen: in a run of a fixture of any scope, on many paths, in an account of causes and payers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import engine
from engine.montecarlo import many_paths
from engine.questions import systemic

BOOK = engine.draw_book(model=engine.BookModel(n_traders=40, open_interest=1e6, leverage=25.0), seed=0)
VENUE = engine.Venue(depth=2e5, fund=1e3)
CASE: dict[str, Any] = {
    "book": BOOK,
    "venue": VENUE,
    "model": engine.PathModel(volatility=2.0, n_steps=30, initial_price=100.0),
    "seed": 1,
}
SCOPES = ("function", "class", "module", "package", "session")


def said(action: Callable[[], Any]) -> str:
    """What the check says of an action, nothing where it lets it pass."""
    try:
        action()
    except AssertionError as error:
        return str(error)
    return ""


def falsified_runs() -> dict[str, str]:
    """A run as it is, and with a dollar more in one place."""
    prices = np.array([100.0, 80.0, 90.0])
    run = engine.simulate(book=BOOK, prices=prices, venue=VENUE)
    more = {"fund": run.fund + 1.0, "equity": run.equity + 1.0, "unfunded": run.unfunded + 1.0}
    found = {name: said(lambda name=name: replace(run, **{name: more[name]})) for name in more}
    return found | {"as it is": said(lambda: replace(run))}


def fixture(scope: Any) -> Any:
    """A fixture of a scope that makes falsified runs."""
    return pytest.fixture(scope=scope, name=f"in_{scope}")(falsified_runs)


in_function, in_class, in_module, in_package, in_session = (fixture(scope) for scope in SCOPES)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_falsified_run_fails_in_a_fixture(scope: str, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue(f"in_{scope}")
    assert found.pop("as it is") == ""
    assert len(found) == 3
    assert all("appeared or vanished" in words for words in found.values())


def estimate() -> engine.Estimate:
    return engine.estimate(**CASE, n_paths=20, n_threads=1)


@pytest.mark.parametrize("field", ["charged", "deficit", "venue_paid", "unfunded"])
def test_a_falsified_path_fails(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's own check has passed by then: what is reported is wrong, not what was computed."""
    real = many_paths.run_batch

    def falsify(*args: Any) -> None:
        real(*args)
        args[-1].paths[field][3] += 1.0

    assert said(estimate) == ""
    monkeypatch.setattr(many_paths, "run_batch", falsify)
    assert "appeared or vanished" in said(estimate)


def test_a_charge_that_no_trader_bears_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    real = many_paths.run_batch

    def falsify(*args: Any) -> None:
        real(*args)
        args[-1].traders["charge"][0] += 1.0

    monkeypatch.setattr(many_paths, "run_batch", falsify)
    assert said(estimate).startswith("charges of traders")


@pytest.mark.parametrize(
    ("policy", "change", "words"),
    [
        ("profit_prorata", lambda account: {"unfunded": account.unfunded + 1.0}, "causes and payers"),
        ("profit_prorata", lambda account: {"charged": np.roll(account.charged, 1)}, "charged"),
        ("adl_queue", lambda account: {"caused": np.roll(account.caused, 1)}, "caused"),
    ],
)
def test_a_falsified_account_fails(policy: str, change: Any, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    venue = replace(VENUE, policy=policy, fund=0.0)
    real = systemic._read

    def account() -> list[Any]:
        return list(systemic.account_for(engine.Study(**(CASE | {"venue": venue})), np.arange(20)))

    def falsify(*args: Any) -> Any:
        true = real(*args)
        return replace(true, **change(true))

    assert said(account) == ""
    monkeypatch.setattr(systemic, "_read", falsify)
    assert said(account).startswith(words)
