"""The layout holds: imports go one way, engine <- ui <- pages and app.py, and no module grows too long."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

import engine

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("engine/**/*.py", "ui/**/*.py", "pages/**/*.py", "app.py")
    for path in ROOT.glob(pattern)
)
LONGEST = 400
LONGEST_ROUTER = 60

FLOORS = ("drawing", "sharing", "kernel", "laws", "montecarlo", "rare_events", "questions", "cli")  # from the ground up


def imported(module: str) -> set[str]:
    """Dotted names of everything that a module imports, at any depth of its code; relative imports resolved."""
    names: set[str] = set()
    package = module.removesuffix(".py").split("/")[:-1]
    for node in ast.walk(ast.parse((ROOT / module).read_text(encoding="utf-8"), module)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            origin = ".".join(part for part in (base, node.module or "") if part)
            names.update(f"{origin}.{alias.name}" for alias in node.names)
    return names


def packages(module: str) -> set[str]:
    """Top-level packages that a module imports."""
    return {name.split(".")[0] for name in imported(module)}


def part(*prefixes: str) -> list[str]:
    """Modules below the given folders."""
    return [module for module in MODULES if module.startswith(prefixes)]


@pytest.mark.parametrize("module", part("engine/"))
def test_engine_imports_numbers_and_the_standard_library_only(module: str) -> None:
    allowed = {"engine", "numpy", "numba", "pandas", "pyarrow", *sys.stdlib_module_names}
    if module == "engine/intrinsics.py":  # numba's own layer below
        allowed |= {"llvmlite"}
    if module.startswith("engine/cli"):  # progress on a terminal
        allowed |= {"rich"}
    if module == "engine/questions/sweep.py":
        allowed |= {"dask", "distributed"}
    assert packages(module) <= allowed


@pytest.mark.parametrize("module", part("engine/"))
def test_folders_of_the_engine_import_one_way(module: str) -> None:
    mine = module.split("/")[1]
    if mine in FLOORS:
        others = {name.split(".")[1] for name in imported(module) if name.startswith("engine.")} & set(FLOORS)
        assert {other for other in others if FLOORS.index(other) > FLOORS.index(mine)} == set()


@pytest.mark.parametrize("module", part("ui/"))
def test_ui_does_not_import_pages(module: str) -> None:
    assert not packages(module) & {"pages", "app", "tests"}


@pytest.mark.parametrize("module", part("ui/", "pages/", "app.py"))
def test_ui_knows_the_engine_by_its_public_face(module: str) -> None:
    public = {"engine"} | {f"engine.{name}" for name in engine.__all__}
    used = {name for name in imported(module) if name.split(".")[0] == "engine"}
    assert used <= public
    assert "engine." not in "".join(re.findall(r"import_module\([^)]*\)", (ROOT / module).read_text(encoding="utf-8")))


@pytest.mark.parametrize("module", part("ui/", "pages/", "app.py"))
def test_style_and_script_are_in_files(module: str) -> None:
    text = (ROOT / module).read_text(encoding="utf-8")
    assert not re.search(r"<style>\s*\n|export default|@media", text)


def test_what_is_live_stands_alone() -> None:
    """Its path during a drag is its own; pages and settings call it, never the other way round."""
    for module in part("ui/live/"):
        others = {name for name in imported(module) if name.split(".")[0] in ("ui", "engine")}
        assert all(name.startswith("ui.live.") for name in others), module


@pytest.mark.parametrize("module", part("pages/", "app.py"))
def test_pages_do_not_import_one_another(module: str) -> None:
    assert not packages(module) & {"pages", "app", "tests"}


@pytest.mark.parametrize("module", part("ui/charts", "ui/cascade/charts"))
def test_charts_import_no_streamlit(module: str) -> None:
    assert "streamlit" not in packages(module)


@pytest.mark.parametrize("module", MODULES)
def test_module_is_short_enough_to_read(module: str) -> None:
    lines = len((ROOT / module).read_text(encoding="utf-8").splitlines())
    assert lines < (LONGEST_ROUTER + 1 if module == "app.py" else LONGEST)
