"""What MLflow refuses is set apart, and everything beside it arrives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mlflow import MlflowClient

from tests.support.recorded import Start, all_runs
from tracker.tracking.journal.entries import DatasetUse, Entry, Metrics, Params, Tags
from tracker.tracking.journal.log import Journal
from tracker.tracking.journal.run_folder import RunFolder
from tracker.tracking.shipping.cursor import is_sent, rewind
from tracker.tracking.shipping.dead_letters import count_dead_letters
from tracker.tracking.shipping.flush import sync

BAD: list[Entry] = [
    Metrics(values={"a//b": 1.0, "good": 0.5}, step=7, time=1),
    Metrics(values={"x" * 300: 1.0}, step=7, time=1),
    Params(values={"model": "resnet18", "also": "good"}),
    Tags(values={"n" * 300: "v", "fine": "tag"}),
    DatasetUse(name="n" * 600, digest="d", context="train", source="{}"),
]
REFUSED_OF_BAD = 5


@pytest.fixture
def with_bad(uri: str, start: Start) -> RunFolder:
    """A run of 2,000 good points, and among them what the recorder would never have written."""
    recorder = start(uri)
    recorder.close()
    with Journal(recorder.folder.journal) as journal:
        for step in range(1, 401):
            values = {f"metric_{number}": step / 7 + number for number in range(5)}
            journal.write(Metrics(values=values, step=step, time=step))
            if step % 80 == 40:
                journal.write(BAD[step // 80])
    with start(uri):
        pass
    return recorder.folder


def test_all_that_is_good_arrives_once_and_the_rest_is_in_a_file(
    client: MlflowClient, with_bad: RunFolder, home: Path, experiment: str
) -> None:
    left = sync(home)
    (run,) = all_runs(client, experiment)
    for number in range(5):
        points = client.get_metric_history(run.info.run_id, f"metric_{number}")
        assert sorted((p.step, p.value) for p in points) == [(s, s / 7 + number) for s in range(1, 401)]
    assert run.data.metrics["good"] == 0.5
    assert run.data.params["model"] == "alexnet"
    assert run.data.params["also"] == "good"
    assert run.data.tags["fine"] == "tag"
    assert run.info.status == "FINISHED"

    assert not left
    assert is_sent(with_bad)
    assert count_dead_letters(with_bad) == REFUSED_OF_BAD
    kept = [json.loads(line) for line in with_bad.refused.read_text().splitlines()]
    assert [one["record"]["kind"] for one in kept] == ["Metrics", "Metrics", "Params", "Tags", "DatasetUse"]
    assert kept[0]["record"]["values"] == {"a//b": 1.0}
    assert all(one["said"] for one in kept)
    told = left.lines()
    assert told[0] == "everything is sent"
    assert told[1].startswith("5 records refused by MLflow (")
    assert told[1].endswith(f"kept in {with_bad.refused}")


def test_sending_again_changes_nothing(
    client: MlflowClient, with_bad: RunFolder, home: Path, experiment: str
) -> None:
    sync(home)
    kept = with_bad.refused.read_text()
    for again in (lambda: sync(home), lambda: sync(home, again=True), lambda: rewound(with_bad, home)):
        again()
        assert with_bad.refused.read_text() == kept
        (run,) = all_runs(client, experiment)
        assert len(client.get_metric_history(run.info.run_id, "metric_0")) == 400


def rewound(folder: RunFolder, home: Path) -> None:
    rewind(folder)
    sync(home)


def test_a_run_that_a_user_deleted_is_not_taken_for_refused_records(
    client: MlflowClient, uri: str, start: Start, home: Path, experiment: str
) -> None:
    recorder = start(uri)
    sync(home)
    client.delete_run(all_runs(client, experiment)[0].info.run_id)
    recorder.metrics({"loss": 1.0}, step=1)
    recorder.close()
    sync(home)
    assert count_dead_letters(recorder.folder) == 0


def test_an_artifact_that_is_gone_is_refused_and_holds_nothing_up(
    client: MlflowClient, uri: str, start: Start, home: Path, experiment: str
) -> None:
    with start(uri) as recorder:
        recorder.artifact("recipe.yaml", b"model: alexnet")
        (recorder.folder.path / "artifacts" / "recipe.yaml").unlink()
        recorder.metrics({"loss": 1.0}, step=1)
    assert not sync(home)
    (run,) = all_runs(client, experiment)
    assert run.data.metrics == {"loss": 1.0}
    assert run.info.status == "FINISHED"
    assert count_dead_letters(recorder.folder) == 1
