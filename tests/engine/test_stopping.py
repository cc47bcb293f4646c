"""A run ends soon after it was told to from another thread; one that is not told to is the same to the bit."""

import threading
import time
from dataclasses import replace

import numpy as np
import pytest

import engine

HYPERLIQUID = engine.load_preset("hyperliquid-2025").scenario


def heavy(n_traders=30_000, **venue):
    """A run of several seconds: minimax deleveraging looks at every account again at each of thousands of defaults."""
    return replace(
        HYPERLIQUID,
        book=replace(HYPERLIQUID.book, n_traders=n_traders),
        venue=replace(HYPERLIQUID.venue, policy="adl_minimax_leverage", **venue),
    )


@pytest.fixture(scope="module", autouse=True)
def _warm():
    engine.run_scenario(heavy(200))


def stopped_after(scenario, seconds):
    """Seconds from the call of `set` to the end of the run, which must not have come to its own end."""
    stop, told = engine.Stop(), []

    def tell():
        told.append(time.perf_counter())
        while not over.wait(0.01):
            stop.set()

    over, timer = threading.Event(), threading.Timer(seconds, tell)
    timer.start()
    try:
        with stop.applies(), pytest.raises(engine.RunStoppedError):
            engine.run_scenario(scenario)
    finally:
        timer.cancel()
        over.set()
    (began,) = told  # empty: it was over before
    return time.perf_counter() - began


@pytest.mark.parametrize("band", [{}, {"price_band": engine.Follow(base=0.5, slope=0.1, low=0.4, high=0.9)}])
def test_a_run_ends_soon_after_it_was_told_to(band):
    assert stopped_after(heavy(**band), 1.0) < 0.5


def test_a_stop_that_is_not_set_changes_no_bit():
    scenario, stop = heavy(2000), engine.Stop()
    alone = engine.run_scenario(scenario)
    with stop.applies():
        under = engine.run_scenario(scenario)
    assert alone.n_liquidated > 0
    for name in ("mark", "charge", "equity", "fund", "events"):
        assert getattr(alone, name).tobytes() == getattr(under, name).tobytes()


def test_what_began_after_it_was_set_ends_at_once_and_other_threads_go_on():
    stop, other = engine.Stop(), []
    stop.set()
    thread = threading.Thread(target=lambda: other.append(engine.run_scenario(heavy(2000))))
    with stop.applies():
        thread.start()
        with pytest.raises(engine.RunStoppedError):
            engine.run_scenario(heavy(2000))
        thread.join(60.0)
    assert np.isfinite(other[0].equity).all()
    assert engine.run_scenario(heavy(2000)).n_liquidated == other[0].n_liquidated  # and after the block nothing applies
