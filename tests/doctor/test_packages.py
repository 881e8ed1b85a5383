"""Versions of Python and of packages, and packages that do not load."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.support.command import Outcome, run_process
from tests.support.installation import NAMES, Checked, rows
from tools.versions import ROOT


def install(folder: Path, name: str, version: str, *lines: str) -> None:
    """Put what a package says of itself into a folder, as pip does."""
    about = folder / f"{name}-{version}.dist-info"
    about.mkdir()
    said = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *lines]
    (about / "METADATA").write_text("\n".join(said) + "\n")


def test_a_package_that_is_too_old_is_missing_with_what_to_install(
    checked: Checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "torch", "2.14.9")
    install(tmp_path, "pandas", "2.1.4")
    monkeypatch.syspath_prepend(tmp_path)
    results = checked()
    assert results["torch"]["found"] == "2.14.9, but tracker asks for >=2.15"
    assert results["torch"]["advice"] == "pip install --upgrade 'torch>=2.15'"
    assert results["other packages"]["found"] == "pandas: 2.1.4, but tracker asks for >=2.2"
    assert [results[name]["state"] for name in ("torch", "torchvision", "other packages")] == [
        "missing",
        "good",
        "missing",
    ]


def older(bound: str) -> str:
    """Return a version just below a bound."""
    numbers = [int(number) for number in bound.split(".")]
    last = max(place for place, number in enumerate(numbers) if number)
    return ".".join(str(number - (place == last)) for place, number in enumerate(numbers))


def test_whatever_is_older_than_its_bound_is_named(
    checked: Checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    install(tmp_path, "tracker", "9.0", *(f"Requires-Dist: {line}" for line in project["dependencies"]))
    bounds = dict(re.findall(r"^([\w-]+)>=([\d.]+)", line)[0] for line in project["dependencies"])
    # What doctor itself reads metadata with stays as it is.
    tried = {name: older(bound) for name, bound in bounds.items() if name != "packaging"}
    for name, version in tried.items():
        install(tmp_path, name.replace("-", "_"), version)
    monkeypatch.syspath_prepend(tmp_path)
    results = checked()
    said = "; ".join(result["found"] for result in results.values())
    for name, version in tried.items():
        assert f"{version}, but tracker asks for " in (results.get(name) or {"found": said})["found"]
        assert name in results or f"{name}: {version}, but tracker asks for >={bounds[name]}" in said


def test_a_package_of_an_extra_is_named_where_it_is_there_and_too_old(
    checked: Checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["Requires-Dist: numpy>=2.0", "Provides-Extra: postgres", "Provides-Extra: dev"]
    lines += [f"Requires-Dist: {name}>=3.2; extra == 'postgres'" for name in ("psycopg[binary]", "not-there")]
    lines += ["Requires-Dist: pytest>=999; extra == 'dev'", "Requires-Dist: numpy; extra == 'postgres'"]
    install(tmp_path, "tracker", "9.0", *lines)
    install(tmp_path, "psycopg", "3.1.9")
    monkeypatch.syspath_prepend(tmp_path)
    result = checked()["other packages"]
    assert (result["state"], result["found"]) == ("warning", "psycopg: 3.1.9, but tracker asks for >=3.2")
    assert result["advice"] == "pip install --upgrade 'psycopg>=3.2'"


def test_a_python_that_is_too_old_and_a_package_that_is_not_there_are_missing(
    checked: Checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dev = "Requires-Dist: not-there-either; extra == 'dev'"
    install(tmp_path, "tracker", "9.0", "Requires-Python: >=3.99", "Requires-Dist: not-there>=1", dev)
    monkeypatch.syspath_prepend(tmp_path)
    results = checked()
    assert results["Python"]["state"] == results["other packages"]["state"] == "missing"
    assert "but tracker asks for >=3.99" in results["Python"]["found"]
    assert results["other packages"]["found"] == "not-there: not installed"


def test_a_source_that_is_not_installed_is_missing(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.doctor.packages._PRODUCT", "never-installed")
    for name in ("Python", "tracker", "other packages"):
        assert checked()[name]["found"] == "never-installed must be installed, but only its source is here"


def test_a_package_that_does_not_load_is_a_line_with_the_reason_and_all_others_are_looked_at(
    workplace: Path,
) -> None:
    broken = workplace / "broken"
    broken.mkdir()
    for name in ("torch", "mlflow", "optuna"):
        (broken / f"{name}.py").write_text("raise OSError('libcudart.so.13: cannot open shared object file')")
    server = "http://127.0.0.1:9"
    ended = run_process(
        "doctor", "--tracking-uri", server, cwd=workplace, PYTHONPATH=str(broken), COLUMNS="80"
    )
    assert (ended.returncode, ended.stderr) == (1, "")
    said = rows(Outcome(1, ended.stdout, ""))
    assert tuple(said) == NAMES
    for name in ("torch", "mlflow", "optuna"):
        assert said[name].startswith("✗ OSError: libcudart.so.13: cannot open shared object file pip install")
    needs = {"device": "torch", "bundled weights": "torch", "ImageNet weights": "torch", "MLflow": "mlflow"}
    for name, package in needs.items():
        assert said[name].startswith(f"✗ {package} must be importable to look at this, but it is not")
    assert said["journal folder"].startswith("✓")
