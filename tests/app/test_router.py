"""The router: every page that it lists is there, and one that is not is an error that names it."""

from __future__ import annotations

import pytest

import app


def test_a_page_whose_file_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "PAGES", app.PAGES | {"Learn": {"Glossary": "pages/glosary.py"}})
    with pytest.raises(FileNotFoundError, match=r"had pages/glosary\.py$"):
        app.router()


def test_every_page_file_is_in_the_list() -> None:
    files = {f"pages/{path.name}" for path in (app.ROOT / "pages").glob("*.py")}
    assert files == {file for menu in app.PAGES.values() for file in menu.values()}
