"""Many paths against single runs, and against themselves on more threads."""

from __future__ import annotations

import math
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import engine
from engine.kernel.batch import run_batch
from engine.montecarlo.many_paths import Totals, run_many
from engine.montecarlo.risk import Estimated
from engine.montecarlo.runs import estimate
from engine.montecarlo.workspace import Request
from engine.sharing.policies import POLICIES
from tests.model.strategies import cases

RELATIVE = 1e-9
CALM = engine.Venue(depth=math.inf, fund=1e15)


def run_all(
    book: engine.Book, venue: engine.Venue, paths: np.ndarray, all_opens: np.ndarray | None, **more: Any
) -> Totals:
    def source(block: int, out: np.ndarray, opens: np.ndarray) -> np.ndarray:
        rows = slice(256 * block, 256 * block + len(out))
        out[:] = paths[rows]
        if all_opens is not None:
            opens[:] = all_opens[rows]
        return np.ones(len(out))

    return run_many(
        Request(
            book=book,
            venue=venue,
            source=source,
            n_steps=paths.shape[1] - 1,
            n_paths=len(paths),
            first_price=paths[0, 0],
            has_gaps=all_opens is not None,
            **more,
        )
    )


def related_paths(path: np.ndarray, first: float) -> np.ndarray:
    """The path, its mirror image in log price, a quiet one, and the first two again: what one leaves the next finds."""
    mirror = np.minimum(first**2 / path, 1e6)
    return np.array([path, mirror, np.sqrt(first * path), mirror, path])


@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_a_batch_is_a_loop_of_single_runs(policy: str) -> None:
    @settings(max_examples=25)
    @given(cases(policy=policy))
    def check(case: Any) -> None:
        book, path, venue, opening = case
        paths = related_paths(path, path[0])
        opens = None if opening is None else related_paths(opening, path[0])
        totals = run_all(book, venue, paths, opens, watch=(0, book.n_traders - 1))
        runs = [
            engine.simulate(book=book, prices=paths[k], venue=venue, opens=None if opens is None else opens[k])
            for k in range(len(paths))
        ]
        assert_same(totals, runs, book)

    check()


def assert_same(totals: Totals, runs: list[engine.Run], book: engine.Book) -> None:
    rows, sums = totals.paths, totals.traders
    scale = 1.0 + max(float(np.abs(run.equity).sum() + run.deficit.sum()) for run in runs)
    for row, run in zip(rows, runs, strict=True):
        money = {
            "deficit": run.deficit.sum(),
            "fund_paid": run.fund_paid.sum(),
            "venue_paid": run.venue_paid.sum(),
            "backstop_paid": run.backstop_paid.sum(),
            "charged": run.charge.sum(),
            "unfunded": run.unfunded,
            "fund": run.fund[-1],
            "lowest_fund": run.fund.min(),
        }
        for name, value in money.items():
            assert row[name] == pytest.approx(value, rel=RELATIVE, abs=RELATIVE * scale), name
        assert row["forced"] == pytest.approx(run.forced.sum(), rel=RELATIVE)
        assert (row["mark"], row["n_liquidated"]) == (run.mark[-1], run.n_liquidated)
        seen = np.concatenate([run.prices, run.opens[1:]])  # a gap may open beyond every close
        assert (row["lowest"], row["highest"]) == (seen.min(), seen.max())
        assert abs(row["gap"]) < RELATIVE
        # money beyond layers 2 to 4 means a shortfall
        assert row["is_short"] or run.unfunded + np.abs(run.charge).sum() == 0.0
    charge = np.array([run.charge for run in runs])
    near = {"rel": RELATIVE, "abs": RELATIVE * scale}
    assert sums["charge"] - sums["gain"] == pytest.approx(charge.sum(axis=0), **near)
    assert sums["hit"] == pytest.approx((charge > 0).sum(axis=0))
    assert sums["liquidated"] == pytest.approx(sum((run.liquidated_at >= 0).astype(float) for run in runs))
    watched = totals.watched
    for place, trader in enumerate((0, book.n_traders - 1)):
        assert watched["charge"][:, place] == pytest.approx(charge[:, trader], **near)
        assert watched["profit"][:, place] == pytest.approx([run.profit[trader] for run in runs], **near)
        assert watched["forced_at"][:, place].tolist() == [run.liquidated_at[trader] for run in runs]


@pytest.fixture(scope="module")
def stressed() -> dict[str, Any]:
    """A book on a thin venue without a fund, every step a gap: several haircuts a path."""
    book = engine.draw_book(model=engine.BookModel(n_traders=150, open_interest=1e7), seed=3)
    venue = engine.Venue(depth=1e6, impact="linear", residual_margin="trader", impact_half_life=20.0)
    model = engine.PathModel(volatility=1.5, n_steps=60, gap_steps=tuple(range(1, 61)))
    return {"book": book, "venue": venue, "model": model}


