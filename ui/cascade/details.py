"""What is folded below the charts: the record, time, traders, ledger, and how to get the same figures elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import streamlit as st

from ui.cascade import charts, tables
from ui.cascade.ab_comparison import difference_rows
from ui.cascade.report import report
from ui.charts.board import sized
from ui.charts.recorded import recorded_rows
from ui.charts.run_view import RunView
from ui.frame.formats import count, exact
from ui.frame.layout import CHECKOUT, bullets, caption, paragraph, text_table
from ui.live import Click, chart_board
from ui.settings import files, sidebar
from ui.settings.address import address_of
from ui.settings.numbers import whole_box
from ui.settings.reproduce import command, file_name, settings_file, stem
from ui.settings.words import STATUS

TRADER = "details:chosen_trader"
PARQUET = "application/vnd.apache.parquet"
MOST_ROWS = 10_000  # traders in the table on the page; the file has all


def details(view: RunView, before: RunView | None = None) -> None:
    """Draw the folds; what is folded away is neither computed nor sent."""
    rows = [
        ("record", tables.record_line(view), record),
        ("time", "Over time: the fund, and who was liquidated when", over_time),
        ("traders", f"All {count(view.summary.n_traders)} traders", traders),
        ("trader", "One trader: its prices and its money", trader),
        ("ledger", "Ledger: no money appeared or vanished (checked to 1e-9)", ledger),
        ("again", "Take it along: command, files, settings, assumptions", lambda now: again(now, before)),
    ]
    if before is not None:
        rows.insert(0, ("against", "A against B: settings and figures", lambda now: against(now, before)))
    for name, label, draw in rows:
        with fold(name, label) as is_open:
            if is_open:
                draw(view)


@contextmanager
def fold(name: str, label: str) -> Iterator[bool]:
    """A fold that tells whether it is open; one that is closed costs nothing."""
    box = st.expander(label, key=f"details:{name}", on_change="rerun")
    with box:
        yield bool(box.open)


def against(view: RunView, before: RunView) -> None:
    """Draw the pinned run and this one side by side."""
    text_table(difference_rows(view, before), numbers=("A", "B"))


def record(view: RunView) -> None:
    """Draw the figures on record against this run, with source and tolerance."""
    rows = recorded_rows(view)
    changed = view.scenario != view.preset.scenario
    if rows and changed:
        paragraph("Settings were changed: the record is of what happened, this run is of what you chose.")
    text_table(rows, links="source", numbers=("on record", "this run", "tolerance"))
    if not rows:
        paragraph("No outcome of this replay is on record; what was assumed is listed under Take it along.")
    st.caption("On the page: " + "; ".join(f"{name} is {meaning}" for name, meaning in STATUS.items()) + ".")


def over_time(view: RunView) -> None:
    """Draw the fund's balance and the liquidations over time."""
    drawn = sized(charts.more_charts(view))
    click = chart_board(drawn, key=f"over_time:{view.preset.name}")
    if take_click(drawn, click):
        st.rerun()


def take_click(drawn: list[charts.Figure], click: Click | None) -> bool:
    """Show the trader whose point was clicked below, from the next run on; return whether a trader's was."""
    trader = None if click is None else charts.trader_at(drawn, click.chart, click.trace, click.custom)
    if trader is None:
        return False
    st.session_state[TRADER] = trader
    st.session_state["details:trader"] = True
    return True


def trader(view: RunView) -> None:
    """Draw one trader's story: chosen by a click on a point in a chart, or by its number."""
    n = view.summary.n_traders
    start = min(int(st.session_state.get(TRADER, _first_trader(view))), n - 1)
    whole_box(
        f"Trader, 0 to {n - 1:,d}; a click on a triangle in a chart chooses one",
        "Trader",
        0,
        n - 1,
        start,
        key="trader:number",
        put=lambda number: st.session_state.update({TRADER: number}),
        width=420,
    )
    paragraph(charts.story(view, start))
    chart_board(sized(charts.one_trader(view, start)), key=f"one_trader:{view.preset.name}")


