"""What every test has: Hypothesis profiles, and the conservation law checked on every run that any test makes."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.conservation import watch_every_run

# "ci": the same examples on every machine and every run. "dev" draws new ones each time, "deep" many of them.
settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("dev", settings.get_profile("ci"), derandomize=False)
settings.register_profile("deep", settings.get_profile("dev"), max_examples=2000)
settings.register_profile(
    "mutants", settings.get_profile("ci"), phases=(Phase.explicit, Phase.generate)
)  # no shrinking
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


# The files that take longest, the longest first: two workers that begin with them end together.
LONGEST = (
    "tests/e2e/test_accessibility.py",
    "tests/e2e/test_class.py",
    "tests/e2e/test_holds.py",
    "tests/e2e/test_pages.py",
    "tests/e2e/test_links.py",
    "tests/e2e/test_number_boxes.py",
    "tests/e2e/test_first_page.py",
    "tests/e2e/test_cascade_page.py",
    "tests/e2e/test_live.py",
    "tests/e2e/test_lesson.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; the others keep their order."""
    place = {file: number for number, file in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(LONGEST)))


def pytest_configure(config: pytest.Config) -> None:
    """Check the money of every run from here on, fixtures of every scope included, so that no author can forget it."""
    watch_every_run()
