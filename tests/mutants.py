"""One-line mutations of the engine that the tests must kill: a figure for how much the tests see.

`make mutants` runs all of them; `python -m tests.mutants --only WORD` those whose file or new text has the word, and
`--half SEED` a random half. Each is made alone in a copy of the tree, where its nearest test files run. It is killed
when a test fails and survives when all pass. Anything else is an error (an old text that is not there once, a
tree that does not import), so that a list that has fallen behind the code is seen. At least 95 % must die.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.validation_table import Row, machine, today, write

ROOT = Path(__file__).parents[1]
LEFT_OUT = (".git", ".venv", ".hypothesis", ".pytest_cache", ".mypy_cache", ".ruff_cache", "e2e", "static")
LEAST_KILLED = 0.95
MOST_SECONDS = 900
FAILED, PASSED = 1, 0  # exit codes of pytest


@dataclass(frozen=True)
class Mutant:
    """A line of one file and what it becomes; `tests` are the files that must notice, nearest first."""

    file: str
    old: str
    new: str
    tests: tuple[str, ...]


LAYERS, POSITIONS = "tests/model/test_layer_cases.py", "tests/model/test_position_cases.py"
ADL, ADL_OPTIONS, PARITY = (
    "tests/model/test_adl_cases.py",
    "tests/model/test_adl_options.py",
    "tests/model/test_parity.py",
)
ALLOCATION, RULES = "tests/engine/test_allocation.py", "tests/engine/test_rules.py"
LAWS, CLAIMED = "tests/laws/test_laws.py", "tests/laws/test_claimed_laws.py"
BY_HAND, MANY = "tests/engine/test_worked_by_hand.py", "tests/engine/test_montecarlo.py"
RISK, POSITION = "tests/engine/test_risk.py", "tests/engine/test_position.py"
SYSTEMIC, SIZING = "tests/engine/test_systemic.py", "tests/engine/test_sizing.py"
WATERFALL, DELEVERAGING = "tests/engine/test_waterfall.py", "tests/engine/test_deleveraging.py"

CASCADE, ORDERS, SETTLEMENT = "engine/kernel/cascade.py", "engine/kernel/orders.py", "engine/kernel/settlement.py"
PAYERS = "engine/kernel/layers.py"
ROUNDING = ("tests/engine/test_holds_rounding.py",)
TRIGGERS, SCORES = "engine/kernel/trigger_queue.py", "engine/sharing/adl_selection.py"
KERNEL = [
    Mutant(TRIGGERS, "return -side * to_compare(price)", "return -side * price", ROUNDING),
    Mutant(SCORES, "else to_compare(score)", "else score", ROUNDING),
    Mutant("engine/kernel/accounts/queues.py", "to_compare(key), item", "key, item", ROUNDING),
    Mutant(CASCADE, "state.flow * venue.decay", "state.flow * 1.0", (POSITIONS, PARITY)),
    Mutant(CASCADE, "state.step + venue.halt_steps", "state.step + venue.halt_steps - 1", (POSITIONS, PARITY)),
    Mutant(PAYERS, "max(0, t + 1 - venue.peak_window)", "max(0, t - venue.peak_window)", (LAYERS, PARITY)),
    Mutant("engine/impact.py", "thinning * 100.0 * abs(impact)", "thinning * 100.0 * impact", (POSITIONS, PARITY)),
    Mutant(CASCADE, "k, n_idle = LONG, 0", "k, n_idle = SHORT, 0", (POSITIONS, PARITY)),
    Mutant(CASCADE, "state.settled_value = state.value", "state.settled_value *= 1.0", (LAYERS, PARITY)),
    Mutant(
        CASCADE, "> state.price_band:\n        return False", "> state.price_band:\n        pass", (POSITIONS, PARITY)
    ),
    Mutant(CASCADE, "venue.margin_low, venue.margin_high)", "venue.margin_low, 1e9)", (POSITIONS, PARITY)),
    Mutant(CASCADE, "venue.margin_decay * state.variance", "state.variance", (POSITIONS, PARITY)),
    Mutant(PAYERS, "peak = max(state.fund, state.past_peak)", "peak = state.past_peak", (LAYERS, PARITY)),
    Mutant(ORDERS, "fee = 0.0 if stop else", "fee = 0.0 if False else", (POSITIONS, PARITY)),
    Mutant(
        ORDERS,
        "mark_growth = math.exp((1.0 - venue.index_weight)",
        "mark_growth = math.exp((venue.index_weight)",
        (POSITIONS, PARITY),
    ),
    Mutant(
        PAYERS, "(left, max(state.backstop - venue.backstop_kept, 0.0))", "(left, state.backstop)", (LAYERS, PARITY)
    ),
    Mutant(PAYERS, "(state.venue_capital + max(", "(max(", (ADL, PARITY)),
    Mutant(PAYERS, "abs(state.fund_position + venue", "abs(venue", (LAYERS, PARITY)),
    Mutant(
        ORDERS,
        "if side > 0.0:\n        state.residual_long",
        "if side < 0.0:\n        state.residual_long",
        (LAYERS, PARITY),
    ),
    Mutant(SETTLEMENT, " + buffers.positions[i].charge\n", "\n", (LAYERS, PARITY)),
    Mutant(SETTLEMENT, "notional / position_equity if", "notional * position_equity if", (LAYERS,)),
    Mutant(SETTLEMENT, "from_wallet = min(position.wallet, amount)", "from_wallet = 0.0", (LAYERS, PARITY)),
    Mutant("engine/kernel/charging.py", "side == spared", "side == -spared", (LAYERS, PARITY)),
    Mutant("engine/kernel/adl.py", "released = position.collateral * share", "released = position.collateral", (ADL,)),
    Mutant("engine/kernel/adl.py", "steps[state.step - 1].mark", "steps[max(state.step - 2, 0)].mark", (ADL_OPTIONS,)),
    Mutant("engine/kernel/adl.py", "state.fund += left", "state.fund += 0.5 * left", (ADL_OPTIONS,)),
    Mutant("engine/kernel/adl_index.py", " or index_state.scale != state.margin_scale", "", (ADL_OPTIONS,)),
    Mutant("engine/kernel/heap.py", "item < heap", "item > heap", (ADL, "tests/model/test_adl_index.py")),
    Mutant("engine/kernel/batch.py", "is_cut = charge != 0.0 or", "is_cut = charge > 0.0 or", (MANY,)),
    Mutant("engine/kernel/batch.py", "sums.second += square * charge\n", "sums.second += square\n", (MANY,)),
]
TERMS = "engine/sharing/adl_selection.py"
SHARING = [
    Mutant(TERMS, " or position_equity <= 0.0", "", (ADL, DELEVERAGING)),
    Mutant(TERMS, "score = entry / mark * leverage", "score = mark / entry * leverage", (DELEVERAGING, ADL_OPTIONS)),
    Mutant(TERMS, "max(1.0, collateral)", "collateral", (DELEVERAGING, ADL_OPTIONS)),
    Mutant(TERMS, "gain * (equity / maintenance)", "gain * (maintenance / equity)", (DELEVERAGING, PARITY)),
    Mutant(TERMS, "bankruptcy + (1.0 - blend) * mark", "mark + (1.0 - blend) * bankruptcy", (ADL_OPTIONS,)),
    Mutant("engine/sharing/adl_selection.py", "else a < b", "else a > b", (DELEVERAGING, ADL)),
    Mutant("engine/sharing/claims.py", "min(factor * base, limit)", "factor * base", (ALLOCATION, LAWS)),
    Mutant(
        "engine/sharing/claims.py",
        "min(cap[i], policy.floor * weight[i])",
        "policy.floor * weight[i]",
        (ALLOCATION, LAWS),
    ),
    Mutant(
        "engine/sharing/claims.py",
        "0.0 if size_abs[i] > 0.0 else 1.0",
        "1.0 if size_abs[i] > 0.0 else 0.0",
        (ALLOCATION,),
    ),
    Mutant("engine/sharing/rules.py", "upper = 2.0 * target", "upper = 1.9 * target", (RULES, CLAIMED)),
    Mutant("engine/sharing/waterfall.py", "limit + assessments", "limit + called + assessments", (WATERFALL,)),
]
HEDGED = 'before_square - 2.0 * s["cross"] + charge_square'
QUESTIONS = [
    Mutant("engine/montecarlo/estimates.py", "below_fund | ", "", (BY_HAND,)),
    Mutant("engine/montecarlo/estimates.py", HEDGED, HEDGED.replace("-", "+"), (MANY,)),
    Mutant("engine/montecarlo/runs.py", " + venue.venue_capital", "", (BY_HAND,)),
    Mutant("engine/montecarlo/risk.py", 'side="right")) - 1', 'side="right")) - 2', (RISK,)),
    Mutant("engine/montecarlo/risk.py", "np.maximum(x - var, 0.0)", "np.abs(x - var)", (RISK,)),
    Mutant("engine/questions/systemic.py", 'np.maximum(-events["equity"], 0.0)', "0.0", (BY_HAND,)),
    Mutant("engine/questions/fund.py", "(period + 1)", "(period + 2)", (BY_HAND,)),
    Mutant("engine/questions/fairness.py", 'profit_base == "entry"', 'profit_base != ""', (BY_HAND,)),
    Mutant("engine/questions/position.py", "1e4 / self.horizon_years", "1e4 * self.horizon_years", (POSITION,)),
    Mutant(
        "engine/questions/systemic.py", "math.comb(n_players - 1, k)", "math.comb(n_players, k)", (SIZING, SYSTEMIC)
    ),
    Mutant("engine/questions/fund.py", "fund + self.behind", "fund", (SIZING,)),
]
MUTANTS = KERNEL + SHARING + QUESTIONS


def spelled(mutant: Mutant) -> str:
    return f"{mutant.file}: {mutant.old.strip()!r} -> {mutant.new.strip()!r}"


def misfit(mutant: Mutant, tree: Path = ROOT) -> str:
    """What keeps a mutation from being made in a tree, nothing if it can be."""
    missing = [name for name in (mutant.file, *mutant.tests) if not (tree / name).is_file()]
    if missing:
        return f"there is no {', '.join(missing)}"
    count = (tree / mutant.file).read_text(encoding="utf-8").count(mutant.old)
    return "" if count == 1 else f"the old text is there {count} times"


def verdict(mutant: Mutant, tree: Path) -> str:
    """Whether a mutant of a tree is "killed", "survives", or what is wrong with it; leaves the tree as it was."""
    if wrong := misfit(mutant, tree):
        return wrong
    path = tree / mutant.file
    text, stat = path.read_text(encoding="utf-8"), path.stat()
    path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        return ending(mutant, tree)
    finally:
        path.write_text(text, encoding="utf-8")
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # what is compiled is kept by the time of its source


def ending(mutant: Mutant, tree: Path) -> str:
    """Run the nearest tests of a mutated tree and say how they ended."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutant.tests]
    environment = os.environ | {"HYPOTHESIS_PROFILE": "mutants"}
    try:
        ended = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, text=True, timeout=MOST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return "killed"  # it hangs, which nobody overlooks
    if ended.returncode in (FAILED, PASSED):
        return "killed" if ended.returncode == FAILED else "survives"
    return f"pytest ended with {ended.returncode}: {ended.stdout[-300:]}"


