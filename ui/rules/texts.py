"""Rules side by side in words: sentences, measures with paired differences, notes on venues, and all as files."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from html import escape

from engine import cell_text, group_shares, load_venue_preset
from ui.charts.rule_words import backstop_name
from ui.frame.formats import MINUS, count, counted, money, percent
from ui.frame.terms import explained
from ui.rules.answers import GROUPED_BY, SAME, Contender, common_profit
from ui.settings.files import head
from ui.settings.reproduce import command

BEYOND = 10.0  # share of a profit beyond which it is written in times
MEASURES: tuple[tuple[str, str, str], ...] = (  # field, name, kind
    ("deficit", "Deficit", "money"),
    ("unfunded", "Unfunded loss", "money"),
    ("charged", "Charged to traders", "money"),
    ("largest_haircut", "Largest haircut above a floor", "share"),
    ("winners_hit", "Share of winners hit", "share"),
    ("gini", "Gini of the charges", "number"),
    ("open_interest_destroyed", "Open interest destroyed", "share"),
    ("forced_volume", "Forced volume", "money"),
    ("closed_early", "Of it closed against others", "money"),
)


def measure_rows(chosen: Sequence[Contender]) -> list[dict[str, str]]:
    """Return a row for each measure: the value of each, and for all but the first the difference to the first."""
    first, currency = chosen[0], chosen[0].view.currency
    rows = []
    for field, name, kind in MEASURES:
        row = {"measure": name}
        base = first.measures[field]
        for contender in chosen:
            row[contender.letter] = written(contender.measures[field], kind, currency)
        for contender in chosen[1:]:
            gap = contender.measures[field] - base
            gap = 0.0 if abs(gap) <= SAME * abs(base) else gap
            row[f"{contender.letter} {MINUS} {first.letter}"] = difference(gap, kind, currency)
        rows.append(row)
    return rows


def written(value: float, kind: str, currency: str) -> str:
    """Return a measure as the page writes it."""
    if math.isnan(value):
        return "no charges"
    if kind == "share":  # policies that reach beyond profit take many times a small one
        return percent(value) if value <= BEYOND else f"{value:,.0f} times"
    return money(value, currency) if kind == "money" else f"{value:.3f}"


def difference(gap: float, kind: str, currency: str) -> str:
    """Return a paired difference with its sign; shares in percentage points."""
    if math.isnan(gap):
        return "not comparable"
    if abs(gap) < 1e-12:
        return "same"
    if kind == "share" and abs(gap) > BEYOND:
        return f"{MINUS if gap < 0 else '+'}{abs(gap):,.0f} times"
    text = money(gap, currency) if kind == "money" else f"{100 * gap:.1f} pp" if kind == "share" else f"{gap:.3f}"
    if not set(text) & set("123456789"):
        return "same"  # as far as it is written
    return text.replace("-", MINUS) if gap < 0 else f"+{text}"


def figures_csv(chosen: Sequence[Contender]) -> str:
    """Return a row for each measure and each group's share of the charges, a column for each of what is compared."""
    currency, profit = chosen[0].view.currency, common_profit(chosen)
    units = {"money": currency, "share": "fraction", "number": "number"}
    rows: list[tuple[object, ...]] = [
        (name, units[kind], *(getattr(each.figures, field) for each in chosen)) for field, name, kind in MEASURES
    ]
    for by in GROUPED_BY:
        shares = [group_shares(each.view.run, by, profit) for each in chosen]
        rows += [
            (f"share of charges by {by}: {name}", "fraction", *(found[name] for found in shares)) for name in shares[0]
        ]
    return _head(chosen) + _csv(("measure", "unit", *(f"{each.letter} {each.label}" for each in chosen)), rows)


def _head(chosen: Sequence[Contender]) -> str:
    """Return what stands above a file's table: settings, currency and version, each line after a "#"."""
    about = head(chosen[0].view)
    about.pop("command")
    return "".join(f"# {name}: {text}\n" for name, text in about.items())


def traders_csv(chosen: Sequence[Contender]) -> str:
    """Return a row for each trader with the charge, the equity and the open size under each rule."""
    book = chosen[0].view.run.book
    columns = [[cell_text(book.label(i)) for i in range(book.n_traders)], book.size.tolist(), book.entry_price.tolist()]
    columns += [book.collateral.tolist(), common_profit(chosen).tolist()]
    view = chosen[0].view
    unit, price = view.currency, view.preset.quote_currency
    size = price if book.is_inverse else "coins"
    names = ["trader", f"size ({size})", f"entry_price ({price})", f"collateral ({unit})"]
    names.append(f"profit under {chosen[0].letter} ({unit})")
    for contender in chosen:
        for name, what in (("charge", unit), ("equity", unit), ("open_size", size)):
            names.append(f"{name} {contender.letter} {contender.label} ({what})")
            columns.append(getattr(contender.view.run, name).tolist())
    return _head(chosen) + _csv(names, zip(*columns, strict=True))


