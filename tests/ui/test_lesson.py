"""The lesson: every answer against a sum by hand, tasks, kind replies, and texts without a number of their own."""

from __future__ import annotations

import math
import re
import string

import pytest

from ui.charts.svg import svg
from ui.frame.formats import percent
from ui.lesson import answers, guide, handout, progress, replies, sharing
from ui.lesson.step import Choice, Drawing, Number, Step
from ui.lesson.steps import STEPS

BY_NAME = {step.name: step for step in STEPS}
MARGIN = {"A": 50.0, "B": 70.0, "C": 110.0, "D": 140.0, "E": 200.0, "F": 500.0}
SHORTS = {"U": 20.0, "V": 15.0, "W": 10.0, "X": 5.0, "Y": 5.0, "Z": 5.0}


def by_hand(rate: float = 0.01, low: float = 95.0) -> tuple[list[str], float, float]:
    """Sell the longs one after another: 10 coins each, $250 for 1 %; who was sold, the deficit, the last price."""
    x, reference, names, deficit = 0.0, 100.0, [], 0.0
    for name, own in MARGIN.items():
        trigger = (1000.0 - own) / (10.0 * (1.0 - rate))
        if low * math.exp(x) > trigger:
            break
        reference = min(reference, trigger * math.exp(-x))  # falls on until the mark meets the trigger
        book = reference * math.exp(x)
        v = 0.01 * 10.0 * book / 250.0
        fill = book * (1.0 - math.exp(-v)) / v
        deficit += max(10.0 * (100.0 - own / 10.0 - fill), 0.0)
        names.append(name)
        x -= v
    return names, deficit, low * math.exp(x)


def answer(name: str) -> float:
    return BY_NAME[name].answer().value


def test_ten_steps_with_names_of_their_own() -> None:
    assert len(STEPS) == len(BY_NAME) == 10


def test_pair_is_ten_coins_times_six_dollars() -> None:
    assert answer("pair") == pytest.approx(10 * (100 - 94))
    assert "Together: $0." in BY_NAME["pair"].text(BY_NAME["pair"].why)


def test_a_long_is_out_where_its_margin_is_a_hundredth_of_the_position() -> None:
    for leverage, fall in zip(answers.LEVERAGES, answer("lever"), strict=True):
        price = 100.0 - fall
        assert 100.0 / leverage - fall == pytest.approx(0.01 * price)


def test_four_longs_are_sold_by_hand() -> None:
    names, deficit, last = by_hand()
    assert names == ["A", "B", "C", "D"]
    assert answer("sell") == 4
    done = answers.sold()
    assert done.deficit.sum() == pytest.approx(deficit, rel=1e-3)
    assert done.mark[-1] == pytest.approx(last, rel=1e-3)


def test_gap_fund_and_haircut() -> None:
    assert answer("gap") == pytest.approx(10 * (95 - 90))
    holes = 10 * (95 - 90) + 10 * (93 - 90)
    assert answer("fund") == pytest.approx(100 - holes)
    assert answer("haircut") == pytest.approx(100 * (holes - 20) / (60 * 10))


def test_the_tipping_point_is_the_first_trigger() -> None:
    trigger = (1000 - 50) / (10 * 0.99)
    assert answers.tipping_point() == math.ceil(10 * (100 - trigger)) / 10
    for fall, end in zip(answers.FALLS, answer("tip"), strict=True):
        if 100 - fall > trigger:
            assert end == pytest.approx(fall)
        else:
            assert end == pytest.approx(100 - by_hand(low=100 - fall)[2], rel=1e-3)


def test_three_rules_hit_three_different_people() -> None:
    loss, coins = 80.0, sum(SHORTS.values())
    for name, size in SHORTS.items():
        assert sharing.paid("profit_prorata")[name] == pytest.approx(loss * size / coins)
        assert sharing.paid("open_interest_both_sides")[name] == pytest.approx(loss * size / (coins + 4 * 10))
    for name in "CDEF":
        assert sharing.paid("open_interest_both_sides")[name] == pytest.approx(loss * 10 / (coins + 4 * 10))
    # Z (5 coins) is first, then W (10), then V: A's ten coins at $95, then B's ten at $93, the mark being $90.
    queue = {"Z": 5 * 5.0, "W": 5 * 5.0 + 5 * 3.0, "V": 5 * 3.0}
    found = {name: paid for name, paid in sharing.paid("adl_queue").items() if paid > 0}
    assert found == pytest.approx(queue)
    assert {sharing.worst_off(rule) for rule in sharing.RULES} == {"U", "W"}
    assert [name for name in "ABCDEFUVWXYZ" if sharing.only_under_one(name)] == ["C", "D", "E", "F"]


def test_one_leg_is_closed_at_the_bankruptcy_price_and_the_other_goes_on() -> None:
    assert answer("leg") == pytest.approx(10 * (100 - 85) - 10 * (100 - 95))
    assert sharing.total(sharing.hedged(95.0)) == pytest.approx(0.0)


