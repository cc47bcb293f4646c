"""The presets of the five ideas: what each says of itself is computed here and must stand in its sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import engine
from engine import IDEAS, load_preset, run_scenario


@cache
def ran(name: str) -> engine.Run:
    return run_scenario(load_preset(name).scenario)


def millions(amount: float) -> str:
    return f"{amount / 1e6:.1f}"


def loss_sharing(run: engine.Run) -> list[str]:
    """The pool may use half of 16 million, and all of that goes; winners pay pro rata, so one rate is everybody's."""
    rate = run.haircut_rate[run.charge > 0]
    assert rate == pytest.approx(np.full(rate.size, rate[0]))
    assert run.backstop_paid.sum() == pytest.approx(8e6)
    assert run.unfunded == 0.0
    pool, missing = millions(run.backstop_paid.sum()), millions(run.deficit.sum())
    return [f"pays {pool} million of the {missing} that are missing", f"gives up {100 * rate[0]:.1f} % of its profit"]


def loss_mutualization(run: engine.Run) -> list[str]:
    clean, before = run.charge[-2:]
    assert run.book.record[-2:].tolist() == [1.0, 2.1]
    assert run.claim[-2] == run.claim[-1]
    return [
        f"share {millions(run.charged.sum())} million",
        f"pays {before / clean:.1f} times the share of an equal",
        f"{before:,.0f} and {clean:,.0f} of a profit of {run.claim[-1]:,.0f} each",
    ]


def mutualization_fund(run: engine.Run) -> list[str]:
    without = engine.simulate(
        book=run.book, prices=run.prices, opens=run.opens, venue=replace(run.venue, fund_tiers=(), fund_target=None)
    )
    assert without.fund[-1] == 0.0
    return [
        f"{millions(run.contributions)} million in six hours",
        f"ends at {millions(run.fund[-1])} million instead of nothing",
        f"give up {millions(run.charged.sum())} million instead of {millions(without.charged.sum())}",
        f"{millions(run.deficit.sum())} million are missing instead of {millions(without.deficit.sum())}",
    ]


def offset_rules(run: engine.Run) -> list[str]:
    second = run.passed[:, 1]
    assert second["step"].tolist() == [144, 288, 432]
    assert second["is_met"].tolist() == [0, 0, 1]
    assert (run.passed[:, 0]["raised"] == pytest.approx(run.passed[:, 0]["came"] / 2)) is True
    assert second["left"][2] == pytest.approx(0.0, abs=1.0)
    return [
        "acts only on the third day",
        f"volatility is {second['quantity'][2]:.1f} times the usual",
        f"the first two days, {millions(run.unfunded)} million, stay unfunded",
    ]


def socialized_losses(run: engine.Run) -> list[str]:
    pays, loses = run.charge > 0, run.profit <= 0
    share = run.charge[loses].sum() / run.charge.sum()
    return [
        f"of the {millions(run.charged.sum())} million {100 * share:.1f} % comes from {(pays & loses).sum()} positions",
        f"{(pays & ~loses).sum():,} winners pay the rest",
    ]


SAYS: dict[str, Callable[[engine.Run], list[str]]] = {
    "loss-sharing": loss_sharing,
    "loss-mutualization": loss_mutualization,
    "mutualization-fund": mutualization_fund,
    "offset-rules": offset_rules,
    "socialized-losses": socialized_losses,
}


@pytest.mark.parametrize("name", IDEAS)
def test_each_idea_does_what_its_sentence_says(name: str) -> None:
    summary = load_preset(name).summary
    for part in SAYS[name](ran(name)):
        assert part in summary


@pytest.mark.parametrize("name", IDEAS)
def test_each_idea_names_venues_with_sources_and_says_what_is_assumed(name: str) -> None:
    preset = load_preset(name)
    assert all(source.startswith("https://") for source in preset.sources)
    assert preset.sources
    assert preset.assumptions
    assert preset.status == "assumed"
    assert preset.scenario.name == name


def test_there_is_a_preset_for_each_of_the_five_ideas() -> None:
    assert set(SAYS) == set(IDEAS)
    assert len(IDEAS) == 5
    titles = " ".join(load_preset(name).title.lower() for name in IDEAS)
    ideas = (
        "decentralized loss sharing",
        "loss mutualization",
        "mutualization fund",
        "loss offset",
        "socialized losses",
    )
    assert all(idea in titles for idea in ideas)
