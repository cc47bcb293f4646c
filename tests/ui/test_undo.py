"""History is a value that steps: undo, redo, what is forgotten."""

from __future__ import annotations

from engine import load_preset
from ui.cascade.toolbar import Entry, brief
from ui.charts.run_view import view_of
from ui.settings.run_settings import Choice
from ui.settings.undo import LONGEST, History


def entry(number: int) -> Entry:
    return Entry(Choice("calm", {"seed": float(number)}), f"Seed {number}", "Nothing happened.")


def test_undo_and_redo_step_through_what_was_chosen() -> None:
    past = History().add(entry(0)).add(entry(1)).add(entry(2))
    assert (past.can_undo, past.can_redo) == (True, False)
    back = past.go(past.at - 1)
    assert back.now == entry(1)
    assert back.can_redo
    assert back.go(back.at + 1) == past


def test_a_new_choice_forgets_what_was_undone_and_the_same_one_adds_nothing() -> None:
    past = History().add(entry(0)).add(entry(1)).go(0).add(entry(5))
    assert [each.change for each in past.entries] == ["Seed 0", "Seed 5"]
    assert past.add(entry(5)) is past


def test_history_is_short_and_its_ends_are_firm() -> None:
    past = History()
    assert past.now is None
    assert not past.can_undo
    for number in range(LONGEST + 20):
        past = past.add(entry(number))
    assert len(past.entries) == LONGEST
    assert past.go(-5).now == past.entries[0]
    assert past.go(999).now == past.entries[-1]


def test_an_entry_is_a_line_by_which_the_run_is_found_again() -> None:
    view = view_of("okex-2018", load_preset("okex-2018").scenario)
    line = brief(view)
    assert line.startswith("Price \N{MINUS SIGN}11.1\N{NO-BREAK SPACE}%; out 50 of 2,001; deficit 3,730")
    assert len(line) < 120
