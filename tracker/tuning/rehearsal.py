"""What a dry run looks at: all that would stop the run, as far as nothing is fetched, decoded or written."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from tracker.data.pixels import Pixels, known_pixels
from tracker.data.same_pixels import check_pixels
from tracker.doctor.folders import cache
from tracker.errors import TrackerError, TrackingError, TuningError, collect_errors
from tracker.io.probes import why_not_writable
from tracker.io.short_path import short_path
from tracker.runs.images import look_at_images
from tracker.runs.plan import Plan, Prepared, rehearse_weights, weights_digests
from tracker.search.storage import database_file, holds_studies
from tracker.tuning.plan import find_tuned, storage_of
from tracker.tuning.repetitions import repetitions

_UNDECODED = Pixels(Path(), (0, 0, 0, 0), key="", digest="")


def rehearse(plan: Plan, note: Callable[[str], None]) -> None:
    """Refuse what the run would refuse beside the disks of journals and store, which are looked at before.

    Args:
        plan: What is to be done.
        note: Told what is left for the run itself to find.

    Raises:
        TrackerError: Something would stop the run; all that was found is told at once.
    """
    collect_errors(
        [
            partial(_rehearse_weights, plan, note),
            partial(_rehearse_images, plan),
            _require_cache,
        ],
        error=TrackerError,
        must="a run must have all that it needs",
    )


def _rehearse_weights(plan: Plan, note: Callable[[str], None]) -> None:
    for address in rehearse_weights(plan):
        note(f"the run fetches {address}")


def _rehearse_images(plan: Plan) -> None:
    """Look at the images, and at what is to be tuned on them."""
    options = plan.options
    images = look_at_images(plan.images, options)
    pixels = known_pixels(images.manifest, image_size=options.image_size, resize=options.resize)
    for split in images.whole_splits(plan.data_parts) if pixels is not None else ():
        check_pixels(images.manifest, split, pixels or _UNDECODED)
    check_tuning(Prepared(plan, images, pixels or _UNDECODED, weights_digests(plan)))


def check_tuning(prepared: Prepared) -> None:
    """Refuse studies that cannot be made, and earlier ones that are not there.

    Raises:
        TrackerError: Their storage cannot be used, there are none, or images are too few for the folds.
    """
    plan = prepared.plan
    if plan.options.tune is not None:
        _check_storage(storage_of(plan.options))
        for part in plan.data_parts:
            repetitions(plan.options, prepared.images.of(part))
    if plan.options.tuned:
        find_tuned(prepared)


def _check_storage(url: str) -> None:
    file = None if holds_studies(url) else database_file(url)
    if file is not None and (problem := why_not_writable(file.parent)):
        raise TuningError(
            "the storage of studies must be a database that can be opened and written",
            but=f"{short_path(file)} cannot ({problem})",
            do="Mend its permissions, or give another --study-storage.",
        )


def _require_cache() -> None:
    found = cache()
    if found.state == "missing":
        raise TrackingError("what a run writes to must be there", but=found.found, do=found.advice)