def single_runs(case: dict[str, Any], n_paths: int, seed: int) -> list[engine.Run]:
    book, model = case["book"], case["model"]
    closes, opens = engine.draw_paths(
        model=model, initial_price=book.mean_entry_price, n_paths=n_paths, seed=seed, return_opens=True
    )
    return [engine.simulate(book=book, prices=closes[k], venue=case["venue"], opens=opens[k]) for k in range(n_paths)]


@pytest.fixture(scope="module")
def stressed_runs(stressed: dict[str, Any]) -> list[engine.Run]:
    return single_runs(stressed, 300, 5)


def test_an_estimate_is_the_mean_of_single_runs_on_the_paths_of_draw_paths(
    stressed: dict[str, Any], stressed_runs: list[engine.Run]
) -> None:
    est = estimate(**stressed, n_paths=300, seed=5)
    runs, n = stressed_runs, 300
    charge = np.array([run.charge for run in runs])
    before = np.array([run.profit for run in runs])
    deficit = np.array([run.deficit.sum() for run in runs])
    hit = charge > 0

    def agrees(found: Estimated, sample: np.ndarray) -> None:
        assert found.value == pytest.approx(sample.mean(axis=0), rel=1e-9, abs=1e-9)
        error = np.where(np.any(sample != 0, axis=0), sample.std(axis=0, ddof=1) / math.sqrt(n), math.inf)
        assert found.stderr == pytest.approx(error, rel=1e-6, abs=1e-6)

    agrees(est.expected_deficit, deficit)
    agrees(est.expected_charged, charge.sum(axis=1))
    agrees(est.liquidated_share, np.array([run.n_liquidated / 150 for run in runs]))
    agrees(est.traders.charge, charge)
    agrees(est.traders.profit_before, before)
    agrees(est.traders.profit_after, before - charge)
    assert est.charge is est.traders.charge.value
    assert est.charge_probability == pytest.approx(hit.mean(axis=0))
    assert est.shortfall_probability.value == pytest.approx(np.mean(charge.sum(axis=1) > 0))
    assert est.haircut_probability.value == est.shortfall_probability.value
    given_charged = np.divide(charge.sum(axis=0), hit.sum(axis=0), out=np.zeros(150), where=hit.any(axis=0))
    assert est.traders.charge_given_charged.value == pytest.approx(given_charged)
    often = hit.sum(axis=0) > 1
    spread = np.sqrt((hit * (charge - given_charged) ** 2).sum(axis=0))[often] / hit.sum(axis=0)[often]
    assert est.traders.charge_given_charged.stderr[often] == pytest.approx(spread, rel=1e-6)
    assert np.isinf(est.traders.charge_given_charged.stderr[~often]).all()


def test_the_fund_over_time_is_that_of_single_runs(stressed: dict[str, Any]) -> None:
    case = stressed | {"venue": engine.Venue(depth=1e6, impact="linear", fund=2e5, liquidation_fee=0.002)}
    est = estimate(**case, n_paths=100, seed=5)
    fund = np.array([run.fund for run in single_runs(case, 100, 5)])
    band = est.fund_band
    assert band.steps.tolist() == list(range(61))
    assert band.value[band.levels.index(0.5)] == pytest.approx(np.sort(fund, axis=0)[49])
    assert (np.diff(band.value, axis=0) >= 0).all()
    assert est.expected_fund.value == pytest.approx(fund[:, -1].mean())


@pytest.mark.parametrize("policy", ["profit_prorata", "adl_queue", "equal_losses"])
def test_threads_change_no_bit(stressed: dict[str, Any], policy: str) -> None:
    venue = engine.Venue(depth=1e6, impact="linear", impact_half_life=20.0, policy=policy, fund=1e3)
    case = stressed | {"venue": venue, "n_paths": 900}
    alone, *others = (estimate(**case, n_threads=n_threads) for n_threads in (1, 2, 3))
    for other in others:
        assert other.paths.tobytes() == alone.paths.tobytes()
        for name in ("charge", "charge_given_charged", "profit_after"):
            one, two = getattr(alone.traders, name), getattr(other.traders, name)
            assert (one.value.tobytes(), one.stderr.tobytes()) == (two.value.tobytes(), two.stderr.tobytes())


def test_more_paths_leave_the_first_as_they_are(stressed: dict[str, Any]) -> None:
    few, many = (estimate(**stressed, n_paths=n) for n in (100, 600))
    assert few.paths.tobytes() == many.paths[:100].tobytes()


