"""What is installed is locked: every package that is asked for, at the version that is asked for, with its hashes."""

import re
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
ENTRIES = re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text(encoding="utf-8").strip())
LOCKED = {canonicalize_name(each.split("==")[0]): each for each in ENTRIES}


def asked(file: str) -> list[Requirement]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-r"))]


@pytest.mark.parametrize("need", asked("requirements.txt") + asked("requirements-dev.txt"), ids=str)
def test_what_is_asked_for_is_locked_at_that_version(need: Requirement) -> None:
    version = LOCKED[canonicalize_name(need.name)].split("==")[1].split()[0]
    assert need.specifier.contains(version)


def test_every_package_has_its_hashes() -> None:
    assert len(LOCKED) == len(ENTRIES) > 50
    for entry in ENTRIES:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry.split()[0]


def test_what_the_locked_packages_need_is_locked() -> None:
    """No package comes in unlocked: the needs of each installed one, here and without its extras, are in the file."""
    missing = set()
    for name in LOCKED:
        try:
            needs = distribution(name).requires or []
        except ModuleNotFoundError:
            continue  # one for another system or another Python
        wanted = [Requirement(need) for need in needs]
        here = [need for need in wanted if need.marker is None or need.marker.evaluate({"extra": ""})]
        missing |= {f"{need.name} of {name}" for need in here if canonicalize_name(need.name) not in LOCKED}
    assert missing == set()
