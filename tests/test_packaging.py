"""What is installed is what a user needs: weights, their card, and the example."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tracker.ui.example import example_file

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (file,) = folder.glob("*.whl")
    return file


def test_the_wheel_brings_weights_card_log_and_example(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    bundled = {f"mini-{family}.safetensors" for family in ("alexnet", "resnet", "densenet")}
    assert {f"tracker/models/bundled/{name}" for name in (*bundled, "README.md", "pretraining.log")} < names
    assert "tracker/mlruns.example/store.zip" in names
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"tracker"}


def test_an_installed_package_finds_the_example_that_came_with_it(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    monkeypatch.setattr("tracker.ui.example.__file__", str(tmp_path / "tracker" / "ui" / "example.py"))
    assert example_file() == tmp_path / "tracker" / "mlruns.example" / "store.zip"
