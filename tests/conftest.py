"""What every test has: Hypothesis profiles, and the conservation law checked on every run that any test makes."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# "ci": the same examples on every machine and every run. "dev" draws new ones each time, "deep" many of them.
settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("dev", settings.get_profile("ci"), derandomize=False)
settings.register_profile("deep", settings.get_profile("dev"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

TOLERANCE = 1e-9


def assert_money_is_conserved(run: Any) -> None:
    """Add up every party at the first and last mark (docs/MODEL.md section 1) apart from the ledger, then ask that."""
    book, venue = run.book, run.venue

    def unit(price: Any) -> Any:
        return -1 / price if book.contract == "inverse" else price

    equity = book.collateral + book.size * (unit(run.prices[0]) - unit(book.entry_price))
    backstop = sum(venue.default_fund) * (1 + venue.assessment_cap) + venue.vault
    opening = [*equity, venue.fund, venue.venue_capital, backstop]
    closing = [*run.equity, run.ledger.closing["market_makers"], run.fund[-1], run.venue_capital, run.backstop]
    closing.append(-run.unfunded)
    scale = max(np.abs(opening).sum(), np.abs(closing).sum())
    gap = abs(np.sum(closing) - np.sum(opening))
    assert gap <= TOLERANCE * scale, f"{gap} of {scale} appeared or vanished"
    assert abs(run.ledger.residual) < TOLERANCE


@pytest.fixture(autouse=True)
def conservation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check the money of every `engine.Run` where it is made, so that no author can forget it."""
    import engine

    build = engine.Run.__init__

    def build_and_check(self: Any, *args: Any, **kwargs: Any) -> None:
        build(self, *args, **kwargs)
        assert_money_is_conserved(self)

    monkeypatch.setattr(engine.Run, "__init__", build_and_check)