def chosen(only: str, half: int | None) -> list[Mutant]:
    some = [mutant for mutant in MUTANTS if only in mutant.file or only in mutant.new]
    return some if half is None else sorted(random.Random(half).sample(some, (len(some) + 1) // 2), key=MUTANTS.index)


def mutant_row(tried: int, killed: int) -> Row:
    """What docs/method.md says of a run of all of them."""
    what, limit = "one-line changes of the engine that tests must notice", f"{LEAST_KILLED:.0%} at least"
    note = machine()
    return Row(check="mutants", what=what, asked=f"{tried}", agree=f"{killed}", limit=limit, note=note,
               test="tests/mutants.py", on=today())  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description="Mutate the engine line by line and see whether tests notice.")
    parser.add_argument("--only", default="", metavar="WORD", help="those whose file or new text has the word")
    parser.add_argument("--half", type=int, metavar="SEED", help="a random half")
    given = parser.parse_args()
    found: dict[str, int] = {"killed": 0, "survives": 0}
    some, wrong = chosen(given.only, given.half), 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
        for mutant in some:
            began = time.perf_counter()
            said = verdict(mutant, tree)
            found[said] = found.get(said, 0) + 1
            wrong += said not in ("killed", "survives")
            print(f"{said:9} {time.perf_counter() - began:5.0f} s  {spelled(mutant)}", flush=True)
    tried = found["killed"] + found["survives"]
    print(f"{found['killed']} killed of {tried}; {wrong} could not be tried")
    if len(some) == len(MUTANTS) and not wrong:
        write([mutant_row(tried, found["killed"])])
    return 0 if not wrong and found["killed"] >= LEAST_KILLED * tried else 1


if __name__ == "__main__":
    sys.exit(main())
