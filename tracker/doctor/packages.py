"""Python and packages: which versions there are, whether they are those asked for, and whether they load."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from typing import TYPE_CHECKING

from tracker.doctor.imports import need, why_not_importable
from tracker.doctor.result import CheckResult
from tracker.errors import TrackerError

if TYPE_CHECKING:
    from packaging.requirements import Requirement

_PRODUCT = "tracker"
INSTALL = "In the folder of tracker: pip install -c constraints.txt ."


def python() -> CheckResult:
    """Look whether Python is as new as this package asks for."""
    need("packaging")
    from packaging.specifiers import SpecifierSet

    asked = ",".join(_metadata_of_product().get_all("Requires-Python", []))
    version = platform.python_version()
    facts = {"version": version, "asked": asked, "executable": sys.executable}
    if SpecifierSet(asked).contains(version, prereleases=True):
        return CheckResult(state="good", found=version, facts=facts)
    return CheckResult(
        state="missing",
        found=f"{version}, but {_PRODUCT} asks for {asked}",
        advice="Install a newer Python, and make the environment with it: python3.NN -m venv .venv",
        facts=facts,
    )


def package(name: str) -> CheckResult:
    """Look whether a package is there, as new as it has to be, and loads.

    Args:
        name: Of a distribution and of what is imported.
    """
    need("packaging")
    asked = next((str(one.specifier) for one in _requirements() if one.name == name), "")
    install = f"pip install --upgrade '{name}{asked}'" if name != _PRODUCT else INSTALL
    facts = {"version": _version(name), "asked": asked or None}
    problem = _problem(name, asked) or why_not_importable(name)
    if problem:
        return CheckResult(state="missing", found=problem, advice=install, facts=facts)
    return CheckResult(state="good", found=str(facts["version"]), facts=facts)


def others(named: Iterable[str]) -> CheckResult:
    """Look whether all other packages are there and as new as they have to be.

    Args:
        named: The packages that have a line of their own.
    """
    need("packaging")
    asked = {one.name: str(one.specifier) for one in _requirements() if one.name not in set(named)}
    problems = [f"{name}: {problem}" for name in asked if (problem := _problem(name, asked[name]))]
    if problems:
        return CheckResult(
            state="missing", found="; ".join(problems), advice=INSTALL, facts={"problems": problems}
        )
    return CheckResult(state="good", found=f"all {len(asked)} as asked for", facts={"problems": []})


def _problem(name: str, asked: str) -> str:
    """Say what is wrong with the version of a package; empty where nothing is."""
    from packaging.specifiers import SpecifierSet

    version = _version(name)
    if version is None:
        return "not installed"
    if not SpecifierSet(asked).contains(version, prereleases=True):
        return f"{version}, but {_PRODUCT} asks for {asked}"
    return ""


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _requirements() -> Iterator[Requirement]:
    """Yield what this package asks for, without its extras."""
    from packaging.requirements import Requirement

    for line in _metadata_of_product().get_all("Requires-Dist", []):
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement


def _metadata_of_product() -> metadata.PackageMetadata:
    try:
        return metadata.metadata(_PRODUCT)
    except metadata.PackageNotFoundError:
        raise TrackerError(
            f"{_PRODUCT} must be installed", but="only its source is here", do=INSTALL
        ) from None
