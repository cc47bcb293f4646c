"""The router: which pages there are, and the server around them (`streamlit run app.py` or `uvicorn app:app`)."""

from pathlib import Path

import streamlit as st

from ui.classroom import routes as classroom
from ui.frame.guard import MIDDLEWARE
from ui.frame.server import is_warm, wait_until_warm
from ui.live import live_channel, watch

ROOT = Path(__file__).parent
PAGES = (  # title, file; in the order of the list at the top, and the first one opens first
    ("Live cascade", "pages/live_cascade.py"),
    ("Lesson", "pages/lesson.py"),
    ("Rules side by side", "pages/rules_side_by_side.py"),
    ("Laws", "pages/laws.py"),
    ("What it costs me", "pages/what_it_costs_me.py"),
    ("Fund size", "pages/fund_size.py"),
    ("Forecast against record", "pages/forecast_against_record.py"),
    ("Glossary", "pages/glossary.py"),
)


def router() -> None:
    """Run the page that the address names."""
    missing = [file for _, file in PAGES if not (ROOT / file).is_file()]
    if missing:
        raise FileNotFoundError(f"PAGES must name files that exist, had {', '.join(missing)}")
    pages = [st.Page(ROOT / file, title=title) for title, file in PAGES]
    page = st.navigation(with_own_link(pages, *PAGES[0]), position="top")
    if not is_warm():
        with st.spinner("Compiling the engine: once after an installation, about ten seconds."):
            wait_until_warm()
    watch.watch_session()
    page.run()


def with_own_link(pages: list[st.Page], title: str, file: str) -> list[st.Page]:
    """The pages, and the first once more: the page at / answers to its own name too, as all the others do.

    It is shown there and not redirected: a redirect adds an entry to the browser's history, and Back ends in it.
    """
    start = st.Page(ROOT / file, title=title, url_path="start", default=True)
    own_link = st.Page(ROOT / file, title=title, url_path=Path(file).stem, visibility="hidden")
    return [start, *pages[1:], own_link]


if __name__ == "__main__":  # a session runs this file as a script, with this name
    st.set_page_config(page_title="Shortfall", page_icon=str(ROOT / "static/icon.svg"), layout="wide")
    router()
else:  # the server imports it
    lanes = (live_channel.route("live/lane", live_channel.serve), live_channel.route("watch", watch.serve))
    ways = (*lanes, *classroom.routes())
    app = st.App(__file__, lifespan=classroom.lifespan, routes=ways, middleware=MIDDLEWARE)
