"""The frame of a page: how much room it gives to what it shows, at most three sizes of type, both themes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import streamlit as st

from ui.charts.common import Figure, enlarge

_STYLE = """
<style>
.stAppHeader { height: 2.5rem; min-height: 2.5rem; }
.stAppHeader [data-testid=stToolbar] { min-height: 2.5rem; height: 2.5rem; padding-inline: .75rem; }
.stAppHeader [data-testid=stTopNavLink] { white-space: nowrap; }
.stMainBlockContainer { padding: 2.75rem 1.75rem 3rem; max-width: 1800px; }
.stMainBlockContainer > .stVerticalBlock { gap: .5rem; }
.stSidebar [data-testid=stSidebarHeader] { height: 2.5rem; min-height: 2.5rem; padding: .25rem 1rem; margin: 0; }
.stSidebar [data-testid=stSidebarUserContent] { padding-top: 0; }
.stSidebar [data-testid=stVerticalBlock] { gap: .5rem; }
.sf-top { display: flex; flex-wrap: wrap; align-items: baseline; gap: .1rem .75rem; margin: 0; }
.sf-top, .sf-top p, .sf-top h1 { font-size: .875rem; line-height: 1.4; }
.sf-top h1 { font-weight: 600; padding: 0; margin: 0; }
.sf-top p { margin: 0; flex: 1 1 30rem; }
.sf-mark { font-size: .75rem; border: 1px solid; border-radius: 3px; padding: 0 .3rem; white-space: nowrap;
  margin-right: .35rem; }
.st-key-top { flex-wrap: nowrap; }
.st-key-top > .stElementContainer:has(.sf-top) { flex: 1 1 0; min-width: 0; }
.stApp .st-key-top > .st-key-copy_link { flex: none; width: auto; }
.st-key-toolbar button { min-height: 1.75rem; padding: .1rem .6rem; }
.st-key-toolbar button p { font-size: .875rem; }
.stApp .sf-headline { min-height: 0; margin: 0 0 .35rem; }
.stApp .sf-numbers { margin: 0 0 .5rem; }
[class*=st-key-cascade-] .sf-headline::before { content: "computed"; font-size: .75rem; font-weight: 400;
  border: 1px solid; border-radius: 3px; padding: 0 .3rem; margin-right: .5rem; vertical-align: .2em; }
.stApp .sf-chart figcaption { min-height: 2.5rem; align-content: flex-start; }
.stApp .sf-chart .sf-saves { margin-left: auto; }
.stApp .sf-chart .sf-takeaway { order: 1; flex: 1 0 100%; }
.sf-text, .sf-text h2 { font-size: .875rem; line-height: 1.5; margin: 0; padding: 0; max-width: 62rem; }
.sf-text h2 { font-weight: 600; padding: .5rem 0 .25rem; }
.sf-text ul { margin: 0; padding-left: 1.25rem; }
.sf-text li { font-size: .875rem; overflow-wrap: anywhere; }
.sf-scroll { overflow-x: auto; }
.sf-table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; width: 100%; }
.sf-table th, .sf-table td { text-align: left; vertical-align: top; padding: .3rem .9rem .3rem 0;
  border-bottom: 1px solid rgba(128, 128, 128, .3); }
.sf-table th { font-weight: 600; }
.sf-table .sf-number { text-align: right; white-space: nowrap; }
[data-testid=stCaptionContainer] { opacity: .85; }
.stMultiSelect div:has(> [data-testid=stMultiSelectTagsContainer]) { height: auto; max-height: none; }
.stMultiSelect [data-testid=stMultiSelectTagsContainer], .stMultiSelect [data-testid=stMultiSelectTagsContainer] > span
  { flex-wrap: wrap; height: auto; max-height: none; overflow: visible; }
