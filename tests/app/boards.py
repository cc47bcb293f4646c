"""What the pages of many paths send to the browser, and how a test moves their controls."""

from __future__ import annotations

import json
import re
import shlex
import struct
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.cli.commands import build_parser
from ui.cost import real_answers
from ui.fund.real_days import needs_of
from ui.settings import recorded

NAN = re.compile(r"\b(nan|inf)\b", re.IGNORECASE)
APP = Path(__file__).parents[2] / "app.py"


@contextmanager
def few_days() -> Iterator[None]:
    """Ask real days since 2026 instead of since 2019, and forget afterwards what they said."""
    answers = (real_answers.whole, real_answers.venue_days, real_answers._all_books, real_answers._some_books, needs_of)

    def forget() -> None:
        for answer in answers:
            answer.cache_clear()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recorded, "SINCE", "2026-01-01")
        forget()
        yield
    forget()


def open_page(file: str, kept: dict[str, Any] | None = None) -> AppTest:
    """A session on a page, through the router; `kept` are settings that it chose before."""
    at = AppTest.from_file(str(APP), default_timeout=180)
    for key, value in (kept or {}).items():
        at.session_state[f"kept:{key}"] = value
    at.switch_page(file)
    return clean(at.run())


def clean(app: AppTest) -> AppTest:
    """The session, after making sure that its page raised nothing."""
    assert not app.exception, app.exception
    return app


def boards(app: AppTest) -> list[dict[str, Any]]:
    """The boards of a page, in order, without their arrays."""
    found = []
    for element in app.get("bidi_component"):
        if element.proto.component_name == "shortfall_board":
            data = element.proto.bytes
            size = struct.unpack_from("<I", data)[0]
            found.append(json.loads(data[4 : 4 + size])["value"])
    return found


def html_of(app: AppTest) -> str:
    """All HTML of a page."""
    return "".join(element.proto.body for element in app.get("html"))


def plain(text: str) -> str:
    """A text with its no-break spaces as spaces."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


def parsed(command: str) -> Namespace:
    """What the engine reads in a command that a page shows."""
    words = shlex.split(command)
    assert words[:3] == ["python", "-m", "engine"]
    return build_parser().parse_args(words[3:])


def text_of(app: AppTest) -> str:
    """All sentences of a page as text, without the definitions behind its terms and what only paper shows."""
    shown = [element.proto.body for element in app.get("html") if "sf-sheet" not in element.proto.body]
    return unescape(" ".join(re.sub(r'<span class="sf-tip".*?</span>|<[^>]+>', "", body) for body in shown))


def notices(app: AppTest) -> list[str]:
    """The sentences of a page that say what cannot be."""
    found = (re.fullmatch(r'<p class="sf-notice [^>]*>(.*)</p>', e.proto.body, re.DOTALL) for e in app.get("html"))
    return [unescape(each[1]) for each in found if each]


def panels(app: AppTest) -> list[list[dict[str, Any]]]:
    """The panels of sliders of a page, in order."""
    found = app.get("bidi_component")
    return [json.loads(e.proto.bytes)["sliders"] for e in found if e.proto.component_name == "shortfall_sliders"]


def sliders(app: AppTest) -> dict[str, dict[str, Any]]:
    """All sliders of a page by key."""
    return {slider["key"]: slider for panel in panels(app) for slider in panel}


def put(app: AppTest, key: str, value: float) -> None:
    """Set a slider's own record, as a link or an undo does."""
    name = f"live:{key}"
    known = name in app.session_state
    kept: dict[str, Any] = app.session_state[name] if known else {"generation": 0, "bounds": (-1e9, 1e9)}
    app.session_state[name] = {**kept, "x": float(value), "generation": kept["generation"] + 1}


def move(app: AppTest, key: str, value: float) -> AppTest:
    """Put a slider to a value and run the page."""
    put(app, key, value)
    return clean(app.run())


def press(app: AppTest, label: str) -> AppTest:
    """Click the button with this label."""
    return clean(next(button for button in app.button if button.label == label).click().run())


def pick(app: AppTest, chosen: dict[str, Any]) -> None:
    """Set what a list or a switch keeps, as a link does."""
    for key, value in chosen.items():
        app.session_state[f"kept:{key}"] = value


MARKET = {"market:volatility": 100.0, "market:leverage": 12.0, "market:fund": 0.5, "market:depth": 4.0}
COST = {"cost:size": 1e6, "cost:leverage": 10.0, "cost:gain": 0.0, "cost:crash": 20.0} | MARKET
FUND = MARKET | {"fund:target": 1.0, "fund:turnover": 2.0, "fund:build": 180.0}


def put_back(app: AppTest, start: dict[str, float]) -> None:
    """Set the sliders and the market to where What it costs me (COST) or Fund size (FUND) starts."""
    for key, value in start.items():
        put(app, key, value)
    pick(app, {"market:venue": "deribit", "market:days": "1 day", "market:model": "merton"})


def open_link(file: str, **parameters: str) -> AppTest:
    """A session that opens a link of a page, as its very first request."""
    at = AppTest.from_file(str(APP), default_timeout=180)
    for name, text in parameters.items():
        at.query_params[name] = text
    if file:
        at.switch_page(file)
    return clean(at.run())


def check(app: AppTest) -> list[dict[str, Any]]:
    """The boards, after making sure that the page is whole: no exception, every chart titled, explained and labeled."""
    shown = boards(clean(app))
    assert shown
    for board in shown:
        for chart in board["charts"]:
            assert chart["title"], chart["id"]
            assert chart["takeaway"], chart["id"]
            assert not NAN.search(chart["takeaway"]), chart["takeaway"]
    assert not NAN.search(shown[0]["headline"])
    return shown
