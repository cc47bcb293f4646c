"""The router: which pages there are, and the server around them (`streamlit run app.py` or `uvicorn app:app`)."""

from pathlib import Path

import streamlit as st

from ui.classroom import routes as classroom
from ui.frame import layout, sessions, uploads
from ui.frame.guard import MIDDLEWARE
from ui.frame.left import until_left
from ui.frame.server import is_warm, wait_until_warm
from ui.frame.turns import page_turn
from ui.live import live_channel, watch

ROOT = Path(__file__).parent
PAGES = {  # menus at the top: title and file of each page
    "Learn": {"Lesson": "pages/lesson.py", "Run the venue": "pages/run_the_venue.py", "Glossary": "pages/glossary.py"},
    "Explore": {
        "Live cascade": "pages/live_cascade.py",
        "Rules side by side": "pages/rules_side_by_side.py",
        "Laws": "pages/laws.py",
        "Contagion": "pages/contagion.py",
    },
    "Decide": {"What it costs me": "pages/what_it_costs_me.py", "Fund size": "pages/fund_size.py"},
    "Evidence": {
        "Forecast against record": "pages/forecast_against_record.py",
        "History": "pages/history.py",
        "10 October 2025": "pages/october_10.py",
        "10 October 2025, all coins": "pages/october_10_all_coins.py",
        "Method": "pages/method.py",
        "Your data": "pages/your_data.py",
    },
}
START = "pages/live_cascade.py"
UPLOADS = "Your data"  # the page that takes files


def router() -> None:
    """Run the page that the address names."""
    missing = [file for menu in PAGES.values() for file in menu.values() if not (ROOT / file).is_file()]
    if missing:
        raise FileNotFoundError(f"PAGES must name files that exist, had {', '.join(missing)}")
    menus = {
        name: [page for title, file in menu.items() for page in links(title, file)] for name, menu in PAGES.items()
    }
    page = st.navigation(menus, position="top")
    if not is_warm():
        with st.spinner("Compiling the engine: once after an installation, about ten seconds."):
            wait_until_warm()
    if not sessions.has_seat():
        layout.notice(sessions.FULL.format(most=sessions.MOST))
        return
    watch.watch_session()
    if page.title != UPLOADS:
        uploads.close_door()
    with page_turn(), until_left():
        page.run()


def links(title: str, file: str) -> list[st.Page]:
    """A page, and the first one twice: it opens at / and answers to its own name too, as all the others do.

    It is shown there and not redirected: a redirect adds an entry to the browser's history, and Back ends in it.
    """
    if file != START:
        return [st.Page(ROOT / file, title=title)]
    own_link = st.Page(ROOT / file, title=title, url_path=Path(file).stem, visibility="hidden")
    return [st.Page(ROOT / file, title=title, url_path="start", default=True), own_link]


if __name__ == "__main__":  # a session runs this file as a script, with this name
    st.set_page_config(page_title="Shortfall", page_icon=str(ROOT / "static/icon.svg"), layout="wide")
    router()
else:  # the server imports it
    lanes = (live_channel.route("live/lane", live_channel.serve), live_channel.route("watch", watch.serve))
    ways = (*lanes, *classroom.routes())
    app = st.App(__file__, lifespan=classroom.lifespan, routes=ways, middleware=MIDDLEWARE)
