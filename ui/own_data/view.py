"""The page's parts: a file is taken, previewed, mapped, and what is wrong in it listed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from engine import BOOK_FIELDS, PRICE_FIELDS, InputError, Table, read_brackets, read_table, venue_preset_names
from ui.frame import layout, uploads
from ui.own_data import parts, texts
from ui.own_data.parts import BookPart, PricePart, VenuePart
from ui.settings import sidebar
from ui.settings.market import title
from ui.settings.own import OwnData
from ui.settings.run_settings import Choice

TURN = "own:turn"  # how many files were taken: each has a new box, so that none is held twice
FAULT = "own:fault"
MOST_COSTED = 5000  # positions that many paths are run on
RECOGNIZED = "as recognized"
NONE = "in no column"
CONTRACTS = {None: "as recognized", "linear": "linear (margin in USD)", "inverse": "inverse (margin in coin)"}
UNITS = {None: "the contract's own unit", "coins": "coins", "usd": "USD"}
DECIMALS = {None: "as recognized", ".": "a point: 1,234.5", ",": "a comma: 1.234,5"}
OPENS = (
    ("Open on Live cascade", "pages/live_cascade.py"),
    ("Rules side by side", "pages/rules_side_by_side.py"),
)


def box(data: OwnData, kind: str, label: str, take: Callable[[Any], None], most: int = 1) -> None:
    """Draw the box that takes a file of at most some MB; what was read of it is kept, the file itself is dropped.

    `take` reads it, or raises InputError; what is wrong with it is said by `faults`.
    """
    turn = st.session_state.setdefault(TURN, 0)
    file = st.file_uploader(label, key=f"own:{kind}:{turn}", max_upload_size=most)
    if file is None:
        return
    try:
        take(file)
        st.session_state.pop(f"{FAULT}:{kind}", None)
    except InputError as error:
        st.session_state[f"{FAULT}:{kind}"] = error.violations
    uploads.let_go(file.file_id)
    st.session_state[TURN] = turn + 1
    remake(data)
    st.rerun()


def table_box(data: OwnData, kind: str, label: str, part: type[BookPart | PricePart]) -> None:
    """Draw the box of a file with a table in it."""

    def take(file: Any) -> None:
        found = part(read_table(file.getvalue(), name=file.name))
        found.read()
        data.parts[kind] = found

    box(data, kind, label, take, uploads.MOST_FILE // 2**20)


def save(label: str, text: str, file: str, key: str | None = None) -> None:
    """Draw the button that saves a text as a file."""
    kind = "text/csv" if file.endswith(".csv") else "text/plain"
    st.download_button(label, text, file, kind, on_click="ignore", key=key)


def faults(kind: str, refused: Sequence[str]) -> None:
    """Say what is wrong with a file as a whole."""
    for sentence in (*st.session_state.get(f"{FAULT}:{kind}", ()), *refused):
        layout.notice(f"{sentence}.", "error")


def remake(data: OwnData) -> None:
    """Make the session's presets anew, and note why they cannot be."""
    st.session_state[f"{FAULT}:preset"] = [fault] if (fault := parts.make(data)) else []


def positions(data: OwnData) -> None:
    """Draw the part of the positions."""
    st.markdown("**Positions**")
    what = "CSV, Parquet, XLSX, or JSON as venues' APIs and ccxt return it; 1,000,000 rows at most"
    table_box(data, "book", what, BookPart)
    save("Template (CSV)", texts.TEMPLATE, "positions.csv")
    part: BookPart | None = data.parts.get("book")
    faults("book", part.refused if part else ())
    if part is None:
        return
    if part.found is not None:
        _understood(part.table, part.found.understood, is_open=not part.is_ready)
        if part.found.n_wrong:
            layout.notice(texts.wrong_sentence(part), "warning" if part.is_ready else "error")
            _leave_out(data, part)
            layout.text_table(texts.wrong_rows(part.found.wrong), numbers=("row",))
    _preview(part.table)
    with st.expander("Columns, units and market by hand", expanded=bool(part.refused)):
        _columns(data, part, "book", texts.FIELDS)
        _units(data, part)
    _drop(data, "book")


def prices(data: OwnData) -> None:
    """Draw the part of the prices."""
    st.markdown("**Prices**")
    what = "Time and price, or candles; CSV, Parquet, XLSX or JSON, 100,000 rows at most"
    table_box(data, "prices", what, PricePart)
    save("Template (CSV)", texts.PRICE_TEMPLATE, "prices.csv", "own:price_template")
    part: PricePart | None = data.parts.get("prices")
    faults("prices", part.refused if part else ())
    if part is None:
        return
    if part.found is not None:
        _understood(part.table, part.found.understood)
    _preview(part.table)
    with st.expander("Columns by hand", expanded=bool(part.refused)):
        _columns(data, part, "prices", texts.PRICE_FIELDS)
    _drop(data, "prices")


