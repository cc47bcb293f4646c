"""How kernels are compiled, and where the compiled code is kept.

Compiled code is cached per entry point, under the hash of all kernel sources: an entry point contains the code of
everything it calls, and numba alone would notice a change only in the entry point's own file.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

CONSTANTS = ("compile.py", "intrinsics.py", "state.py", "policy_record.py", "policies.py")

F = TypeVar("F", bound=Callable[..., object])

_NUMBA: Any = numba  # its types know neither the configuration nor the wrapper flags
_ROOT = Path(__file__).parent


def _source_hash() -> str:
    """Return the hash of every file that holds compiled code, or constants that go into it."""
    digest = hashlib.sha256()
    for file in sorted(_ROOT.rglob("*.py")):
        source = file.read_bytes()
        if file.name in CONSTANTS or b"from engine.compile import" in source:
            digest.update(file.name.encode() + b"\0" + source)
    return digest.hexdigest()[:16]


def _cache_folder() -> str:
    """Return a writable folder for this version of the source, and drop what older versions left beside it."""
    name = f"kernels-{_source_hash()}"
    for parent in (
        _ROOT / "__pycache__",
        Path.home() / ".cache" / "shortfall",
        Path(tempfile.gettempdir()) / "shortfall",
    ):
        try:
            folder = parent / name
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                for old in parent.glob("kernels-*"):
                    if old != folder:
                        shutil.rmtree(old, ignore_errors=True)
                return str(folder)
        except OSError:
            continue
    return tempfile.mkdtemp(prefix="shortfall-")


_FOLDER = _cache_folder()


def is_on_disk(entry: str) -> bool:
    """Tell whether an entry point, "module.function", has been compiled from this source before."""
    return any(Path(_FOLDER).glob(f"*/{entry}-*.nbc"))


def compiled(function: F) -> F:
    """Compile an entry point, which Python calls: without the interpreter lock, cached on disk, IEEE division.

    It allocates no array and so counts no references: counting took two thirds of the cascade's time.
    """
    return _entry(function, allocates=False)


def compiled_allocating(function: F) -> F:
    """Compile an entry point that allocates arrays, or calls what does."""
    return _entry(function, allocates=True)


def inner(function: F) -> F:
    """Compile a part of a kernel, which only compiled code calls: no Python wrapper, so it compiles twice as fast."""
    return _part(function)


def inlined(function: F) -> F:
    """Compile a small part of a kernel into its callers: a call that hands over a tuple of arrays costs 0.1 us."""
    return _part(function, forceinline=True)


def allocating(function: F) -> F:
    """Compile a part of a kernel that allocates arrays, or calls what does."""
    return _part(function, _nrt=True)


def _entry(function: F, *, allocates: bool) -> F:
    before = _NUMBA.config.CACHE_DIR
    _NUMBA.config.CACHE_DIR = _FOLDER
    try:
        entry: F = _NUMBA.njit(cache=True, nogil=True, error_model="numpy", _nrt=allocates)(function)
        return entry
    finally:
        _NUMBA.config.CACHE_DIR = before


def _part(function: F, **options: bool) -> F:
    settings = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False} | options
    part: F = _NUMBA.njit(nogil=True, error_model="numpy", **settings)(function)
    return part
