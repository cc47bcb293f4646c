"""The commands about many paths: what they print and write, and how they refuse."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine.cli import commands as cli
from engine.cli.questions import axis
from engine.day_presets import load_preset
from engine.errors import InputError
from engine.montecarlo.risk import clopper_pearson
from engine.questions.figures import estimate_scenario
from engine.scenario import with_values
from tests.commands import answer

ROOT = Path(__file__).parents[2]
SMALL = [
    *("--set", "book.n_traders=60", "--set", "path.n_steps=24", "--set", "path.volatility=3"),
    *("--set", "book.leverage=12", "--paths", "200"),
]


def test_estimate_prints_what_the_engine_says(capsys: pytest.CaptureFixture[str]) -> None:
    printed = answer(capsys, "estimate", *SMALL)
    scenario = with_values(
        load_preset("calm").scenario,
        {"book.n_traders": 60, "path.n_steps": 24, "path.volatility": 3, "book.leverage": 12},
    )
    result = estimate_scenario(scenario, n_paths=200)
    assert printed["shortfall_probability"] == result.shortfall_probability.value
    assert printed["expected_shortfall_stderr"] == result.expected_shortfall.stderr
    assert printed["scenario"]["book"]["n_traders"] == 60
    assert cli.main(["estimate", *SMALL]) == 0
    assert "shortfall_probability" in capsys.readouterr().out


def test_size_meets_its_target(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "size", *SMALL, "--target", "0.1")
    fund = found["fund"]
    assert fund > 0
    again = answer(capsys, "estimate", *SMALL, "--set", f"venue.fund={fund * 1.001}")
    assert again["shortfall_probability"] <= 0.1
    assert found["expected_shortfall"] >= found["value_at_risk"] >= 0


def test_what_is_printed_says_what_was_not_seen_and_which_interval_it_has(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["estimate", *SMALL, "--paths", "50", "--set", "venue.fund=1e15"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert "95 % interval" in lines["95"]
    low, high = clopper_pearson(0.0, 50.0)
    assert lines["shortfall_probability"].endswith(f"  {low:,.4g} to {high:,.4g}")
    assert lines["expected_unfunded"].endswith("none seen")
    assert lines["value_at_risk"].endswith("too few paths seen")
    assert cli.main(["size", *SMALL, "--set", "path.model=garch", "--target", "0.001"]) == 0
    assert "200 paths cannot show a chance of 0.001" in capsys.readouterr().out


def test_rare_shortfalls_are_sampled_by_importance(capsys: pytest.CaptureFixture[str]) -> None:
    gaps = ["estimate", *SMALL, "--set", f"path.gap_steps={list(range(1, 25))}"]
    first, second = (answer(capsys, *gaps, *more) for more in ((), ("--rare", "--set", "venue.fund=3e7")))
    assert first["effective_sample_size"] == 200
    assert second["effective_sample_size"] < 200
    assert 0.0 < second["shortfall_probability"] < first["shortfall_probability"]
    assert cli.main([*gaps, "--rare", "--set", "venue.fund=1e15"]) == 1
    assert "raise n_paths, or sample plainly" in capsys.readouterr().err


def test_cost_of_a_position(capsys: pytest.CaptureFixture[str]) -> None:
    long = ["cost", *SMALL, "--size", "10", "--leverage", "5"]
    found = answer(capsys, *long)
    assert 0 < found["cut_probability"] < 1
    whole = found["cut_probability"] * found["charge_given_cut"]
    assert found["expected_charge"] == pytest.approx(whole)
    assert answer(capsys, *long, "--side", "short")["expected_charge"] != found["expected_charge"]


def test_backward_questions_and_shares(capsys: pytest.CaptureFixture[str]) -> None:
    def asked(*arguments: str) -> Any:
        return answer(capsys, *arguments, *SMALL)

    limit = asked("limit", "--setting", "leverage_cap", "--target", "0.02", "--set", "venue.fund=0")
    assert limit["probability"] <= 0.02
    assert 1.0 <= limit["value"] < 125.0
    broken = asked("break")
    assert 0.0 < broken["largest_crash_survived"] < 0.99
    shares = asked("share", "--by", "side")
    assert [row["side"] for row in shares] == ["longs", "shorts"]
    assert sum(row["by_margin"] for row in shares) == pytest.approx(1.0)
    assert sum(row["by_cause"] for row in shares) == pytest.approx(1.0)
    changes = asked("cost", "--size", "10", "--changes")
    assert [row["change"] for row in changes][:2] == ["half the leverage", "twice the leverage"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_sweep_writes_a_table_and_goes_on_from_its_folder(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grid = ["--vary", "venue.fund=0,2e6", "--vary", "book.leverage_cap=10:30:3"]
    file = tmp_path / f"table.{kind}"
    command = ["sweep", *SMALL, *grid, "--folder", str(tmp_path / "cells"), f"--{kind}", str(file)]
    assert cli.main(command) == 0
    assert "6 rows" in capsys.readouterr().out
    table = pd.read_csv(file, comment="#") if kind == "csv" else pd.read_parquet(file)
    assert len(table) == 6
    assert table["book.leverage_cap"].astype(float).tolist() == [10, 20, 30] * 2
    assert len(list((tmp_path / "cells").glob("*.parquet"))) == 6
    assert cli.main(command) == 0


def test_sweep_prints_text_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["sweep", *SMALL, "--vary", "venue.policy=none,profit_prorata"]
    assert cli.main(command) == 0
    assert "profit_prorata" in capsys.readouterr().out
    assert [row["venue.policy"] for row in answer(capsys, *command)] == ["none", "profit_prorata"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["estimate", "--paths", "0"], "n_paths must be a whole number >= 1"),
        (["estimate", "--level", "1"], "level must be < 1, was 1.0"),
        (["estimate", "--preset", "nowhere"], "preset must be one of"),
        (["size", "--target", "-0.1"], "target must be >= 0 and <= 1, was -0.1"),
        (["size", "--set", "venue.fund_max_drawdown=0.3"], "venue.fund_max_drawdown must be 1 to size a fund"),
        (["cost", "--size", "0"], "position.size must be > 0, was 0.0"),
        (["cost", "--size", "1", "--leverage", "-3"], "position.leverage must be > 0, was -3.0"),
        (["sweep", "--vary", "venue.fund"], "--vary must be NAME=VALUES"),
        (["sweep", "--vary", "venue.fund=1:2:x"], "--vary must be NAME=first:last:number"),
        (["sweep", "--vary", "venue.fund=-1"], "cell 0: venue.fund must be >= 0, was -1"),
        (["sweep", "--vary", "venue.fund=1", "--scheduler", "nonsense"], "scheduler must be the address"),
    ],
)
def test_wrong_input_is_a_sentence_on_stderr(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    small = [part for part in SMALL if part not in ("--paths", "200")]
    paths = [] if "--paths" in arguments else ["--paths", "20"]
    assert cli.main([*arguments, *([] if "--preset" in arguments else small), *paths]) == 2
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert not printed.out


def test_axis_reads_lists_and_ranges() -> None:
    assert axis("venue.fund=1,2e6") == ("venue.fund", ["1", "2e6"])
    assert axis("venue.fund=0:10:3") == ("venue.fund", [0.0, 5.0, 10.0])
    with pytest.raises(InputError):
        axis("venue.fund=0:inf:3")


def test_the_module_answers_help() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "engine", "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0
    assert "run" in done.stdout