@media (prefers-color-scheme: dark) {
  [data-testid=stMultiSelectTagsContainer] span { color: #111; }
}
</style>
"""

# On a phone there is no room for a sidebar, and one that covers the charts is no use for moving them. The boxes around
# sidebar and page are dissolved, so that what is in them can be put in one column: pages, what is asked, sentence,
# sliders, charts, the rest. A container whose key begins with "first-" or "answer-" goes where its name says.
_PHONE = """
<style>
@media (max-width: 640px) {
  .stAppHeader { display: none; }
  .stAppViewContainer { flex-direction: column; overflow-y: auto; gap: .75rem; padding: .5rem 1rem 3rem; }
  .stSidebar, [data-testid=stSidebarContent], [data-testid=stSidebarUserContent],
  [data-testid=stSidebarUserContent] > div, [data-testid=stSidebarUserContent] .stVerticalBlock,
  .stAppViewContainer [data-testid=stSidebarUserContent] [data-testid=stLayoutWrapper]:not(:has(> .stExpander)),
  div:has(> .stMain), .stMain, .stMainBlockContainer, .stMainBlockContainer > .stVerticalBlock,
  .stMainBlockContainer > .stVerticalBlock > [data-testid=stLayoutWrapper]:has(> .stVerticalBlock),
  .stMainBlockContainer > .stVerticalBlock > [data-testid=stLayoutWrapper] > .stVerticalBlock:not(.st-key-toolbar),
  .sf-main, .sf-main > .stBidiComponent, .sf-main > .stBidiComponent > div,
  .sf-main [data-testid=stBidiComponentRegular], .sf-main .sf-board { display: contents; }
  [data-testid=stSidebarHeader], [data-testid=stSidebarResizeHandle],
  [data-testid=stExpandSidebarButton] { display: none; }
  .stAppViewContainer .stElementContainer, .stAppViewContainer [data-testid=stLayoutWrapper],
  .stAppViewContainer .sf-headline, .stAppViewContainer .sf-numbers { flex-shrink: 0; width: 100%; margin: 0; }
  .stAppViewContainer .stElementContainer, .stAppViewContainer [data-testid=stLayoutWrapper] { order: 8; }
  .stAppViewContainer [data-testid=stSidebarUserContent] :is(.stElementContainer, [data-testid=stLayoutWrapper])
    { order: 7; }
  .stAppViewContainer [class*=st-key-first-] .stElementContainer { order: 1; }
  .stAppViewContainer .stElementContainer:has(> .stHtml > .sf-top),
  .stAppViewContainer [data-testid=stLayoutWrapper]:has(> .st-key-top) { order: 2; }
  .st-key-look-large { display: none; }
  .stAppViewContainer [data-testid=stLayoutWrapper]:has(> [class*=st-key-answer-]) { order: 3; }
  .stAppViewContainer .st-key-toolbar { order: 7; }
  .stAppViewContainer .sf-main .sf-headline { order: 3; }
  .stAppViewContainer .sf-main .sf-numbers { order: 4; display: grid; grid-template-columns: auto auto;
    gap: .25rem 1rem; }
  .stAppViewContainer .sf-numbers dd { font-size: 1rem; }
  .stAppViewContainer .stElementContainer.sf-hand { order: 5; }
  .stAppViewContainer .stElementContainer.st-key-live-panel-main { position: sticky; top: 0; z-index: 5; }
  .sf-hand .sf-panel { padding: .25rem 1rem; margin: 0 -1rem; background: var(--st-background-color); }
  .stAppViewContainer .sf-main .sf-grid { order: 6; flex-shrink: 0; }
  [data-testid=stSidebarNav] { order: 0; flex-shrink: 0; margin: 0 -1rem; overflow-x: auto; padding: 0 .5rem; }
  [data-testid=stSidebarNavItems] { display: flex; max-height: none; padding: 0; }
  [data-testid=stSidebarNavLink] { white-space: nowrap; }
  [data-testid=stSidebarNavItems] > :has([aria-current=page]) { order: -1; }
  [data-testid=stSidebarNavSeparator], [data-testid=stSidebarNavViewButton] { display: none; }
  .sf-table td:first-child:has(+ .sf-number) { min-width: 7rem; }
  .stAppIframeResizerAnchor { order: 9; }
}
</style>
"""


# For a room: everything is sized in rem, so the root's size scales type, controls and charts' labels alike.
_LARGE = "<style>html { font-size: 20px; } section.stSidebar { width: 21rem !important; }</style>"
LARGE = "look:large"


def style(main: str = "", hand: str = "") -> None:
    """Set the page's frame; once per run, outside fragments.

    `main` is the main board's key (with "-" at its end: how it begins) and `hand` the key of its slider panel: on a
    phone the panel stands between the sentence and the charts.
    """
    place = f'[class*="st-key-{main}"]' if main.endswith("-") else f".st-key-{main or 'none'}"
    phone = _PHONE.replace(".sf-main", place).replace(".sf-hand", f".st-key-live-panel-{hand or 'none'}")
    st.html(_STYLE + phone + (_LARGE if is_large() else ""))


def is_large() -> bool:
    """Return whether the page is shown across a room; a link may ask for it with look=large."""
    if LARGE not in st.session_state:
        st.session_state[LARGE] = st.session_state.get(f"{LARGE}:kept", st.query_params.get("look") == "large")
    return bool(st.session_state[LARGE])


def look_toggle() -> None:
    """Draw the switch between both sizes of type."""
    is_large()
    st.toggle("Large type", key=LARGE, help="For a projector: larger type and charts.", on_change=_keep_look)


def _keep_look() -> None:
    """Put the look into the address, and keep it when another page is opened."""
    st.session_state[f"{LARGE}:kept"] = st.session_state[LARGE]
    if st.session_state[LARGE]:
        st.query_params["look"] = "large"
    else:
        st.query_params.pop("look", None)


def sized(charts: list[Figure]) -> list[Figure]:
    """Return charts for the size of type that was chosen."""
    return [enlarge(chart) for chart in charts] if is_large() else charts


def top(title: str, text: str, mark: str = "", button: Callable[[], None] | None = None) -> None:
    """Show a page's heading with a button of its own and the switch of its look beside it."""
    with st.container(horizontal=True, vertical_alignment="top", key="top"):
        heading(title, text, mark)
        if button is not None:
            button()
        look_toggle()


def heading(title: str, text: str, mark: str = "") -> None:
    """Show a page's title and a line beside it, with what kind of statement it is (recorded, computed, assumed)."""
    badge = f'<span class="sf-mark">{escape(mark)}</span> ' if mark else ""
    st.html(f'<div class="sf-top"><h1>{escape(title)}</h1><p>{badge}{escape(text)}</p></div>')


def paragraph(text: str) -> None:
    """Show a sentence or two in the page's ordinary size."""
    st.html(f'<p class="sf-text">{escape(text)}</p>')


def bullets(title: str, items: Sequence[str]) -> None:
    """Show a list under a title; an item that is an address becomes a link."""
    rows = "".join(f"<li>{_link(item) if _is_address(item) else escape(item)}</li>" for item in items)
    st.html(f'<div class="sf-text"><h2>{escape(title)}</h2><ul>{rows}</ul></div>')


def text_table(rows: list[dict[str, str]], *, links: str = "", numbers: tuple[str, ...] = ()) -> None:
    """Show rows of text as a table that wraps; `links` names the column whose addresses become links."""
    if not rows:
        return
    names = list(rows[0])
    head = "".join(f"<th{_right(name, numbers)}>{escape(name)}</th>" for name in names)
    body = "".join(
        "<tr>"
        + "".join(f"<td{_right(name, numbers)}>{_cell(row[name], name == links)}</td>" for name in names)
        + "</tr>"
        for row in rows
    )
    table = f'<table class="sf-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    st.html(f'<div class="sf-scroll">{table}</div>')


def _right(name: str, numbers: tuple[str, ...]) -> str:
    return ' class="sf-number"' if name in numbers else ""


def _cell(text: str, is_link: bool) -> str:
    return _link(text, text.split("/")[2].removeprefix("www.")) if is_link and _is_address(text) else escape(text)


def _is_address(text: str) -> bool:
    return text.startswith(("https://", "http://"))


def _link(address: str, text: str = "") -> str:
    target = escape(address, quote=True)
    return f'<a href="{target}" target="_blank" rel="noopener noreferrer">{escape(text or address)}</a>'
