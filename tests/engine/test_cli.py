"""The command line runs what the page runs, and answers wrong input in sentences."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from engine import load_preset, preset_names, run_scenario
from engine.cli.commands import main
from engine.scenario import from_document, to_document, with_depth, with_values
from tests.commands import answer, denial


def test_json_is_the_run_of_the_preset(capsys: pytest.CaptureFixture[str]) -> None:
    result = answer(capsys, "run", "--preset", "okex-2018", "--set", "venue.fund=100")
    scenario = with_values(load_preset("okex-2018").scenario, {"venue.fund": 100.0})
    run = run_scenario(scenario)
    assert result["deficit"] == float(run.deficit.sum())
    assert result["charged"] == float(run.charge.sum())
    assert abs(result["ledger"]["residual"]) < 1e-9
    assert from_document(result["scenario"]) == scenario


def test_saved_scenario_runs_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "scenario.json"
    assert main(["run", "--preset", "calm", "--set", "seed=4", "--save", str(file)]) == 0
    first = capsys.readouterr().out
    assert main(["run", "--scenario", str(file)]) == 0
    assert capsys.readouterr().out == first


def test_csv_has_a_row_per_trader(tmp_path: Path) -> None:
    file = tmp_path / "traders.csv"
    assert main(["run", "--preset", "okex-2018", "--csv", str(file)]) == 0
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[:3] == [
        "# made by: Shortfall 0.1.0",
        "# command: python -m engine run --preset okex-2018",
        "# money: in BTC, prices in USD; a step is 15 minutes",
    ]
    assert lines[3] == "# link: /?v=1&p=okex-2018"
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    run = run_scenario(load_preset("okex-2018").scenario)
    assert [float(row["charge"]) for row in rows] == run.charge.tolist()
    assert rows[-1]["trader"] == "user 2051247"


def test_the_head_of_every_file_has_version_and_command(tmp_path: Path) -> None:
    """A link only where nothing is set: its units are the page's, those of --set the engine's."""
    file = tmp_path / "estimate.csv"
    assert main(["estimate", "--preset", "calm", "--set", "seed=3", "--paths", "20", "--csv", str(file)]) == 0
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[1] == "# command: python -m engine estimate --preset calm --set seed=3"
    assert [line.split(":")[0] for line in lines[:3]] == ["# made by", "# command", "# money"]
    assert not lines[3].startswith("#")


def test_who_was_closed_early_has_a_haircut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "traders.csv"
    assert main(["run", "--preset", "hyperliquid-2025", "--csv", str(file)]) == 0
    lines = file.read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    charged = [row for row in rows if float(row["charge"]) > 0]
    assert len(charged) > 50
    assert all(float(row["haircut_rate"]) > 0 for row in charged)
    capsys.readouterr()
    largest = answer(capsys, "run", "--preset", "hyperliquid-2025")["largest_haircut_rate"]
    assert largest == max(float(row["haircut_rate"]) for row in rows)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--preset", "atlantis"], "preset must be one of"),
        (["--preset", "nasdaq-2018"], "preset must be one of"),
        (["--set", "venue.fund=-1"], "venue.fund must be >= 0, was -1"),
        (["--set", "venue.fund=nan"], "venue.fund must be a number >= 0, was 'nan'"),
        (["--set", "venue.treasure=1"], "setting must be seed, name, or a field of book, path, past or venue"),
        (["--set", "fund"], "--set must be NAME=VALUE"),
        (["--set", "path.depth=2"], "path.crash_depth must be >= 0 and <= 0.999"),
        (["--scenario", "no-such-file.json"], "--scenario must be a readable JSON file"),
    ],
)
def test_wrong_input_is_a_sentence(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert sentence in denial(capsys, "run", *arguments)


def test_all_violations_come_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    said = denial(capsys, "run", "--set", "venue.fund=-1", "--set", "book.leverage=0", "--set", "path.volatility=-1")
    assert len(said.strip().splitlines()) == 3


@pytest.mark.parametrize("name", preset_names())
def test_scenarios_survive_a_document(name: str) -> None:
    scenario = load_preset(name).scenario
    assert from_document(json.loads(json.dumps(to_document(scenario)))) == scenario


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"version": 2},
        {"version": 1, "evil": 1},
        {"version": 1, "venue": 3},
        {"version": 1, "positions": [{"x": 1}]},
    ],
)
def test_bad_documents_are_refused(document: object) -> None:
    with pytest.raises(ValueError, match="scenario"):
        from_document(document)


def test_depth_scales_waypoints_and_keeps_the_first_price() -> None:
    path = load_preset("okex-2018").scenario.path
    deeper = with_depth(path, 0.5)
    assert deeper.points[0] == path.points[0]
    assert min(price for _, price in deeper.points) == pytest.approx(0.5 * path.points[0][1], rel=1e-12)
