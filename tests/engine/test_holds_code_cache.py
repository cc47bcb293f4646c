"""Compiled code on disk: believed only where nobody else can have written it, compiled anew where it is damaged."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import pytest

from engine import code_cache
from engine.code_cache import PRIVATE, CodeCache


def double(value: float) -> float:
    return 2.0 * value


def entry() -> Any:
    """The same entry point as in a new process: nothing of it is compiled yet."""
    function: Any = numba.njit(double)
    function._cache = CodeCache("kernel.made_up", "double", "1")
    return function


def loads() -> bool:
    """Whether a new process loads the entry point instead of compiling it; its value is right either way."""
    function = entry()
    assert function(21.0) == 42.0
    return sum(function._cache_hits.values()) == 1


@pytest.fixture
def parents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Two places for compiled code, neither there yet."""
    first, second = tmp_path / "first", tmp_path / "second"
    monkeypatch.setattr(code_cache, "_parents", lambda: iter([(first, PRIVATE), (second, PRIVATE)]))
    monkeypatch.setattr(code_cache, "_say", logging.getLogger(code_cache.__name__).warning)
    return first, second


@pytest.fixture
def kept(parents: tuple[Path, Path]) -> Path:
    """The file of the entry point, compiled once."""
    assert not loads()
    (file,) = parents[0].rglob("*.nbc")
    return file


def test_what_was_compiled_is_loaded_and_private(kept: Path) -> None:
    assert loads()
    assert [path.stat().st_mode & 0o777 for path in (kept, kept.parent, kept.parents[1])] == [0o600, 0o700, 0o700]
    assert not list(kept.parent.glob(".*"))


def signed(payload: bytes) -> bytes:
    return hashlib.sha256(payload).digest() + payload


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "shorter than a digest": lambda data: data[:20],
    "cut in half": lambda data: data[: len(data) // 2],
    "random": lambda data: b"\x93" * 3000,
    "one bit flipped": lambda data: data[:-900] + bytes([data[-900] ^ 1]) + data[-899:],
    "a pickle without its digest": lambda data: pickle.dumps({"other": 1}),
    "a pickle of something else": lambda data: signed(pickle.dumps({"other": 1})),
    "of another key": lambda data: signed(pickle.dumps((("other",), ()))),
    "no pickle": lambda data: signed(b"no pickle"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_compiled_anew_once(kept: Path, damage: str) -> None:
    whole = kept.read_bytes()
    kept.write_bytes(DAMAGES[damage](whole))
    assert not loads()
    assert loads()
    assert len(kept.read_bytes()) > 3000


class Marker:
    """A pickle that runs something when it is loaded."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, tuple[str, int]]:
        return os.mkdir, (str(self.file), 0o700)


def as_everybody(file: Path) -> None:
    file.chmod(0o666)


def in_a_folder_for_everybody(file: Path) -> None:
    file.parent.chmod(0o777)


def below_a_folder_for_everybody(file: Path) -> None:
    file.parents[1].chmod(0o777)


def behind_a_link(file: Path) -> None:
    moved = file.parent.rename(file.parents[2] / "moved")
    file.parent.symlink_to(moved)


def of_another_user(file: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(file, 12345, 12345)


def in_a_folder_of_another_user(file: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    os.chown(file.parents[1], 12345, 12345)


STRANGERS = [
    *(as_everybody, in_a_folder_for_everybody, below_a_folder_for_everybody),
    *(behind_a_link, of_another_user, in_a_folder_of_another_user),
]


@pytest.mark.parametrize("strange", STRANGERS)
def test_what_somebody_else_can_write_is_not_run(
    kept: Path, strange: Callable[[Path], None], parents: tuple[Path, Path]
) -> None:
    marker = parents[1].parent / "ran"
    kept.write_bytes(signed(pickle.dumps(Marker(marker))))
    strange(kept)
    assert not loads()
    assert not marker.exists()
    assert loads()  # from where it was kept now
    assert not marker.exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders here")
def test_a_pipe_in_a_files_place_does_not_hold_up_a_start(kept: Path) -> None:
    kept.unlink()
    os.mkfifo(kept)
    assert not loads()


def refuse(*_: object) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


def test_a_filled_cache_is_read_where_nothing_can_be_written(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_cache, "_write", refuse)
    monkeypatch.setattr(Path, "mkdir", refuse)
    assert loads()


def test_a_full_disk_leaves_no_part_and_the_next_folder_takes_it(
    parents: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.replace

    def fill(part: Path, file: Path) -> None:
        if parents[0] in Path(file).parents:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(part, file)

    monkeypatch.setattr(os, "replace", fill)
    assert not loads()
    assert loads()
    assert [path for path in parents[0].rglob("*") if path.is_file()] == []
    assert len(list(parents[1].rglob("*.nbc"))) == 1


def test_no_folder_at_all_is_said_once(
    parents: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(code_cache, "_write", refuse)
    monkeypatch.setattr(code_cache, "_say", code_cache.cache(logging.getLogger(code_cache.__name__).warning))
    assert not loads()
    assert not loads()
    (line,) = caplog.messages
    assert line.startswith("Compiled code is not kept, so every start compiles it again")
    assert "Read-only file system" in line


def test_a_user_without_home_and_temporary_folder_has_the_installed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    def no_temporary_folder() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.setattr(tempfile, "gettempdir", no_temporary_folder)
    assert [parent for parent, _ in code_cache._parents()] == [code_cache.ROOT / "__pycache__"]


def test_the_shared_temporary_folder_has_one_of_each_user(monkeypatch: pytest.MonkeyPatch) -> None:
    *_, (parent, mode) = code_cache._parents()
    assert parent.name == f"shortfall-{os.geteuid()}"
    assert mode == 0o700


def test_an_older_version_makes_room(kept: Path) -> None:
    newer: Any = numba.njit(double)
    newer._cache = CodeCache("kernel.made_up", "double", "2")
    assert newer(1.0) == 2.0
    assert not kept.exists()
