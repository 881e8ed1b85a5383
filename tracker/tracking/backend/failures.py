"""What a failed request to MLflow means, and what it means for the journal.

refused    the data is not what MLflow takes: sending it again cannot help
lacking    the server has no such endpoint: what goes there cannot be sent, all else can
missing    the run or experiment is not there: create it and send all of it again
denied     401, 403 or 407: the server lets nobody in, or not this account; a user has to do something
forbidden  403 of one experiment: others can go on
temporary  everything else: try again later
"""

from __future__ import annotations

import json
import re
from typing import Literal

from mlflow.exceptions import MlflowException, RestException
from requests import RequestException
from sqlalchemy.exc import SQLAlchemyError

from tracker.addresses import without_accounts
from tracker.tracking.backend.causes import NOT_OF_MLFLOW, cause_of
from tracker.tracking.backend.permanent import is_lacking, is_unfit, lacks_all
from tracker.tracking.backend.replies import CODES, REFUSALS, Reply

Failure = Literal["refused", "lacking", "missing", "denied", "forbidden", "temporary"]


class OddAnswer(MlflowException):
    """What came back is nothing that MLflow answers, or not all of it."""


FAILURES = (MlflowException, RequestException, SQLAlchemyError, OSError)
"""What MLflow's client raises: its own errors, those of an upload, of the embedded store, of files."""

SENDING_FAILURES = (*FAILURES, TypeError, ValueError)
"""The same, and what it raises for a value that cannot be put into a request."""

_LONGEST_ANSWER = 300
_BY_CODE: dict[str, Failure] = {
    # BAD_REQUEST is not here: a server that runs out of database connections answers with that, too.
    "INVALID_PARAMETER_VALUE": "refused",
    "RESOURCE_DOES_NOT_EXIST": "missing",
}
_SAID = re.compile(
    r"(?:endpoint|to) (\S+) failed with error code (\d{3}) .*?Response body: '?(.*)", re.DOTALL
)
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")
_NO_ANSWER = "API request to "
_STATUS_FIELDS = ("status", "code", "statusCode")


def failure_of(error: Exception) -> Failure:
    """Say what a failed request means.

    Args:
        error: One of SENDING_FAILURES.
    """
    if (refusal := refusal_of(error)) is not None:
        return "forbidden" if refusal.kind == "experiment" else "denied"
    if is_lacking(error):
        return "lacking"
    if is_unfit(error):
        return "refused"
    if isinstance(error, MlflowException):
        return _BY_CODE.get(error.error_code, "temporary")
    if isinstance(error, RequestException):
        return "temporary"
    # A file that lay beside the journal is gone, or a value is none: no later attempt will differ.
    return "refused" if isinstance(error, FileNotFoundError | TypeError | ValueError) else "temporary"


def refusal_of(error: Exception) -> Reply | None:
    """Return the answer that an error tells of; None where nothing was refused.

    Args:
        error: What MLflow's client raised.
    """
    reply = _reply_of(error)
    return reply if reply is not None and reply.status in REFUSALS else None


def _reply_of(error: Exception) -> Reply | None:
    # What a server answers can quote anything, so what is in it is looked for before the words of a failure.
    if isinstance(error, RestException):
        return _reply_of_json(error)
    if isinstance(error, RequestException) and error.response is not None:
        return Reply(error.response.status_code, error.response.text, error.response.url or "")
    if isinstance(error, MlflowException) and (said := _SAID.search(str(error))):
        return Reply(int(said[2]), said[3].removesuffix("'"), said[1])
    tunnel = _TUNNEL.search(str(error)) if _is_of_the_way(error) else None
    return Reply(int(tunnel[1])) if tunnel else None


def _is_of_the_way(error: Exception) -> bool:
    """Say whether a request met nobody of MLflow; the embedded store has errors of the same class as that."""
    return isinstance(error, RequestException) or (
        isinstance(error, MlflowException) and str(error).startswith(_NO_ANSWER)
    )


def _reply_of_json(error: RestException) -> Reply | None:
    """Find the status of an answer in JSON: MLflow's client keeps only what is in it."""
    told = error.json if isinstance(error.json, dict) else {}
    status = CODES.get(str(told.get("error_code") or ""), 0)
    # Proxies answer in JSON, too, and say their status in it.
    of_others = (told[name] for name in _STATUS_FIELDS if told.get(name) in REFUSALS)
    status = status or next(of_others, 0)
    return Reply(int(status), json.dumps(told)) if status else None


def problem_of(error: Exception, where: str) -> str:
    """Say in one line why MLflow could not be told something; what it refuses, `denials` knows better.

    Args:
        error: One of SENDING_FAILURES.
        where: The store or server, as a user knows it.
    """
    if is_lacking(error):
        return lacks_all(error, where)
    if isinstance(error, OddAnswer):
        return f"{where} {NOT_OF_MLFLOW} ({said_by(error)})"
    if cause := cause_of(" ".join(str(error).split()), where if where.startswith("http") else ""):
        return f"{where} {cause}"
    return f"{where} says: {said_by(error)}"


def said_by(error: Exception) -> str:
    """Return what MLflow said, in one line that is not too long and holds no password.

    Args:
        error: One of SENDING_FAILURES.
    """
    text = without_accounts(" ".join(str(error).split()))
    return f"{text[:_LONGEST_ANSWER]} ..." if len(text) > _LONGEST_ANSWER else text
