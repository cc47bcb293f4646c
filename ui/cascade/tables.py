"""A run as tables: what is on record against what was computed, the traders, the ledger, every setting."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine import (
    OffsetRule,
    Preset,
    Run,
    Scenario,
    TradeKind,
    bankruptcy_price,
    gain_before_charges,
    is_day,
    is_own,
    lost_shares,
    profit_before_charges,
)
from ui.charts.common import time_of
from ui.charts.recorded import recorded_rows
from ui.charts.rule_words import list_words
from ui.charts.run_view import RunView
from ui.frame.formats import exact
from ui.settings.reproduce import settings
from ui.settings.words import PARTIES

Row = dict[str, str]
PRICES = ("trigger", "mark_before", "mark_after", "book_price", "fill", "bankruptcy")  # of an event; size is apart


def record_line(view: RunView) -> str:
    """Return the most telling figure on record beside this run's, in a line."""
    rows = [row for row in recorded_rows(view) if row["this run"] != "not computed"]
    if not rows:
        if is_day(view.preset.name):
            return "On record: the prices of that day; what is assumed of the market stands under Take it along"
        if is_own(view.preset.name):
            return "From your file: what was understood and what is assumed stands under Take it along"
        return "Nothing is on record: every figure of this replay is assumed"
    best = next((row for row in rows if row["figure"].startswith("Share of each")), rows[0])
    verdict = best["within"] or "no tolerance stated"
    span = f" {best['tolerance']}" if verdict == "within" and best["tolerance"] != "exact" else ""
    return f"On record: {_lower(best['figure'])} {best['on record']}; this run: {best['this run']}, {verdict}{span}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def traders(view: RunView) -> pd.DataFrame:
    """Return one row per trader, the largest positions first; each column's name has its unit in brackets.

    A charge is measured against the profit before charges, also of who was closed early; without a profit the share
    lost is NaN where something was charged, and 0 where nothing was.
    """
    run, book = view.run, view.run.book
    unit, price = view.currency, view.preset.quote_currency
    labels = np.arange(book.n_traders).astype(str) if book.trader_id is None else np.asarray(book.trader_id, dtype=str)
    size = np.abs(book.size)
    value = size / book.entry_price if book.is_inverse else size * book.entry_price
    counted = profit_before_charges(run)
    frame = pd.DataFrame(
        {
            "trader": labels,
            "side": np.where(book.size > 0, "long", "short"),
            "leverage (x)": view.leverage,
            f"position at entry ({unit})": value,
            f"entry price ({price})": book.entry_price,
            f"collateral ({unit})": book.collateral,
            f"liquidation price ({price})": _possible(run.trigger),
            f"bankruptcy price ({price})": _possible(bankruptcy_price(book=book)),
            "outcome": outcomes(run),
            "liquidated in step": pd.array(np.where(run.liquidated_at >= 0, run.liquidated_at, -1), dtype="Int64"),
            "liquidated at": _times(view, run.liquidated_at),
            f"profit before charges ({unit})": np.where(counted > 0.0, counted, gain_before_charges(run)),
            f"charge ({unit})": run.charge,
            "profit lost (%)": 100.0 * lost_shares(run),
            f"equity ({unit})": run.equity,
        }
        | ({f"paid into the fund ({unit})": run.contribution} if run.contributions > 0 else {})
    )
    frame.loc[run.liquidated_at < 0, "liquidated in step"] = pd.NA
    return frame.iloc[np.argsort(-value, kind="stable")].reset_index(drop=True)


def _possible(price: np.ndarray) -> np.ndarray:
    return np.where((price > 0) & np.isfinite(price), price, np.nan)


def _times(view: RunView, steps: np.ndarray) -> list[str]:
    known = {int(step): time_of(view, int(step)) for step in np.unique(steps[steps >= 0])}
    return [known.get(int(step), "") for step in steps]


def events(view: RunView) -> pd.DataFrame:
    """Return the event log, a row for each forced trade in order; each column's name has its unit in brackets."""
    log, unit, price = view.run.trades, view.currency, view.preset.quote_currency
    units = dict.fromkeys(PRICES, price) | {"size": price if view.run.book.is_inverse else "coins"}
    columns = {"step": log["step"], "time": _times(view, log["step"])}
    for name in log.dtype.names or ():
        if name not in columns:
            is_word = name in ("kind", "trader", "against")
            columns[name if is_word else f"{name} ({units.get(name, unit)})"] = log[name]
    frame = pd.DataFrame(columns)
    frame["kind"] = [TradeKind(kind).name.lower() for kind in frame["kind"]]
    label = view.run.book.label
    frame["trader"] = [label(trader) for trader in frame["trader"]]
    frame["against"] = [label(trader) if trader >= 0 else "" for trader in frame["against"]]
    return frame


def outcomes(run: Run) -> np.ndarray:
    """Return what became of each trader, in a word or two, (n,)."""
    open_share = np.abs(run.size) / np.abs(run.book.size)
    text = np.where(run.equity > run.book.collateral, "won", "lost").astype(object)
    closed_early = np.zeros(run.book.n_traders, bool)
    closed_early[run.trades["trader"][run.trades["against"] >= 0]] = True
    text[closed_early] = np.where(open_share[closed_early] > 0, "closed early in part", "closed early")
    is_forced = run.liquidated_at >= 0
    bankrupt = np.zeros(run.book.n_traders, bool)
    in_deficit = (run.trades["deficit"] > 0) | (run.trades["kind"] == TradeKind.DELEVERAGED)
    bankrupt[run.trades["trader"][in_deficit]] = True
    text[is_forced] = np.where(bankrupt[is_forced], "bankrupt", "liquidated")
    return text


def ledger_rows(view: RunView) -> list[Row]:
    """Return every party's wealth before and after, the sum, and what does not add up."""
    ledger, currency = view.run.ledger, view.currency
    rows = []
    for party, opening in ledger.opening.items():
        closing = ledger.closing[party]
        rows.append(
            {
                "party": PARTIES[party] + (" (a claim: counts negative)" if party == "unfunded" else ""),
                "before": exact(opening, currency),
                "after": exact(closing, currency),
                "change": exact(closing - opening, currency),
            }
        )
    before = sum(-v if party == "unfunded" else v for party, v in ledger.opening.items())
    rows.append(
        {
            "party": "Sum",
            "before": exact(before, currency),
            "after": exact(ledger.total, currency),
            "change": f"{ledger.residual:.1e} of the largest wealth",
        }
    )
    return rows


def flow_rows(view: RunView) -> list[Row]:
    """Return the flows between parties, those of zero left out."""
    return [
        {
            "from": PARTIES[flow.source],
            "to": PARTIES[flow.target],
            "what": flow.what,
            "amount": exact(flow.amount, view.currency),
        }
        for flow in view.run.ledger.flows
        if flow.amount != 0.0
    ]


def setting_rows(scenario: Scenario, preset: Preset) -> list[Row]:
    """Return every setting with its value here and in the preset."""
    own = settings(preset.scenario)
    return [
        {"setting": name, "value": _plain(value), "preset": "" if value == own[name] else _plain(own[name])}
        for name, value in settings(scenario).items()
    ]


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.10g}"
    if isinstance(value, tuple) and value and isinstance(value[0], OffsetRule):
        return list_words(value)
    text = str(dict(value)) if hasattr(value, "items") else str(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
