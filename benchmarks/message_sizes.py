"""The largest messages that the first page sends: `python benchmarks/message_sizes.py`; `--record` keeps them.

Boards and films of every preset, as it is and with as many traders as its slider gives at 40x, are packed as the page
packs them, and held against the largest message that the server is configured for.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bench_live import ROOT, row
from benchmarks.reliability import Tried, record
from engine import InputError, preset_names
from ui.cascade import charts
from ui.cascade.headline import headline, numbers
from ui.charts.board import sized
from ui.charts.run_view import RunView, view_of
from ui.live.pack import pack
from ui.settings.run_settings import Choice, run_sliders, scenario_of


def views() -> Iterator[tuple[str, RunView]]:
    """Runs of every preset: as it is, and as large as sliders make it."""
    for preset in preset_names():
        sliders = run_sliders(preset)
        large = {name: sliders[name].high for name in ("book.n_traders", "crash_duration") if name in sliders}
        large |= {"book.leverage": 40.0} if "book.leverage" in sliders else {}
        for name, values in ((preset, {}), (f"{preset}, large", large)):
            try:
                yield name, view_of(preset, scenario_of(Choice(preset, dict(values))))
            except InputError as error:
                print(f"  {name}: {error}")


def sizes(view: RunView) -> tuple[float, float]:
    """MB of a run's board and of its film."""
    drawn = sized(charts.main_charts(view, None))
    board = pack({"headline": headline(view), "numbers": numbers(view), "charts": drawn})
    made = charts.film(view) if view.run.trades.size else None
    if made is None:
        return len(board) / 1e6, 0.0
    film = {"sentences": made.sentences, "running": made.running, "rounds": made.rounds, "charts": sized(made.charts)}
    return len(board) / 1e6, len(pack(film)) / 1e6


def main() -> None:
    """Print every size, and the largest beside the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true")
    given = parser.parse_args()
    load = psutil.getloadavg()[0]
    limit = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["server"]["maxMessageSize"]
    board, film, count = (0.0, ""), (0.0, ""), 0
    for name, view in views():
        count += 1
        mine = sizes(view)
        print(f"  {name:44s} board {mine[0]:6.2f} MB, film {mine[1]:6.2f} MB", flush=True)
        board, film = max(board, (mine[0], name)), max(film, (mine[1], name))
    row(f"largest board, {board[1]}", board[0], "MB", most=limit)
    row(f"largest film, {film[1]}", film[0], "MB", most=limit)
    if given.record:
        tried = (
            f"boards and films of every preset, as it is and as large as sliders make it, against {limit} MB a message"
        )
        happened = f"largest board {board[0]:.1f} MB, largest film {film[0]:.1f} MB ({film[1]})"
        record(Tried("messages", tried, f"{count} runs", happened, "benchmarks/message_sizes.py"), load)


if __name__ == "__main__":
    main()
