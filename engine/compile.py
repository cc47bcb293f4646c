"""How kernels are compiled, and where the compiled code is kept.

Compiled code is cached per module of entry points, under the hash of that module and of everything of the engine that
it imports: an entry point contains the code of all that it calls, and numba alone would notice a change only in the
entry point's own file. So a change of one file recompiles the entry points that import it, and no others.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba

import engine.code_cache as code_cache  # where it is kept changes nothing in what is compiled: not in the closure

F = TypeVar("F", bound=Callable[..., object])

_NUMBA: Any = numba  # its types know neither the configuration nor the wrapper flags
_ROOT = Path(__file__).resolve().parent
_IMPORT = re.compile(r"^from (engine[\w.]*) import (\([^)]*\)|.*)$", re.MULTILINE)  # only at the top of a module
_NAME = re.compile(r"[A-Za-z_]\w*")


@cache
def _imports(file: Path) -> frozenset[Path]:
    """Return the files of the engine that a file imports when it is loaded; the package's own face is none of them."""
    found = set()
    for module, names in _IMPORT.findall(file.read_text(encoding="utf-8")):
        base = _ROOT.joinpath(*module.split(".")[1:])
        found.add(base.with_suffix(".py"))
        found |= {base / f"{name}.py" for name in _NAME.findall(names)}
    return frozenset(path for path in found if path.is_file())


def closure(file: Path) -> frozenset[Path]:
    """Return a file and everything of the engine that it imports, directly or not."""
    known, waiting = {file}, [file]
    while waiting:
        new = _imports(waiting.pop()) - known
        known |= new
        waiting += new
    return frozenset(known)


def source_hash(file: Path) -> str:
    """Return the hash of the sources in the closure of a file."""
    digest = hashlib.sha256()
    for source in sorted(closure(file)):
        digest.update(source.relative_to(_ROOT).as_posix().encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:16]


@cache
def _version(file: Path) -> str:
    """Return the source hash as it was when the file was loaded: what is compiled later is still of that source."""
    return source_hash(file)


def _kept(file: Path, function: str) -> code_cache.CodeCache:
    module = ".".join(file.relative_to(_ROOT).with_suffix("").parts)
    return code_cache.CodeCache(module, function, _version(file))


def is_on_disk(entry: str) -> bool:
    """Tell whether an entry point, "module.function" below engine/, has been compiled from this source before."""
    module, _, function = entry.rpartition(".")
    return _kept(_ROOT.joinpath(*module.split(".")).with_suffix(".py"), function).is_kept()


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
    entry: Any = _NUMBA.njit(nogil=True, error_model="numpy", _nrt=allocates)(function)
    entry._cache = _kept(Path(function.__code__.co_filename).resolve(), function.__qualname__)
    return entry


def _part(function: F, **options: bool) -> F:
    settings = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False} | options
    part: F = _NUMBA.njit(nogil=True, error_model="numpy", **settings)(function)
    return part
