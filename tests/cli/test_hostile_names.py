"""What others wrote reaches a terminal, a page, a spreadsheet and a paper as text, and as nothing else."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command import Outcome, small_run
from tracker.compare.render.formats import FORMATS

Tracker = Callable[..., Outcome]

ESCAPE = "\x1b[31mred\x1b[0m\x1b]8;;http://evil\x07link\x9b2J\r\u202e\u2028"
EXPERIMENT = "=1+1|<b>[red]$x_1$"
"""Names with letters that move a cursor are refused before training."""

CLASSES = ("=normal|<b>[red]$x_1$", "@tb&*b*")
COMMANDS = (
    *(("compare", "--format", name) for name in FORMATS),
    *(("compare", "--details"), ("compare", "--paper"), ("status",), ("status", "--json")),
    *(("compare", "--experiment", f"no{ESCAPE}"), ("compare", "--where", f"{ESCAPE}=1")),
    *(("compare", "--metric", f"test/{ESCAPE}"), ("status", "--experiment", ESCAPE)),
    *(("models", f"no{ESCAPE}"), ("run", "--dataset", ESCAPE), ("run", f"--no{ESCAPE}"), (f"no{ESCAPE}",)),
    ("run", "--experiment", ESCAPE),
    *(("run", "--model", ESCAPE), ("run", "--mode", ESCAPE), ("run", "--weights", f"no{ESCAPE}.pth")),
    *(("sync", "--tracking-uri", ESCAPE), ("run", "--data", f"no{ESCAPE}")),
    ("run", "--config", "study.yaml"),
    *(("run", "--data", "table.csv"), ("run", "--study-storage", f"x://{ESCAPE}", "--data", "table.csv")),
)  # fmt: skip


def raw(text: str) -> list[str]:
    """Return the letters that a terminal would not print."""
    return sorted({letter for letter in text if not letter.isprintable() and letter != "\n"})


@pytest.fixture
def hostile(workplace: Path, radiographs: Path, tracker: Tracker) -> Outcome:
    for place, name in zip(sorted(radiographs.iterdir()), CLASSES, strict=True):
        shutil.copytree(place, workplace / "images" / name)
    (workplace / "study.yaml").write_text(json.dumps({f"key{ESCAPE}": 1, "epochs": ESCAPE}))
    (workplace / "table.csv").write_text(
        f"path,label,{ESCAPE}\na{ESCAPE}.png,b{ESCAPE},=1\n", encoding="utf-8"
    )
    arms = ("--model", "squeezenet1_1", "--mode", "feature-extractor", "--mode", "fine-tuning")
    return tracker(*small_run(workplace / "images", *arms, "--experiment", EXPERIMENT, "--log-model", "none"))


def test_no_command_prints_what_a_terminal_would_obey(
    hostile: Outcome, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert hostile.code == 0
    assert "2 finished" in hostile.out
    assert raw(hostile.out + hostile.err) == []
    found = {}
    for command in COMMANDS:
        told = tracker(*command)
        assert "Traceback" not in told.err
        if letters := raw(told.out + told.err):
            found[command] = letters
    assert found == {}


def test_each_format_keeps_names_as_text(hostile: Outcome, tracker: Tracker) -> None:
    told = {name: tracker("compare", "--format", name).out for name in FORMATS}
    assert "<b>" not in told["markdown"] + told["html"]
    assert all(line.startswith("|") == line.endswith("|") for line in told["markdown"].splitlines())
    cells = [cell for row in csv.reader(io.StringIO(told["csv"])) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))] == []
    assert json.loads(told["json"])["metric"] == "test/accuracy"
