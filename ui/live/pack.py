"""Objects with NumPy arrays as one binary message: no base64, no digits; the browser uses the bytes as they are."""

import json
import math
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

TYPES = ("f8", "f4", "i4", "u4", "i2", "u2", "i1", "u1")  # that a browser has
CODES = {np.dtype(code): code for code in TYPES}
ALIGNMENT = 8


def pack(value: Any) -> bytes:
    """Return `value` as bytes: header length (4 bytes, little endian), JSON header, the arrays, each 8-byte aligned.

    Parameters
    ----------
    value
        Dicts, lists, text, numbers, None and NumPy arrays with one or two dimensions, nested in any way. In the JSON
        part a NaN or an infinity becomes null; in an array it stays what it is, and a chart leaves the point out.

    Raises
    ------
    ValueError
        An array has no or more than two dimensions.
    """
    try:
        return _packed(value)
    except ValueError:  # a number that JSON does not have, which is seldom
        return _packed(_with_nulls(value))


def _packed(value: Any) -> bytes:
    arrays = _Arrays()
    tree = {"value": value, "arrays": arrays.meta}  # in this order: the second is known once the first is written
    text = json.dumps(tree, default=arrays.plain, separators=(",", ":"), allow_nan=False, check_circular=False)
    head = text.encode()
    return b"".join((struct.pack("<I", len(head)), head, *arrays.blobs))


class _Arrays:
    """Takes the arrays out of a tree and notes where their bytes stand. An array that comes twice is sent once."""

    def __init__(self) -> None:
        self.meta: list[tuple[str, int, int, int]] = []  # type, offset, rows (-1: one dimension), columns
        self.blobs: list[bytes] = []
        self.offset = 0
        self.seen: dict[int, Any] = {}

    def plain(self, value: Any) -> Any:
        """Return as JSON has it what the encoder asks about: all that is no text, number, list or dict."""
        if isinstance(value, np.ndarray):
            found = self.seen.get(id(value))
            if found is None:
                found = self.seen[id(value)] = self._array(value)
            return found
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, Mapping):
            return dict(value)
        raise TypeError(f"cannot send a {type(value).__name__} to the browser")

    def _array(self, array: np.ndarray) -> Any:
        if array.ndim not in (1, 2):
            raise ValueError(f"an array for the browser must have 1 or 2 dimensions, had {array.ndim}")
        if array.dtype.kind in "OUS":
            return array.tolist()
        code = CODES.get(array.dtype)
        if code is None:
            array = array.astype(np.int32 if _fits_int32(array) else np.float64)
            code = CODES[array.dtype]
        blob = array.tobytes()
        rows, columns = (-1, array.shape[0]) if array.ndim == 1 else array.shape
        self.meta.append((code, self.offset, rows, columns))
        padding = -len(blob) % ALIGNMENT
        self.blobs += (blob, b"\0" * padding)
        self.offset += len(blob) + padding
        return {"$a": len(self.meta) - 1}


def _with_nulls(value: Any) -> Any:
    """Return a tree with nothing in the place of each number that JSON does not have."""
    if isinstance(value, Mapping):
        return {name: _with_nulls(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_nulls(item) for item in value]
    if isinstance(value, np.ndarray):
        return _with_nulls(value.tolist()) if value.dtype.kind == "O" else value
    return None if isinstance(value, float | np.floating) and not math.isfinite(value) else value


def _fits_int32(array: np.ndarray) -> bool:
    limits = np.iinfo(np.int32)
    return array.dtype.kind in "iub" and (array.size == 0 or (array.min() >= limits.min and array.max() <= limits.max))
