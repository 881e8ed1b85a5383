"""One question to an MLflow store or server: whether it answers and can be written, and if not, why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracker.tracking.client import open_client
from tracker.tracking.environment import prepare, request_timeout
from tracker.tracking.store import describe

if TYPE_CHECKING:
    from mlflow import MlflowClient

_PATIENCE_S = 4
_VERSION = re.compile(r"\d+\.\d+[\w.+-]{0,20}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question.

    Attributes:
        failure: As `failures.Failure`; empty where it was answered.
        problem: Why it was not, in one line.
        version: The server's; empty where it does not say, or is none.
    """

    failure: str = ""
    problem: str = ""
    version: str = ""


def ask(uri: str) -> Answer:
    """Ask once, and wait for seconds only; nothing is changed.

    Whether a store without any experiment can be written is not tried: nothing could be that changes nothing.

    Args:
        uri: As `resolve_uri` gives it; an embedded store has to be there.
    """
    prepare()
    from tracker.tracking.failures import FAILURES, failure_of, problem_of

    try:
        # To open one sets all waits anew.
        client = open_client(uri)
        with request_timeout(_PATIENCE_S):
            _try_to_write(client)
    except FAILURES as error:
        # Behind it stands the whole statement that a database refused.
        problem, *_ = problem_of(error, describe(uri)).split(" [SQL: ")
        return Answer(failure_of(error), problem)
    return Answer(version=_version(uri) if uri.startswith("http") else "")


def _try_to_write(client: MlflowClient) -> None:
    """Create an experiment that is there already: who may write is told so, and others are refused."""
    from mlflow.exceptions import MlflowException

    for known in client.search_experiments(max_results=1):
        try:
            client.create_experiment(known.name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise


def _version(uri: str) -> str:
    from mlflow.utils.credentials import get_default_host_creds
    from mlflow.utils.rest_utils import http_request

    from tracker.tracking.failures import FAILURES

    account = get_default_host_creds(uri)  # type: ignore[no-untyped-call]
    try:
        response = http_request(account, "/version", "GET", timeout=_PATIENCE_S, max_retries=0)  # type: ignore[no-untyped-call]
    except FAILURES:
        # Other servers speak MLflow's language, too.
        return ""
    return response.text if response.ok and _VERSION.fullmatch(response.text) else ""
