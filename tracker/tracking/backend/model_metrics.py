"""What a run measured of its network, said of the model and the data set, too: MLflow finds models by it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from mlflow.entities import Metric
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

from tracker.records import SPEED
from tracker.tracking.journal.entries import Context

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Dataset, Run

_CONTEXTS: Mapping[str, Context] = {"train": "train", "val": "validation", "test": "test"}
"""What a run does with the images of each part of its metrics."""


def link_metrics(client: MlflowClient, run: Run, model_id: str) -> None:
    """Say of a model what its run measured in the last epoch, with the data set that it was measured on.

    The points are those of the run, with the same step, time and value: MLflow has them once, and saying it
    again changes nothing.

    Args:
        client: MLflow's client.
        run: The run, with all of its metrics.
        model_id: MLflow's id of the network of its last epoch.
    """
    if points := list(_of_the_network(run, model_id)):
        client.log_batch(run.info.run_id, metrics=points)


def _of_the_network(run: Run, model_id: str) -> Iterator[Metric]:
    # Only this tells the steps in public.
    latest = [one for one in run.data.to_proto().metrics if _is_of_a_part(one.key)]
    last, datasets = max((one.step for one in latest), default=0), _datasets(run)
    for one in latest:
        # As a metric of a model, MLflow takes what is no number for 0.
        if one.step < last or math.isnan(one.value):
            continue
        dataset = datasets.get(_CONTEXTS[one.key.partition("/")[0]])
        yield Metric(
            one.key,
            one.value,
            one.timestamp,
            one.step,
            model_id=model_id,
            dataset_name=dataset.name if dataset else None,
            dataset_digest=dataset.digest if dataset else None,
            run_id=run.info.run_id,
        )


def _is_of_a_part(key: str) -> bool:
    part, _, name = key.partition("/")
    return part in _CONTEXTS and name != SPEED


def _datasets(run: Run) -> dict[str, Dataset]:
    """Return the data sets of a run by what it does with them."""
    inputs = run.inputs.dataset_inputs if run.inputs is not None else []
    return {tag.value: one.dataset for one in inputs for tag in one.tags if tag.key == MLFLOW_DATASET_CONTEXT}
