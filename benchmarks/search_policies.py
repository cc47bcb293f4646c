"""Search policies of the venue game: 2,000 for each of three seeds, kept in data/venue_game.csv.

`python benchmarks/search_policies.py` writes the file anew, the same one every time; tests/engine/test_venue_game.py
plays some of them again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from engine.questions.game_search import FOUND, HEAD, SEARCHED, search_policies

SEEDS = (1, 2, 3)


def rows() -> Iterator[str]:
    """The file, line by line."""
    yield f"# {SEARCHED} policies a seed by benchmarks/search_policies.py; digits are places in engine.GAME_CHOICES"
    yield HEAD
    for seed in SEEDS:
        found = search_policies(seed)
        for code, scores in zip(found.codes, found.scores, strict=True):
            yield ",".join((str(seed), code, *(f"{score:.2f}" for score in scores)))
        best, points = found.best
        print(f"seed {seed}: {found.frontier.size} on the frontier, the best with {points:.1f} points: {best}")


if __name__ == "__main__":
    FOUND.write_text("\n".join(rows()) + "\n", encoding="utf-8")
