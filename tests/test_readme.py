"""README and howto: the examples run, the commands exist, and files and pictures are where they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_examples_run(capsys: pytest.CaptureFixture[str]) -> None:
    example, of_accounts = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    for lines in (example, of_accounts):
        assert len([line for line in lines.splitlines() if line.strip()]) <= 10
    names: dict[str, object] = {}
    exec(compile(example, "README.md", "exec"), names)
    printed = capsys.readouterr().out
    assert "traders forced out" in printed
    assert names["run"].deficit.sum() > 0
    assert names["run"].charge.sum() > 0
    assert abs(names["run"].ledger.residual) < 1e-9
    exec(compile(of_accounts, "README.md", "exec"), names)
    assert capsys.readouterr().out.splitlines() == [
        "USDe at 1.0: hedged, 3,500 USD left",  # 4,500 - 16,000 + 15,000
        "USDe at 0.65: forced out, 2,056 USD left",
    ]


def test_the_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", TEXT, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_the_pictures_are_in_the_tree() -> None:
    for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", TEXT):
        assert (ROOT / picture).is_file()


MADE = {"ui/cascade/charts/impact.py", "engine/questions/fund_loss.py", "tests/engine/test_fund_loss.py"}  # as examples
FOLDERS = ("engine", "ui", "pages", "tests", "data", "docs", "benchmarks", "static")


@pytest.mark.parametrize("page", ["README.md", "docs/howto.md", "ui/live/README.md"])
def test_files_and_folders_named_are_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = {name for name in re.findall(r"`([\w./-]+)`", text) if name.split("/")[0] in FOLDERS and "/" in name}
    assert len(named) > 3
    assert {name for name in named - MADE if not (ROOT / name).exists()} == set()
    assert len(text.splitlines()) <= {"README.md": 94, "docs/howto.md": 216}.get(page, 1000)


def test_the_howto_names_the_folder_of_every_page() -> None:
    folders = {each.name for each in (ROOT / "ui").iterdir() if each.is_dir() and (each / "__init__.py").is_file()}
    text = (ROOT / "docs" / "howto.md").read_text(encoding="utf-8")
    assert {name for name in folders if f"`ui/{name}`" not in text} == set()


def test_the_rule_of_the_howto_is_passed_by_value() -> None:
    example = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "howto.md").read_text(encoding="utf-8"), re.DOTALL)[0]
    names: dict[str, object] = {}
    exec(compile(example, "docs/howto.md", "exec"), names)
    assert names["shared"].charge.tolist() == [5.0, 12.5, 12.5]
    assert names["venue"].policy is names["mine"]
