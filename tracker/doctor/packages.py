"""Python and packages: which versions there are, whether they are those asked for, and whether they load."""

from __future__ import annotations

import platform
import sys
from collections.abc import Collection, Mapping
from importlib import metadata
from typing import TYPE_CHECKING

from tracker.doctor.imports import need, why_not_importable
from tracker.doctor.result import CheckResult
from tracker.errors import TrackerError

if TYPE_CHECKING:
    from packaging.metadata import Metadata
    from packaging.specifiers import SpecifierSet

_PRODUCT = "tracker"
_NOT_FOR_PEOPLE = {"dev"}
INSTALL = "In the folder of tracker: pip install -c constraints.txt ."


def python() -> CheckResult:
    """Check that Python is as new as this package asks for."""
    asked, version = _metadata().requires_python, platform.python_version()
    facts = {"version": version, "asked": str(asked or ""), "executable": sys.executable}
    if problem := _mismatch(version, asked):
        advice = "Install a newer Python, and make the environment with it: python3.NN -m venv .venv"
        return CheckResult(state="missing", found=problem, advice=advice, facts=facts)
    return CheckResult(state="good", found=version, facts=facts)


def package(name: str) -> CheckResult:
    """Check that a package is there, as new as it has to be, and loads.

    Args:
        name: Of a distribution and of what is imported.
    """
    asked, version = _requirements().get(name), _version(name)
    facts = {"version": version, "asked": str(asked or "") or None}
    if problem := _mismatch(version, asked) or why_not_importable(name):
        install = f"pip install --upgrade '{name}{asked or ''}'" if name != _PRODUCT else INSTALL
        return CheckResult(state="missing", found=problem, advice=install, facts=facts)
    return CheckResult(state="good", found=str(version), facts=facts)


def others(named: Collection[str]) -> CheckResult:
    """Check that all other packages are there and as new as they have to be.

    Args:
        named: The packages that have a line of their own.
    """
    asked = {name: specifier for name, specifier in _requirements().items() if name not in named}
    problems, old = _problems(asked), _old_extras()
    facts = {"problems": [*problems, *old.values()]}
    if problems:
        return CheckResult(state="missing", found="; ".join(problems), advice=INSTALL, facts=facts)
    if old:
        install = f"pip install --upgrade {' '.join(repr(name) for name in old)}"
        return CheckResult(state="warning", found="; ".join(old.values()), advice=install, facts=facts)
    return CheckResult(state="good", found=f"all {len(asked)} as asked for", facts=facts)


def _problems(asked: Mapping[str, SpecifierSet]) -> list[str]:
    mismatches = {name: _mismatch(_version(name), specifier) for name, specifier in asked.items()}
    return [f"{name}: {problem}" for name, problem in mismatches.items() if problem]


def _old_extras() -> dict[str, str]:
    """Return what is wrong with packages that need not be there and are, by what to ask for instead."""
    required = _requirements()
    extras = {
        name: specifier
        for extra in set(_metadata().provides_extra or ()) - _NOT_FOR_PEOPLE
        for name, specifier in _requirements(extra).items()
        if name not in required and _version(name) is not None
    }
    found = {f"{name}{specifier}": _problems({name: specifier}) for name, specifier in sorted(extras.items())}
    return {asked: problems[0] for asked, problems in found.items() if problems}


def _mismatch(version: str | None, asked: SpecifierSet | None) -> str:
    """Return what is wrong with a version; empty where nothing is."""
    if version is None:
        return "not installed"
    if asked is not None and not asked.contains(version, prereleases=True):
        return f"{version}, but {_PRODUCT} asks for {asked}"
    return ""


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _requirements(extra: str = "") -> dict[str, SpecifierSet]:
    """Return the versions that this package asks for by the package's name.

    Args:
        extra: One of its extras, to have what that asks for, too.
    """
    asked: dict[str, SpecifierSet] = {}
    for one in _metadata().requires_dist or ():
        if one.marker is None or one.marker.evaluate({"extra": extra}):
            asked[one.name] = one.specifier & asked[one.name] if one.name in asked else one.specifier
    return asked


def _metadata() -> Metadata:
    """Return what this package says of itself where it is installed.

    Raises:
        TrackerError: It is not installed.
    """
    need("packaging")
    from packaging.metadata import Metadata

    try:
        text = metadata.distribution(_PRODUCT).read_text("METADATA")
    except metadata.PackageNotFoundError:
        text = None
    if text is None:
        raise TrackerError(f"{_PRODUCT} must be installed", but="only its source is here", do=INSTALL)
    return Metadata.from_email(text, validate=False)
