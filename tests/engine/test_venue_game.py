"""The venue game: seasons by seed, scores worked by hand, what more margin or fund does, and what the search found."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from benchmarks.search_policies import SEEDS
from engine import (
    GAME,
    GAME_CHOICES,
    SEARCHED,
    GamePolicy,
    GameSeason,
    InputError,
    coming,
    found_policies,
    game_seasons,
    play_season,
    searched_seeds,
)
from engine.questions.game_search import FEW, FOUND, frontier_of, mean_scores, policy_of, search_policies
from engine.questions.game_seasons import KINDS, N_TRADERS, STEP_MINUTES
from engine.questions.venue_game import GAME_RULES, game_scores
from tests.commands import answer, denial


def season_of(closes: list[float], notional: list[float], leverage: list[float]) -> GameSeason:
    """A season of a few traders along a path of three days that jumps from close to close."""
    n = round(3 * 1440 / STEP_MINUTES)
    path = np.concatenate([np.full(n + 1 - len(closes), 1.0), closes])
    return GameSeason(
        kind="crash", coin="BTC", first_day="2020-03-12", closes=path, opens=path,
        notional=np.array(notional), leverage=np.array(leverage),
    )  # fmt: skip


def test_a_seed_gives_the_same_five_seasons_one_of_each_kind() -> None:
    game_seasons.cache_clear()
    first = game_seasons(7)
    game_seasons.cache_clear()
    for one, other in zip(first, game_seasons(7), strict=True):
        assert (one.kind, one.coin, one.days) == (other.kind, other.coin, other.days)
        for name in ("closes", "opens", "notional", "leverage"):
            assert np.array_equal(getattr(one, name), getattr(other, name))
    assert sorted(season.kind for season in first) == sorted(KINDS)
    orders = {tuple(season.kind for season in game_seasons(seed)) for seed in range(12)}
    assert len(orders) > 6
    assert len({season.coin for seed in range(12) for season in game_seasons(seed)}) > 2


@pytest.mark.parametrize("seed", range(6))
def test_seasons_are_what_they_are_called(seed: int) -> None:
    by_kind = {season.kind: season for season in game_seasons(seed)}
    low = {kind: float(season.closes.min()) for kind, season in by_kind.items()}
    high = {kind: float(season.closes.max()) for kind, season in by_kind.items()}
    assert high["calm"] / low["calm"] < 1.08
    assert low["crash"] < 0.82
    assert high["squeeze"] > 1.15
    assert low["crash"] < low["grind"] < 1.0 > by_kind["grind"].closes[-1]
    assert by_kind["10 October"].days == ("2025-10-10", "2025-10-12")
    for season in by_kind.values():
        assert season.closes[0] == 1.0
        assert season.closes.size == 1 + 3 * 1440 / STEP_MINUTES
        longs = season.notional > 0
        assert season.notional[longs].sum() == pytest.approx(GAME.wanted / 2)
        assert season.notional[~longs].sum() == pytest.approx(-GAME.wanted / 2)
        assert season.notional.size == N_TRADERS


def test_scores_by_hand() -> None:
    best: dict[str, Any] = {
        "unfunded": 0.0, "largest_haircut": 0.0, "mean_haircut": 0.0, "gini": 0.0, "open_interest": 1.0, "fees": 0.003,
        "fund": 0.0,
    }  # fmt: skip
    assert game_scores(**best) == (100.0, 100.0, 100.0)
    assert game_scores(**best | {"unfunded": 0.0025})[0] == pytest.approx(75.0)
    assert game_scores(**best | {"unfunded": 0.5})[0] == 0.0
    assert game_scores(**best | {"largest_haircut": 0.03, "gini": 0.6})[1] == pytest.approx(100 - 100 * (0.3 + 0.6) / 3)
    assert game_scores(**best | {"mean_haircut": 0.2})[1] == pytest.approx(100 - 100 / 3)
    assert game_scores(**best | {"open_interest": 0.5, "fees": 0.0015, "fund": 0.02})[2] == pytest.approx(40 + 10 - 20)
    assert game_scores(**best | {"open_interest": 0.1, "fund": 0.04})[2] == 0.0


def test_what_comes_by_hand() -> None:
    season = season_of([1.0], [100.0, -100.0, 100.0], [5.0, 20.0, 100.0])
    size, margin = coming(season, GamePolicy(leverage_cap=10.0, maintenance_rate=0.01))
    assert margin == pytest.approx([20.0, 5.0, 1.0])
    assert size == pytest.approx([100.0, -50.0, 10.0])
    tight, _ = coming(season, GamePolicy(leverage_cap=10.0, maintenance_rate=0.2))  # 0.8 / 0.2 = 4
    assert tight == pytest.approx([80.0, -20.0, 4.0])
    charged, _ = coming(season, GamePolicy(leverage_cap=10.0, maintenance_rate=0.01, fund_fee=0.0005))
    assert charged == pytest.approx(size * math.exp(-0.04 * 5))


def test_a_small_season_by_hand() -> None:
    """A long of $1,000 at 20x jumps 10 % down: $50 of margin, so at least $50 are missing; two shorts have won."""
    season = season_of([0.9], [1000.0, -600.0, -400.0], [20.0, 2.0, 2.0])
    nobody = play_season(season, GamePolicy(rule="none"))
    assert nobody.run.n_liquidated == 1
    assert nobody.figures.deficit == pytest.approx(50.0, abs=0.1)  # $1,000 hardly move a book of $1M for 1 %
    assert nobody.unfunded == pytest.approx(50.0, abs=0.1)
    assert nobody.kept * GAME.wanted == pytest.approx(1000.0)
    shared = play_season(season, GamePolicy(rule="profit_prorata"))
    assert shared.unfunded == pytest.approx(0.0)
    assert shared.mean_haircut == pytest.approx(0.5, abs=1e-3)  # $50 of $100
    assert shared.figures.gini == pytest.approx(0.1, abs=1e-9)  # $30 and $20: (30 - 20) / (2 x 50)
    fairness = 100 * (1 - (1 + 1 + 0.1) / 3)
    assert shared.scores[1] == pytest.approx(fairness, abs=1e-6)
    halted = play_season(season, GamePolicy(rule="none", price_band=1e-9))
    assert halted.run.n_liquidated == 0
    assert halted.under_water == pytest.approx(50.0, abs=0.1)  # the loss is there, nobody has paid it
    assert halted.scores[0] == pytest.approx(nobody.scores[0], abs=1e-6)


SEASONS = game_seasons(1)


@pytest.mark.parametrize("season", SEASONS, ids=lambda season: season.kind)
@pytest.mark.parametrize("rule", ["none", "profit_prorata", "open_interest_both_sides"])
def test_a_larger_fund_leaves_no_more_unpaid_and_charges_no_more(season: GameSeason, rule: str) -> None:
    funds = [
        play_season(season, GamePolicy(fund=fund, rule=rule, leverage_cap=100.0)) for fund in (0.0, 0.002, 0.01, 0.05)
    ]
    for small, large in pairwise(funds):
        assert large.unfunded <= small.unfunded + 1e-6
        assert large.figures.charged <= small.figures.charged + 1e-6
        assert large.scores[0] >= small.scores[0]
        assert large.came == small.came
        assert large.scores[2] < small.scores[2]
    assert funds[-1].figures.charged == funds[-1].unfunded == 0.0


@pytest.mark.parametrize("season", SEASONS, ids=lambda season: season.kind)
def test_what_is_stricter_brings_less(season: GameSeason) -> None:
    plain = GamePolicy(maintenance_rate=0.01, leverage_cap=50.0)
    base = play_season(season, plain).came
    for changed in ({"leverage_cap": 10.0}, {"maintenance_rate": 0.05}, {"fund_fee": 0.0005}):
        assert play_season(season, replace(plain, **changed)).came < base
    assert play_season(season, replace(plain, fund=0.01)).came == base


def test_fees_are_what_open_positions_pay_in_three_days() -> None:
    calm = next(season for season in SEASONS if season.kind == "calm")
    played = play_season(calm, GamePolicy(leverage_cap=3.0, fund_fee=0.001))
    assert played.run.n_liquidated == 0
    assert played.fees == pytest.approx(3 * 0.001 * played.came * GAME.wanted, rel=0.05)


@pytest.mark.parametrize("rule", GAME_RULES)
def test_every_rule_plays_every_season(rule: str) -> None:
    for season in SEASONS:
        played = play_season(season, GamePolicy(rule=rule, leverage_cap=100.0, fund=0.001))
        assert all(0.0 <= score <= 100.0 for score in played.scores)
        assert played.points == pytest.approx(sum(played.scores) / 3)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"maintenance_rate": 0.0}, "maintenance_rate must be > 0"),
        ({"leverage_cap": 0.5}, "leverage_cap must be >= 1"),
        ({"fund_fee": -0.1}, "fund_fee must be >= 0"),
        ({"fund": 2.0}, "fund must be >= 0 and <= 1"),
        ({"price_band": 0.0}, "price_band must be > 0"),
        ({"rule": "lottery"}, "rule must be one of"),
    ],
)
def test_a_wrong_policy_is_a_sentence(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        GamePolicy(**wrong)


def test_the_frontier_by_hand() -> None:
    both = [100.0, 60.0, 30.0]
    rows = np.array([[100.0, 50.0, 40.0], both, [90.0, 50.0, 40.0], both, [0.0, 0.0, 41.0]])
    assert frontier_of(rows).tolist() == [1, 3, 0, 4]  # equals do not beat each other


def test_a_policy_is_six_digits() -> None:
    policy = policy_of("130050")
    assert (policy.maintenance_rate, policy.leverage_cap, policy.fund_fee) == (0.01, 10.0, 0.0)
    assert (policy.fund, policy.price_band, policy.rule) == (0.0, math.inf, "profit_prorata")
    for wrong in ("13005", "1300500", "13005x", "190050"):
        with pytest.raises(InputError, match="policy must be digits below 9, 9, 6, 9, 6, 6"):
            policy_of(wrong)
    assert all(len(values) <= 10 for values in GAME_CHOICES.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_search_found_is_computed_again(seed: int) -> None:
    found = found_policies(seed)
    assert searched_seeds() == SEEDS
    assert len(found.codes) == len(set(found.codes)) == SEARCHED
    front = found.frontier
    for at in (0, 1, SEARCHED - 1, int(np.argmax(found.points)), int(front[0]), int(front[-1])):
        assert mean_scores(game_seasons(seed), found.codes[at]) == tuple(found.scores[at])


@pytest.mark.parametrize("seed", SEEDS)
def test_no_policy_wins_everything(seed: int) -> None:
    found = found_policies(seed)
    assert found.frontier.size > 20
    assert not (found.scores == found.scores.max(axis=0)).all(axis=1).any()
    best, points = found.best
    assert points == found.points.max()
    most_revenue = found.scores[:, 2].argmax()
    assert found.points[most_revenue] < points
    assert FOUND.stat().st_size < 300_000
    assert best.rule in GAME_RULES


def test_a_search_begins_as_the_kept_one_does() -> None:
    again = search_policies(SEEDS[0], 6)
    assert again.codes[:3] == found_policies(SEEDS[0]).codes[:3]


def test_another_seed_is_tried_with_a_few_on_the_spot() -> None:
    few = found_policies(77)
    assert 5 <= len(few.codes) <= FEW
    assert set(few.codes) <= set(found_policies(searched_seeds()[0]).codes)
    assert few.scores[0] == pytest.approx(mean_scores(game_seasons(77), few.codes[0]))


def test_the_command_prints_what_the_game_computes(capsys: pytest.CaptureFixture[str]) -> None:
    printed = answer(capsys, "game", "--seed", "1", "--margin", "0.04", "--cap", "10", "--fund", "0.01")
    policy = GamePolicy(maintenance_rate=0.04, leverage_cap=10.0, fund=0.01)
    for row, season in zip(printed["seasons"], SEASONS, strict=True):
        assert row["points"] == pytest.approx(play_season(season, policy).points)
    assert printed["points"] == pytest.approx(sum(row["points"] for row in printed["seasons"]) / 5)
    assert printed["best_points"] == found_policies(1).best[1]
    assert "rule must be one of" in denial(capsys, "game", "--rule", "lottery")
