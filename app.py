"""The router: which pages there are, and the server around them (`streamlit run app.py` or `uvicorn app:app`)."""

from pathlib import Path

import streamlit as st

from ui.classroom import routes as classroom
from ui.frame import entrance, uploads
from ui.frame.guard import MIDDLEWARE
from ui.frame.page_part import until_left
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
    page = st.navigation(entrance.menus(PAGES, START), position="top")
    if not entrance.is_let_in():
        return
    watch.watch_session()
    if page.title != UPLOADS:
        uploads.close_door()
    with page_turn(), until_left():
        page.run()


if __name__ == "__main__":  # a session runs this file as a script, with this name
    st.set_page_config(page_title="Shortfall", page_icon=str(ROOT / "static/icon.svg"), layout="wide")
    router()
else:  # the server imports it
    lanes = (live_channel.route("live/lane", live_channel.serve), live_channel.route("watch", watch.serve))
    ways = (*lanes, *classroom.routes())
    app = st.App(__file__, lifespan=classroom.lifespan, routes=ways, middleware=MIDDLEWARE)
