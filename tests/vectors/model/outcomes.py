"""What the simulator answers to each published vector, and the table of answers by venue."""

from __future__ import annotations

import csv
import io
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.vectors.model import ask_allocate, ask_deleverage, ask_layers, ask_margin, ask_simulate
from tests.vectors.model.setup import Question, venue_of
from tests.vectors.reading import Vector, agree, load_vectors, plain, resolve, tolerance_of

LISTED = Path(__file__).with_name("listed.toml")
RESULT = Path(__file__).parents[3] / "data" / "vectors.csv"  # python -m tests.vectors.model.outcomes writes it
NEAR_ZERO = 1e-8  # what binary arithmetic may leave of a published 0
RULES: dict[str, Any] = {}
for _module in (ask_margin, ask_allocate, ask_deleverage, ask_simulate, ask_layers):
    RULES |= _module.RULES

AGREE, IN_PART, DIFFER = "agree", "agree_in_part", "differ"
CANNOT, NO_CONCEPT, FACT = "cannot_be_asked", "no_concept", "fact"
ASKED = (AGREE, IN_PART, DIFFER)


@dataclass(frozen=True)
class Outcome:
    """Verdict on one vector; of what was asked, the keys with the computed and the published value that differ."""

    vector: Vector
    verdict: str
    reason: str = ""
    differing: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def listed() -> dict[str, dict[str, str]]:
    """Verdict -> vector or rule -> reason, as `listed.toml` has it."""
    document: dict[str, dict[str, str]] = tomllib.loads(LISTED.read_text(encoding="utf-8"))
    return document


def reason_in(section: str, vector: Vector) -> str:
    """The reason listed for a vector by its id, or for all vectors of its rule at its venue, or of its rule."""
    reasons, venue = listed()[section], str(vector["id"]).split(".")[0]
    keys = (str(vector["id"]), f"{venue}:{vector['rule']}", str(vector["rule"]))
    return next((reasons[key] for key in keys if key in reasons), "")


def ask(vector: Vector) -> dict[str, Any]:
    """What the simulator computes for the vector, under those keys of `expected` that its functions can say."""
    venue, preset = venue_of(vector)
    question = Question(inputs=resolve(vector["inputs"]), venue_name=venue, preset=preset)
    outputs = RULES[str(vector["rule"])](question)
    return {name: plain(outputs[name]) for name in vector["expected"] if name in outputs}


def outcome_of(vector: Vector) -> Outcome:
    """The verdict on a vector; what is neither asked nor listed is an error of the list."""
    if vector.get("kind") == FACT:
        return Outcome(vector, FACT)
    for section in (CANNOT, NO_CONCEPT):
        if reason := reason_in(section, vector):
            return Outcome(vector, section, reason)
    got, want = ask(vector), {k: v for k, v in vector["expected"].items() if k not in vector.get("facts", ())}
    differing = {k: (got[k], want[k]) for k in got if not agree(got[k], want[k], tolerance_of(vector, k), NEAR_ZERO)}
    missing = tuple(name for name in want if name not in got)
    if not got:
        raise LookupError(f"no function answers {vector['id']} on {sorted(want)}: list it, with the reason")
    verdict = DIFFER if differing else IN_PART if missing else AGREE
    return Outcome(vector, verdict, reason_in(DIFFER, vector), differing, missing)


@lru_cache(maxsize=1)
def outcomes() -> tuple[Outcome, ...]:
    """Every published vector's outcome, in the order of the files."""
    return tuple(outcome_of(vector) for vector in load_vectors())


COLUMNS = ("venue", "vectors", "asked", *ASKED, CANNOT, NO_CONCEPT, "facts", "fact_keys", "note")


def table() -> str:
    """The text of data/vectors.csv: one row a venue, the reasons of what differs as its note, and a row of sums."""
    rows: dict[str, dict[str, Any]] = {}
    for outcome in outcomes():
        venue = venue_of(outcome.vector)[0]
        row = rows.setdefault(venue, {"venue": venue, **dict.fromkeys(COLUMNS[1:-1], 0), "note": []})
        row["vectors"] += 1
        row["asked"] += outcome.verdict in ASKED
        row["facts" if outcome.verdict == FACT else outcome.verdict] += 1
        row["fact_keys"] += len(outcome.vector.get("facts", ()))
        if outcome.reason and outcome.verdict == DIFFER and outcome.reason not in row["note"]:
            row["note"].append(outcome.reason)
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    total = {"venue": "all", **{name: sum(row[name] for row in rows.values()) for name in COLUMNS[1:-1]}, "note": ""}
    for row in [*sorted(rows.values(), key=lambda row: (-row["vectors"], row["venue"])), total]:
        writer.writerow({**row, "note": "; ".join(row["note"])})
    return text.getvalue()


if __name__ == "__main__":
    RESULT.write_text(table(), encoding="utf-8")
