"""Whatever stands on the command line ends in an answer, or in a sentence with exit code 1 or 2."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

import engine
from engine.cli.commands import INTERRUPTED, main
from engine.scenario import to_document
from tests.engine.test_holds_input import NAMES, TEXTS

N_LISTS = 500
SMALL = ["--set", "book.n_traders=20"]
NUMBERS = [
    "nan",
    "inf",
    "-inf",
    "1e999",
    "-1",
    "0",
    "",
    "x",
    "1e308",
    "9" * 500,
    "9" * 5000,
    "1_0",
    "٣",
    "null",
    "[",
    "2",
    "4",
    "0.5",
]
COMMANDS = ["run"] * 8 + ["estimate", "size", "cost", "sweep", "sweep", "limit", "presets", "nothing", ""]
VARIED = ["1,2", "0:1:3", "1e5:1e6:2", "5:1:0", "nan:1:2", "a:b:c", "1:2", "", "9" * 400, "1:2:" + "9" * 400, "[,["]


def files_of(folder: Path) -> dict[str, str]:
    """Scenario files, good and odd ones."""
    good = to_document(engine.load_preset("calm").scenario)
    made: dict[str, bytes] = {
        "good": json.dumps(good).encode(),
        "empty": b"",
        "deep": b"[" * 100_000,
        "deep object": b'{"version":1,"book":' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}",
        "large number": b'{"version":1,"seed":' + b"9" * 5000 + b"}",
        "binary": bytes(range(256)) * 16,
        "utf16": json.dumps(good).encode("utf-16"),
        "newer": b'{"version":2}',
        "late point": json.dumps({**good, "path": {"model": "waypoints", "points": [[0, 100], [10**30, 50]]}}).encode(),
        "no position": json.dumps({**good, "positions": [{}]}).encode(),
    }
    for part in ("book", "path", "venue", "past", "positions", "seed", "name"):
        for i, value in enumerate([None, 1, "x", [1], {"a": 1}, True, [[]], [{}], {"": {}}]):
            made[f"{part} {i}"] = json.dumps({**good, part: value}).encode()
    for name, data in made.items():
        (folder / f"{name}.json").write_bytes(data)
    (folder / "folder.json").mkdir()
    names = [*(f"{name}.json" for name in made), "folder.json", "missing.json"]
    return {name: str(folder / name) for name in names}


def setting(rng: random.Random) -> list[str]:
    name, value = rng.choice(NAMES), rng.choice([*TEXTS, *NUMBERS])
    return ["--set", f"{name}={value}" if rng.random() < 0.9 else rng.choice(NUMBERS)]


def lists(folder: Path) -> Iterator[list[str]]:
    rng, files = random.Random(7), files_of(folder)
    for file in files.values():
        yield ["run", "--scenario", file, *SMALL]
    for _ in range(N_LISTS - len(files)):
        yield some_list(rng, files, folder)


def some_list(rng: random.Random, files: dict[str, str], folder: Path) -> list[str]:
    """A command and what might follow it."""
    command = rng.choice(COMMANDS)
    words = [command]
    if rng.random() < 0.3:
        words += ["--preset", rng.choice(["calm", "no", "", "x" * 300, "../calm", "a@b", "binance-btc@2025-99-99"])]
    elif rng.random() < 0.3:
        words += ["--scenario", rng.choice(list(files.values()))]
    words += SMALL if command != "presets" else []
    for _ in range(rng.choice([0, 1, 1, 2])):
        words += setting(rng)
    if command in ("estimate", "size", "cost", "sweep", "limit"):
        words += ["--paths", rng.choice(["2", "4", "0", "1", "-5", "x", "1.5", "3" * 30]), "--threads", "1"]
    if command in ("estimate", "size"):
        words += ["--level", rng.choice(NUMBERS)]
    if command == "cost":
        words += ["--size", rng.choice(NUMBERS), "--leverage", rng.choice(NUMBERS)]
    if command == "sweep":
        words += ["--vary", f"{rng.choice(NAMES)}={rng.choice(VARIED)}"]
        where = rng.choice([str(folder / "cells"), "/proc/x", files["good.json"], "", str(folder / ("y" * 300))])
        words += ["--folder", where] if rng.random() < 0.5 else []
    if rng.random() < 0.3:
        words += rng.choice(
            [["--json"], ["--csv", str(folder / "out")], ["--csv", str(folder)], ["--save", "/proc/x/y"]]
        )
    return words


def is_small(words: list[str]) -> bool:
    """Whether a list asks for a run that ends soon: what is large is not wrong."""
    return not any("n_steps=10000000" in word or "n_traders=100000" in word for word in words)


def test_argument_lists(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    codes: dict[int, int] = {}
    for words in filter(is_small, lists(tmp_path)):
        try:
            code = main(words)
        except SystemExit as end:  # argparse has said what it is
            code = int(end.code or 0)
        except BaseException as error:
            pytest.fail(f"{type(error).__name__}: {str(error)[:200]} from {[word[:60] for word in words]}")
        said = capsys.readouterr()
        codes[code] = codes.get(code, 0) + 1
        assert code in (0, 1, 2), words
        assert code == 0 or said.err.strip(), [word[:60] for word in words]
        assert all(len(line) < 12_000 for line in said.err.splitlines()), [word[:60] for word in words]
    assert codes[0] > 20
    assert codes[2] > 100


def test_ctrl_c_is_a_word_and_exit_code_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.cli.commands.run_scenario", interrupt)
    assert main(["run"]) == INTERRUPTED == 130
    assert capsys.readouterr().err == "interrupted\n"
