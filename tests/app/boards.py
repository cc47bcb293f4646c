"""What the pages of many paths send to the browser, and how a test moves their controls."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

NAN = re.compile(r"\b(nan|inf)\b", re.IGNORECASE)
APP = Path(__file__).parents[2] / "app.py"


def open_page(file: str) -> AppTest:
    """A session on a page, through the router."""
    at = AppTest.from_file(str(APP), default_timeout=180)
    at.switch_page(file)
    return at.run()


def boards(app: AppTest) -> list[dict[str, Any]]:
    """The boards of a page, in order, without their arrays."""
    found = []
    for element in app.get("bidi_component"):
        if element.proto.component_name == "shortfall_board":
            data = element.proto.bytes
            size = struct.unpack_from("<I", data)[0]
            found.append(json.loads(data[4 : 4 + size])["value"])
    return found


def sliders(app: AppTest) -> dict[str, dict[str, Any]]:
    """All sliders of a page by key."""
    found = {}
    for element in app.get("bidi_component"):
        if element.proto.component_name == "shortfall_sliders":
            found |= {slider["key"]: slider for slider in json.loads(element.proto.bytes)["sliders"]}
    return found


def move(app: AppTest, key: str, value: float) -> AppTest:
    """Put a slider to a value, as a link or an undo does."""
    kept = app.session_state[f"live:{key}"]
    app.session_state[f"live:{key}"] = {**kept, "x": float(value), "generation": kept["generation"] + 1}
    return app.run()


def check(app: AppTest) -> list[dict[str, Any]]:
    """The boards, after making sure that the page is whole: no exception, every chart titled, explained and labeled."""
    assert not app.exception, app.exception
    shown = boards(app)
    assert shown
    for board in shown:
        for chart in board["charts"]:
            assert chart["title"], chart["id"]
            assert chart["takeaway"], chart["id"]
            assert not NAN.search(chart["takeaway"]), chart["takeaway"]
    assert not NAN.search(shown[0]["headline"])
    return shown
