"""A run of MLflow that is no training: begun under a name of what it says, so that the same is said once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tracker.config.recipe import digest_of
from tracker.tracking.journal.lifecycle import RunTaken
from tracker.tracking.journal.recorder import RunRecorder
from tracker.tracking.journal.run_folder import home_token, known_uid, tracker_home
from tracker.tracking.shipping.destinations import address_forms, recorded_address

_DIGITS = 32


def begin_record(
    identity: Sequence[str],
    *,
    experiment: str,
    tracking_uri: str,
    run_name: str,
    params: Mapping[str, object],
    tags: Mapping[str, str],
) -> RunRecorder | None:
    """Begin a record; None where this folder has the same one in the same experiment and store already.

    Args:
        identity: What makes it this record, its kind first.
        experiment: MLflow's experiment.
        tracking_uri: The MLflow store or server, as `resolve_uri` gives it.
        run_name: What MLflow calls it.
        params: Its parameters.
        tags: Its tags.
    """
    home = tracker_home()
    names = [
        digest_of([*identity, experiment, form, home_token(home)])[:_DIGITS]
        for form in address_forms(home, tracking_uri)
    ]
    try:
        return RunRecorder.start(
            home,
            run_uid=known_uid(home, names),
            experiment=experiment,
            run_name=run_name,
            params=params,
            tags=tags,
            tracking_uri=recorded_address(home, tracking_uri),
        )
    except RunTaken:
        return None
