"""The README's first command, on a machine that has no network, no images and no weights."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.support.command import Outcome
from tracker.tracking.backend.reader import read_runs

MINIS = ("mini-alexnet", "mini-resnet", "mini-densenet")
NAMESPACE = ("unshare", "--map-root-user", "--net")
# Nothing answers there: where no namespace can be made, whoever asks outside is refused at once.
DEAD_PROXIES = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")


@dataclass(frozen=True)
class FirstRun:
    """An empty folder in which the first command was typed."""

    folder: Path
    environment: dict[str, str]
    printed: str

    def tracker(self, *arguments: str) -> Outcome:
        """Type another command there, without a network as well."""
        told = subprocess.run(
            [*without_network(), sys.executable, "-m", "tracker", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        return Outcome(told.returncode, told.stdout, told.stderr)


@cache
def without_network() -> tuple[str, ...]:
    """Return what goes before a command that shall have no network; nothing where that is forbidden."""
    if shutil.which("unshare") is None:
        return ()
    tried = subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False)
    return () if tried.returncode else NAMESPACE


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> FirstRun:
    folder = tmp_path_factory.mktemp("first")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW", "TRACKER"))},
        **DEAD_PROXIES,
        **{"TRACKER_CACHE": str(folder / "cache"), "TORCH_HOME": str(folder / "torch"), "COLUMNS": "80"},
    }
    (folder / "work").mkdir()
    run = FirstRun(folder / "work", environment, "")
    told = run.tracker("run", "--dataset", "phantom", "--epochs", "1")
    assert told.code == 0, told.out + told.err
    return FirstRun(run.folder, environment, told.out)


def test_every_small_network_trains_in_both_modes_from_its_own_weights(first_run: FirstRun) -> None:
    assert "662 (other 326, tuberculosis 336)" in first_run.printed
    assert "train: 486 images" in first_run.printed
    assert "weights bundled" in first_run.printed
    assert "note        synthetic images" in first_run.printed
    for number, (model, mode) in enumerate(
        ((model, mode) for model in MINIS for mode in ("feature-extractor", "fine-tuning")), start=1
    ):
        assert f"✓ {number}/6 {model} · {mode}" in first_run.printed
    assert "6 runs: 6 finished" in first_run.printed
    assert "table   tracker compare --experiment phantom" in first_run.printed
    # Paths are as long as they are; epochs have a line each where there is no terminal to draw on.
    free = ("  from /", "epoch ")
    lines = [line for line in first_run.printed.splitlines() if not any(word in line for word in free)]
    assert max(len(line) for line in lines) <= 80


def test_without_a_word_it_is_forty_epochs(first_run: FirstRun) -> None:
    told = first_run.tracker("run", "--dataset", "phantom", "--dry-run")
    assert told.code == 0
    assert "training    40 epochs" in told.out


@pytest.fixture(scope="module")
def table(first_run: FirstRun) -> Outcome:
    return first_run.tracker("compare", "--experiment", "phantom")


def test_the_table_that_it_points_to_has_every_arm(table: Outcome) -> None:
    assert table.code == 0, table.err
    for word in (*MINIS, "feature-extractor", "fine-tuning"):
        assert word in table.out
    assert "resnet152" not in table.out


def test_the_same_command_again_has_nothing_left_to_do(first_run: FirstRun) -> None:
    told = first_run.tracker("run", "--dataset", "phantom", "--epochs", "1")
    assert told.code == 0
    assert "6 runs: 6 skipped" in told.out


def test_imagenet_weights_are_never_asked_of_the_small_networks(first_run: FirstRun) -> None:
    told = first_run.tracker("run", "--dataset", "phantom", "--weights", "imagenet", "--epochs", "2")
    assert told.code == 1
    assert "was never trained on ImageNet" in told.err
    assert "Traceback" not in told.err


def test_runs_in_mlflow_say_that_their_images_are_synthetic(first_run: FirstRun) -> None:
    runs = read_runs(f"sqlite:///{first_run.folder}/mlflow.db", "phantom")
    assert len(runs) == 6
    assert all("**synthetic**" in run.tags["mlflow.note.content"] for run in runs)


def test_the_table_of_the_only_experiment_needs_no_name(first_run: FirstRun, table: Outcome) -> None:
    assert first_run.tracker("compare").out == table.out
    told = first_run.tracker("compare", "--experiment", "phantoms")
    assert told.code == 1
    assert "those there are phantom. Type: --experiment phantom" in told.err
