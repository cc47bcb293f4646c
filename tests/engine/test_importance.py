"""Importance sampling: exact densities, agreement with plain Monte Carlo, what it gains, and when it refuses."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import engine
from engine.drawing.gaps import new_opens
from engine.montecarlo.runs import estimate, estimate_study
from engine.montecarlo.study import Study
from engine.questions.fund import size_fund
from engine.rare_events.plans import DegenerateWeightsError, TiltPlan, broad_tilts, neighbors, plan_tilts, tilted_source
from engine.rare_events.tilts import OWN_FIELDS, Tilt
from tests.engine.jumps import THIN
from tests.engine.lognormal import below

TILTED_MODELS = tuple(OWN_FIELDS)
OWN: dict[str, dict[str, Any]] = {"merton": {"jump_intensity": 300.0}, "student_t": {"degrees_of_freedom": 6.0}}
BOOK = engine.draw_book(model=engine.BookModel(n_traders=60, open_interest=1e7), seed=3)
START = BOOK.mean_entry_price


def model_of(name: str, **more: Any) -> engine.PathModel:
    return engine.PathModel(**({"model": name, "volatility": 1.0, "n_steps": 60} | OWN.get(name, {}) | more))


def estimate_rare(**case: Any) -> engine.Estimate:
    study = Study(**case)
    return estimate_study(study, importance=plan_tilts(study))


def weights_and_prices(plan: TiltPlan, model: engine.PathModel, n_blocks: int = 12) -> tuple[np.ndarray, np.ndarray]:
    source, out = tilted_source(plan, model, 100.0, 7), []
    prices = np.empty((n_blocks, 256, model.n_steps + 1))
    for block in range(n_blocks):
        out.append(source(block, prices[block], new_opens(model=model, n_paths=256)))
    return np.concatenate(out), prices.reshape(-1, model.n_steps + 1)


TILTS = {
    "drift": Tilt(shift=-1.2),
    "window": Tilt(window_shift=1.5, width=7),
    "both": Tilt(shift=0.6, window_shift=-1.0, width=3),
    "burst": Tilt(window_shift=-1.0, chi_square_scale=0.5),
    "jumps": Tilt(intensity=2.5, jump_shift=-0.7),
}


SPECIAL = {"burst": ("student_t",), "jumps": ("merton",)}
PAIRS = [(name, what) for what in TILTS for name in SPECIAL.get(what, TILTED_MODELS)]


@pytest.mark.parametrize(("name", "what"), PAIRS)
def test_weights_restore_the_true_law(name: str, what: str) -> None:
    """E[w] = 1 and the weighted moments of the log price are those of plain paths, for a tilt on its own."""
    model, tilt = model_of(name), TILTS[what]
    plan = TiltPlan(tilts=(tilt,), shares=(1.0,))
    weights, prices = weights_and_prices(plan, model)
    plain = engine.draw_paths(model=model, initial_price=100.0, n_paths=3072, seed=19)

    def near(tilted: np.ndarray, true: np.ndarray | float) -> None:
        error = math.hypot(tilted.std(), np.std(true)) / math.sqrt(3072)
        assert tilted.mean() == pytest.approx(np.mean(true), abs=4.5 * error + 1e-12)

    near(weights, 1.0)
    for step in (20, 60):
        log, log_plain = np.log(prices[:, step] / 100), np.log(plain[:, step] / 100)
        near(weights * log, log_plain)
        near(weights * log**2, log_plain**2)


@pytest.mark.parametrize("name", TILTED_MODELS)
def test_the_default_tilt_leaves_a_path_as_it_is(name: str) -> None:
    model = model_of(name)
    plan = TiltPlan(tilts=(Tilt(), Tilt(shift=-3.0)), shares=(0.5, 0.5))
    weights, prices = weights_and_prices(plan, model, n_blocks=1)
    plain = engine.draw_paths(model=model, initial_price=100.0, n_paths=256, seed=7)
    same = (prices == plain).all(axis=1)
    assert 90 < same.sum() < 166
    assert (weights <= 2.0).all()
    assert (weights > 0.0).all()


@pytest.mark.parametrize("name", TILTED_MODELS)
def test_the_true_law_in_the_mixture_bounds_the_weights(name: str) -> None:
    model = model_of(name)
    broad = broad_tilts(model)
    around = neighbors(broad, model)
    assert set(broad) <= set(around)
    weights, prices = weights_and_prices(TiltPlan(tilts=around, shares=(1 / len(around),) * len(around)), model, 2)
    assert np.isfinite(weights).all()
    assert (weights <= len(around) * (1 + 1e-9)).all()
    assert np.isfinite(prices).all()


@pytest.mark.parametrize("name", TILTED_MODELS)
@pytest.mark.parametrize("quantile", [0.3, 0.97])
def test_it_agrees_with_plain_monte_carlo(name: str, quantile: float) -> None:
    """Within three joint errors, for every estimate of the venue, with small funds and large ones."""
    case: dict[str, Any] = {"book": BOOK, "venue": engine.Venue(**THIN), "model": model_of(name)}
    fund = float(np.quantile(size_fund(Study(**case, n_paths=500)).needs, quantile))
    case["venue"] = engine.Venue(**THIN, fund=fund)
    plain = estimate(**case, n_paths=6000, seed=11)
    tilted = estimate_rare(**case, n_paths=2500, seed=4)
    assert tilted.importance.effective_hits >= 10
    for field in (
        "shortfall_probability",
        "expected_deficit",
        "expected_charged",
        "charged_expected_shortfall",
        "liquidated_share",
        "expected_fund",
    ):
        one, two = getattr(plain, field), getattr(tilted, field)
        assert abs(one.value - two.value) <= 3 * math.hypot(one.stderr, two.stderr), field
    ours, theirs = tilted.traders.charge, plain.traders.charge
    apart = np.abs(ours.value - theirs.value) / np.maximum(np.hypot(ours.stderr, theirs.stderr), 1e-9)
    assert np.quantile(apart, 0.95) < 3


def test_near_one_in_ten_thousand_it_needs_a_fiftieth_of_the_paths() -> None:
    """Gaps: jumps of a day's volatility, and the fund that 1 in 10,000 days exceeds. The pilots are counted in."""
    model = engine.PathModel(model="merton", volatility=0.8, n_steps=96)
    venue = engine.Venue(depth=1e8, residual_margin="trader", impact_half_life=20.0, fund=6.6e5)
    book = engine.draw_book(model=engine.BookModel(n_traders=100, open_interest=1e7), seed=0)
    n_paths = 8000
    tilted = estimate_rare(book=book, venue=venue, model=model, n_paths=n_paths, seed=2)
    chance = tilted.shortfall_probability
    assert 5e-5 < chance.value < 2e-4
    plain_paths = chance.value * (1 - chance.value) / chance.stderr**2
    used = n_paths + tilted.importance.plan.n_pilot_paths
    assert plain_paths >= 50 * used
    assert tilted.importance.gain == pytest.approx(plain_paths / used)


