"""The router: which pages there are, and the server around them (`streamlit run app.py` or `uvicorn app:app`)."""

from pathlib import Path

import streamlit as st

from ui.frame import layout, sessions
from ui.frame.guard import MIDDLEWARE
from ui.frame.server import is_warm, lifespan, wait_until_warm
from ui.live import live_channel, watch

ROOT = Path(__file__).parent
START = "Live cascade"  # opens first
SECTIONS = {"Lesson": "Learn", START: "Explore", "What it costs me": "Decide", "Forecast against record": "Evidence"}
PAGES = (  # title, file; in the order of the menus at the top, of which a title in SECTIONS begins a new one
    ("Lesson", "pages/lesson.py"),
    ("Glossary", "pages/glossary.py"),
    ("Live cascade", "pages/live_cascade.py"),
    ("Rules side by side", "pages/rules_side_by_side.py"),
    ("Laws", "pages/laws.py"),
    ("What it costs me", "pages/what_it_costs_me.py"),
    ("Fund size", "pages/fund_size.py"),
    ("Forecast against record", "pages/forecast_against_record.py"),
    ("History", "pages/history.py"),
    ("10 October 2025", "pages/october_10.py"),
    ("Method", "pages/method.py"),
)


def router() -> None:
    """Run the page that the address names."""
    missing = [file for _, file in PAGES if not (ROOT / file).is_file()]
    if missing:
        raise FileNotFoundError(f"PAGES must name files that exist, had {', '.join(missing)}")
    page = st.navigation(menus(), position="top")
    if not is_warm():
        with st.spinner("Compiling the engine: once after an installation, about ten seconds."):
            wait_until_warm()
    if not sessions.has_seat():
        layout.notice(sessions.FULL.format(most=sessions.MOST))
        return
    watch.watch_session()
    page.run()


def menus() -> dict[str, list[st.Page]]:
    """The pages by section, and the first one once more: the page at / answers to its own name too, as all others do.

    It is shown there and not redirected: a redirect adds an entry to the browser's history, and Back ends in it.
    """
    found: dict[str, list[st.Page]] = {}
    for title, file in PAGES:
        section = SECTIONS.get(title) or list(found)[-1]
        pages, is_start = found.setdefault(section, []), title == START
        pages.append(st.Page(ROOT / file, title=title, url_path="start" if is_start else None, default=is_start))
        if is_start:
            pages.append(st.Page(ROOT / file, title=title, url_path=Path(file).stem, visibility="hidden"))
    return found


if __name__ == "__main__":  # a session runs this file as a script, with this name
    st.set_page_config(page_title="Shortfall", page_icon=str(ROOT / "static/icon.svg"), layout="wide")
    router()
else:  # the server imports it
    ways = (live_channel.route("live/lane", live_channel.serve), live_channel.route("watch", watch.serve))
    app = st.App(__file__, lifespan=lifespan, routes=ways, middleware=MIDDLEWARE)
