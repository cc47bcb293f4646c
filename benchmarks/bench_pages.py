"""Time of the quick drafts: `python benchmarks/bench_pages.py` from anywhere.

From settings to finished figures, as the pages What it costs me and Fund size make them while a slider is dragged: the
paths, the sentence, the numbers, the charts, and their packing for the browser; without the browser. Every draft is of
settings that no cache has seen, with compiled kernels. "settled" is what the page adds when the hand lets go: rankings
of every rule and venue, the heat map's cell, who causes and who pays.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from math import inf
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from engine import venue_preset_names, warm_up
from ui.cost import answers as cost_answers
from ui.cost import charts as charts_cost
from ui.cost import measure as cost
from ui.cost import ranking as charts_ranking
from ui.cost import texts as cost_words
from ui.fund import answers as fund_size
from ui.fund import causes as charts_causes
from ui.fund import charts as charts_fund
from ui.fund import texts as fund_words
from ui.live.pack import pack
from ui.settings.market import Market

LIMIT = 300.0  # ms
N = 20
Charts = Sequence[Any]


def cost_draft(ask: cost.Ask) -> None:
    """What a drag of What it costs me makes."""
    answer = cost_answers.draft(ask)
    send(charts_cost.answer_charts(answer), cost_words.headline(answer.mine), cost_words.numbers(answer))


def cost_settled(ask: cost.Ask) -> None:
    """What follows there when the hand lets go."""
    answer = cost_answers.settled(cost_answers.draft(ask))
    rules, venues = (charts_ranking.ranking(name, name, getattr(answer, name)) for name in ("rules", "venues"))
    send([charts_ranking.changes(answer), rules, venues])
    cost_words.figures(answer)


def fund_draft(ask: fund_size.Ask) -> None:
    """What a drag of Fund size makes."""
    answer = fund_size.draft(ask)
    send(charts_fund.answer_charts(answer), fund_words.headline(answer), fund_words.numbers(answer))


def fund_settled(ask: fund_size.Ask) -> None:
    """What follows there when the hand lets go."""
    answer = fund_size.draft(ask)
    paths = fund_size.cell_paths(ask.market, fund_size.SHARES[2], fund_size.LEVERAGES[3])
    flows = fund_size.flows_of(ask.market)
    charts = [charts_fund.heat_map(answer, (2, 3)), charts_fund.fund_over_time(paths)]
    send([*charts, charts_causes.causes(flows), charts_causes.net(flows)])
    fund_words.figures(answer)


def send(charts: Charts, headline: str = "", numbers: Sequence[tuple[str, str]] = ()) -> None:
    """Pack it as the board does."""
    pack({"charts": charts, "headline": headline, "numbers": [list(pair) for pair in numbers], "columns": 2})


def markets() -> dict[str, list[Market]]:
    """Markets in which one thing is moved at a time; the first of each row is for warming up."""
    near = Market(volatility=0.913, leverage=11.3)
    return {
        "fund": [replace(near, fund=0.0031 + 0.0007 * at) for at in range(N + 1)],
        "volatility": [replace(near, volatility=0.7 + 0.031 * at) for at in range(N + 1)],
        "leverage of the others": [replace(near, leverage=6.1 + 0.7 * at) for at in range(N + 1)],
        "venue": [replace(near, venue=venue, volatility=1.017) for venue in venue_preset_names()],
        "volatility, dYdX v4, leverage 40": [
            replace(near, venue="dydx-v4", leverage=40.0, volatility=0.71 + 0.031 * at) for at in range(N + 1)
        ],
    }


def timed(call: Callable[[Any], None], asks: Iterable[Any]) -> list[tuple[float, Any]]:
    """Milliseconds of a call for each of several settings, least first; the first setting is not counted."""
    times = []
    for ask in asks:
        start = time.perf_counter()
        call(ask)
        times.append((1e3 * (time.perf_counter() - start), ask))
    return sorted(times[1:], key=lambda pair: pair[0])


def line(what: str, times: list[tuple[float, Any]], limit: float = LIMIT) -> None:
    """Print one row, and which venues miss the limit."""
    spent = [each for each, _ in times]
    late = [f"{ask.market.venue} {each:.0f}" for each, ask in times if each >= limit]
    print(
        f"{what:52s}{len(spent):4d}{spent[0]:8.0f}{median(spent):8.0f}{spent[-1]:8.0f}  "
        f"{'-' if limit == inf else 'MISSED by ' + ', '.join(late) if late else 'ok'}",
        flush=True,
    )


def main() -> None:
    """Print the table."""
    warm_up()
    print(f"{'ms':52s}{'n':>4s}{'least':>8s}{'median':>8s}{'most':>8s}  limit {LIMIT:.0f}")
    position = [cost.Ask(leverage=5.3 + 1.7 * at) for at in range(N + 1)]
    line("What it costs me, own leverage", timed(cost_draft, position))
    line("What it costs me, settled: rankings", timed(cost_settled, position), inf)
    for moved, row in markets().items():
        line(f"What it costs me, {moved}", timed(cost_draft, [cost.Ask(market=market) for market in row]))
    for moved, row in markets().items():
        line(f"Fund size, {moved}", timed(fund_draft, [fund_size.Ask(market=market) for market in row]))
    others = [fund_size.Ask(market=market) for market in markets()["volatility"]]
    line("Fund size, settled: cell, causes", timed(fund_settled, others), inf)


if __name__ == "__main__":
    main()
