"""A complete installation for `tracker doctor` to look at, and what it says of one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Outcome

Tracker = Callable[..., Outcome]
Checked = Callable[..., dict[str, dict[str, Any]]]

FILES = ("alexnet-owt-7be5be79.pth", "resnet152-394f9c45.pth", "densenet201-c1103571.pth")
NETWORKS = ("mini-alexnet", "mini-resnet", "mini-densenet")
NAMES = (
    *("Python", "tracker", "torch", "torchvision", "mlflow", "optuna", "other packages"),
    *("device", "cores", "memory", "cache folder", "journal folder"),
    *("bundled weights", "ImageNet weights", "MLflow", "unsent records"),
)


@dataclass(frozen=True)
class Installation:
    """All weights, made by hand, in folders of a test.

    Attributes:
        checkpoints: Where torch keeps those of the reference networks.
        bundled: Where those of the small networks come with the package.
    """

    checkpoints: Path
    bundled: Path

    @classmethod
    def make(cls, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
        made = cls(folder / "torch" / "hub" / "checkpoints", folder / "bundled")
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setenv("TORCH_HOME", str(folder / "torch"))
        monkeypatch.setattr("tracker.models.weights.BUNDLED", made.bundled)
        files = [made.checkpoints / name for name in FILES]
        files += [made.bundled / f"{name}.safetensors" for name in NETWORKS]
        for file in files:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"made by hand")
        return made


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    return Installation.make(tmp_path, monkeypatch)


@pytest.fixture
def checked(tracker: Tracker) -> Checked:
    return partial(results_of, tracker)


def results_of(tracker: Tracker, *arguments: str) -> dict[str, dict[str, Any]]:
    """Return every result by its name; the exit code has to fit them."""
    told = tracker("doctor", "--json", *arguments)
    said = json.loads(told.out)
    results = {check["name"]: check for check in said["checks"]}
    missing = any(result["state"] == "missing" for result in results.values())
    assert (told.code, said["can_run"]) == (int(missing), not missing)
    return results


def rows(told: Outcome) -> dict[str, str]:
    """Return what is said of each check, mark first, in one line."""
    found: dict[str, str] = {}
    table, _, _ = told.out.partition("\n\n")
    for line in table.splitlines():
        name = line[:17].strip() or list(found)[-1]
        found[name] = f"{found.get(name, '')} {line[17:].strip()}".strip()
    return found
