"""The router: which pages there are, and the server around them (`streamlit run app.py` or `uvicorn app:app`)."""

from pathlib import Path

import streamlit as st

from ui.live.lane import routes
from ui.server import MIDDLEWARE, is_warm, lifespan, wait_until_warm

ROOT = Path(__file__).parent
PAGES = (  # title, file, group; the first one opens first
    ("Live cascade", "pages/live_cascade.py", "Explore"),
    ("Rules side by side", "pages/rules_side_by_side.py", "Explore"),
    ("Laws", "pages/laws.py", "Explore"),
    ("What it costs me", "pages/what_it_costs_me.py", "Decide"),
    ("Fund size", "pages/fund_size.py", "Decide"),
    ("Lesson", "pages/lesson.py", "Learn"),
    ("Glossary", "pages/glossary.py", "Learn"),
    ("History", "pages/history.py", "Evidence"),
    ("10 October 2025", "pages/october_2025.py", "Evidence"),
    ("Method", "pages/method.py", "Evidence"),
    ("Your data", "pages/your_data.py", "Your data"),
)


def router() -> None:
    """Run the page that the address names."""
    groups: dict[str, list[st.Page]] = {}
    for title, file, group in PAGES:
        if (ROOT / file).exists():
            groups.setdefault(group, []).append(st.Page(ROOT / file, title=title))
    page = st.navigation(with_own_link(groups))
    if not is_warm():
        with st.spinner("Compiling the engine: once after an installation, about ten seconds."):
            wait_until_warm()
    page.run()


def with_own_link(groups: dict[str, list[st.Page]]) -> dict[str, list[st.Page]]:
    """The groups, and a redirect: the page at / shall answer to its own name too, as all the others do."""
    group, (first, *others) = next(iter(groups.items()))
    file = next(file for title, file, _ in PAGES if title == first.title)
    start = st.Page(ROOT / file, title=first.title, url_path="start", default=True)

    def redirect() -> None:
        st.switch_page(start, query_params=st.query_params.to_dict())

    own_link = st.Page(redirect, title=first.title, url_path=Path(file).stem, visibility="hidden")
    return {**groups, group: [start, *others, own_link]}


if __name__ == "__main__":  # a session runs this file as a script, with this name
    st.set_page_config(page_title="Shortfall", page_icon=str(ROOT / "static/icon.svg"), layout="wide")
    router()
else:  # the server imports it
    app = st.App(__file__, lifespan=lifespan, routes=routes(), middleware=MIDDLEWARE)
