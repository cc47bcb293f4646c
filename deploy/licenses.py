"""docs/licenses.md: the license of every locked package. `python -m deploy.licenses` writes it anew (`make lock` does).

A package's own words are read from its metadata where it is installed; what they do not say clearly, and packages for
other systems, are named here. No license may be unknown, and none may stand in the way of MIT or Apache-2.0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import PackageMetadata, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "licenses.md"
PERMISSIVE = {  # they ask for their notice to be kept, and for nothing of the code that uses them
    *("MIT", "MIT-CMU", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "Apache-2.0", "ISC", "Zlib", "PSF-2.0"),
    *("CC0-1.0", "Unlicense", "Apache-2.0 WITH LLVM-exception"),
}
FILES_ONLY = {"MPL-2.0"}  # copyleft that ends at the package's own files: code that only imports them is not under it
SPOKEN = {  # how metadata name a license in their own words
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "ISC License (ISCL)": "ISC",
    "Python Software Foundation License": "PSF-2.0",
}
READ = {  # by the package's license file, where its metadata say only "BSD", or it is not installed everywhere
    "altair": "BSD-3-Clause",
    "colorama": "BSD-3-Clause",
    "itsdangerous": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "numba": "BSD-2-Clause",
    "partd": "BSD-3-Clause",
    "scipy": "BSD-3-Clause",
    "segno": "BSD-3-Clause",
    "uvloop": "MIT OR Apache-2.0",
    "zict": "BSD-3-Clause",
}
CARRIED = {  # libraries of others inside a package's wheel that are not permissive, and why they are accepted
    "numpy, scipy: libgfortran": (
        "GPL-3.0-or-later WITH GCC-exception-3.1",
        "the exception is for what is linked to it",
    ),
    "numpy, scipy: libquadmath": ("LGPL-2.1-or-later", "a library of its own in the wheel, loaded at run time"),
    "pillow: freetype": ("FTL OR GPL-2.0-only", "taken under the FreeType License"),
}
VENDORED = {  # files of others in this tree: the file, its license, and what it is for
    "static/plotly-cartesian-4.1.1.min.js": ("MIT", "served to browsers; static/plotly-LICENSE.txt"),
    "tests/e2e/vendor/axe.min.js": ("MPL-2.0", "tests alone; its license beside it"),
}


@dataclass(frozen=True, slots=True)
class Package:
    """A locked package, its license as an expression (empty: unknown), and whether the product needs it to run."""

    name: str
    version: str
    license: str
    is_for_development: bool

    @property
    def fault(self) -> str:
        """Why the license cannot be accepted; empty when it can."""
        if not self.license:
            return f"{self.name}: its license is not known"
        if is_accepted(self.license):
            return ""
        return f"{self.name}: {self.license} is not among the licenses that are accepted"


def is_accepted(expression: str) -> bool:
    """Whether one of the ways in which an expression may be taken consists of accepted licenses alone."""
    known = PERMISSIVE | FILES_ONLY
    plain = expression
    for group in re.findall(r"\(([^()]*)\)", expression):
        plain = plain.replace(f"({group})", "MIT" if is_accepted(group) else "refused")
    return any(all(each.strip() in known for each in way.split(" AND ")) for way in plain.split(" OR "))


def license_of(name: str, metadata: PackageMetadata | None) -> str:
    """The license of a package as an expression; empty where nothing is known."""
    if name in READ or metadata is None:
        return READ.get(name, "")
    said = metadata.get("License-Expression") or (metadata.get("License") or "").strip()
    if said and "\n" not in said and said != "BSD":
        return SPOKEN.get(said, said)
    named = [each.split("::")[-1].strip() for each in metadata.get_all("Classifier") or [] if "License ::" in each]
    return SPOKEN.get(named[0], "") if len(named) == 1 else ""


def locked() -> dict[str, str]:
    """Versions of all locked packages by name."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return {canonicalize_name(name): version for name, version in re.findall(r"^(\S+?)==(\S+)", text, re.MULTILINE)}


def packages() -> list[Package]:
    """All locked packages by name."""
    found = {canonicalize_name(each.metadata["Name"]): each.metadata for each in distributions()}
    running = needed(found)
    return [
        Package(name, version, license_of(name, found.get(name)), name not in running)
        for name, version in sorted(locked().items())
    ]


def needed(found: dict[str, PackageMetadata]) -> set[str]:
    """Names of what requirements.txt asks for, and of all that this asks for in turn."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    waiting = [Requirement(line) for line in lines if line and not line.startswith("#")]
    names: set[str] = set()
    while waiting:
        need = waiting.pop()
        name = canonicalize_name(need.name)
        is_new = name not in names
        names.add(name)
        for text in (found[name].get_all("Requires-Dist") or []) if name in found else []:
            more = Requirement(text)
            extras = ["", *need.extras]
            if more.marker is None or any(is_meant(more, extra) for extra in extras):
                waiting += [more] if is_new or more.extras else []
    return names


def is_meant(need: Requirement, extra: str) -> bool:
    """Whether a need holds anywhere: on any system, with this extra."""
    assert need.marker is not None
    systems = ("linux", "win32", "darwin")
    places = [
        {"extra": extra, "sys_platform": system, "platform_system": name}
        for system, name in zip(systems, ("Linux", "Windows", "Darwin"), strict=True)
    ]
    return any(need.marker.evaluate(place) for place in places)


def page(listed: list[Package]) -> str:
    """The page as text."""
    lines = [
        "# Licenses of what is used",
        "",
        f"All {len(listed)} packages of `requirements.lock`, by their metadata and license files. No license has been",
        "chosen for Shortfall itself; nothing here stands in the way of MIT or Apache-2.0. MPL-2.0 is a copyleft of",
        "files: those of the package stay under it, code that only imports them does not. Checked by",
        "`tests/test_licenses.py`.",
        "",
        "| package | version | license | used |",
        "| --- | --- | --- | --- |",
    ]
    used = {True: "development", False: "to run"}
    lines += [f"| {each.name} | {each.version} | {each.license} | {used[each.is_for_development]} |" for each in listed]
    lines += [
        "",
        "Inside wheels, not permissive, and accepted:",
        "",
        "| library | license | because |",
        "| --- | --- | --- |",
    ]
    lines += [f"| {name} | {license} | {why} |" for name, (license, why) in CARRIED.items()]
    lines += ["", "Files of others in this tree:", "", "| file | license | used |", "| --- | --- | --- |"]
    lines += [f"| `{file}` | {license} | {use} |" for file, (license, use) in VENDORED.items()]
    return "\n".join((*lines, ""))


def main() -> None:
    """Write the page, and say what cannot be accepted."""
    listed = packages()
    PAGE.write_text(page(listed), encoding="utf-8")
    faults = [each.fault for each in listed if each.fault]
    raise SystemExit("\n".join(faults) or None)


if __name__ == "__main__":
    main()
