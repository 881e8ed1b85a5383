"""What a user does not say and the images tell: which data set they are, and where their study began."""

from __future__ import annotations

import json
from contextlib import suppress

from tracker.config.experiment import OWN_IMAGES
from tracker.config.home import expanded
from tracker.config.options import RunOptions
from tracker.data.manifest import Manifest
from tracker.data.places import dataset_of
from tracker.tracking.journal.entries import Creation, DatasetUse
from tracker.tracking.journal.log import UNREADABLE
from tracker.tracking.journal.run_folder import RunFolder, run_folders, tracker_home


def with_dataset(options: RunOptions) -> tuple[RunOptions, list[str]]:
    """Return the options with the data set that `--data` looks like where none is named, and a note of it.

    Args:
        options: What the user asked for.
    """
    if options.data is None or "dataset" in options.model_fields_set:
        return options, []
    found = dataset_of(expanded(options.data))
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
    experiments = {_experiment(run, manifest) for run in run_folders(tracker_home())}
    if earlier not in experiments or name in experiments:
        return options, []
    note = f"goes on in experiment {earlier}, where it began; a new one: --experiment {name!r}"
    return options.model_copy(update={"experiment": earlier}), [note]


def _experiment(run: RunFolder, manifest: Manifest) -> str | None:
    """Return the experiment of a run of these images; None for runs of others."""
    # A journal that cannot be read is told of where it is needed.
    with suppress(*UNREADABLE):
        begun = run.creation()
        if begun is not None and _is_of(run, begun, manifest):
            return begun.experiment
    return None


def _is_of(run: RunFolder, begun: Creation, manifest: Manifest) -> bool:
    """Say whether a run is of these images; one that left some out is of those that lie at the same place."""
    if begun.tags.get("tracker.dataset") != manifest.dataset:
        return False
    if begun.tags.get("tracker.manifest_digest") == manifest.digest:
        return True
    if begun.tags.get("tracker.images_left_out", "0") == "0":
        return False
    place = json.dumps({"uri": str(manifest.root)})
    return any(isinstance(line.entry, DatasetUse) and line.entry.source == place for line in run.lines())
