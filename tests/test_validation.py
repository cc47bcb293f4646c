"""What docs/method.md says was checked: each row is found here, and written when asked (`make validation`)."""

from __future__ import annotations

import os
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from tests import validation_table
from tests.model import strategies
from tests.model.oracle import run_oracle
from tests.model.parity import CLOSE_CALL, assert_parity, money_in_run
from tests.validation_table import ROOT, WRITE, Row, machine, today
from ui.history.answers import compared, replays
from ui.method import document

BOOKS = 80
measured = pytest.mark.skipif(not WRITE, reason="other tests hold it on every run; measured for the table alone")
CASES = st.tuples(st.sampled_from(strategies.POLICIES), st.sampled_from(["linear", "inverse"])).flatmap(
    lambda pair: strategies.cases(policy=pair[0], contract=pair[1])
)


@pytest.fixture(scope="module")
def table() -> Iterator[list[Row]]:
    """The rows that this run finds; written at its end when asked."""
    found: list[Row] = []
    yield found
    if WRITE:
        validation_table.write([Row(check="run on", what=machine(), on=today()), *found])


def test_vectors_by_venue(table: list[Row]) -> None:
    for row in filter(lambda row: row.asked, engine.venue_numbers()):
        agree = row.agree + row.agree_in_part
        assert row.asked == agree + row.differ
        table.append(
            Row(check="vectors", what=row.venue, asked=f"{row.asked}", agree=f"{agree}", limit="1e-9 or as printed",
                note=row.note, test="tests/vectors/model", on=today())
        )  # fmt: skip


@measured
def test_kernel_and_oracle(table: list[Row]) -> None:
    """Equity, charges and layers of generated books by kernel and by oracle, relative to the money in the run."""
    gaps: list[float] = []

    @settings(max_examples=BOOKS)
    @given(CASES)
    def agree(case: Any) -> None:
        book, prices, venue, opens = case
        oracle = run_oracle(book, prices, venue, opens)
        if oracle.closest <= CLOSE_CALL:
            return
        kernel = engine.simulate(book=book, prices=prices, venue=venue, opens=opens)
        assert_parity(kernel, oracle, book, venue)
        scale = money_in_run(book, venue, oracle.mark_low + oracle.mark_high)
        gaps.append(
            max(
                float(np.abs(getattr(kernel, name) - getattr(oracle, name)).max())
                for name in ("equity", "charge", "fund")
            )
            / scale
        )

    agree()
    assert max(gaps) < 1e-9
    table.append(
        Row(check="oracle", what="generated books, every rule and contract", asked=f"{len(gaps)}", agree=f"{len(gaps)}",
            worst=f"{max(gaps):.0e}", limit="1e-9", note="2,000 with HYPOTHESIS_PROFILE=deep",
            test="tests/model/test_parity.py", on=today())
    )  # fmt: skip


def closed_forms() -> dict[str, tuple[Any, Any]]:
    """What the engine gives, and the formula worked apart."""
    linear = engine.Book(size=[2.0, -3.0], entry_price=[100.0, 90.0], collateral=[20.0, 30.0])
    inverse = engine.Book(size=[1000.0], entry_price=[50.0], collateral=[2.0], contract="inverse")
    venue = engine.Venue(depth=1e6, maintenance_rate=0.01)
    shared = engine.allocate(policy="profit_prorata", amount=30.0, profit=[10.0, 20.0, 70.0])
    leveled = engine.allocate(policy="equal_losses", amount=30.0, profit=[5.0, 20.0, 70.0])
    claims = engine.allocate(policy="talmud", amount=200.0, profit=[100.0, 200.0, 300.0])
    house = engine.default_waterfall(
        loss=114.0, layers=[{"name": "own", "capacity": 7.0}, {"name": "fund", "contributions": [100.0, 66.0]}]
    )
    rate = engine.frequency(0, 1085)
    return {
        "bankruptcy price, linear": (engine.bankruptcy_price(book=linear), [100 - 20 / 2, 90 + 30 / 3]),
        "liquidation price, linear": (
            engine.liquidation_price(book=linear, venue=venue),
            [(100 * 2 - 20) / (2 * 0.99), (90 * 3 + 30) / (3 * 1.01)],
        ),
        "bankruptcy price, inverse": (engine.bankruptcy_price(book=inverse), [1 / (1 / 50 + 2 / 1000)]),
        "liquidation price, inverse": (
            engine.liquidation_price(book=inverse, venue=venue),
            [1.01 * 1000 / (2 + 1000 / 50)],
        ),
        "pro rata": (shared.charge, [3.0, 6.0, 21.0]),
        "equal losses": (leveled.charge, [5.0, 12.5, 12.5]),
        "Talmud, 200 of 600: half of 100, then level": (claims.charge, [50.0, 75.0, 75.0]),
        "default waterfall": ([*house.paid, house.rate["fund"]], [7.0, 107.0, 107 / 166]),
        "interval of none in 1,085 days": (rate.high, 1 - 0.025 ** (1 / 1085)),
        "Lorenz curve of one payer among four": (engine.lorenz([0.0, 0.0, 0.0, 1.0])[1], [0.0, 0.0, 0.0, 0.0, 1.0]),
        "value at risk and expected shortfall of 1 to 100": (
            [
                engine.value_at_risk(np.arange(1.0, 101.0), 0.95).value,
                engine.expected_shortfall(np.arange(1.0, 101.0), 0.95).value,
            ],
            [95.0, 98.0],
        ),
    }


