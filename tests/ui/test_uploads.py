"""Files are taken from a session that shows the page for them, one by one and in sum within limits."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ui.frame import uploads

PATH = "/base/_stcore/upload_file/{}/f1"
ONE = str(uploads.MOST_FILE)


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, SimpleNamespace]]:
    """Two sessions that are there, one of them on the page; what is held of their files."""
    held: dict[str, dict[str, SimpleNamespace]] = {}
    monkeypatch.setattr(uploads, "_open", {"mine"})
    monkeypatch.setattr(uploads, "_coming", {})
    monkeypatch.setattr(uploads, "_is_active", lambda session: session in ("mine", "other", "third"))
    monkeypatch.setattr(uploads, "_manager", lambda: SimpleNamespace(file_storage=held))
    return held


def ask(session: str = "mine", method: str = "PUT", length: str | None = "1000") -> int:
    return uploads.refusal(PATH.format(session), method, length)[0]


@pytest.mark.usefixtures("storage")
def test_only_a_session_on_the_page_sends_files() -> None:
    assert [ask(), ask("other"), ask("gone"), ask(method="POST"), ask(method="DELETE")] == [0, 403, 403, 403, 0]
    assert uploads.refusal("/_stcore/upload_file", "PUT", "1")[0] == 403


@pytest.mark.usefixtures("storage")
def test_a_file_has_its_length_and_is_not_too_large() -> None:
    assert [ask(length=None), ask(length="-1"), ask(length="x"), ask(length="1" * 40)] == [411, 411, 411, 413]
    assert ask(length=str(uploads.MOST_FILE + uploads.OVERHEAD + 1)) == 413


def test_what_one_session_and_all_have_at_once_is_bounded(storage: dict[str, dict[str, SimpleNamespace]]) -> None:
    assert [ask(length=ONE), ask(length=ONE), ask(length=ONE)] == [0, 0, 507]  # two are on their way
    uploads.arrived(PATH.format("mine"), ONE)
    assert ask(length=ONE) == 0
    for _ in range(2):
        uploads.arrived(PATH.format("mine"), ONE)
    storage["other"] = {"f": SimpleNamespace(data=b"x")}
    assert uploads.held() == {"other": 1}
    storage["other"] = {f"f{n}": SimpleNamespace(data=range(uploads.MOST_ALL // 2)) for n in range(2)}
    assert ask() == 507  # others' files fill the server
