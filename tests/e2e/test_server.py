"""The server around the pages: links straight to a page, safe headers, what is cached."""

import urllib.request

import pytest

from tests.e2e.conftest import ROOT
from tests.e2e.servers import router_in


@pytest.fixture(scope="module")
def small_app(serve, tmp_path_factory):
    """This project's router and server around one-line pages, freshly started: nobody has opened it yet."""
    names = [file.stem for file in (ROOT / "pages").glob("*.py")]
    app = router_in(tmp_path_factory.mktemp("small"), *names)
    for name in names:
        title = f"st.title('{name} through the router: ' + str(st.session_state.get('routed')))"
        (app.parent / "pages" / f"{name}.py").write_text(f"import streamlit as st\n{title}\n")
    text = app.read_text()
    app.write_text(text.replace("    page.run()", "    st.session_state.routed = True\n    page.run()"))
    return serve(app)


def test_a_link_to_a_page_as_the_very_first_request_goes_through_the_router(page, small_app):
    page.goto(f"{small_app}/laws")
    page.get_by_role("heading", name="laws through the router: True").wait_for()
    page.locator("[data-testid=stTopNavSection]", has_text="Explore").wait_for()


def test_the_first_page_opens_first_and_has_its_own_link(page, small_app):
    for address in ("/", "/live_cascade"):
        page.goto(small_app + address)
        page.get_by_role("heading", name="live_cascade through the router: True").wait_for()


def test_answers_carry_safe_headers_and_versioned_files_are_kept(small_app):
    with urllib.request.urlopen(f"{small_app}/_stcore/health") as answer:
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-cache"
    with urllib.request.urlopen(f"{small_app}/app/static/icon.svg?v=1") as answer:
        assert "immutable" in answer.headers["Cache-Control"]
    with urllib.request.urlopen(f"{small_app}/app/static/live/board.js") as answer:
        assert answer.headers["Cache-Control"] == "no-cache"
