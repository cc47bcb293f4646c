"""Where compiled code is kept between two starts, and why what is read there can be believed.

Loading compiled code is running it. So it is read only from files and folders that the user, root or the owner of the
sources alone can write, and only when its digest fits; whatever else lies there is compiled anew. Where nothing can be
kept, the engine runs all the same and says so once.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import shutil
import stat
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite  # type: ignore[import-untyped]
import numba
from numba.core import compiler, serialize

ROOT = Path(__file__).resolve().parent
READABLE, PRIVATE = 0o755, 0o700  # beside the sources, which others may read, too; and everywhere else
DIGEST_BYTES = hashlib.sha256().digest_size

_COMPILER: Any = compiler  # both without types
_SERIALIZE: Any = serialize

_log = logging.getLogger(__name__)
_say = cache(_log.warning)  # once in a process


class CodeCache:
    """Compiled versions of one entry point: what numba asks before it compiles, and hands over after.

    Parameters
    ----------
    module, function : str
        The entry point: "kernel.cascade", "run_path".
    version : str
        Hash of the sources that it is compiled from: the folder's name, so that a change compiles anew.
    """

    def __init__(self, module: str, function: str, version: str) -> None:
        self._module, self._version = module, version
        self._start = f"{module.rpartition('.')[2]}.{function}-"

    @property
    def folder(self) -> str:
        """The name of the folder that this version is kept in."""
        return f"kernels-{self._module}-{self._version}"

    @property
    def cache_path(self) -> str:
        """The same under numba's name for it."""
        return self.folder

    def is_kept(self) -> bool:
        """Tell whether there is a compiled version that can be read."""
        return any(any(folder.glob(f"{self._start}*.nbc")) for folder in self._readable())

    def load_overload(self, signature: Any, target: Any) -> Any:
        """Return the compiled version for a signature; None where there is none that can be believed."""
        target.refresh()
        key = _key(signature, target.codegen())
        for folder in self._readable():
            file = folder / self._name(key)
            data = _read(file)
            if data is None:
                continue
            try:
                known, parts = pickle.loads(_checked(data))
                if known == key:
                    return _COMPILER.CompileResult._rebuild(target, *parts)
            except Exception as error:  # a damaged file may end in any of them
                _say(f"{file} is damaged ({error or type(error).__name__}); it is dropped and compiled anew.")
                with suppress(OSError):
                    file.unlink()
        return None

    def save_overload(self, signature: Any, result: Any) -> None:
        """Keep a compiled version in the first folder that takes it."""
        if result.library.has_dynamic_globals or any(not part.can_cache for part in result.lifted):
            return
        key, why = _key(signature, result.codegen), "there is none"
        payload = _SERIALIZE.dumps((key, result._reduce()))
        for parent, mode in _parents():
            try:
                _write(self._made(parent, mode) / self._name(key), hashlib.sha256(payload).digest() + payload, mode)
                return
            except OSError as error:
                why = f"{parent}: {error.strerror or error}"
        _say(f"Compiled code is not kept, so every start compiles it again: no folder of this user's takes it ({why}).")

    def _name(self, key: tuple[object, ...]) -> str:
        return f"{self._start}{hashlib.sha256(repr(key).encode()).hexdigest()[:16]}.nbc"

    def _readable(self) -> Iterator[Path]:
        for parent, _ in _parents():
            if _is_own(parent) and _is_own(parent / self.folder):
                yield parent / self.folder

    def _made(self, parent: Path, mode: int) -> Path:
        """Return the folder of this version; a new one takes the place of those of older versions."""
        folder = parent / self.folder
        is_new = not folder.exists()
        for path in (parent, folder):
            path.mkdir(mode=mode, parents=True, exist_ok=True)
            if not _is_own(path):
                raise PermissionError(f"{path} is, or can be written by, somebody else's")
        if is_new:
            for old in parent.glob(f"kernels-{self._module}-*"):
                if old != folder:
                    shutil.rmtree(old, ignore_errors=True)
        return folder


def _parents() -> Iterator[tuple[Path, int]]:
    """Yield where compiled code may be kept, best first, and the mode of folders that are made there."""
    yield ROOT / "__pycache__", READABLE
    for base, below in ((Path.home, ".cache/shortfall"), (tempfile.gettempdir, f"shortfall-{_user()}")):
        try:
            parent = Path(base(), below)
        except (OSError, RuntimeError):  # no temporary folder can be written to; a user without name and HOME
            continue
        yield parent, PRIVATE


def _user() -> int:
    return os.geteuid() if hasattr(os, "geteuid") else 0  # a temporary folder on Windows is one user's


def _is_trusted(status: os.stat_result) -> bool:
    """Tell whether nobody else can have written it: root and who owns the sources have their code run here anyway."""
    if not hasattr(os, "geteuid"):
        return True
    return status.st_uid in (_user(), 0, ROOT.stat().st_uid) and not status.st_mode & 0o022


def _is_own(folder: Path) -> bool:
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and _is_trusted(status)


def _read(file: Path) -> bytes | None:
    """Return what a file holds; None where there is none, where it cannot be read or others can write it."""
    try:
        with open(file, "rb", opener=_opened) as stream:
            status = os.fstat(stream.fileno())
            return stream.read() if stat.S_ISREG(status.st_mode) and _is_trusted(status) else None
    except OSError:
        return None


def _opened(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # a pipe in a file's place does not hold up a start


def _write(file: Path, data: bytes, mode: int) -> None:
    """Write a file whole or not at all; raises OSError."""
    part = file.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode & 0o644), "wb") as stream:
            stream.write(data)
        os.replace(part, file)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def _checked(data: bytes) -> bytes:
    """Return the payload of a file that begins with its digest."""
    digest, payload = data[:DIGEST_BYTES], data[DIGEST_BYTES:]
    if hashlib.sha256(payload).digest() != digest:
        raise ValueError("the digest does not fit")
    return payload


def _key(signature: Any, codegen: Any) -> tuple[object, ...]:
    """Return everything besides the sources that compiled code depends on."""
    versions = (numba.__version__, llvmlite.__version__, *sys.version_info[:2])
    return (*versions, signature, codegen.magic_tuple())
