"""The recipes of CONTRIBUTING.md, followed word for word: each is one file or one line."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

from tests.support.images import DrawImage, cache, draw_image
from tracker.compare import cell_statistics
from tracker.compare.cell_statistics import Statistic, statistics_of
from tracker.config.modes import HEAD, INPUT, Mode
from tracker.data.manifest import build_manifest
from tracker.data.sources import SOURCES
from tracker.engines.engine import Worker
from tracker.interruption import Interruption
from tracker.training import metrics

__all__ = ["cache", "draw_image"]

ROOT = Path(__file__).parents[1]
RECIPES = ("A data source", "A mode", "A metric", "A column of the table", "An engine")


def recipe(title: str) -> str:
    """Return the code under a heading."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (code,) = re.findall(rf"### {title}\n.*?```python\n(.*?)```", text, re.DOTALL)
    return str(code)


def module(code: str) -> ModuleType:
    made = ModuleType("made")
    exec(code, made.__dict__)
    return made


def test_there_are_five_recipes() -> None:
    assert [title for title in RECIPES if recipe(title)] == list(RECIPES)


@pytest.mark.parametrize("title", ["A data source", "An engine"])
def test_a_file_passes_the_linter_as_it_stands(title: str, tmp_path: Path) -> None:
    file = tmp_path / "made.py"
    file.write_text(recipe(title), encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), str(file)]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_a_data_source(tmp_path: Path, draw_image: DrawImage, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, label in enumerate(("normal", "tuberculosis")):
        draw_image(tmp_path / f"P000{number}" / f"{label}.png", number)
    source = module(recipe("A data source")).SOURCE
    monkeypatch.setitem(SOURCES, source.name, source)
    manifest = build_manifest("archive", tmp_path)
    assert manifest.counts == {"normal": 1, "tuberculosis": 1}
    assert [sample.patient for sample in manifest.samples] == ["P0000", "P0001"]


def test_a_mode() -> None:
    mode = eval(recipe("A mode"), {"Mode": Mode})
    assert (mode.name, mode.frozen) == ("half-frozen", True)
    assert mode.cut not in (HEAD, INPUT)


def test_a_metric() -> None:
    logits = torch.tensor([[2.0, 0.0], [0.0, 2.0], [2.0, 0.0], [0.0, 2.0]])[:, None]
    given = {"logits_NHK": logits, "labels_N": torch.tensor([0, 0, 0, 1])}
    ((name, value),) = eval(f"{{{recipe('A metric')}}}", vars(metrics) | given).items()
    assert name not in metrics.scores(**given)
    assert value.dtype == torch.float64
    right, wrong = (2 / (1 + math.exp(margin)) ** 2 for margin in (2, -2))
    assert value.tolist() == [pytest.approx((3 * right + wrong) / 4)]


def test_a_column(monkeypatch: pytest.MonkeyPatch) -> None:
    made = eval(recipe("A column of the table"), {"Statistic": Statistic})
    monkeypatch.setattr(cell_statistics, "STATISTICS", (*cell_statistics.STATISTICS, made))
    assert statistics_of([0.25, 0.75])["max"] == 0.75


def test_an_engine() -> None:
    done: list[int] = []
    engine = module(recipe("An engine")).ENGINE
    engine(done.append, [Worker([7])] * 2, meanwhile=lambda: done.append(0), interruption=Interruption())
    assert done == [7, 0, 7, 0]
