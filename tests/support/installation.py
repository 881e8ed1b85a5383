"""A complete installation for `tracker doctor` to look at, and what it says of one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Outcome
from tracker.models.digests import SUMS
from tracker.models.weights import imagenet_weights

Tracker = Callable[..., Outcome]
Checked = Callable[..., dict[str, dict[str, Any]]]

CONTENT = b"made by hand"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
FILES = tuple(f"{name}-{DIGEST[:8]}.pth" for name in ("alexnet-owt", "resnet152", "densenet201"))
NETWORKS = ("mini-alexnet", "mini-resnet", "mini-densenet")
NAMES = (
    *("Python", "tracker", "torch", "torchvision", "mlflow", "optuna", "other packages"),
    *("device", "cores", "memory", "cache folder", "journal folder", "temporary files"),
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
        monkeypatch.setattr("tracker.models.catalog.BUNDLED", made.bundled)
        for model, file in zip(("alexnet", "resnet152", "densenet201"), FILES, strict=True):
            url = f"https://download.pytorch.org/models/{file}"
            monkeypatch.setattr(imagenet_weights(model).value, "url", url)
        files = [made.checkpoints / name for name in FILES]
        files += [made.bundled / f"{name}.safetensors" for name in NETWORKS]
        for file in files:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(CONTENT)
        sums = [f"{DIGEST}  {name}.safetensors\n" for name in NETWORKS]
        (made.bundled / SUMS).write_text("".join(sums))
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
