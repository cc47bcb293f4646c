"""The cache of compiled code: an entry point is compiled again when a file that it enters changes, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import compile as compiling

ENGINE = Path(compiling.__file__).parent
CASCADE = ENGINE / "kernel" / "cascade.py"


def entered(file: Path) -> set[str]:
    return {path.relative_to(ENGINE).as_posix() for path in compiling.closure(file)}


def test_the_cascade_enters_its_kernels_and_not_what_stands_apart() -> None:
    names = entered(CASCADE)
    assert {"kernel/orders.py", "kernel/trigger_queue.py", "contracts.py", "margin.py", "compile.py"} <= names
    apart = {"ledger.py", "venue.py", "run_inputs.py", "kernel/adl.py", "sharing/rules.py", "sharing/policy_table.py"}
    assert not names & apart


def test_a_change_changes_the_hash_of_those_that_enter_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "leaf.py": "X = 1\n",
        "middle.py": "from engine.leaf import (\n    X,\n)\n",
        "entry.py": "from engine.middle import X\n",
        "other.py": "def late():\n    from engine.leaf import X\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(compiling, "_ROOT", tmp_path)

    def hashes() -> dict[str, str]:
        compiling._imports.cache_clear()
        return {name: compiling.source_hash(tmp_path / name) for name in files}

    before = hashes()
    (tmp_path / "leaf.py").write_text("X = 2\n")
    after = hashes()
    assert [name for name in files if before[name] != after[name]] == ["leaf.py", "middle.py", "entry.py"]
    compiling._imports.cache_clear()
