"""The simulator against the venues' own numbers: it agrees, or the difference is listed with its reason."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from engine import load_venue_preset
from tests.vectors.model.outcomes import (
    AGREE,
    ASKED,
    CANNOT,
    DIFFER,
    FACT,
    IN_PART,
    NO_CONCEPT,
    RESULT,
    RULES,
    Outcome,
    ask,
    listed,
    outcome_of,
    outcomes,
    table,
)
from tests.vectors.model.setup import venue_of
from tests.vectors.reading import load_vectors

VECTORS = load_vectors()
OF_ALL = outcomes()
OF_ASKED = [outcome for outcome in OF_ALL if outcome.verdict in ASKED]


def id_of(outcome: Outcome) -> str:
    return str(outcome.vector["id"])


@pytest.mark.parametrize("outcome", OF_ASKED, ids=id_of)
def test_simulator_gives_the_venues_number_or_the_difference_is_listed(outcome: Outcome) -> None:
    if not outcome.reason:
        assert outcome.differing == {}
    else:
        assert outcome.differing != {}, "a listed difference agrees now: take it off the list and out of the note"


def test_every_entry_of_the_list_is_needed() -> None:
    used = {section: set[str]() for section in listed()}
    for outcome in OF_ALL:
        if outcome.verdict not in (DIFFER, CANNOT, NO_CONCEPT):
            continue
        keys = (id_of(outcome), f"{id_of(outcome).split('.')[0]}:{outcome.vector['rule']}", outcome.vector["rule"])
        used[outcome.verdict] |= {next(key for key in keys if key in listed()[outcome.verdict])}
    assert used == {section: set(reasons) for section, reasons in listed().items()}


def test_differences_are_listed_one_by_one_and_said_in_the_presets_note() -> None:
    by_id = {id_of(outcome): outcome for outcome in OF_ALL}
    for vector_id, reason in listed()[DIFFER].items():
        preset = venue_of(by_id[vector_id].vector)[1]
        assert not preset or reason.lower() in load_venue_preset(preset).note.lower(), (preset, reason)


def test_a_difference_that_is_not_listed_would_be_seen() -> None:
    vector = next(outcome.vector for outcome in OF_ALL if id_of(outcome) == "dydx_v4.if_delta.1")
    wrong = outcome_of({**vector, "id": "dydx_v4.if_delta.0", "expected": {"insurance_delta": 28.06}})
    assert (wrong.verdict, wrong.reason) == (DIFFER, "")
    assert wrong.differing["insurance_delta"][1] == 28.06


def test_a_vector_that_nobody_answers_is_an_error_that_names_it() -> None:
    vector = next(vector for vector in VECTORS if vector["id"] == "kraken_epp_inverse")
    with pytest.raises(LookupError, match="no function answers kraken_new on"):
        outcome_of({**vector, "id": "kraken_new", "expected": {"a": 1}})
    with pytest.raises(LookupError, match="vector's id must begin with one of"):
        venue_of({"id": "nobody.1"})


@pytest.mark.parametrize("outcome", OF_ASKED, ids=id_of)
def test_questions_are_blind_to_the_answers_and_leave_the_vector_as_it_is(outcome: Outcome) -> None:
    vector = copy.deepcopy(outcome.vector)
    blind: dict[str, Any] = {**vector, "expected": dict.fromkeys(vector["expected"])}
    assert ask(blind) == ask(vector)
    assert vector == outcome.vector


def test_every_question_is_asked() -> None:
    assert {outcome.vector["rule"] for outcome in OF_ASKED} == set(RULES)


def test_facts_are_counted_apart_and_never_asked() -> None:
    facts = {id_of(outcome) for outcome in OF_ALL if outcome.verdict == FACT}
    assert facts == {"emir_rts153_art35_sitg", "bitfinex_bfx_redemptions", "bitmex_dpe_event_24", "bitmex_dpe_event_35"}
    for vector in VECTORS:
        assert set(vector.get("facts", ())) < set(vector["expected"]) or not vector.get("facts")


def test_committed_table_is_what_the_simulator_answers_today() -> None:
    assert RESULT.read_text(encoding="utf-8") == table()
    counts = {verdict: sum(outcome.verdict == verdict for outcome in OF_ALL) for verdict in (AGREE, IN_PART, DIFFER)}
    assert sum(counts.values()) == len(OF_ASKED)
    assert counts[AGREE] >= 98
