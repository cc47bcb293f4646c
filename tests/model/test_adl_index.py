"""The queue that is kept between defaults closes whom ranking everybody at each default closes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import engine
from engine import run_inputs
from engine.kernel.state import MOST_PARTLY_CLOSED
from engine.sharing.policy_record import SCORES

WHO = ("step", "kind", "trader", "against")


def keeps_index(venue: engine.Venue) -> bool:
    """Whether a run on the venue keeps ranks between defaults."""
    book = engine.Book(size=[1.0], entry_price=[100.0], collateral=[1.0])
    return run_inputs.prepare(book, venue).has_adl_index


def both_ways(monkeypatch: pytest.MonkeyPatch, **case: Any) -> tuple[engine.Run, engine.Run]:
    """Return the run with the queue kept, and the one that ranks everybody at each default."""
    assert keeps_index(case["venue"])
    kept = engine.simulate(**case)
    with monkeypatch.context() as patch:
        patch.setattr(run_inputs, "keeps_adl_index", lambda policy, venue: False)
        return kept, engine.simulate(**case)


def assert_same(kept: engine.Run, fresh: engine.Run) -> None:
    assert_same_events(kept.events, fresh.events)
    np.testing.assert_allclose(kept.charge, fresh.charge, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(kept.unfunded, fresh.unfunded, rtol=1e-9, atol=1e-6)


def assert_same_events(ours: np.ndarray, theirs: np.ndarray) -> None:
    assert len(ours) == len(theirs)
    for name in ours.dtype.names:
        if name in WHO:
            assert np.array_equal(ours[name], theirs[name]), name
        else:
            np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-9, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("contract", ["linear", "inverse"])
def test_it_closes_the_same_accounts(score: str, contract: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Crash and rebound, thin book, moving margin: hundreds of defaults on both sides at as many marks."""
    n_defaults = 0
    for seed in range(4):
        model = engine.BookModel(n_traders=1500, open_interest=1e8, leverage=25.0, contract=contract)
        book = engine.draw_book(model=model, seed=seed)
        path = engine.PathModel(volatility=2.0, n_steps=120, initial_price=book.mean_entry_price)
        prices = engine.draw_paths(model=path, initial_price=book.mean_entry_price, n_paths=1, seed=seed)[0]
        prices[40:] *= 0.9
        prices[80:] *= 1.2
        options = {"score": score, "price": ("bankruptcy", "mark", "previous_mark", "blend")[seed]}
        venue = engine.Venue(
            depth=2e6, fund=0.0, policy="adl_queue", policy_options=options, dynamic_margin_cap=1.0 + seed % 2
        )
        kept, fresh = both_ways(monkeypatch, book=book, prices=prices, venue=venue)
        assert_same(kept, fresh)
        n_defaults += int((kept.events["kind"] == 2).sum())
    assert n_defaults > 400


def test_more_accounts_closed_in_part_than_it_remembers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Longs bankrupt from the start charge each short more than its equity, so all of them are closed in part.

    What an account has left then is rounding: it closes another 1e-17 in one way or the other, and once the longs are
    gone the shorts, with equity 0 all of them, are forced out in an order that is rounding too.
    """
    n = 2 * MOST_PARTLY_CLOSED
    book = engine.Book(
        size=np.concatenate([np.full(n, 1.0), np.full(n, -1.0)]),
        entry_price=np.concatenate([np.full(n, 200.0), 100.0 + np.arange(n) / n]),
        collateral=np.concatenate([np.full(n, 50.0), np.full(n, 30.0)]),
    )
    venue = engine.Venue(depth=1e9, fund=0.0, policy="adl_queue")
    kept, fresh = both_ways(monkeypatch, book=book, prices=np.array([100.0, 80.0]), venue=venue)
    ours, theirs = (run.events[np.abs(run.events["size"]) > 1e-9] for run in (kept, fresh))
    ends = [np.flatnonzero((events["kind"] == 2) & (events["size"] < 0))[0] for events in (ours, theirs)]
    assert_same_events(ours[: ends[0]], theirs[: ends[1]])
    taken = ours[ours["kind"] == 3]
    in_part = np.abs(taken["size"]) < 0.99
    assert np.unique(taken["trader"][in_part]).size > MOST_PARTLY_CLOSED


def test_it_is_kept_only_for_whole_positions_in_rank_order() -> None:
    venue = engine.Venue(depth=1e6, policy="adl_queue")
    assert keeps_index(venue)
    assert not keeps_index(replace(venue, liquidation_fraction=0.5))
    assert not any(
        keeps_index(replace(venue, policy=name, policy_options={})) for name in engine.POLICIES if name != "adl_queue"
    )
