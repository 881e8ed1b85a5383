"""The table of peers: what is counted, and what is refused."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from mlflow import MlflowClient

from benchmarks.peers.measure import Cost, measure
from benchmarks.peers.results import Outcome, equal_within_noise, read_outcome
from benchmarks.peers.table import Cell, markdown, write_between
from benchmarks.peers.work import Work

RUN = Work("resnet18", "fine-tuning", "run")
STUDY = Work("resnet18", "fine-tuning", "study")
WRITES = "import pathlib; pathlib.Path('file').write_bytes(bytes(3_000_000))"


def test_what_a_command_leaves_running_is_waited_for_and_counted(tmp_path: Path) -> None:
    orphan = f"import time; time.sleep(0.7); {WRITES}; sum(range(3_000_000))"
    command = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {orphan!r}])"
    alone = measure([sys.executable, "-c", ""], cwd=tmp_path, environment=os.environ, log=tmp_path / "log")
    cost = measure(
        [sys.executable, "-c", command], cwd=tmp_path, environment=os.environ, log=tmp_path / "log"
    )
    assert (tmp_path / "file").stat().st_size == 3_000_000
    assert cost.written_mb >= alone.written_mb + 3.0
    assert cost.cpu_s > 1.5 * alone.cpu_s
    assert cost.memory_mib > 3


def store_of(folder: Path, runs: int, **values: float) -> Path:
    """Make a store with runs of two epochs."""
    client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
    experiment = client.create_experiment("peers")
    for _ in range(runs):
        run = client.create_run(experiment).info.run_id
        for name, start in values.items():
            for epoch in range(2):
                client.log_metric(run, name.replace("_", "/"), start + epoch, step=epoch)
        client.set_terminated(run)
    return folder / "mlflow.db"


def test_a_store_that_holds_other_work_is_refused(tmp_path: Path) -> None:
    store = store_of(tmp_path, 1, train_loss=0.7, test_loss=0.6, test_accuracy=0.5)
    assert read_outcome(store, RUN, epochs=2) == Outcome(loss=1.6, accuracy=1.5)
    for work, epochs in ((RUN, 3), (STUDY, 2), (Work("resnet18", "fine-tuning", "seeds"), 2)):
        with pytest.raises(SystemExit, match="got 0" if epochs == 3 or work == STUDY else "got 1"):
            read_outcome(store, work, epochs)


def test_accuracies_are_equal_as_far_as_their_images_can_tell() -> None:
    assert equal_within_noise(0.70, 0.75, images=132)
    assert not equal_within_noise(0.60, 0.75, images=132)
    assert equal_within_noise(1.0, 1.0, images=10)


def test_the_table_holds_trackers_numbers_and_the_ratios_of_the_others(tmp_path: Path) -> None:
    ours = Cell([Cost(10, 20, 500, 100)], Outcome(0.5, 0.75))
    theirs = Cell([Cost(30, 20, 250, 90), Cost(20, 20, 250, 90), Cost(90, 20, 250, 90)], Outcome(0.6, 0.5))
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- peers -->\nold\n<!-- end of peers -->\nafter\n", encoding="utf-8")
    sizes = {"train": 486, "val": 44, "test": 132}
    write_between(page, "peers", markdown({RUN: {"tracker": ours, "loop": theirs}}, sizes))
    before, _, header, _, first, second, _, after = page.read_text(encoding="utf-8").splitlines()
    assert (before, after, header.count("|")) == ("before", "after", 9)
    assert first == "| resnet18, fine-tuning | tracker | 10.0 | 20.0 | 500 | 100 | 0.500 | 75.0 |"
    assert (
        second
        == "|  | loop | 30.0 (3.00) | 20.0 (1.00) | 250 (0.50) | 90.0 (0.90) | 0.600 | 50.0 (differs) |"
    )
    with pytest.raises(SystemExit, match="must have the lines"):
        write_between(page, "others", "")
