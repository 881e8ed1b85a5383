"""What a shell offers at the tab key: real names, in no time, from this machine's files alone."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import HEAVY, MODES, Study
from tests.support.workplace import working_in
from tracker.cli import completion
from tracker.models import catalog, networks

_PROBE = """
import json, sys
from tracker.cli import main
try:
    main()
except SystemExit:
    pass
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def completed(*words: str, cwd: Path) -> tuple[list[str], list[str]]:
    """Ask as bash asks; return what is offered, and the heavy modules that this took."""
    asked = {"_TRACKER_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(["tracker", *words])}
    answer = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.argv = ['tracker']\n{_PROBE}"],
        cwd=cwd,
        env=os.environ | asked | {"COMP_CWORD": str(len(words))},
        capture_output=True,
        text=True,
        check=True,
    )
    modules = json.loads(answer.stderr.splitlines()[-1])
    return answer.stdout.split(), sorted(HEAVY & set(modules))


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("run", "--model", "densenet2"), ["densenet201"]),
        (("run", "--model", "mini-"), ["mini-alexnet", "mini-resnet", "mini-densenet"]),
        (("run", "--mode", "fr"), ["freeze:", "freeze:all"]),
        (("run", "--mode", "f"), [*MODES, "feature-extractor+norms", "freeze:", "freeze:all"]),
        (("run", "--norms", "a"), ["adapt"]),
        (("run", "--optimizer", "adam"), ["adam", "adamw"]),
        (("tune", "--objective", "val/a"), ["val/auroc", "val/accuracy"]),
        (("run", "--dataset", "m"), ["montgomery"]),
        (("compare", "--format", "l"), ["latex"]),
        (("models", "resnext50"), ["resnext50_32x4d"]),
    ],
)
def test_names_are_completed_without_heavy_imports(
    tmp_path: Path, words: tuple[str, ...], offered: list[str]
) -> None:
    assert completed(*words, cwd=tmp_path) == (offered, [])


def test_networks_are_those_that_torchvision_has() -> None:
    assert catalog.network_names() == networks.network_names()


def test_experiments_and_metrics_of_the_local_store_are_completed(study: Study, shared_cache: Path) -> None:
    with working_in(study.folder, shared_cache):
        assert completion.experiments("") == ["small"]
        assert completion.experiments("x") == []
        assert {"test/accuracy", "test/auroc", "val/loss"} <= set(completion.metrics(""))


def test_where_nothing_can_be_known_nothing_is_offered(
    workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert completion.experiments("") == []
    assert list(workplace.iterdir()) == []
    (workplace / "mlflow.db").write_bytes(b"no database")
    assert completion.metrics("") == []
    sqlite3.connect(workplace / "other.db").execute("CREATE TABLE runs (name TEXT)").connection.close()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{workplace}/other.db")
    assert completion.experiments("") == []
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert completion.experiments("") == []
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nonsense")
    assert completion.experiments("") == []