def test_rare_gaps_of_one_long_agree_with_the_closed_form() -> None:
    """One step of a gbm: P(shortfall) = P(price below the bankruptcy price), 1 in 30,000, from 3,000 paths."""
    book = engine.Book(size=[1.0], entry_price=[100.0], collateral=[20.0])
    model = engine.PathModel(volatility=1.06, n_steps=1, minutes_per_step=60 * 24, gap_steps=(1,))
    venue = engine.Venue(depth=math.inf, policy="none")
    tilted = estimate_rare(book=book, venue=venue, model=model, n_paths=3000)
    truth = below(80.0, model.step_volatility)
    assert truth < 1e-4
    chance = tilted.shortfall_probability
    assert chance.value == pytest.approx(truth, abs=4 * chance.stderr)
    assert chance.stderr < 0.1 * truth


def test_degenerate_weights_are_refused_with_a_reason() -> None:
    case = {"book": BOOK, "venue": engine.Venue(**THIN, fund=3e4), "model": model_of("gbm"), "n_paths": 400}
    with pytest.raises(DegenerateWeightsError, match=r"worth .* equally weighted ones|none of 400"):
        estimate(**case, importance=TiltPlan(tilts=(Tilt(shift=9.0),), shares=(1.0,)))
    with pytest.raises(DegenerateWeightsError, match="none of 400 tilted paths has a shortfall"):
        estimate(
            **(case | {"venue": engine.Venue(depth=math.inf, fund=1e15)}),
            importance=TiltPlan(tilts=(Tilt(),), shares=(1.0,)),
        )


def test_what_cannot_be_broken_is_refused() -> None:
    book = engine.Book(size=[1.0], entry_price=[100.0], collateral=[100.0])
    with pytest.raises(DegenerateWeightsError, match="too rare"):
        plan_tilts(Study(book=book, venue=engine.Venue(depth=math.inf), model=model_of("gbm")))


