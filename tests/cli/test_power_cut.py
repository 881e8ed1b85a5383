"""A power cut can leave a journal that ends anywhere: the same command makes the run whole again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.command import MODELS
from tests.support.found import differences, find_study
from tests.support.servers import MlflowServer
from tracker.config.loading import read_options
from tracker.config.options import RunOptions
from tracker.runs.events import Reporter, RunResult
from tracker.runs.execute import execute
from tracker.runs.plan import Prepared, make_plan, prepare
from tracker.tracking.backend.client import open_client
from tracker.tracking.journal.entries import Metrics
from tracker.tracking.journal.log import JOURNAL, read_journal
from tracker.tracking.shipping.flush import sync

EPOCHS = 4


@pytest.fixture
def options(
    workplace: Path, radiographs: Path, mlflow_server: MlflowServer, request: pytest.FixtureRequest
) -> RunOptions:
    """One run, whose last two checkpoints stay."""
    given = {
        "dataset": "folder",
        "data": radiographs,
        "weights": "none",
        "model": MODELS[0],
        "epochs": EPOCHS,
    }
    given |= {
        "mode": "fine-tuning",
        "batch_size": 8,
        "image_size": 64,
        "precision": "fp32",
        "split": "16/6/8",
    }
    given |= {"experiment": request.node.name, "log_model": "none", "keep_checkpoints": True}
    return read_options(given | {"tracking_uri": mlflow_server.uri})


def run(prepared: Prepared) -> RunResult:
    """Do what `tracker run` does between its first and its last line."""
    (result,) = execute(prepared, Reporter())
    return result


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_cut_within_any_of_its_last_records_a_run_is_made_whole(
    options: RunOptions, workplace: Path, every: int
) -> None:
    uri, name = str(options.tracking_uri), options.experiment_name
    prepared = prepare(make_plan(options))
    home = workplace / ".tracker"
    assert run(prepared).state == "FINISHED"
    assert not sync(home)
    reference = find_study(uri, name)
    whole = shutil.copytree(home, workplace / "whole")
    for cut in cuts(whole)[::every]:
        forget_in_mlflow(uri, name)
        shutil.rmtree(home)
        shutil.copytree(whole, home, ignore=shutil.ignore_patterns("shipped.json"))
        journal = journal_in(home)
        journal.write_bytes(journal.read_bytes()[:cut])
        assert not sync(home)
        assert run(prepared).state == "FINISHED"
        assert not sync(home)
        assert differences(reference, find_study(uri, name)) == [], f"cut at byte {cut}"


def cuts(home: Path) -> list[int]:
    """Return a place within each record from that of the last epoch but one on, and the end of that one."""
    lines, _ = read_journal(journal_in(home))
    ends = [line.end for line in lines]
    last = [isinstance(line.entry, Metrics) and line.entry.step == EPOCHS - 1 for line in lines].index(True)
    within = [(begin + end) // 2 for begin, end in zip(ends[last - 1 :], ends[last:], strict=False)]
    return [*within, ends[last]]


def journal_in(home: Path) -> Path:
    (journal,) = home.glob(f"runs/*/{JOURNAL}")
    return journal


def forget_in_mlflow(uri: str, experiment: str) -> None:
    client = open_client(uri)
    place = client.get_experiment_by_name(experiment)
    assert place is not None
    for found in client.search_runs([place.experiment_id]):
        # Deleted alone, it would be respected as a user's wish.
        client.delete_tag(found.info.run_id, "tracker.run_uid")
        client.delete_run(found.info.run_id)