@pytest.mark.parametrize("n_paths", [1, 1000])
def test_without_volatility_one_path_is_the_answer(n_paths: int) -> None:
    book = engine.Book(size=[10.0, -10.0], entry_price=[100.0] * 2, collateral=[50.0] * 2)
    model = engine.PathModel(volatility=0.0, drift=-2000.0, n_steps=10, gap_steps=tuple(range(1, 11)))
    venue = engine.Venue(depth=1e4, impact="linear")
    est = estimate(book=book, venue=venue, model=model, n_paths=n_paths)
    run = single_runs({"book": book, "venue": venue, "model": model}, 1, 0)[0]
    assert est.is_exact
    assert est.expected_deficit == Estimated(run.deficit.sum(), 0.0)
    assert est.shortfall_probability == Estimated(1.0, 0.0)
    assert est.charge.tolist() == run.charge.tolist()
    assert est.traders.charge.stderr.tolist() == [0.0, 0.0]


def test_an_endless_fund_leaves_nobody_charged(stressed: dict[str, Any]) -> None:
    est = estimate(**(stressed | {"venue": CALM}), n_paths=200)
    assert est.shortfall_probability.value == est.expected_charged.value == est.expected_unfunded.value == 0.0
    assert est.expected_deficit.value > 0.0
    assert (est.charge == 0.0).all()


def test_a_policy_changes_no_path(stressed: dict[str, Any]) -> None:
    base = {name: value for name, value in stressed.items() if name != "venue"}
    venues = [
        engine.Venue(depth=1e6, impact="linear", policy=policy) for policy in ("none", "equity_prorata", "adl_prorata")
    ]
    lowest = [estimate(**base, venue=venue, n_paths=50).paths["lowest"].tolist() for venue in venues]
    assert lowest[0] == lowest[1] == lowest[2]


def test_one_path_has_no_error_bar(stressed: dict[str, Any]) -> None:
    est = estimate(**stressed, n_paths=1)
    assert est.expected_deficit.stderr == math.inf
    assert math.isfinite(est.expected_deficit.value)
    assert not np.isnan(est.traders.profit_after.stderr).any()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"n_paths": 0}, "n_paths must be a whole number >= 1"),
        ({"n_paths": 2.5}, "n_paths must be a whole number >= 1"),
        ({"seed": -1}, "seed must be a whole number >= 0"),
        ({"level": 1.0}, "level must be < 1"),
        ({"n_threads": 0}, "n_threads must be a whole number >= 1"),
        ({"watch": (150,)}, r"watch\[0\] must be a whole number >= 0 and <= 149"),
        ({"book": None}, "book must be an engine.Book"),
    ],
)
def test_bad_input_is_named(stressed: dict[str, Any], change: dict[str, Any], text: str) -> None:
    with pytest.raises(engine.InputError, match=text):
        estimate(**(stressed | change))


def test_wild_volatility_is_answered_or_refused(stressed: dict[str, Any]) -> None:
    """1000 % a year runs; what would leave the range of prices is refused."""
    wild = estimate(**(stressed | {"model": engine.PathModel(volatility=10.0, n_steps=288)}), n_paths=50)
    assert math.isfinite(wild.expected_deficit.value)
    with pytest.raises(engine.InputError, match=r"path\.volatility must be low enough"):
        estimate(**(stressed | {"model": engine.PathModel(volatility=1000.0, drift=5e5, n_steps=288)}), n_paths=50)


def test_progress_is_told_in_order_and_can_stop(stressed: dict[str, Any]) -> None:
    seen: list[tuple[int, int]] = []
    estimate(**stressed, n_paths=600, n_threads=2, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(256, 600), (512, 600), (600, 600)]

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        estimate(**stressed, n_paths=2000, n_threads=2, progress=stop)


def test_memory_does_not_grow_with_paths_times_traders() -> None:
    """3,000 traders x 2,048 paths: one charge per trader and path alone would be 49 MB."""
    book = engine.draw_book(model=engine.BookModel(n_traders=3_000, open_interest=1e8), seed=0)
    case: dict[str, Any] = {"book": book, "venue": engine.Venue(depth=1e7), "model": engine.PathModel(n_steps=4)}
    estimate(**case, n_paths=256, n_threads=2)
    tracemalloc.start()
    try:
        estimate(**case, n_paths=2_048, n_threads=2)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16e6


def test_money_that_appears_is_noticed(stressed: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def leaking(*arguments: Any) -> None:
        run_batch(*arguments)
        arguments[-1].paths["gap"][3] = 1e-6

    monkeypatch.setattr("engine.montecarlo.many_paths.run_batch", leaking)
    with pytest.raises(engine.ConservationError, match="path 3"):
        estimate(**stressed, n_paths=10)