def test_models_without_a_law_to_tilt_are_refused() -> None:
    case = {"book": BOOK, "venue": engine.Venue(**THIN)}
    given = engine.PathModel(model="waypoints", points=((0, START), (10, 0.8 * START)), n_steps=10)
    for model in (given, engine.PathModel(volatility=0.0)):
        with pytest.raises(engine.InputError, match=r"path\.(model|volatility) must be"):
            plan_tilts(Study(**case, model=model, n_paths=100))
    plan = TiltPlan(tilts=(Tilt(), Tilt(shift=-2.0)), shares=(0.5, 0.5))
    with pytest.raises(engine.InputError, match="importance must be a bool, 'when_rare' or"):
        size_fund(Study(**case, model=model_of("gbm")), importance=3)  # type: ignore[arg-type]
    for ask in (estimate_study, size_fund):
        with pytest.raises(engine.InputError, match=r"path\.volatility must be > 0 for importance sampling"):
            ask(Study(**case, model=engine.PathModel(volatility=0.0)), importance=plan)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("tilts", "shares", "text"),
    [
        ((), (), "at least one"),
        ((Tilt(),), (0.5,), "of sum 1"),
        ((Tilt(), Tilt(shift=1.0)), (1.0,), "one for each of 2"),
        ((Tilt(), Tilt(shift=1.0)), (1.0, 0.0), r"shares\[1\] must be > 0"),
    ],
)
def test_plans_are_checked(tilts: Any, shares: Any, text: str) -> None:
    with pytest.raises(engine.InputError, match=text):
        TiltPlan(tilts=tilts, shares=shares)


def test_tilts_are_checked() -> None:
    with pytest.raises(engine.InputError, match=r"chi_square_scale must be .*width must be 1 with a chi_square_scale"):
        Tilt(chi_square_scale=1.5, width=3)


@pytest.mark.parametrize("name", ["merton", "gbm", "garch"])
def test_a_tilt_of_another_model_is_refused(name: str) -> None:
    plan = TiltPlan(tilts=(Tilt(), Tilt(chi_square_scale=0.1)), shares=(0.5, 0.5))
    with pytest.raises(engine.InputError, match=r"path\.model must be another one for a tilt of chi_square_scale, was"):
        estimate(book=BOOK, venue=engine.Venue(**THIN), model=model_of(name), n_paths=10, importance=plan)


@pytest.mark.parametrize("name", TILTED_MODELS)
def test_a_fund_whose_target_is_rare_is_sized_by_importance_sampling(name: str) -> None:
    """Five paths of 2,000 would be short: it decides by itself, and agrees with 40,000 plain paths."""
    model = model_of(name, gap_steps=tuple(range(1, 61)))
    case: dict[str, Any] = {"book": BOOK, "venue": engine.Venue(**THIN, impact="linear"), "model": model}
    rare = size_fund(Study(**case, n_paths=2_000, seed=3), target=0.0025, importance="when_rare")
    plain = size_fund(Study(**case, n_paths=40_000, seed=8), target=0.0025, importance="when_rare")
    assert plain.importance is None
    assert rare.importance is not None
    assert abs(rare.fund.value - plain.fund.value) <= 3 * math.hypot(rare.fund.stderr, plain.fund.stderr)
    for fund in np.quantile(plain.needs, (0.5, 0.99, 0.999)):
        one, two = rare.shortfall_probability(fund), plain.shortfall_probability(fund)
        assert abs(one.value - two.value) <= 4 * math.hypot(one.stderr, two.stderr)


def test_what_no_path_needs_is_sized_by_plain_paths_and_says_why() -> None:
    book = engine.Book(size=[1.0], entry_price=[100.0], collateral=[100.0])
    study = Study(book=book, venue=engine.Venue(depth=math.inf), model=model_of("gbm"), n_paths=50)
    sizes = size_fund(study, target=1e-4, importance="when_rare")
    assert sizes.fund.value == 0.0
    assert sizes.refused.startswith("none of 4096 pilot paths has a deficit")
    with pytest.raises(DegenerateWeightsError, match="too rare"):
        size_fund(study, target=1e-4, importance=True)
    assert not size_fund(replace(study, n_paths=200_000), target=1e-4, importance="when_rare").refused
    assert not size_fund(study, target=1e-4).refused
