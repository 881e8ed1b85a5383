"""What a user does not say and the images tell: which data set they are, and where their study began."""

from __future__ import annotations

from pathlib import Path

from tracker.config.experiment import OWN_IMAGES
from tracker.config.options import RunOptions
from tracker.data.manifest import Manifest
from tracker.data.places import dataset_of
from tracker.tracking.journal.entries import Creation
from tracker.tracking.journal.run_folder import run_folders, tracker_home


def with_dataset(options: RunOptions) -> tuple[RunOptions, list[str]]:
    """Return the options with the data set that `--data` looks like where none is named, and a note of it.

    Args:
        options: What the user asked for.
    """
    if options.data is None or "dataset" in options.model_fields_set:
        return options, []
    found = dataset_of(options.data.expanduser())
    asked = options.model_dump(exclude_unset=True)
    return RunOptions(**{**asked, "dataset": found}), [f"--data is read as --dataset {found}"]


def with_experiment(options: RunOptions, manifest: Manifest) -> tuple[RunOptions, list[str]]:
    """Return the options with the experiment that earlier versions began these images in, and a note of it.

    Up to version 0.1.0 the experiment of a user's own images was called `folder` or `csv`. A study that began
    there goes on there; otherwise its runs would begin anew.

    Args:
        options: What the user asked for.
        manifest: The images.
    """
    earlier, name = options.dataset, options.experiment_name
    if options.experiment or options.dataset not in OWN_IMAGES or name == earlier:
        return options, []
    begun = [run for run in _begun(tracker_home(), {earlier, name}) if _is_of(run, manifest)]
    if not begun or any(run.experiment == name for run in begun):
        return options, []
    note = f"goes on in experiment {earlier}, where it began; a new one: --experiment {name!r}"
    return options.model_copy(update={"experiment": earlier}), [note]


def _begun(home: Path, experiments: set[str]) -> list[Creation]:
    begun = [folder.creation() for folder in run_folders(home)]
    return [run for run in begun if run is not None and run.experiment in experiments]


def _is_of(run: Creation, manifest: Manifest) -> bool:
    """Say whether a run is of these images; of runs that left some out, the classes have to do."""
    tags = run.tags
    if tags.get("tracker.dataset") != manifest.dataset:
        return False
    if tags.get("tracker.manifest_digest") == manifest.digest:
        return True
    skipped = tags.get("tracker.images_left_out", "0") != "0"
    return skipped and tags.get("tracker.classes") == ", ".join(manifest.classes)
