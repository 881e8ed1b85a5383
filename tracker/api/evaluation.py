"""Trained networks on images of elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tracker.config.loading import read_options
from tracker.errors import UsageError
from tracker.io.process_environment import prepare_process
from tracker.io.progress import Progress, silent

if TYPE_CHECKING:
    from tracker.compare.views.evaluated import Evaluation
    from tracker.tracking.shipping.unsent import Unsent


def evaluate(
    model: str | Path | Sequence[str | Path] = (),
    *,
    experiment: str | None = None,
    arm: str | Sequence[str] = (),
    dataset: str | None = None,
    data: Path | str | None = None,
    class_map: Mapping[str, str] | Sequence[str] = (),
    column: Sequence[str] = (),
    patient_pattern: str | None = None,
    include: str | Sequence[str] = (),
    exclude: str | Sequence[str] = (),
    on_unreadable: Literal["stop", "skip"] | None = None,
    other_patients: bool = False,
    tracking_uri: str | None = None,
    progress: Progress = silent,
    on_unsent: Callable[[Unsent], None] | None = None,
) -> Evaluation:
    """Ask trained networks about an external data set, and record what they answer in MLflow.

    Args:
        model: Networks: RUN_ID, `models:/NAME@ALIAS`, `runs:/ID/NAME` or a folder; none: those of the
            experiment.
        experiment: MLflow's experiment, all of whose finished runs that stored a network are asked; beside
            `model`, where networks of folders are recorded.
        arm: Only runs of these arms, such as `resnet152/feature-extractor`.
        dataset: As for `tracker.run`; None: what `data` is.
        data: A folder or a csv file.
        class_map: Which class of theirs is which of the networks', such as `{"Pneumonia": "tuberculosis"}`;
            an empty name leaves a class out. Equal names match by themselves.
        column: As for `tracker.run`.
        patient_pattern: As for `tracker.run`.
        include: As for `tracker.run`.
        exclude: As for `tracker.run`.
        on_unreadable: As for `tracker.run`.
        other_patients: Whether a patient of one name in both data sets is another person.
        tracking_uri: MLflow's server or store; None: MLFLOW_TRACKING_URI, or mlflow.db in this folder.
        progress: Told how far it is.
        on_unsent: Told what of the record could not be sent yet.

    Returns:
        What each network reaches, and each arm of which several were asked; printed, it is a table.

    Raises:
        UsageError: An option cannot be, or a class of theirs is none of the networks'.
        DataError: A network was trained, validated or tested on some of the images or patients.
        ModelError: There is no such network, or they have different classes.
        TrackerError: Images or the store are not as they must be.
    """
    models = [model] if isinstance(model, str | Path) else list(model)
    arms = [arm] if isinstance(arm, str) else list(arm)
    _check(models, experiment, arms, dataset, data)
    said = {
        **{"dataset": dataset, "data": data, "column": column or None, "patient_pattern": patient_pattern},
        **{"include": include or None, "exclude": exclude or None, "on_unreadable": on_unreadable},
    }
    options = read_options({name: value for name, value in said.items() if value is not None}, None)
    prepare_process()
    from tracker.runs.external.class_map import parse_class_map
    from tracker.runs.external.evaluate import Asked, evaluate_networks, networks_of
    from tracker.runs.external.images import find_external
    from tracker.runs.unsaid import with_dataset
    from tracker.tracking.journal.run_folder import tracker_home
    from tracker.tracking.shipping.flush import sync
    from tracker.ui.stores import open_store

    options, mapping = with_dataset(options)[0], parse_class_map(class_map)
    with open_store(tracking_uri, on_unsent=on_unsent) as uri:
        asked = models or list(networks_of(uri, str(experiment), arms))
        images = find_external(options, mapping, progress)
        found = evaluate_networks(
            asked, images, Asked(experiment, other_patients), uri=uri, progress=progress
        )
        unsent = sync(tracker_home(), tracking_uri=uri)
        if unsent and on_unsent is not None:
            on_unsent(unsent)
        return found


def _check(
    models: Sequence[str | Path],
    experiment: str | None,
    arms: Sequence[str],
    dataset: str | None,
    data: Path | str | None,
) -> None:
    if not models and experiment is None:
        raise UsageError(
            "an evaluation must be of trained networks",
            but="neither --model nor --experiment was given",
            do="Name a run (--model RUN_ID), or all of an experiment (--experiment NAME).",
        )
    if models and arms:
        raise UsageError(
            "--arm must be given with the networks of an --experiment",
            but="--model names them already",
            do="Leave one of the two out.",
        )
    if dataset is None and data is None:
        raise UsageError(
            "an evaluation must be on images of elsewhere",
            but="neither --dataset nor --data was given",
            do="Add --data FOLDER, or --dataset montgomery.",
        )