def _csv(names: Sequence[str], rows: object) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)  # type: ignore[arg-type]
    return text.getvalue()


def caveat(chosen: Sequence[Contender]) -> str:
    """Return how the measures are to be read."""
    first = chosen[0]
    return (
        f"Differences are paired: the same traders and the same shocks, so each is due to the rule alone. All against "
        f"{first.letter}; pp are percentage points. The floor is a tenth of the median profit, "
        f"{money(first.floor, first.view.currency)} under {first.letter}: of less, any charge is a large share. "
        "Computed from this run of the replay."
    )


def commands(chosen: Sequence[Contender]) -> str:
    """Return the command of each run under its name; nothing where one of them takes positions from a file."""
    lines = {each: command(each.view.scenario, each.view.preset.name) for each in chosen}
    if any("--scenario" in line for line in lines.values()):
        return ""
    return "\n".join(f"# {each.letter}: {each.label}\n{line}" for each, line in lines.items())


def sentence(contender: Contender) -> str:
    """Return what happened under a rule, in the figures of the table: net gains stand beside what was charged."""
    figures, run, currency = contender.figures, contender.view.run, contender.view.currency
    out = int((run.liquidated_at >= 0).sum())
    if not out:
        return "Nobody is liquidated, so nobody pays."
    text = f"{count(out)} of {counted(run.book.n_traders, 'trader')} liquidated"
    parts = [f"{name} {money(paid, currency)}" for name, paid in _payers(contender) if paid > SAME * figures.deficit]
    owed = f", leaving a deficit of {money(figures.deficit, currency)}" if figures.deficit > 0 else ", no deficit"
    text = f"{text}{owed}{': ' if parts else '.'}{', '.join(parts)}{'.' if parts else ''}"
    if figures.charged > 0:
        text += f" Traders are charged {money(figures.charged, currency)}: {_hit(contender)}."
    elif not parts:
        text += " Nobody pays for anybody."
    return f"{text}{_closed_early(contender)}"


def _closed_early(contender: Contender) -> str:
    """Return what was closed against the bankrupt, and what that gave those closed at a price better than the mark."""
    figures, currency = contender.figures, contender.view.currency
    if figures.closed_early <= 0:
        return ""
    text = f" {money(figures.closed_early, currency)} of positions are closed early against the bankrupt"
    if figures.charged == 0:
        text += ", none at a price worse than the mark"
    return (
        f"{text}; prices better than it give {money(contender.gained, currency)}." if contender.gained else f"{text}."
    )


def _payers(contender: Contender) -> list[tuple[str, float]]:
    run = contender.view.run
    return [
        ("the fund pays", float(run.fund_paid.sum())),
        ("the venue pays", float(run.venue_paid.sum())),
        (f"the {backstop_name(contender.view.scenario.venue)} pays", float(run.backstop_paid.sum())),
        ("nobody pays", contender.figures.unfunded),
    ]


def _hit(contender: Contender) -> str:
    """Return how many winners are charged and how much of their profit, of profits above the floor."""
    hit, rates = contender.figures.winners_hit, contender.rates[contender.rates > 0]
    if not rates.size:
        return f"{percent(hit)} of winners, and traders without profit" if hit > 0 else "only traders without profit"
    low, high = float(rates.min()), float(rates.max())
    most = written(high, "share", "")
    if hit == 1.0 and high - low <= SAME:
        return f"every winner loses {most} of its profit"
    who = "every winner" if hit == 1.0 else f"{percent(hit)} of winners"
    return f"{who}, at most {most} of a profit above {money(contender.floor, contender.view.currency)}"


def sentences(chosen: Sequence[Contender]) -> str:
    """Return what happened under each, with its letter, as HTML that static/rules.css lays out."""
    rows = "".join(
        f'<span class="sf-letter" style="background:{c.color}">{c.letter}</span>'
        f"<span><b>{escape(c.label)}.</b> {explained(sentence(c))}</span>"
        for c in chosen
    )
    return f'<div class="sf-rules">{rows}</div>'


def venue_note(contender: Contender) -> str:
    """Return what no source confirms of a venue and what is not recorded, its title in bold; nothing for a rule."""
    kind, _, name = contender.key.partition(":")
    if kind != "venue":
        return ""
    venue, contract = load_venue_preset(name), contender.view.run.book.contract
    text = f"**{contender.letter} {venue.title}** (rules of {venue.as_of}, read {venue.date_read})."
    if venue.unverified:
        text += f" Unverified: {', '.join(_plain(venue.unverified))}."
    if venue.not_recorded:
        text += f" Not recorded, so as in the replay: {', '.join(_plain(venue.not_recorded))}."
    if venue.contract and venue.contract != contract:
        text += f" Its contract is {venue.contract}; the replay's stays {contract}."
    return f"{text} {venue.note}"


def _plain(names: Sequence[str]) -> list[str]:
    return [name.replace("_", " ").replace(".", " ") for name in names]