def test_more_margin_sells_earlier_and_a_fund_pays_for_all() -> None:
    assert sharing.with_help(()).deficit.sum() == pytest.approx(by_hand()[1], rel=1e-3)
    assert sharing.fund_needed() == 70
    assert sharing.with_help(("fund",)).charge.sum() == 0
    assert sharing.with_help(("margin",)).deficit.sum() == pytest.approx(by_hand(rate=0.03)[1], rel=2e-2)
    assert answer("help") == "margin"
    assert sharing.owed(sharing.with_help(("band",))) > 0
    text = BY_NAME["help"].text(BY_NAME["help"].why)
    first_out = 1 - (1000 - 50) / (10 * 0.97) / 100
    assert percent(first_out) in text


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_no_number_is_typed_in_a_text_and_every_figure_is_there(step: Step) -> None:
    for template in (step.rule, step.scene, step.question, step.why, step.task.text, step.title):
        assert not re.search(r"\d", template)
        assert "{" not in step.text(template)
        wanted = {name for _, name, _, _ in string.Formatter().parse(template) if name}
        assert wanted <= set(step.answer().facts)


DONE = {
    "pair": 108.0, "lever": 6.3, "sell": 4, "gap": 95.5, "fund": 80.0, "haircut": 50.0, "tip": 4.1, "rules": "C",
    "leg": 95.0, "help": ("margin", "partial"),
}  # fmt: skip
NOT_DONE = {
    "pair": 92.0, "lever": 7.0, "sell": 3, "gap": 94.9, "fund": 79.0, "haircut": 60.0, "tip": 4.0, "rules": "W",
    "leg": 90.0, "help": ("margin",),
}  # fmt: skip


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_task_is_done_by_hand_and_not_from_the_start(step: Step) -> None:
    assert not step.task.is_done(step.task.control.start)
    assert not step.task.is_done(NOT_DONE[step.name])
    assert step.task.is_done(DONE[step.name])
    assert len(step.task.said(DONE[step.name])) > 20


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
@pytest.mark.parametrize("is_shown", [False, True])
def test_every_picture_has_a_sentence_and_can_stand_still(step: Step, is_shown: bool) -> None:
    for value in (step.task.control.start, DONE[step.name]):
        for chart in step.picture(value, is_shown):
            assert chart["title"]
            assert len(chart["takeaway"]) > 10
            assert svg(chart).startswith("<svg")


NUMBERS = [step for step in STEPS if isinstance(step.ask, Number)]


@pytest.mark.parametrize("step", NUMBERS, ids=lambda step: step.name)
@pytest.mark.parametrize(
    ("given", "said"),
    [("", "any number"), (None, "any number"), ("sixty", "could not be read"), ("-3", "without a minus"),
     ("1e9", "read"), ("99999999", "Try again")],
)  # fmt: skip
def test_a_prediction_that_is_none_yet_gets_a_kind_sentence(step: Step, given: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replies.read(step, given)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("60", "60"), (" $60 ", "60"), ("7,5", "7.5"), ("1,000", "1000"), ("60 dollars", "60"), (".5", "0.5")],
)
def test_a_prediction_is_read_as_people_write_it(given: str, kept: str) -> None:
    assert replies.read(BY_NAME["pair"], given) == kept


def test_choices_and_lines_are_refused_kindly_until_they_are_whole() -> None:
    with pytest.raises(ValueError, match="Choose one"):
        replies.read(BY_NAME["rules"], None)
    with pytest.raises(ValueError, match="Draw the line first"):
        replies.read(BY_NAME["tip"], [None] * 9)
    with pytest.raises(ValueError, match="2 of 9 points"):
        replies.read(BY_NAME["tip"], [1.0] * 7 + [None] * 2)
    with pytest.raises(ValueError, match="Draw"):
        replies.read(BY_NAME["tip"], "nonsense")
    assert replies.read(BY_NAME["tip"], [0, 1, 2, 3, 4, 99, 20, 21, 22]) == "0~1~2~3~4~30~20~21~22"


def test_verdicts_say_how_far_off() -> None:
    assert replies.verdict(BY_NAME["pair"], "60").endswith("Exactly.")
    assert "more than you thought, and that is near" in replies.verdict(BY_NAME["pair"], "55")
    assert "less than you thought" in replies.verdict(BY_NAME["pair"], "600")
    line = replies.BETWEEN.join(f"{y:.1f}" for y in answer("tip"))
    assert "well drawn" in replies.verdict(BY_NAME["tip"], line)
    flat = replies.verdict(BY_NAME["tip"], "~".join(["0"] * 9))
    assert "furthest at 8\xa0%" in flat
    assert "Computed: the same" in replies.verdict(BY_NAME["help"], "margin")
    assert replies.verdict(BY_NAME["rules"], "adl_queue").startswith(
        "You voted for: The queue: 3 of 12 pay, W the most"
    )


def test_the_sheets_hold_every_step_and_the_plans_their_links() -> None:
    for has_answers in (False, True):
        text = handout.sheet(progress.names(), has_answers=has_answers)
        assert text.count("sf-sheet-row") == len(STEPS)
        assert ("$50" in text) or not has_answers
        assert ("Together: $0" in text) is has_answers
    assert "hide=" in guide.link(guide.PLANS[0])
    assert guide.link(guide.PLANS[1]) == "lesson?v=1"
    for plan in guide.PLANS:
        assert sum(minutes for minutes, _, _ in plan.parts) == plan.minutes
        assert set(plan.steps) <= set(progress.names())


def test_kinds_of_asking_are_all_there() -> None:
    kinds = [type(step.ask) for step in STEPS]
    assert {Number, Choice, Drawing} == set(kinds)
