"""The layout holds: imports go one way, and lines, files, modules and functions stay within their budgets."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

import engine
from tests import conftest, mutants
from tests.engine.capabilities import ASKED, FILES, HOUSE, LINES

ROOT = Path(__file__).parents[2]
ENGINE_FLOORS = (
    "drawing", "own_data", "sharing", "kernel", "accounts", "laws", "montecarlo", "rare_events", "questions", "cli",
)  # fmt: skip
UI_FLOORS = (
    "frame",
    "live",
    "charts",
    "settings",
    "classroom",
)  # both from the ground up; the pages' folders stand on these
TABLES = {  # records or names alone: as many as there are
    "engine/sharing/policy_table.py",
    "engine/__init__.py",
    "ui/lesson/steps.py",
}
MODULE_LINES, FUNCTION_LINES = 250, 40  # of code: without docstrings, comments and blank lines

BUDGETS = {  # what is counted, and how much of it there may be
    "files of engine": 164,
    "lines of app.py": 60,
    "modules that are too long": 0,
    "modules of tests that are too long": 0,
    "functions that are too long": 0,
    "imports upward between floors of the engine": 0,
    "imports upward between floors of ui": 0,
    "imports between folders of pages": 0,
    "pages that are listed and not there": 0,
}
SLACK = 60  # lines that a budget may be above what there is: it follows the tree down


@cache
def source(module: str) -> str:
    return (ROOT / module).read_text(encoding="utf-8")


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(source(module), module)


@cache
def part(*folders: str) -> list[str]:
    """Python files below the given folders, as paths from the root."""
    return sorted(path.relative_to(ROOT).as_posix() for folder in folders for path in (ROOT / folder).rglob("*.py"))


MODULES = [*part("engine", "ui", "pages"), "app.py"]


@cache
def imported(module: str) -> set[str]:
    """Dotted names of everything that a module imports, at any depth of its code; relative imports resolved."""
    names: set[str] = set()
    package = module.removesuffix(".py").split("/")[:-1]
    for node in ast.walk(tree(module)):
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


@cache
def code_lines(text: str) -> frozenset[int]:
    """Numbers of the lines of code: no docstrings, no comments, no blank lines."""
    docstrings: set[int] = set()
    texts: set[int] = set()  # of several lines: code, whatever they look like
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant | ast.JoinedStr) and node.end_lineno != node.lineno:
            texts.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and type(first.value.value) is str:
                docstrings.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    numbered = enumerate((line.strip() for line in text.splitlines()), 1)
    return frozenset(({i for i, line in numbered if line and line[0] != "#"} | texts) - docstrings)


# what is counted: one entry for each file, module, function or import


def long_modules(modules: list[str]) -> list[str]:
    sizes = {module: len(code_lines(source(module))) for module in modules}
    return [f"{module}: {size}" for module, size in sizes.items() if size > MODULE_LINES and module not in TABLES]


def long_functions() -> list[str]:
    found = []
    for module in MODULES:
        code = code_lines(source(module))
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = len(code & set(range(node.lineno, (node.end_lineno or node.lineno) + 1)))
                if size > FUNCTION_LINES:
                    found.append(f"{module}:{node.name}: {size}")
    return found


def upward(package: str, floors: tuple[str, ...]) -> list[str]:
    """Imports of a folder that stands higher up in the same package."""
    found, over = [], page_folders() if package == "ui" else []
    for floor, folder in enumerate(floors):
        for module in part(f"{package}/{folder}"):
            for name in sorted(imported(module)):
                top, *rest = name.split(".")
                above = [*floors[floor + 1 :], *over]
                if top == package and rest and rest[0] in above:
                    found.append(f"{module}: {name}")
    return found


def page_folders() -> list[str]:
    folders = {module.split("/")[1] for module in part("ui") if module.count("/") > 1}
    return sorted(folders - set(UI_FLOORS))


def between_pages() -> list[str]:
    found = []
    for folder in page_folders():
        others = {f"ui.{other}" for other in page_folders() if other != folder}
        for module in part(f"ui/{folder}"):
            found += [f"{module}: {name}" for name in imported(module) if ".".join(name.split(".")[:2]) in others]
    return found


def listed_pages() -> list[str]:
    """Files in the list of the router."""
    for node in tree("app.py").body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and ast.unparse(node).startswith("PAGES"):
            assert node.value is not None
            return [file for menu in ast.literal_eval(node.value).values() for file in menu.values()]
    raise AssertionError("app.py has no list of PAGES")


COUNTED: dict[str, Callable[[], list[str]]] = {
    "files of engine": lambda: part("engine"),
    "lines of app.py": lambda: source("app.py").splitlines(),
    "modules that are too long": lambda: long_modules(MODULES),
    "modules of tests that are too long": lambda: long_modules(part("tests")),
    "functions that are too long": long_functions,
    "imports upward between floors of the engine": lambda: upward("engine", ENGINE_FLOORS),
    "imports upward between floors of ui": lambda: upward("ui", UI_FLOORS),
    "imports between folders of pages": between_pages,
    "pages that are listed and not there": lambda: [file for file in listed_pages() if not (ROOT / file).is_file()],
}


@pytest.mark.parametrize("what", BUDGETS)
def test_the_tree_keeps_its_budgets(what: str) -> None:
    found = COUNTED[what]()
    named = "" if what.startswith("lines") else "\n".join(found)
    assert len(found) <= BUDGETS[what], f"{len(found)} {what}, {BUDGETS[what]} at most\n{named}"


@cache
def capability_of(module: str) -> str:
    """The capability that names a file; the house where none does."""
    named = [name for name, globs in FILES.items() if any(fnmatch(module, glob) for glob in globs)]
    assert len(named) < 2, f"{module} is named by {' and by '.join(named)}"
    return named[0] if named else HOUSE


@pytest.mark.parametrize("top", ASKED)
@pytest.mark.parametrize("capability", LINES)
def test_every_capability_keeps_its_lines(capability: str, top: str) -> None:
    most = LINES[capability][list(ASKED).index(top)]
    found = sum(len(source(module).splitlines()) for module in part(top) if capability_of(module) == capability)
    assert most - SLACK <= found <= most, f"{found} lines of {top} for {capability}, {most} at most"


def test_every_file_that_a_capability_names_is_there() -> None:
    files = part(*ASKED)
    globs = [glob for named in FILES.values() for glob in named]
    assert [glob for glob in globs if not any(fnmatch(file, glob) for file in files)] == []


def test_every_page_is_listed_once() -> None:
    listed = listed_pages()
    assert len(set(listed)) == len(listed)
    assert set(part("pages")) <= set(listed)


def test_code_lines_leave_out_docstrings_comments_and_blank_lines() -> None:
    head = '"""Module.\n\nMore."""\n\nX = """\na\n"""  # text is code\n\n\n'
    text = head + 'def f():\n    """F."""\n    # why\n    return X\n'
    assert code_lines(text) == {5, 6, 7, 10, 13}


@pytest.mark.parametrize("module", part("engine"))
def test_engine_imports_numbers_and_the_standard_library_only(module: str) -> None:
    allowed = {"engine", "numpy", "numba", "pandas", "pyarrow", *sys.stdlib_module_names}
    if module in ("engine/intrinsics.py", "engine/code_cache.py"):  # numba's own layer below
        allowed |= {"llvmlite"}
    if module.startswith("engine/cli"):  # progress on a terminal
        allowed |= {"rich"}
    if module == "engine/questions/sweep.py":
        allowed |= {"dask", "distributed"}
    assert packages(module) <= allowed


@pytest.mark.parametrize("module", part("ui"))
def test_ui_does_not_import_pages(module: str) -> None:
    assert not packages(module) & {"pages", "app", "tests"}


@pytest.mark.parametrize("module", [*part("ui", "pages"), "app.py"])
def test_ui_knows_the_engine_by_its_public_face(module: str) -> None:
    public = {"engine"} | {f"engine.{name}" for name in engine.__all__}
    used = {name for name in imported(module) if name.split(".")[0] == "engine"}
    assert used <= public
    assert "engine." not in "".join(re.findall(r"import_module\([^)]*\)", source(module)))


@pytest.mark.parametrize("module", [*part("ui", "pages"), "app.py"])
def test_style_and_script_are_in_files(module: str) -> None:
    assert not re.search(r"<style>\s*\n|export default|@media", source(module))


def test_what_is_live_stands_alone() -> None:
    """Its path during a drag is its own; pages and settings call it, never the other way round."""
    for module in part("ui/live"):
        others = {name for name in imported(module) if name.split(".")[0] in ("ui", "engine")}
        assert all(name.startswith("ui.live.") for name in others), module


@pytest.mark.parametrize("module", [*part("pages"), "app.py"])
def test_pages_do_not_import_one_another(module: str) -> None:
    assert not packages(module) & {"pages", "app", "tests"}


FRAGMENTS = {"ui/frame/page_part.py", "ui/frame/jobs.py", "ui/classroom/screen.py"}  # the last two run nothing


@pytest.mark.parametrize("module", [*part("ui", "pages"), "app.py"])
def test_what_a_part_of_a_page_runs_ends_with_the_page(module: str) -> None:
    assert "st.fragment" not in source(module) or module in FRAGMENTS


def test_charts_import_no_streamlit() -> None:
    charts = [module for module in part("ui") if "/charts/" in module]
    assert charts
    assert [module for module in charts if "streamlit" in packages(module)] == []


def test_every_mutation_of_the_list_can_be_made() -> None:
    """What `make mutants` changes is there, once, with the tests that must notice."""
    assert {mutants.spelled(one): wrong for one in mutants.MUTANTS if (wrong := mutants.misfit(one))} == {}


def test_the_files_of_tests_that_begin_are_there() -> None:
    assert [file for file in conftest.LONGEST if not (ROOT / file).is_file()] == []
