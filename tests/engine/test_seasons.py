"""Ten days of the same 200 traders: who defaulted before pays more, and whether the fund holds is said as it is."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

import engine
from tests.commands import answer, denial


@cache
def ten_days() -> engine.Seasons:
    return engine.seasons()


def test_traders_keep_size_and_leverage_and_the_fund_is_carried_on() -> None:
    found = ten_days()
    assert [len(told) for told in (found.runs, found.forgetful, found.untiered)] == [10, 10, 10]
    for told in (found.runs, found.forgetful, found.untiered):
        for before, after in pairwise(told):
            assert after.fund[0] == before.fund[-1]
            np.testing.assert_array_equal(np.abs(before.book.size), np.abs(after.book.size))
            np.testing.assert_allclose(before.book.collateral, after.book.collateral)
            np.testing.assert_array_equal(before.prices, found.runs[told.index(before)].prices)


def test_the_record_of_a_day_is_that_of_all_days_before() -> None:
    found = ten_days()
    assert (found.record[0] == 1.0).all()
    for day in (1, 5, 9):
        np.testing.assert_array_equal(found.record[day], engine.track_record(found.runs[:day]))
        np.testing.assert_array_equal(found.runs[day].book.track_record, found.record[day])
    assert (np.diff(found.record, axis=0) >= 0.0).all()


def test_who_defaulted_before_is_charged_and_contributes_more() -> None:
    found = ten_days()
    assert found.times_charged(found.runs) > 1.1
    assert found.times_charged(found.forgetful) == pytest.approx(1.0, abs=0.02)  # but for equity below profit
    contributed = found.contributed(found.runs)[2:]  # after the first day nobody has defaulted yet
    assert (contributed[:, 0] > contributed[:, 1]).all()
    alike = found.contributed(found.forgetful)[2:]
    assert alike[:, 0] == pytest.approx(alike[:, 1], rel=0.5)


def test_the_sentence_says_what_the_days_show() -> None:
    found = ten_days()
    short = [run.charge.sum() > 0.0 or run.unfunded > 0.0 for run in found.runs]
    bare = [run.charge.sum() > 0.0 or run.unfunded > 0.0 for run in found.untiered]
    assert 0 < sum(short) < sum(bare)
    assert f"charged {found.times_charged(found.runs):.2f} times" in found.sentence
    assert (
        f"The fund does not hold: it is short on {sum(short)} of 10 days with tiers, on {sum(bare)}" in found.sentence
    )


@cache
def many() -> engine.SeasonSpread:
    return engine.season_spread(n_seeds=24)


def test_the_record_raises_what_defaulters_pay_whatever_the_draw() -> None:
    """Its effect is told from nothing in two sets of seeds; that they pay more than others is not, and so it reads."""
    for spread in (many(), engine.season_spread(n_seeds=24, first_seed=100)):
        assert spread.times_by_record.interval()[0] > 1.05
        low, high = spread.times_without_record.interval()
        assert low < 1.0 < high
        tiers, bare = spread.short_days.value
        assert tiers < 0.5 * bare
        assert spread.times_charged.stderr > 0.05


def test_many_draws_are_the_sum_of_each() -> None:
    """The error of a ratio of sums by leaving out one draw after another, here by hand for the mean of days."""
    spread, found = many(), ten_days()
    np.testing.assert_array_equal(spread.totals[0, 0], found.totals(found.runs))
    short = spread.short[:, 0]
    assert spread.short_days.stderr[0] == pytest.approx(short.std(ddof=1) / np.sqrt(24))
    charge, claim = spread.totals[:, 0].sum(axis=0)
    assert spread.times_charged.value == pytest.approx(charge[0] / claim[0] / (charge[1] / claim[1]))
    assert f"before is charged {spread.times_by_record.value:.2f} (" in spread.sentence
    assert f"Beside the others it is charged {spread.times_charged.value:.2f} (" in spread.sentence
    assert "cannot be told from as much as they do" in spread.sentence
    with pytest.raises(engine.InputError, match="n_seeds must be a whole number >= 2"):
        engine.season_spread(n_seeds=1)


def test_the_command_prints_the_days_and_the_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    two_days = ("seasons", "--days", "2", "--traders", "40", "--seeds")
    assert answer(capsys, *two_days, "2")["sentence"].startswith("Over 2 draws of 2 days")
    document = answer(capsys, *two_days, "1")
    assert len(document["days"]) == 2
    assert document["days"][0]["defaulted_before"] == 0
    assert document["sentence"].startswith("Over 2 days nobody who had left")
    assert "n_days must be a whole number >= 1" in denial(capsys, "seasons", "--days", "0")


def test_component_shortfall_adds_up_to_the_tail_of_all_deficits() -> None:
    """One path, one default of 10: all of it is that trader's."""
    book = engine.Book(size=[1.0, -1.0], entry_price=[100.0, 100.0], collateral=[10.0, 50.0])
    fall = engine.PathModel(model="array", prices=(100.0, 80.0), n_steps=1, gap_steps=(1,))
    study = engine.Study(book=book, venue=engine.Venue(depth=np.inf), model=fall)
    assert engine.component_shortfall(study, level=0.9).tolist() == pytest.approx([10.0, 0.0])
    book = engine.draw_book(model=engine.BookModel(n_traders=40, entry_price=100.0, leverage=30.0), seed=1)
    wild = engine.PathModel(volatility=6.0, n_steps=24)
    study = engine.Study(book=book, venue=engine.Venue(depth=1e6), model=wild, n_paths=60)
    parts = engine.component_shortfall(study, level=0.9)
    report = engine.systemic_report(study, groups="side", level=0.9)
    assert parts.sum() == pytest.approx(float(report.total.value))
    longs = parts[book.size > 0].sum()
    assert longs == pytest.approx(float(report.group_component.value[report.labels.index("longs")]))