def venue(data: OwnData) -> None:
    """Draw the part of a venue."""
    st.markdown("**Venue**")
    part: VenuePart | None = data.parts.get("venue")

    def take(file: Any) -> None:
        data.parts["venue"] = VenuePart(file.name, file.getvalue().decode("utf-8-sig", errors="replace"))
        data.parts["venue"].read()

    def take_table(file: Any) -> None:
        assert part is not None
        part.brackets = read_brackets(file.getvalue(), name=file.name)
        part.read()

    box(data, "venue", "A venue's rules (TOML, as the files in data/venues)", take)
    save("Template (TOML)", texts.VENUE_TEMPLATE, "venue.toml", "own:venue_template")
    faults("venue", part.refused if part else ())
    if part is None:
        return
    box(data, "brackets", "Its margin table (CSV: notional_floor, rate, maintenance_amount in USD)", take_table)
    faults("brackets", ())
    if part.found is not None:
        layout.paragraph(texts.venue_sentence(part))
        save("Save this venue (TOML)", part.saved, "my-venue.toml", "own:venue_save")
    _drop(data, "venue")


def _understood(table: Table, sentences: Sequence[str], *, is_open: bool = False) -> None:
    with st.expander(f"What was understood of {layout.plain(table.file)}", expanded=is_open):
        for sentence in sentences:
            layout.paragraph(sentence)


def _preview(table: Table) -> None:
    with st.expander(f"The first rows of {layout.plain(table.file)}, {table.n_rows:,} in all"):
        layout.text_table(texts.preview_rows(table), numbers=("row",))


def _changed(data: OwnData, part: BookPart | PricePart, options: dict[str, Any]) -> None:
    part.options = options
    part.read()
    remake(data)


def _columns(data: OwnData, part: BookPart | PricePart, kind: str, fields: dict[str, str]) -> None:
    """Draw a list of the file's columns for each field."""
    known = BOOK_FIELDS if kind == "book" else PRICE_FIELDS
    mapping: dict[str, str] = part.options.get("mapping", {})
    names = [RECOGNIZED, NONE, *part.table.columns]
    shown = part.found.columns if part.found is not None else {}
    columns = st.columns(3)
    for place, (field, label) in enumerate(fields.items()):
        assert field in known
        now = mapping.get(field, RECOGNIZED) or NONE
        key = f"own:{kind}:column:{field}:{st.session_state.get(TURN, 0)}"

        def changed(field: str = field, key: str = key) -> None:
            name = st.session_state[key]
            rest = {other: column for other, column in mapping.items() if other != field}
            given = {} if name == RECOGNIZED else {field: "" if name == NONE else name}
            _changed(data, part, {**part.options, "mapping": rest | given})

        columns[place % 3].selectbox(
            label,
            names,
            index=names.index(now),
            key=key,
            on_change=changed,
            format_func=lambda name, field=field: f"{name}: {shown.get(field, 'none')}" if name == RECOGNIZED else name,
        )


def _units(data: OwnData, part: BookPart) -> None:
    """Draw what is asked of units: type of contract, unit of sizes, decimal mark, market."""
    turn = st.session_state.get(TURN, 0)
    lists: list[tuple[str, str, dict[Any, str]]] = [
        ("contract", "Contract", CONTRACTS),
        ("size_in", "Sizes are in", UNITS),
        ("decimal", "Decimals stand behind", DECIMALS),
    ]
    markets = texts.markets(part)
    if len(markets) > 1:
        lists.append(("symbol", "Market", {None: "the largest", **{name: name for name in markets}}))
    columns = st.columns(3)
    for place, (option, label, words) in enumerate(lists):
        key, values = f"own:book:{option}:{turn}", list(words)

        def changed(option: str = option, key: str = key) -> None:
            _changed(data, part, {**part.options, option: st.session_state[key]})

        columns[place % 3].selectbox(
            label,
            values,
            index=values.index(part.options.get(option)),
            key=key,
            format_func=words.__getitem__,
            on_change=changed,
        )


def _leave_out(data: OwnData, part: BookPart) -> None:
    key = f"own:book:leave_out:{st.session_state.get(TURN, 0)}"

    def changed() -> None:
        _changed(data, part, {**part.options, "is_without_wrong": st.session_state[key]})

    st.toggle("Leave wrong rows out", value=part.options.get("is_without_wrong", False), key=key, on_change=changed)


def _drop(data: OwnData, kind: str) -> None:
    def dropped() -> None:
        data.parts.pop(kind, None)
        remake(data)

    st.button("Forget this file", key=f"own:{kind}:drop", on_click=dropped)


def rules(data: OwnData) -> None:
    """Draw the list of the venue whose rules stand around the files."""
    names = ["", *([data.venue] if data.venue else []), *venue_preset_names()]
    now = data.parts.get("rules", "")

    def changed() -> None:
        data.parts["rules"] = st.session_state["own:rules"]
        remake(data)

    st.selectbox(
        "Under the rules of",
        names,
        index=names.index(now) if now in names else 0,
        key="own:rules",
        format_func=lambda name: title(name) if name else "the model market (losses shared pro rata to profit)",
        on_change=changed,
        help="Whose margin, fund and loss sharing stand around your positions; fund and depth are moved by sliders.",
    )


def opens(data: OwnData) -> None:
    """Draw the buttons that open what was made on other pages."""
    faults("preset", ())
    if not data.preset:
        return
    rules(data)
    with st.container(horizontal=True, key="own-opens"):
        for label, page in OPENS:
            if st.button(label, type="primary" if page == OPENS[0][1] else "secondary"):
                sidebar.choose(Choice(data.preset))
                st.switch_page(page)
        if data.market_book is not None and data.market_book.n_traders <= MOST_COSTED and st.button("What it costs me"):
            st.session_state["kept:cost:traders"], st.session_state["kept:cost:mode"] = "My book", "Drawn days"
            st.switch_page("pages/what_it_costs_me.py")
