"""Whatever is given ends in an answer or in a sentence, many times over: `python benchmarks/fuzz.py [cases]`.

Links, settings, scenario files, command lines, what a browser's components and lanes say, and files of a sweep, drawn
by Hypothesis and held against what tests/ hold a few thousand of them against. `--minutes` ends it sooner, between two
slices; `--record` puts how many were done into docs/reliability.md.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import psutil
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.reliability import Tried, record
from engine import preset_names
from engine.cli.commands import main as command
from engine.scenario import from_document, to_document, with_values
from tests.engine import test_holds_cli, test_holds_input, test_holds_sweep
from tests.ui import test_holds_links
from ui.live.board import Click, clean_click
from ui.live.live_channel import LiveChannel
from ui.live.slider import clean_number

SLICE = 2000
SHARES = {
    "links": 0.4,
    "settings": 0.23,
    "scenario files": 0.15,
    "components": 0.17,
    "command lines": 0.03,
    "sweeps": 0.02,
}
FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-"))
CHARTS = [
    {"id": "price", "traces": [{"x": [1, 2]}, {"x": [1], "customdata": [7]}]},
    {"id": "heat", "traces": [{"customdata": [[0, 1], [2, 3]]}]},
]
FILES = test_holds_cli.files_of(FOLDER)
anything = st.integers(0, 2**64 - 1).map(lambda number: test_holds_input.anything(random.Random(number)))
parts = (
    st.sampled_from(test_holds_input.VALUES).map(deepcopy)
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | anything
)
clicks = st.fixed_dictionaries(
    {},
    optional={
        "chart": st.sampled_from(["price", "heat", "x"]) | parts,
        "trace": st.integers(-2, 3) | parts,
        "point": st.integers(-2, 3) | parts,
        "custom": parts,
    },
)


def links(data: st.DataObject) -> None:
    """A link to any of four pages."""
    page = data.draw(st.sampled_from(list(test_holds_links.PAGES)))
    words = data.draw(st.dictionaries(test_holds_links.names, test_holds_links.texts, max_size=5))
    preset = data.draw(st.sampled_from([*preset_names(), "binance-btc@2025-10-10"]))
    has_replay = test_holds_links.PAGES[page][1]
    test_holds_links.is_opened(page, {"v": "1", **({"p": preset} if has_replay else {}), **words})


def settings_by_name(data: st.DataObject) -> None:
    """Up to four settings of a scenario; of what is accepted, each tenth runs."""
    odd = st.sampled_from(test_holds_input.TEXTS) | st.sampled_from(test_holds_input.VALUES)
    values = st.dictionaries(st.sampled_from(test_holds_input.NAMES), odd | anything, max_size=4)
    drawn = data.draw(values)
    made = test_holds_input.is_scenario_or_sentence(lambda: with_values(test_holds_input.CALM, drawn))
    if made is not None and data.draw(st.integers(0, 9)) == 0:
        test_holds_input.runs_or_is_a_sentence(made)


def scenario_files(data: st.DataObject) -> None:
    """A document with parts replaced by anything."""
    document: dict[str, Any] = json.loads(json.dumps(to_document(test_holds_input.CALM)))
    for name in data.draw(st.lists(st.sampled_from(test_holds_input.NAMES), max_size=4)):
        section, _, field = name.partition(".")
        where = document.get(section) if field else document
        if isinstance(where, dict):
            where[field or section] = data.draw(anything)
    test_holds_input.is_scenario_or_sentence(lambda: from_document(document))


def components(data: st.DataObject) -> None:
    """What a board, a slider and a lane hear from a browser."""
    click = clean_click(data.draw(clicks | parts), CHARTS)
    assert click is None or (isinstance(click, Click) and click.chart in ("price", "heat"))
    assert 1.0 <= clean_number(data.draw(parts), 20.0, 1.0, 125.0) <= 125.0
    channel = LiveChannel()
    channel.bounds = {"lev": (1.0, 125.0, 20.0)}
    said = data.draw(st.text(max_size=30) | st.dictionaries(st.sampled_from(["lev", "x"]), parts).map(said_as_json))
    values = channel.values(said)
    assert values is None or (list(values) == ["lev"] and 1.0 <= values["lev"] <= 125.0)


def said_as_json(values: dict[str, Any]) -> str:
    """The message in which a browser says these values."""
    return json.dumps(values)


def command_lines(data: st.DataObject) -> None:
    """A list of arguments."""
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    words = test_holds_cli.some_list(rng, FILES, FOLDER)
    if not test_holds_cli.is_small(words):
        return
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = command(words)
        except SystemExit as end:
            code = int(end.code or 0)
    assert code in (0, 1, 2), words
    assert code == 0 or err.getvalue().strip(), words


def sweeps(data: st.DataObject) -> None:
    """A cell's file with other bytes: named, and the right table."""
    folder = FOLDER / "sweep"
    folder.mkdir(exist_ok=True)
    right = test_holds_sweep.table_of(folder)
    file = sorted(folder.glob("*.parquet"))[data.draw(st.integers(0, 5))]
    kept = file.with_suffix(".keep")
    shutil.copy(file, kept)
    changed, start = bytearray(kept.read_bytes()), data.draw(st.integers(0, 4000))
    tail = data.draw(st.binary(max_size=60))
    changed[start : start + len(tail)] = tail
    file.write_bytes(bytes(changed[: data.draw(st.integers(0, 6000))]))
    assert test_holds_sweep.table_of(folder).equals(right)
    kept.replace(file)


