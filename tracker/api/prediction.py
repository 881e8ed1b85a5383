"""Trained networks asked about images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.config.recipe import OnUnreadable
from tracker.errors import UsageError
from tracker.io.process_environment import prepare_process
from tracker.io.progress import Progress, silent

if TYPE_CHECKING:
    import torch

    from tracker.inference.loading import TrainedNetwork
    from tracker.inference.prediction.asking import Predictions


def predict(
    model: str | Path | Sequence[str | Path] = (),
    data: str | Path = "",
    output: str | Path | None = None,
    *,
    experiment: str | None = None,
    arm: str | None = None,
    on_unreadable: OnUnreadable = "skip",
    columns: Mapping[str, str] | None = None,
    tracking_uri: str | None = None,
    progress: Progress = silent,
) -> Predictions:
    """Ask a trained network about images, or several networks together.

    Images are read, resized and normalized as in training, and a network computes as its run did. Of several
    networks, probabilities are means.

    Args:
        model: RUN_ID, `models:/NAME@ALIAS`, `runs:/RUN_ID/NAME`, or a folder; or several of these.
        data: A folder of images, a table of them (.csv) with a column of paths, or one image.
        output: A file (.csv or .jsonl) that a line an image is written to; where it is there, it is gone on
            with. None: all are kept in memory.
        experiment: MLflow's experiment of `arm`; None: the only one there is.
        arm: MODEL/MODE, such as `resnet152/feature-extractor`: all its finished runs, seeds and folds, answer
            together, in the place of `model`.
        on_unreadable: `skip`: images that cannot be read are listed with the reason; `stop`: they are an
            error.
        columns: What the table calls `path`, where it has another name.
        tracking_uri: MLflow's server or store; None: MLFLOW_TRACKING_URI, or mlflow.db in this folder.
        progress: Told how many images are done.

    Returns:
        An iteration over the images, as `ImagePrediction`s, and a summary.

    Raises:
        UsageError: Neither a model nor an arm is named, or both are; or the output cannot be gone on with.
        TrackerError: There is no such model, arm or image, or files are not as they must be.
    """
    prepare_process()
    from tracker.inference.asked_images import asked_images
    from tracker.inference.prediction.answer_file import check_output

    models = [model] if isinstance(model, str | Path) else list(model)
    _check_asked(models, arm, experiment)
    target = None if output is None else Path(output).expanduser()
    if target is not None:
        check_output(target)
    place = Path(data).expanduser()
    asked = asked_images(place, columns)
    from tracker.inference.ensemble import Ensemble
    from tracker.inference.prediction.asking import predict_in_memory, predict_into
    from tracker.models.devices import choose_device

    networks = _networks(models, arm, experiment, tracking_uri, choose_device())
    if target is None:
        return predict_in_memory(Ensemble(networks), asked, on_unreadable=on_unreadable, progress=progress)
    return predict_into(
        target, Ensemble(networks), asked, data=place, on_unreadable=on_unreadable, progress=progress
    )


def _check_asked(models: Sequence[str | Path], arm: str | None, experiment: str | None) -> None:
    if bool(models) == bool(arm):
        raise UsageError(
            "one of --model and --arm must say which networks are asked",
            but="both do" if arm else "none does",
            do="Such as --model RUN_ID (tracker status), or --arm resnet152/feature-extractor.",
        )
    if experiment and not arm:
        raise UsageError(
            "--experiment says where --arm is", but="there is no --arm", do="Give --arm, or leave it out."
        )


def _networks(
    models: Sequence[str | Path],
    arm: str | None,
    experiment: str | None,
    tracking_uri: str | None,
    device: torch.device,
) -> list[TrainedNetwork]:
    from tracker.inference.loading import load_several
    from tracker.inference.prediction.arm_runs import runs_of_arm
    from tracker.runs.experiment import open_experiment, read_all

    if arm:
        with open_experiment(experiment, tracking_uri) as (uri, named):
            models = [run.run_id for run in runs_of_arm(uri, read_all(uri, named), arm, experiment=named)]
    return load_several(models, tracking_uri=tracking_uri, device=device)