def _first_trader(view: RunView) -> int:
    """The position on record when there is one, else the first that was forced out."""
    if view.scenario.positions:
        return view.summary.n_traders - len(view.scenario.positions)
    events = view.run.trades
    return int(events["trader"][0]) if events.size else 0


def traders(view: RunView) -> None:
    """Draw the table of traders; its toolbar searches, its headers sort."""
    frame = tables.traders(view)
    form = {"(x)": "%.1fx", "(%)": "%.1f%%", f"({view.currency})": "%.2f" if view.currency == "USD" else "%.4f"}
    shown = {
        name: st.column_config.NumberColumn(format=f"%.{view.price_digits}f" if "price (" in name else how)
        for name in frame.columns
        for ending, how in form.items()
        if name.endswith(ending) or "price (" in name
    }
    if len(frame) > MOST_ROWS:
        st.caption(f"The {count(MOST_ROWS)} largest positions; the file has all {count(len(frame))}.")
    st.dataframe(frame.head(MOST_ROWS), hide_index=True, height=420, column_config=shown)
    st.caption("Click a header to sort; the magnifying glass above the table searches. Positions are valued at entry.")
    st.download_button(
        "Traders as CSV",
        lambda: files.as_csv(tables.traders(view), files.head(view, link_of(view))),
        file_name=f"{stem(view.scenario)}-traders.csv",
        mime="text/csv",
        on_click="ignore",
    )


def link_of(view: RunView) -> str:
    """Return the link of the run that is on the page; nothing where another is (the last one that could be run)."""
    choice = sidebar.current()
    return address_of(choice) if view.preset.name == choice.preset else ""


def ledger(view: RunView) -> None:
    """Draw every party's wealth before and after, and the flows between them."""
    text_table(tables.ledger_rows(view), numbers=("before", "after", "change"))
    caption(
        "Everybody marked at the first and at the last mark price. Recomputed from the event log, apart from the run: "
        "a run whose sum changes stops with an error."
    )
    text_table(tables.flow_rows(view), numbers=("amount",))
    total = sum(flow.amount for flow in view.run.ledger.flows if flow.source == "unfunded")
    if total > 0:
        caption(f"{exact(total, view.currency)} were paid by nobody: winners hold a claim that the venue cannot honor.")


def again(view: RunView, before: RunView | None = None) -> None:
    """Draw the command that gives the same figures, files to take along, what was assumed, sources, every setting."""
    st.code(command(view.scenario, view.preset.name), language="bash", wrap_lines=True)
    st.caption(CHECKOUT)
    _files(view, before)
    if view.preset.assumptions:
        bullets("Assumed in this replay", view.preset.assumptions)
    if view.preset.sources:
        bullets("Sources", view.preset.sources)
    st.dataframe(tables.setting_rows(view.scenario, view.preset), hide_index=True, height=320)


def _files(view: RunView, before: RunView | None) -> None:
    """Buttons for the files; each file is made when it is asked for."""
    name, link = stem(view.scenario), link_of(view)
    about, traders, events = (
        partial(files.head, view, link),
        partial(tables.traders, view),
        partial(tables.events, view),
    )
    made: tuple[tuple[str, str, str, Callable[[], str | bytes]], ...] = (
        ("Report (HTML)", f"shortfall-{name}.html", "text/html", lambda: report(view, before, link)),
        ("Settings (JSON)", file_name(view.scenario), "application/json", lambda: settings_file(view.scenario)),
        ("Traders (CSV)", f"{name}-traders.csv", "text/csv", lambda: files.as_csv(traders(), about())),
        ("Traders (Parquet)", f"{name}-traders.parquet", PARQUET, lambda: files.as_parquet(traders(), about())),
        ("Events (CSV)", f"{name}-events.csv", "text/csv", lambda: files.as_csv(events(), about())),
        ("Events (Parquet)", f"{name}-events.parquet", PARQUET, lambda: files.as_parquet(events(), about())),
    )
    with st.container(horizontal=True, gap="small", key="files"):
        for label, file, mime, make in made:
            st.download_button(label, make, file_name=file, mime=mime, on_click="ignore", key=f"file:{label}")
