"""A teacher and thirty phones, each a context of its own, go through a whole class; its server is killed once."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import CHROMIUM, FLAGS, VIEWPORT
from tests.e2e.servers import Server
from tests.e2e.test_accessibility import serious

PHONES = 30
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app with a store of its own."""
    folder = tmp_path_factory.mktemp("class")
    (folder / "secrets.toml").write_text(f'[connections.classes]\nurl = "sqlite:///{folder}/classes.sqlite"\n')
    made = Server(folder / "log", "--secrets.files", str(folder / "secrets.toml"))
    made.start()
    yield made
    made.kill()


@pytest.fixture(scope="module")
def started(driver: Any) -> Iterator[Any]:
    started = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
    yield started
    started.close()


@pytest.fixture
def browser(started: Any) -> Iterator[Any]:
    """A browser whose contexts end with the test."""
    yield started
    for context in started.contexts:
        context.close()


def teacher_at(browser: Any, address: str) -> Any:
    """A teacher's tab."""
    page = browser.new_context(viewport=VIEWPORT, accept_downloads=True).new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    return page


def start(teacher: Any) -> str:
    """Start a class, and give the link for its phones."""
    teacher.get_by_role("button", name="Start a class").click()
    teacher.get_by_role("button", name="Start", exact=True).click()
    return re.search(r"Open (\S+)", teacher.locator(".sf-class").inner_text())[1]


def phone(browser: Any, link: str, problems: list[str]) -> Any:
    """A phone that has joined."""
    page = browser.new_context(viewport=PHONE, reduced_motion="reduce").new_page()  # thirty that fade are a load
    page.set_default_timeout(60_000)
    page.on("pageerror", lambda error: problems.append(f"uncaught: {error}"))
    page.on("request", lambda it: problems.append(it.url) if "//127.0.0.1:" not in it.url else None)
    page.goto(link)
    page.get_by_role("button", name="Join").click()
    return page


def hear(ours: Any, told: list[Any]) -> None:
    """Pass on what a phone and the server tell each other, and keep what the phone hears."""
    server = ours.connect_to_server()

    def pass_on(message: Any) -> None:
        told.append((ours, message))
        ours.send(message)

    server.on_message(pass_on)


def guess(page: Any, text: str) -> None:
    page.get_by_label("Your guess in dollars").fill(text)
    page.get_by_role("button", name="That is my guess").click()


def test_a_teacher_and_thirty_phones_go_through_a_class(server: Server, browser: Any) -> None:
    problems: list[str] = []
    teacher = teacher_at(browser, f"{server.url}/lesson")
    link = start(teacher)
    phones = [phone(browser, link, problems) for _ in range(PHONES)]

    half = PHONES // 2
    told: list[Any] = []  # what the first phone hears, and through whom
    phones[0].route_web_socket(re.compile("class/live"), lambda ours: hear(ours, told))
    phones[0].reload()
    for number, page in enumerate(phones[:half]):
        guess(page, str(60 + number))
        page.get_by_text(f"Kept: ${60 + number}").wait_for()
    ours, first = told[0]
    ours.send(first)  # read before the answer was kept, heard after it: what is kept stays kept
    phones[0].wait_for_timeout(300)
    assert "Kept: $60" in phones[0].inner_text("main")
    server.kill()
    for number, page in enumerate(phones[half:], start=half):
        guess(page, str(60 + number))  # nobody is there: each phone tries again by itself
    phones[-1].get_by_text("tries again by itself").wait_for()
    server.start()
    for number, page in enumerate(phones):
        page.get_by_text(f"Kept: ${60 + number}").wait_for()
    teacher.get_by_text(f"{PHONES} of {PHONES} have answered").wait_for()
    assert "Computed" not in "".join(page.inner_text("body") for page in phones)

    teacher.get_by_role("button", name="Reveal to all").click()
    phones[0].get_by_text("Your guess: $60. Computed: $60. Exactly.").wait_for()
    for number, page in enumerate(phones):
        page.get_by_text(re.compile(rf"^{number + 1}(st|nd|rd|th) of {PHONES}$")).wait_for()
    teacher.get_by_text("The middle of 30 guesses: $74.5").wait_for()

    teacher.get_by_role("button", name="8 Three rules").click()
    for number, page in enumerate(phones):
        page.get_by_role("radio").nth(0 if number < 20 else 2).check()
        page.get_by_role("button", name="That is my guess").click()
        page.get_by_text("Kept:").wait_for()
    for scheme in ("light", "dark"):
        for each in (phones[0], teacher):
            each.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert serious(each) == []
    teacher.get_by_text(f"{PHONES} of {PHONES} have answered").wait_for()
    teacher.get_by_role("button", name="Reveal to all").click()
    phones[3].get_by_text(f"20 of {PHONES}: Winners pay, each by its profit").wait_for()
    phones[3].get_by_text("You voted for: Winners, by profit").wait_for()

    phones[4].reload()
    phones[4].get_by_text("You voted for").wait_for()
    teacher.get_by_role("button", name="End the class").click()
    teacher.get_by_role("button", name="End it now").click()
    for number, page in enumerate(phones):
        page.get_by_text(f"You were number {number + 1}, with").wait_for()
    phones[0].get_by_text(f"1st of {PHONES}").wait_for()
    with teacher.expect_download() as waiting:
        teacher.get_by_role("button", name="Answers as CSV").click()
    rows = list(csv.DictReader(Path(waiting.value.path()).read_text().splitlines()))
    assert len(rows) == 2 * PHONES
    assert [int(row["answer"]) for row in rows[:PHONES]] == [60 + number for number in range(PHONES)]
    assert problems == []


