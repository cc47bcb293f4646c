"""The binary message, read back as the browser reads it."""

import json
import struct
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ui.live.pack import ALIGNMENT, TYPES, pack

DTYPES = {code: np.dtype(code) for code in TYPES}


def unpack(message: bytes) -> Any:
    (size,) = struct.unpack_from("<I", message)
    head = json.loads(message[4 : 4 + size])
    blob = message[4 + size :]

    def fill(item: Any) -> Any:
        if isinstance(item, list):
            return [fill(part) for part in item]
        if not isinstance(item, dict):
            return item
        if "$a" not in item:
            return {name: fill(part) for name, part in item.items()}
        code, offset, rows, columns = head["arrays"][item["$a"]]
        assert offset % ALIGNMENT == 0
        count = columns if rows < 0 else rows * columns
        array = np.frombuffer(blob, DTYPES[code], count, offset)
        return array if rows < 0 else array.reshape(rows, columns)

    return fill(head["value"])


def test_a_nested_figure_comes_back():
    figure = {
        "x": np.arange(3.0),
        "name": "mark",
        "deep": [{"y": np.array([1, 2], np.int32)}, None, True],
        "n": np.float32(2),
    }
    back = unpack(pack(figure))
    assert (back["name"], back["n"], back["deep"][1:]) == ("mark", 2.0, [None, True])
    np.testing.assert_array_equal(back["x"], figure["x"])
    np.testing.assert_array_equal(back["deep"][0]["y"], [1, 2])


@given(hnp.arrays(st.sampled_from(sorted(TYPES)), hnp.array_shapes(min_dims=1, max_dims=2, min_side=0)))
def test_every_type_and_shape_comes_back_bit_for_bit(array):
    back = unpack(pack([np.zeros(1, np.int8), array]))[1]
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([1, -2], np.int64), np.int32),
        (np.array([1, 2**40], np.int64), np.float64),
        (np.array([True, False]), np.int32),
        (np.array([], np.int64), np.int32),
        (np.array([1.5], np.float16), np.float64),
    ],
)
def test_types_that_the_browser_does_not_have_are_widened(array, expected):
    back = unpack(pack(array))
    assert back.dtype == expected
    np.testing.assert_array_equal(back, array)


def test_strided_arrays_and_text_arrays():
    np.testing.assert_array_equal(unpack(pack(np.arange(10)[::3])), [0, 3, 6, 9])
    assert unpack(pack(np.array(["long", "short"]))) == ["long", "short"]
    np.testing.assert_array_equal(unpack(pack(np.asfortranarray([[1, 2], [3, 4]]))), [[1, 2], [3, 4]])


def test_an_array_that_comes_twice_is_sent_once():
    x = np.arange(1000.0)
    back = unpack(pack([{"x": x}, {"x": x}]))
    assert len(pack([x, x])) < len(pack(x)) + 50
    np.testing.assert_array_equal(back[1]["x"], x)


def test_numbers_that_json_does_not_have_become_null_outside_arrays_and_stay_inside():
    back = unpack(pack({"title": float("nan"), "range": [np.inf, 1], "y": np.array([np.nan, -np.inf])}))
    assert back["title"] is None
    many = {"x": np.zeros(2), "low": (np.float32("nan"), np.float64("-inf")), "named": np.array([np.nan, "a"], object)}
    back_again = unpack(pack(MappingProxyType(many)))
    assert (back_again["low"], back_again["named"]) == ([None, None], [None, "a"])
    np.testing.assert_array_equal(back_again["x"], many["x"])
    assert back["range"] == [None, 1]
    np.testing.assert_array_equal(back["y"], [np.nan, -np.inf])


def test_what_cannot_be_sent_is_refused():
    with pytest.raises(ValueError, match="must have 1 or 2 dimensions, had 3"):
        pack(np.zeros((1, 1, 1)))
    with pytest.raises(TypeError, match="cannot send a object"):
        pack({"x": object()})
