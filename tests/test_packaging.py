"""What is installed is what a user needs: weights, their card, and the example; and all that is imported."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from tracker.ui.example import example_file

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# MLflow comes in three pieces, of which the first asks for the others.
PIECES = {"mlflow-skinny", "mlflow-tracing"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (file,) = folder.glob("*.whl")
    return file


def test_the_wheel_brings_weights_card_log_types_and_example(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    bundled = {f"mini-{family}.safetensors" for family in ("alexnet", "resnet", "densenet")}
    assert {f"tracker/models/bundled/{name}" for name in (*bundled, "README.md", "pretraining.log")} < names
    assert {"tracker/mlruns.example/store.zip", "tracker/py.typed"} < names
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"tracker"}


def test_an_installed_package_finds_the_example_that_came_with_it(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    monkeypatch.setattr("tracker.ui.example.__file__", str(tmp_path / "tracker" / "ui" / "example.py"))
    assert example_file() == tmp_path / "tracker" / "mlruns.example" / "store.zip"


def imported(folder: Path) -> set[str]:
    """Return the distributions that the files of a folder import, by their names in lower case."""
    modules: set[str] = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                modules.add(node.module.partition(".")[0])
    known = metadata.packages_distributions()
    foreign = modules - sys.stdlib_module_names - {"tracker", "tools", "tests", "benchmarks"}
    return {name.lower() for module in foreign for name in known.get(module, [module])} - PIECES


def declared(requirements: list[str]) -> dict[str, str]:
    """Return the version that is asked for of each distribution."""
    found = (re.match(r"([\w.-]+)(?:\[[\w,]+\])?(.*)", line) for line in requirements)
    return {match[1].lower(): match[2] for match in found if match}


def test_what_is_imported_is_declared_and_nothing_else() -> None:
    assert imported(ROOT / "tracker") == declared(PROJECT["dependencies"]).keys()


def test_what_the_tests_and_tools_import_is_declared() -> None:
    known = declared(PROJECT["dependencies"]) | declared(PROJECT["optional-dependencies"]["dev"])
    files = (ROOT / "benchmarks" / "peers").glob("*.txt")
    peers = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    for folder, more in (("tests", []), ("tools", []), ("benchmarks", peers)):
        assert imported(ROOT / folder) - known.keys() - declared(more).keys() == set(), folder


def test_packages_whose_private_names_are_used_have_an_upper_bound() -> None:
    asked = declared(PROJECT["dependencies"])
    assert {name for name in ("mlflow", "optuna") if "<" in asked[name]} == {"mlflow", "optuna"}
