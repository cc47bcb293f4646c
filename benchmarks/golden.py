"""Every replay and every venue's rules run once, and the digests of all results: compares two states of the code.

python benchmarks/golden.py write FILE      # in the old tree
python benchmarks/golden.py compare FILE    # in the new one: prints what differs, exit 1 if anything does
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path.cwd()))

import numpy as np

import engine

try:
    from engine.venue_presets import apply_venue, load_venue_preset, venue_preset_names
except ImportError:
    apply_venue, load_venue_preset, venue_preset_names = (
        engine.apply_venue,
        engine.load_venue_preset,
        engine.venue_preset_names,
    )

ARRAYS = (
    *("mark", "impact", "fund", "deficit", "fund_paid", "venue_paid", "backstop_paid", "charged", "unfunded_in_step"),
    *("forced", "equity", "wallet", "collateral", "open_size", "charge", "claim", "liquidated_at", "trigger"),
)
ESTIMATES = ["shortfall_probability", "expected_deficit", "value_at_risk", "expected_shortfall"]
EVENTS = ["fill", "deficit", "charge", "mark_after"]


def digest(values: Any) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()[:16]


def of_run(run: Any) -> dict[str, str]:
    found = {name: digest(getattr(run, name)) for name in ARRAYS}
    found |= {f"events.{name}": digest(run.events[name]) for name in EVENTS}
    found |= {name: float(getattr(run, name)).hex() for name in ("unfunded", "venue_capital", "backstop")}
    return found


def results() -> dict[str, dict[str, str]]:
    found = {}
    for name in engine.preset_names():
        scenario = engine.load_preset(name).scenario
        found[f"replay {name}"] = of_run(engine.run_scenario(scenario))
        for policy in engine.POLICIES:
            venue = replace(scenario.venue, policy=policy, policy_options={})
            found[f"replay {name} {policy}"] = of_run(engine.run_scenario(replace(scenario, venue=venue)))
    calm = engine.load_preset("calm").scenario
    falling = replace(calm, path=engine.PathModel(model="crash", crash_depth=0.35, n_steps=288), seed=3)
    for name in venue_preset_names():
        scenario = apply_venue(load_venue_preset(name), falling)
        found[f"venue {name}"] = of_run(engine.run_scenario(scenario))
        made = engine.estimate(
            book=engine.draw_book(model=scenario.book_model, seed=1),
            venue=scenario.venue,
            model=engine.PathModel(model="merton", volatility=1.5, n_steps=96),
            n_paths=64,
            seed=5,
        )
        found[f"estimate {name}"] = {
            f"{key}.{part}": float(getattr(getattr(made, key), part)).hex()
            for key in ESTIMATES
            for part in ("value", "stderr")
        } | {"charge": digest(made.charge)}
    return found


def main() -> None:
    """Write the digests of this tree, or hold them against a file."""
    order, file = sys.argv[1], Path(sys.argv[2])
    now = results()
    if order == "write":
        file.write_text(json.dumps(now, indent=1))
        print(f"{len(now)} runs written")
        return
    then = json.loads(file.read_text())
    wrong = {key: [name for name in then[key] if now.get(key, {}).get(name) != then[key][name]] for key in then}
    wrong = {key: names for key, names in wrong.items() if names}
    for key, names in wrong.items():
        print(f"{key}: {', '.join(names)}")
    print(f"{len(then) - len(wrong)} of {len(then)} runs are the same to the bit")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
