"""What MLflow's pages read of an experiment: what it is, and which metric matters."""

from __future__ import annotations

from mlflow.utils.mlflow_tags import (
    MLFLOW_EXPERIMENT_PRIMARY_METRIC_GREATER_IS_BETTER,
    MLFLOW_EXPERIMENT_PRIMARY_METRIC_NAME,
)

from tracker.tracking.journal.entries import NOTE

# Nothing is chosen by test images.
_PRIMARY = "val/loss"
_DESCRIPTION = """\
A study by **tracker**: pretrained networks, frozen (feature extractor) or fine-tuned, on the same images.

- Each run is one training of an arm: a model in a mode. Its seed, and of a cross-validation its fold, tell \
the trainings of an arm apart.
- `val/...` is measured on images that choose (learning rates, epochs, networks), `test/...` on images that \
choose nothing. `final/...` is the network of the last epoch, which is the one that is stored; `best/...` is \
the epoch with the lowest validation loss.
- In a terminal: `tracker compare` is the table of this experiment with intervals and tests, `tracker \
register` hands a network on.
"""


def tags_of_an_experiment() -> dict[str, str]:
    """Return the tags of an experiment that is made now."""
    return {
        NOTE: _DESCRIPTION,
        MLFLOW_EXPERIMENT_PRIMARY_METRIC_NAME: _PRIMARY,
        MLFLOW_EXPERIMENT_PRIMARY_METRIC_GREATER_IS_BETTER: "False",
    }