def test_closed_forms(table: list[Row]) -> None:
    worst = 0.0
    found = closed_forms()
    for name, (got, want) in found.items():
        np.testing.assert_allclose(got, want, rtol=1e-12, err_msg=name)
        scale = np.maximum(np.abs(np.asarray(want)), 1e-300)
        worst = max(worst, float((np.abs(np.asarray(got) - np.asarray(want)) / scale).max()))
    table.append(
        Row(check="closed forms", what="; ".join(found), asked=f"{len(found)}", agree=f"{len(found)}",
            worst=f"{worst:.0e}", limit="1e-12", test="tests/test_validation.py", on=today())
    )  # fmt: skip


def test_replays_against_the_record(table: list[Row]) -> None:
    for replay in replays().values():
        counts = Counter(row["within"].split(" by ")[0] for row in compared(replay) if row["within"])
        judged, outside = counts.total(), [row.label for row in replay.recorded if row.outside]
        assert counts["within"] == judged - len(outside)
        if judged:
            note = f"outside, with the reason in its file: {', '.join(outside)}" if outside else ""
            table.append(
                Row(check="replays", what=replay.title, asked=f"{judged}", agree=f"{counts['within']}",
                    limit="stated before, by figure", note=note, test="tests/data/test_replays.py", on=today())
            )  # fmt: skip


@measured
def test_hindcast_against_the_record(table: list[Row]) -> None:
    rows = [row for row in engine.load_record() if row.market and row.winner_events is not None]
    for row in rows:
        beside = engine.beside_record(row)
        table.append(
            Row(check="hindcast", what=f"{row.venue}, {row.era}: days on which winners pay", asked="1",
                agree=f"{int(beside.is_held)}", limit="95 % by chance", note=beside.verdict,
                test="tests/app/test_forecast_page.py", on=today())
        )  # fmt: skip


@measured
def test_speeds(table: list[Row]) -> None:
    scenario = engine.load_preset("cascade").scenario
    for n in (2_000, 100_000):
        some = engine.with_values(scenario, {"book.n_traders": n, "path.n_steps": 288})
        run, book, took = engine.run_scenario(some), engine.scenario_book(some), []
        for _ in range(7):
            began = time.perf_counter()
            engine.simulate(book=book, prices=run.prices, venue=some.venue)
            took.append(1e3 * (time.perf_counter() - began))
        note = f"{run.n_liquidated:,d} forced out; load average {os.getloadavg()[0]:.0f}; more in benchmarks/README.md"
        table.append(
            Row(check="speed", what=f"a crash, 288 steps, {n:,d} traders, ledger included", worst=f"{min(took):.1f} ms",
                limit="least of 7", note=note, test="tests/test_validation.py", on=today())
        )  # fmt: skip


def test_the_table_is_what_this_run_finds(table: list[Row]) -> None:
    """Counts hold on any machine: where they have changed, `make validation` writes them anew."""
    if WRITE:
        pytest.skip("the table is being written")
    known = {(row.check, row.what): (row.asked, row.agree) for row in validation_table.read()}
    found = {(row.check, row.what): (row.asked, row.agree) for row in table}
    assert found == {key: known.get(key) for key in found}
    checks = {check for check, _ in found}
    assert {key for key in known if key[0] in checks} == set(found)


def test_the_document_is_up_to_date() -> None:
    text = document.DOCUMENT.read_text(encoding="utf-8")
    assert document.renewed(text) == text, "python -m ui.method.document renews its tables"
    assert [row["name"].strip("`") for row in document.rule_rows()] == list(engine.POLICIES)
    assert all((ROOT / row["code"]).is_file() for row in document.rule_rows())


def test_the_citation_has_the_version_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    assert f"version: {project['version']}" in lines
    assert all(f"{key}:" in " ".join(lines) for key in ("cff-version", "title", "authors", "message"))
