"""No locked package has a license that is unknown or in the way of MIT or Apache-2.0; docs/licenses.md lists all."""

from email.message import Message

import pytest

from deploy.licenses import PAGE, ROOT, VENDORED, Package, is_accepted, license_of, packages, page

PACKAGES = packages()


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_every_license_is_known_and_accepted(package: Package) -> None:
    assert package.fault == ""


def test_the_page_lists_what_is_locked() -> None:
    assert page(PACKAGES) == PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("expression", "is_so"),
    [
        ("MIT", True),
        ("BSD-3-Clause AND 0BSD AND MIT", True),
        ("GPL-3.0-only OR MIT", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("GPL-3.0-only", False),
        ("MIT AND LGPL-2.1-or-later", False),
        ("MIT AND (AGPL-3.0-only OR SSPL-1.0)", False),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("", False),
    ],
)
def test_an_expression_is_accepted_when_one_way_of_it_is(expression: str, is_so: bool) -> None:
    assert is_accepted(expression) is is_so


def metadata(**fields: str) -> Message:
    made = Message()
    for name, text in fields.items():
        made[name.replace("_", "-")] = text
    return made


@pytest.mark.parametrize(
    ("given", "license"),
    [
        (metadata(License_Expression="MIT"), "MIT"),
        (metadata(License="Apache License 2.0"), "Apache-2.0"),
        (metadata(License="Copyright by somebody\nAll rights\n"), ""),
        (metadata(Classifier="License :: OSI Approved :: MIT License"), "MIT"),
        (metadata(Classifier="License :: OSI Approved :: BSD License"), ""),
        (metadata(), ""),
        (None, ""),
    ],
)
def test_what_metadata_do_not_say_clearly_is_unknown(given: Message | None, license: str) -> None:
    assert license_of("made-up", given) == license  # type: ignore[arg-type]


def test_files_of_others_are_there_with_their_licenses() -> None:
    for file in VENDORED:
        assert (ROOT / file).is_file()
        assert [each for each in (ROOT / file).parent.iterdir() if "license" in each.name.lower()]
