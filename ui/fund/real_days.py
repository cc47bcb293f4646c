"""What fund every recorded day of a recorded market would have needed, as an answer and in words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine import Hindcast, Market, RecordedDay, expected_shortfall, hindcast, load_record_days, value_at_risk
from ui.frame.formats import date_words, percent, usd
from ui.settings.recorded import recorded_market, window_of

Floats = NDArray[np.float64]

ENDLESS = 1e4  # times the open interest: a fund that no day empties
EXCEPT = ((1, "on all but one"), (10, "on all but ten"))
LEVELS = (0.95, 0.99)
CAVEAT = (
    "Computed. The need of a day is what an endless fund pays in it for accounts below zero, as a share of open "
    "interest; what liquidations pay in on the same day is not counted. Where a fund may hold positions of no more "
    "than its own size (Binance), it has to be as large as what it holds at a time. Where only a part of a fund may be "
    "used, a fund has to be so much larger. Every day is anew: books, fund, one coin, each position with a margin of "
    "its own. VaR and ES are of days. Where a loss of a fund is on record, the model's need of that day is smaller "
    "(see Forecast against record): read these funds as the least."
)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class DaysNeeds:
    """A recorded market's days: `needs` (d,) is the fund that each needs, a share of open interest."""

    market: Market
    found: Hindcast
    needs: Floats

    @property
    def open_interest(self) -> float:
        """Open interest of each side, USD."""
        return self.market.values["open_interest"]

    @property
    def fund(self) -> float:
        """The recorded fund, a share of open interest."""
        return self.market.values["fund"]

    @property
    def days(self) -> int:
        """How many days were looked at."""
        return self.needs.size

    def but(self, n_days: int) -> float:
        """Return the smallest fund that suffices on all but so many days."""
        return float(np.sort(self.needs)[::-1][n_days])

    def lost_on(self, date: str) -> float:
        """Return what a fund loses on a day, a share of open interest; NaN for one that was not looked at."""
        here = self.found.real_days.date == np.datetime64(date)
        return float(self.found.rows["paid"][0, here][0] / self.open_interest) if here.any() else float("nan")


def usable(market: Market) -> float:
    """Return what share of its fund a market may use."""
    return market.venue.fund_max_drawdown if market.fund_layer == "fund" else 1.0


@lru_cache(maxsize=16)
def needs_of(name: str) -> DaysNeeds:
    """Return what fund every recorded day of a market needs."""
    market = recorded_market(name)
    found = hindcast(market=market.changed(fund=ENDLESS), **window_of(market))
    share = found.rows["paid"][0] / market.values["open_interest"] / usable(market)
    return DaysNeeds(market=market, found=found, needs=np.maximum(share, ENDLESS * found.rows["held"][0]))


def headline(found: DaysNeeds) -> str:
    """Return which funds would have sufficed, how they lie to the recorded one, and to losses on record."""
    first, last = (date.astype(object).year for date in found.found.real_days.date[[0, -1]])
    span = f"{found.days:,d} days {f'of {first}' if first == last else f'from {first} to {last}'}"
    if not found.needs.any():
        return f"At {found.market.title} none of {span} needs a fund. {fund_words(found)}{record_words(found)}"
    rest = ", ".join(f"{short_amount(found, found.but(n))} {words}" for n, words in EXCEPT)
    return (
        f"At {found.market.title} a fund of {amount(found, found.but(0))} would have sufficed on every one of {span}, "
        f"{rest}. {fund_words(found)}{record_words(found)}"
    )


def amount(found: DaysNeeds, share: float) -> str:
    """Return a fund as a share of open interest and in money."""
    if share == 0.0:
        return "none"
    return f"{small_percent(share)} of open interest ({usd(share * found.open_interest)})"


def short_amount(found: DaysNeeds, share: float) -> str:
    """Return a fund after one that has said of what it is a share."""
    return amount(found, share).replace(" of open interest", "")


def small_percent(share: float) -> str:
    """Return a share with two digits that count: 0.0021 %."""
    return percent(share) if share >= 1e-3 or share == 0.0 else f"{100 * share:.2g}\N{NO-BREAK SPACE}%"


def fund_words(found: DaysNeeds) -> str:
    """Return how the recorded fund lies to the largest need."""
    kind = found.market.ranges["fund"].kind
    worst = found.but(0)
    text = f"Its own ({kind}) is {short_amount(found, found.fund)}"
    times = found.fund / worst if worst else 0.0
    return f"{text}, {times:,.{0 if times > 10 else 1}f} times the need of the worst day." if worst else f"{text}."


def record_words(found: DaysNeeds) -> str:
    """Return what its fund lost on record on days that were looked at, beside the model's loss of those days."""
    said = [_lost(found, day) for day in load_record_days() if day.market == found.market.name and day.figure == "fund"]
    said = [text for text in said if text]
    return f" On record it lost more: {'; '.join(said)}. The model's days are milder." if said else ""


def _lost(found: DaysNeeds, day: RecordedDay) -> str:
    loss = found.lost_on(day.date)
    if not loss < day.size * found.fund:
        return ""
    lost = small_percent(day.size * found.fund)
    when = date_words(day.date)
    return f"{percent(day.size)} of it on {when}, {lost} of open interest instead of {small_percent(loss)}"


def numbers(found: DaysNeeds) -> list[tuple[str, str]]:
    """Return VaR and ES of the need, each a share of open interest with money."""
    rows = [("Days that need any fund", f"{int((found.needs > 0).sum()):,d} of {found.days:,d}")]
    for level in LEVELS:
        for name, measure in (("VaR", value_at_risk), ("ES", expected_shortfall)):
            need = float(measure(found.needs, level).value)
            rows.append((f"{name} {100 * level:.0f} %, of open interest", short_amount(found, need)))
    return rows


def command(found: DaysNeeds) -> str:
    """Return the command that prints the eleven largest needs, where all of a fund may be used."""
    venue, _, coin = found.market.name.rpartition("-")
    dates = found.found.real_days.date
    return (
        f"python -c \"import engine; market = engine.load_market('{venue}', '{coin.upper()}'); "
        f"found = engine.hindcast(market=market.changed(fund={ENDLESS:g}), since='{dates[0]}', until='{dates[-1]}'); "
        "lost, held = found.rows['paid'][0] / market.values['open_interest'], found.rows['held'][0]; "
        f'print(sorted(map(max, lost, {ENDLESS:g} * held))[-11:])"'
    )
