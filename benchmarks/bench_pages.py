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
from ui.cost import drawn_answers as cost_answers
from ui.cost import drawn_texts as cost_texts
from ui.cost.charts import position as position_charts
from ui.cost.charts import ranking
from ui.cost.position import CostQuery
from ui.fund import answers as fund_answers
from ui.fund import texts as fund_texts
from ui.fund.answers import FundQuery
from ui.fund.charts import causes, sizes
from ui.live.pack import pack
from ui.settings.market import Market

LIMIT = 300.0  # ms
N = 20
Charts = Sequence[Any]


def cost_draft(query: CostQuery) -> None:
    """What a drag of What it costs me makes."""
    result = cost_answers.draft(query)
    send(position_charts.answer_charts(result), cost_texts.headline(result), cost_texts.numbers(result))


def cost_settled(query: CostQuery) -> None:
    """What follows there when the hand lets go."""
    result = cost_answers.with_rankings(cost_answers.draft(query))
    send([ranking.changes(result), ranking.rules(result, "Other rules"), ranking.venues(result)])
    cost_texts.figures(result)


def fund_draft(query: FundQuery) -> None:
    """What a drag of Fund size makes."""
    result = fund_answers.draft(query)
    send(sizes.answer_charts(result), fund_texts.headline(result), fund_texts.numbers(result))


def fund_settled(query: FundQuery) -> None:
    """What follows there when the hand lets go."""
    result = fund_answers.draft(query)
    paths = fund_answers.cell_paths(query.market, fund_answers.SHARES[2], fund_answers.LEVERAGES[3])
    flows = fund_answers.causes_of(query.market)
    charts = [sizes.heat_map(result, (2, 3)), sizes.fund_over_time(paths)]
    send([*charts, causes.causes(flows), causes.net(flows)])
    fund_texts.figures(result)


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


def timed(call: Callable[[Any], None], queries: Iterable[Any]) -> list[tuple[float, Any]]:
    """Milliseconds of a call for each of several settings, least first; the first setting is not counted."""
    times = []
    for query in queries:
        start = time.perf_counter()
        call(query)
        times.append((1e3 * (time.perf_counter() - start), query))
    return sorted(times[1:], key=lambda pair: pair[0])


def line(what: str, times: list[tuple[float, Any]], limit: float = LIMIT) -> None:
    """Print one row, and which venues miss the limit."""
    spent = [each for each, _ in times]
    late = [f"{query.market.venue} {each:.0f}" for each, query in times if each >= limit]
    print(
        f"{what:52s}{len(spent):4d}{spent[0]:8.0f}{median(spent):8.0f}{spent[-1]:8.0f}  "
        f"{'-' if limit == inf else 'MISSED by ' + ', '.join(late) if late else 'ok'}",
        flush=True,
    )


def main() -> None:
    """Print the table."""
    warm_up()
    print(f"{'ms':52s}{'n':>4s}{'least':>8s}{'median':>8s}{'most':>8s}  limit {LIMIT:.0f}")
    position = [CostQuery(leverage=5.3 + 1.7 * at) for at in range(N + 1)]
    line("What it costs me, own leverage", timed(cost_draft, position))
    line("What it costs me, settled: rankings", timed(cost_settled, position), inf)
    for moved, row in markets().items():
        line(f"What it costs me, {moved}", timed(cost_draft, [CostQuery(market=market) for market in row]))
    for moved, row in markets().items():
        line(f"Fund size, {moved}", timed(fund_draft, [FundQuery(market=market) for market in row]))
    others = [FundQuery(market=market) for market in markets()["volatility"]]
    line("Fund size, settled: cell, causes", timed(fund_settled, others), inf)


if __name__ == "__main__":
    main()
