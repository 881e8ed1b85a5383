"""Runs that somebody may mean who gives the beginning of an id, or a name: to be offered, never guessed."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from tracker.records import RunRecord
from tracker.tracking.backend.client import reading
from tracker.tracking.backend.reader import as_record
from tracker.tracking.backend.run_pages import runs_by_page

if TYPE_CHECKING:
    from mlflow import MlflowClient

_SHOWN = 10
_PAGES = 5
_BEGINNING = re.compile(r"[0-9a-f]{4,31}")
_RUNS = "tags.`tracker.kind` = 'run'"


def runs_named(uri: str, text: str) -> list[RunRecord]:
    """Return the latest runs whose id begins so, or whose name it is; ten at most.

    Args:
        uri: As `resolve_uri` gives it.
        text: What a user gave.

    Raises:
        TrackingError: The store or server does not answer.
    """
    with reading(uri) as client:
        return near_runs(client, text)


def near_runs(client: MlflowClient, text: str) -> list[RunRecord]:
    """Return the same, of a client that is open.

    Args:
        client: Of the store or server.
        text: What a user gave.
    """
    experiments = [one.experiment_id for one in client.search_experiments()]
    # Some thousands at most: an answer is waited for.
    latest = runs_by_page(client, experiments, order="DESC", filter_string=_RUNS, most_pages=_PAGES)
    beginning = bool(_BEGINNING.fullmatch(text))
    meant = (
        run for run in latest if run.info.run_name == text or (beginning and run.info.run_id.startswith(text))
    )
    return [as_record(run) for run in islice(meant, _SHOWN)]
