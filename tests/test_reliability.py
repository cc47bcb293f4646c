"""docs/reliability.md is what scripts made of reliability.json, and every test and script that it names is there."""

import ast
import json
from collections import Counter

import pytest

from benchmarks import fuzz
from benchmarks.reliability import KEPT, PAGE, ROOT, page

ROWS = json.loads(KEPT.read_text(encoding="utf-8"))
NAMED = [name for fault in ROWS["faults"] for name in fault["tests"]]
NAMED += [row["again"] for row in (*ROWS["tried"], *ROWS["measured"]) if "/" in row["again"]]


def test_the_page_is_made_of_what_is_kept() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(ROWS)


def test_each_of_the_nineteen_faults_has_a_test() -> None:
    assert [fault["number"] for fault in ROWS["faults"]] == list(range(1, 20))
    assert all("::test_" in name for fault in ROWS["faults"] for name in fault["tests"])


@pytest.mark.parametrize("name", sorted(set(NAMED)))
def test_what_is_named_is_there(name: str) -> None:
    file, _, function = name.partition("::")
    assert (ROOT / file).is_file()
    if function:
        assert function in {
            node.name for node in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(node, ast.FunctionDef)
        }


@pytest.mark.parametrize("name", sorted(fuzz.BODIES))
def test_inputs_of_each_kind_are_still_drawn(name: str) -> None:
    done = Counter[str]()
    assert fuzz.run_slice(name, 2, 0, done) == ""
    assert done[name] >= 2
