"""MLflow's client, opened so that it is quiet, gives up soon, and says in one line why.

MLflow is imported in functions: after its settings are made (`prepare_environment`), and where it is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tracker.errors import TrackingError
from tracker.tracking.backend.account import showing_account, with_account
from tracker.tracking.backend.database_server import connect_once
from tracker.tracking.backend.environment import prepare_environment, request_timeout
from tracker.tracking.backend.store_file import require_usable
from tracker.tracking.backend.uri import as_mlflow_takes_it, describe, require_store

if TYPE_CHECKING:
    # Under this name for rooms that do not import MLflow.
    from mlflow import MlflowClient as MlflowClient  # noqa: PLC0414

    from tracker.tracking.backend.denials import Permission

_FIRST_ANSWER_S = 4
_READING_S = 60
_ASKING_S = 4
# MLflow's own, which is always there.
_FIRST_EXPERIMENT = "0"
_VERSION = re.compile(r"\d+\.\d+[\w.+-]{0,20}")


def open_client(uri: str, recorded: str = "") -> MlflowClient:
    """Return a client; nothing is asked of the server yet.

    Args:
        uri: As `resolve_uri` gives it.
        recorded: The address as an earlier version recorded it, with an account perhaps.

    Raises:
        TrackingError: The driver of a database server is not installed.
        SQLAlchemyError: A database server is not there, or does not let us in.
    """
    prepare_environment()
    from mlflow import MlflowClient

    from tracker.tracking.backend.guard import guarded_client

    # The account of a server is shown with each request (`showing_account`).
    uri = uri if uri.startswith("http") else as_mlflow_takes_it(with_account(uri, recorded))
    connect_once(uri)
    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    return guarded_client(client, over_network=uri.startswith("http"))


def ask_anything(client: MlflowClient) -> None:
    """Ask a store or server what every one answers, and wait for seconds only; nothing is changed.

    Args:
        client: Of the store or server.

    Raises:
        Exception: It does not answer.
    """
    with request_timeout(_ASKING_S):
        client.search_experiments(max_results=1)


@contextmanager
def reading(
    uri: str, experiment: str = "", *, to: Literal["read", "write"] = "read"
) -> Iterator[MlflowClient]:
    """Give a client to read with; what MLflow raises inside becomes one line.

    Args:
        uri: As `resolve_uri` gives it.
        experiment: The experiment that is read; empty: none in particular.
        to: What it has to let us do.

    Yields:
        A client of a store or server that answers.

    Raises:
        TrackingError: There is no such store, or the server does not answer or does not let us in.
    """
    require_usable(uri)
    require_store(uri)
    prepare_environment()
    from tracker.tracking.backend.failures import FAILURES
    from tracker.tracking.backend.guard import guarded

    try:
        # To open an embedded store of another MLflow fails already.
        with guarded(), showing_account(uri):
            client = open_client(uri)
            with request_timeout(_FIRST_ANSWER_S):
                client.search_experiments(max_results=1)
            with request_timeout(_READING_S):
                yield client
    except FAILURES as error:
        raise _unreadable(error, uri, experiment, to) from error


def _unreadable(error: Exception, uri: str, experiment: str, to: Literal["read", "write"]) -> TrackingError:
    from tracker.tracking.backend.denials import denial_of
    from tracker.tracking.backend.failures import failure_of, problem_of, refusal_of

    where = describe(uri)
    if (refusal := refusal_of(error)) is not None:
        permission: Permission = "READ" if to == "read" else "EDIT"
        denial = denial_of(refusal, uri, experiment=experiment, permission=permission)
        return TrackingError(f"{where} must let us {to}", but=f"it {denial.problem}", do=denial.advice)
    runs = " and that the server runs" if failure_of(error) == "temporary" else ""
    do = f"Check the address (--tracking-uri, MLFLOW_TRACKING_URI){runs}."
    return TrackingError(f"{where} must answer", but=problem_of(error, "it"), do=do)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question.

    Attributes:
        failure: As `failures.Failure`; empty where it was answered.
        problem: Why it was not, in one line.
        advice: Who has to do what, where it was refused; empty otherwise.
        version: The server's; empty where it does not say, or is none.
        lack: What it has no place for, in one line; empty where it has one for everything.
    """

    failure: str = ""
    problem: str = ""
    advice: str = ""
    version: str = ""
    lack: str = ""


def ask(uri: str) -> Answer:
    """Ask once, and wait for seconds only; nothing is changed.

    Whether a store without any experiment can be written is not tried: nothing could be that changes nothing.

    Args:
        uri: As `resolve_uri` gives it; an embedded store has to be there.
    """
    prepare_environment()
    from tracker.tracking.backend.failures import FAILURES
    from tracker.tracking.backend.guard import guarded

    with showing_account(uri):
        try:
            # To open one sets all waits anew.
            with guarded():
                client = open_client(uri)
                with request_timeout(_ASKING_S):
                    _try_to_write(client)
                    lack = _lack(client, describe(uri))
        except FAILURES as error:
            return _answer(error, uri)
        return Answer(version=_version(uri) if uri.startswith("http") else "", lack=lack)


def _answer(error: Exception, uri: str) -> Answer:
    from tracker.tracking.backend.denials import denial_of
    from tracker.tracking.backend.failures import failure_of, problem_of, refusal_of

    failure, where = failure_of(error), describe(uri)
    if (refusal := refusal_of(error)) is not None:
        denial = denial_of(refusal, uri, permission="EDIT")
        return Answer(failure, f"{where} {denial.problem}", denial.advice)
    # Behind it stands the whole statement that a database refused.
    problem, *_ = problem_of(error, where).split(" [SQL: ")
    return Answer(failure, problem)


def _try_to_write(client: MlflowClient) -> None:
    """Create an experiment that is there already: who may write is told so, and others are refused."""
    from mlflow.exceptions import MlflowException

    for known in client.search_experiments(max_results=1):
        try:
            client.create_experiment(known.name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise


def _lack(client: MlflowClient, where: str) -> str:
    """Say what a server of an earlier MLflow has no place for."""
    from tracker.tracking.backend.failures import FAILURES
    from tracker.tracking.backend.permanent import is_lacking, lack_of

    try:
        client.search_logged_models([_FIRST_EXPERIMENT], max_results=1)
    except FAILURES as error:
        # Whatever else it says of them, it knows what they are.
        return lack_of(error, where) if is_lacking(error) else ""
    return ""


def _version(uri: str) -> str:
    from mlflow.utils.credentials import get_default_host_creds
    from mlflow.utils.rest_utils import http_request

    from tracker.tracking.backend.failures import FAILURES
    from tracker.tracking.backend.guard import guarded
    from tracker.tracking.backend.patience import answered_in_time

    account = get_default_host_creds(uri)  # type: ignore[no-untyped-call]
    try:
        with guarded():
            response = answered_in_time(
                lambda: http_request(account, "/version", "GET", timeout=_ASKING_S, max_retries=0)  # type: ignore[no-untyped-call]
            )
            return response.text if response.ok and _VERSION.fullmatch(response.text) else ""
    except FAILURES:
        # Other servers speak MLflow's language, too.
        return ""