def test_a_phone_is_told_kindly_and_works_with_the_keyboard_alone(server: Server, browser: Any) -> None:
    problems: list[str] = []
    page = browser.new_context(viewport=PHONE).new_page()
    page.goto(f"{server.url}/class")
    page.get_by_label("Code on the big screen").fill("wrong!")
    page.keyboard.press("Enter")
    page.get_by_text("There is no class with this code").wait_for()
    teacher = teacher_at(browser, f"{server.url}/lesson?v=1&hide=pair")
    link = start(teacher)
    page = phone(browser, link, problems)
    page.get_by_role("button", name="That is my guess").click()
    page.get_by_text("Draw the line first").wait_for()
    for dot in page.get_by_role("slider").all():
        dot.focus()
        page.keyboard.press("PageUp")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Kept: your line.").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    teacher.get_by_role("button", name="3 By hand").click()
    page.get_by_label("Your guess").press("End")
    page.get_by_role("button", name="That is my guess").click()
    page.get_by_text("Kept: 12.").wait_for()
    assert problems == []


def test_a_game_is_played_alone_and_by_a_class(server: Server, browser: Any) -> None:
    problems: list[str] = []
    teacher = teacher_at(browser, f"{server.url}/run_the_venue?v=1&seed=2")
    teacher.get_by_role("slider", name="Leverage cap").press("ArrowLeft")
    teacher.get_by_role("button", name="Open season 1").click()
    teacher.locator(".sf-headline", has_text="traders were forced out").wait_for()
    teacher.wait_for_url(re.compile(r"s1=[^&]+"))
    told = teacher.locator(".sf-headline").first.inner_text()
    teacher.reload()
    teacher.locator(".sf-headline", has_text=told[:30]).first.wait_for()

    link = start(teacher)
    page = phone(browser, link, problems)
    page.get_by_label("Leverage cap").press("Home")
    page.get_by_text("3x", exact=True).wait_for()
    assert serious(page) == []
    page.get_by_role("button", name="These are my settings").click()
    page.get_by_text("Kept: your settings.").wait_for()
    teacher.get_by_text("1 of 1 have answered").wait_for()
    assert "teach" not in teacher.url
    teacher.reload()  # the tab keeps the right to the class
    teacher.get_by_role("button", name="Reveal to all").click()
    page.get_by_text(re.compile("Your venue: .* points")).wait_for()
    teacher.get_by_role("button", name="Next season").wait_for()
    for scheme in ("light", "dark"):
        teacher.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert serious(teacher) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert problems == []