BODIES: dict[str, Callable[[st.DataObject], None]] = {
    "links": links,
    "settings": settings_by_name,
    "scenario files": scenario_files,
    "components": components,
    "command lines": command_lines,
    "sweeps": sweeps,
}


def run_slice(name: str, number: int, at: int, done: Counter[str]) -> str:
    """Draw `number` cases of one kind; return the fault that was found, its example made small."""

    def case(data: st.DataObject) -> None:
        done[name] += 1
        BODIES[name](data)

    limits = settings(max_examples=number, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    told = io.StringIO()
    try:
        with contextlib.redirect_stdout(told):
            seed(at)(limits(given(st.data())(case)))()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        notes = "; ".join(getattr(error, "__notes__", ()))
        return f"{type(error).__name__}: {str(error)[:300]} ({notes[:600]}{told.getvalue()[-600:]})"
    return ""


def slices(cases: int) -> Iterator[tuple[str, int]]:
    """Kinds in turn, each in slices, until each has had its share."""
    left = {name: round(share * cases) for name, share in SHARES.items()}
    while any(left.values()):
        for name in left:
            number = min(left[name], max(1, round(SLICE * SHARES[name])))
            left[name] -= number
            if number:
                yield name, number


def main() -> None:
    """Draw, count, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=int, nargs="?", default=200_000)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--record", action="store_true")
    given_ = parser.parse_args()
    began, load, done, faults = time.monotonic(), psutil.getloadavg()[0], Counter[str](), []
    for at, (name, number) in zip(itertools.count(given_.seed * 10**6), slices(given_.cases), strict=False):
        if time.monotonic() - began > 60 * given_.minutes:
            break
        fault = run_slice(name, number, at, done)
        if fault:
            faults.append(f"{name}, seed {at}: {fault}")
            print(faults[-1], flush=True)
        if at % 25 == 0:
            print(f"{time.monotonic() - began:6.0f} s  {done.total():,d}  {dict(done)}", flush=True)
    counts = ", ".join(f"{count:,d} {name}" for name, count in done.items())
    print(f"{done.total():,d} cases ({counts}), {len(faults)} faults, {time.monotonic() - began:.0f} s")
    if given_.record:
        happened = f"an answer or a sentence, {len(faults)} unexplained"
        tried = f"inputs drawn at random: {counts}"
        record(Tried("fuzz", tried, f"{done.total():,d}", happened, "benchmarks/fuzz.py"), load)
    shutil.rmtree(FOLDER)


if __name__ == "__main__":
    main()
