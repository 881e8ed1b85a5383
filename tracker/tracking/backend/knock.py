"""Whether a server lets a run in, asked at once and without MLflow's client, which takes seconds to import.

Only a refusal is of interest here. Whatever else comes, or nothing: the shipper will find out.
"""

from __future__ import annotations

import base64
import os
import sqlite3
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING

from tracker.errors import TrackingError
from tracker.io.process_environment import ask_this_machine_directly
from tracker.tracking.backend.account import TOKEN, given_for
from tracker.tracking.backend.denials import denial_of
from tracker.tracking.backend.local import deleted_experiment_id
from tracker.tracking.backend.replies import REFUSALS, Reply
from tracker.tracking.backend.restoring import deleted_experiment
from tracker.tracking.backend.uri import database_file, describe

if TYPE_CHECKING:
    from requests import Response, Session

_API = "/api/2.0/mlflow/experiments"
_TIMEOUT_S = 3.0
_PATIENCE_S = 1.0
# With these, MLflow's client shows who it is in ways of its own.
_OTHER_WAYS = ("MLFLOW_TRACKING_AUTH", "MLFLOW_TRACKING_AWS_SIGV4")


@dataclass
class Knock:
    """A question that is on its way, in a thread of its own.

    Args:
        uri: As `resolve_uri` gives it; the file of an embedded store is looked into at once.
        experiment: The experiment that runs are meant for.
    """

    uri: str
    experiment: str
    _answer: str = field(default="", init=False)
    _thread: Thread | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if database_file(self.uri) is not None:
            self._answer = _refusal_of_file(self.uri, self.experiment)
        asked = self.uri.startswith("http") and not any(os.environ.get(name) for name in _OTHER_WAYS)
        if asked:
            ask_this_machine_directly()
            # Here: what it warns of at its import, it silences for one thread alone.
            import_module("requests")
            self._thread = Thread(target=self._ask, daemon=True)
            self._thread.start()

    def answer(self, patience_s: float = _PATIENCE_S) -> str:
        """Return why the server does not let runs in and what to do; empty where it has not said so by now.

        Args:
            patience_s: How long to wait for it at most: a server that hangs holds nobody up.
        """
        if self._thread is not None:
            self._thread.join(patience_s)
        return self._answer

    def _ask(self) -> None:
        # What answers can be anything, and what MLflow's client cannot do with it, the shipper tells.
        with suppress(Exception):
            self._answer = refusal(self.uri, self.experiment)


def refusal(uri: str, experiment: str) -> str:
    """Ask a server whether it takes runs of an experiment; nothing is changed there.

    Args:
        uri: As `resolve_uri` gives it.
        experiment: The experiment's name.

    Returns:
        Why it does not, and what to do; empty where it may take them.

    Raises:
        RequestException: It does not answer.
    """
    import requests

    with requests.Session() as session:
        session.verify, session.cert = _certificates()
        try:
            _show_account(session, uri)
            return _first_refusal(session, uri, experiment)
        except TrackingError as error:
            return str(error)


def _refusal_of_file(uri: str, experiment: str) -> str:
    # What else is wrong with the file is found by who opens it with MLflow.
    with suppress(sqlite3.Error, OSError):
        deleted = deleted_experiment_id(uri, experiment)
        return str(deleted_experiment(experiment, deleted, uri)) if deleted else ""
    return ""


def _first_refusal(session: Session, uri: str, experiment: str) -> str:
    by_name = {"experiment_name": experiment}
    found = session.get(f"{uri}{_API}/get-by-name", params=by_name, timeout=_TIMEOUT_S)
    if refused := _told(found, uri, experiment):
        return refused
    if not found.ok:
        # It is made by the first run.
        return ""
    known = found.json()["experiment"]
    if known.get("lifecycle_stage") == "deleted":
        return str(deleted_experiment(experiment, str(known["experiment_id"]), uri))
    # Without a key it is no request that could be carried out, and permission is looked at before that.
    tag = {"experiment_id": known["experiment_id"]}
    return _told(
        session.post(f"{uri}{_API}/set-experiment-tag", json=tag, timeout=_TIMEOUT_S), uri, experiment
    )


def _told(response: Response, uri: str, experiment: str) -> str:
    if response.status_code not in REFUSALS:
        return ""
    reply = Reply(response.status_code, response.text, response.url)
    denial = denial_of(reply, uri, experiment=experiment, permission="EDIT")
    return f"{describe(uri)} {denial.problem}. {denial.advice}"


def _show_account(session: Session, uri: str) -> None:
    given = given_for(uri)
    if given.whole:
        pair = f"{given.account.user}:{given.account.password}".encode()
        session.headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    elif os.environ.get(TOKEN):
        session.headers["Authorization"] = f"Bearer {os.environ[TOKEN]}"


def _certificates() -> tuple[bool | str, str | None]:
    """Return what MLflow's client checks the server by, and what it shows to it."""
    insecure = os.environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in ("true", "1")
    verify = False if insecure else os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH") or True
    return verify, os.environ.get("MLFLOW_TRACKING_CLIENT_CERT_PATH")
