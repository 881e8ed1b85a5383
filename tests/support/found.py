"""What MLflow holds of a study, as plain data, and in what two studies differ."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Run, ViewType

from tracker.records import HOME, ORDER
from tracker.tracking.backend.client import open_client

_UID = "tracker.run_uid"
# Another place has runs with names of their own; how often a run was interrupted is no result of it.
_RESUMED = "tracker.resumed"
_NOT_COMPARED = (_UID, _RESUMED, HOME, ORDER)
# Another moment can have other packages.
_OF_THE_MOMENT = "environment.txt"
_SPEED = "train/images_per_second"


@dataclass(frozen=True)
class Found:
    """One run in MLflow.

    Attributes:
        points: The value at each (metric, step); the speed is there, as a nought.
        artifacts: The content of each file.
        models: The state of each stored network.
        resumed: How often another process went on with the run.
    """

    status: str
    params: Mapping[str, str]
    tags: Mapping[str, str]
    points: Mapping[tuple[str, int], float]
    datasets: Mapping[tuple[str, str], str]
    artifacts: Mapping[str, bytes]
    models: list[str]
    resumed: int = field(compare=False)


def find_study(uri: str, experiment: str) -> dict[str, Found]:
    """Read all runs of an experiment, by name.

    Raises:
        AssertionError: Something is there twice.
    """
    client = open_client(uri)
    place = client.get_experiment_by_name(experiment)
    assert place is not None, f"no experiment {experiment} in {uri}"
    runs = client.search_runs([place.experiment_id], run_view_type=ViewType.ACTIVE_ONLY)
    twice = [uid for uid, n in Counter(run.data.tags[_UID] for run in runs).items() if n > 1]
    assert not twice, f"more than one active run of {twice}"
    names = Counter(run.info.run_name for run in runs)
    assert max(names.values()) == 1, f"more than one attempt: {names}"
    return {run.info.run_name: _found(client, run) for run in runs}


def _found(client: MlflowClient, run: Run) -> Found:
    assert run.info.status == "RUNNING" or run.info.end_time >= run.info.start_time
    its_own = f"source_run_id = '{run.info.run_id}'"
    models = client.search_logged_models([run.info.experiment_id], its_own)
    return Found(
        status=run.info.status,
        params=run.data.params,
        tags={name: value for name, value in run.data.tags.items() if name not in _NOT_COMPARED},
        points=_points(client, run),
        datasets={
            # Named after the experiment, which differs between what is compared.
            (use.dataset.name.rpartition("-")[2], use.dataset.digest): ", ".join(
                sorted(tag.value for tag in use.tags)
            )
            for use in run.inputs.dataset_inputs
        },
        artifacts=_artifacts(client, run.info.run_id),
        models=[str(model.status) for model in models],
        resumed=int(run.data.tags.get(_RESUMED, 0)),
    )


def _points(client: MlflowClient, run: Run) -> dict[tuple[str, int], float]:
    found: dict[tuple[str, int], float] = {}
    for key in run.data.metrics:
        for point in client.get_metric_history(run.info.run_id, key):
            assert (key, point.step) not in found, f"{key} of epoch {point.step} is there twice"
            found[key, point.step] = 0.0 if key == _SPEED else point.value
    return found


def _artifacts(client: MlflowClient, run_id: str) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory(prefix="tracker-found-") as scratch:
        return {
            path: b""
            if path == _OF_THE_MOMENT
            else _without_command(Path(client.download_artifacts(run_id, path, scratch)).read_bytes())
            for path in _paths(client, run_id)
        }


def _without_command(content: bytes) -> bytes:
    """Drop the line of a recipe that names experiment and server, which differ between what is compared."""
    return content.partition(b"\n")[2] if content.startswith(b"# The same run again") else content


def _paths(client: MlflowClient, run_id: str, folder: str | None = None) -> Iterator[str]:
    for item in client.list_artifacts(run_id, folder):
        if item.is_dir:
            yield from _paths(client, run_id, item.path)
        else:
            yield item.path


def differences(reference: Mapping[str, Found], found: Mapping[str, Found]) -> list[str]:
    """List in what a study differs from the one that it should equal, a line each."""
    told = [f"{name}: only in the {where}" for name, where in _only_in_one(reference, found)]
    for name in sorted(reference.keys() & found.keys()):
        for part in (part.name for part in fields(Found) if part.compare):
            expected, got = getattr(reference[name], part), getattr(found[name], part)
            told += [f"{name}: {part} {line}" for line in _differences(expected, got)]
    return told


def _only_in_one(reference: Mapping[str, object], found: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    yield from ((name, "reference") for name in sorted(reference.keys() - found.keys()))
    yield from ((name, "study") for name in sorted(found.keys() - reference.keys()))


def _differences(expected: object, got: object) -> Iterator[str]:
    if not isinstance(expected, dict) or not isinstance(got, dict):
        if expected != got:
            yield f"{expected!r} became {got!r}"
        return
    for key in sorted(expected.keys() | got.keys()):
        if key not in got or key not in expected:
            yield f"{key} is only in the {'reference' if key in expected else 'study'}"
        elif expected[key] != got[key]:
            yield f"{key}: {expected[key]!r:.100} became {got[key]!r:.100}"
