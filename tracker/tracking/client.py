"""MLflow's client, opened so that it is quiet, gives up soon, and says in one line why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tracker.errors import TrackingError
from tracker.tracking.environment import prepare, request_timeout
from tracker.tracking.store import describe, require_store

if TYPE_CHECKING:
    from mlflow import MlflowClient

_FIRST_ANSWER_S = 4
_READING_S = 60


def open_client(uri: str) -> MlflowClient:
    """Return a client; nothing is asked of the server yet.

    Args:
        uri: As `resolve_uri` gives it.
    """
    prepare()
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri, registry_uri=uri)


@contextmanager
def reading(uri: str) -> Iterator[MlflowClient]:
    """Give a client to read with; what MLflow raises inside becomes one line.

    Args:
        uri: As `resolve_uri` gives it.

    Yields:
        A client of a store or server that answers.

    Raises:
        TrackingError: There is no such store, or the server does not answer or does not let us in.
    """
    require_store(uri)
    prepare()
    from tracker.tracking.failures import FAILURES

    try:
        # To open an embedded store of another MLflow fails already.
        client = open_client(uri)
        with request_timeout(_FIRST_ANSWER_S):
            client.search_experiments(max_results=1)
        with request_timeout(_READING_S):
            yield client
    except FAILURES as error:
        raise _unreadable(error, uri) from error


def _unreadable(error: Exception, uri: str) -> TrackingError:
    from tracker.tracking.failures import failure_of, problem_of

    where = describe(uri)
    do = {
        "denied": "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD to an account that may read.",
        "temporary": "Check the address (--tracking-uri, MLFLOW_TRACKING_URI) and that the server runs.",
    }.get(failure_of(error), "Check the address (--tracking-uri, MLFLOW_TRACKING_URI).")
    return TrackingError(f"{where} must answer", but=problem_of(error, "it"), do=do)
