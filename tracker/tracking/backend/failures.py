"""What a failed request to MLflow means, and what it means for the journal.

refused    the data is not what MLflow takes: sending it again cannot help
missing    the run or experiment is not there: create it and send all of it again
denied     401 or 403: a user has to do something
temporary  everything else: try again later
"""

from __future__ import annotations

import re
from typing import Literal

from mlflow.exceptions import MlflowException
from requests import RequestException
from sqlalchemy.exc import SQLAlchemyError

Failure = Literal["refused", "missing", "denied", "temporary"]

FAILURES = (MlflowException, RequestException, SQLAlchemyError, OSError)
"""What MLflow's client raises: its own errors, those of an upload, of the embedded store, of files."""

SENDING_FAILURES = (*FAILURES, TypeError, ValueError)
"""The same, and what it raises for a value that cannot be put into a request."""

_LONGEST_ANSWER = 300
_BY_CODE: dict[str, Failure] = {
    # BAD_REQUEST is not here: a server that runs out of database connections answers with that.
    "INVALID_PARAMETER_VALUE": "refused",
    "RESOURCE_DOES_NOT_EXIST": "missing",
    "UNAUTHENTICATED": "denied",
    "CUSTOMER_UNAUTHORIZED": "denied",
    "PERMISSION_DENIED": "denied",
}
_BY_STATUS: dict[int, Failure] = {401: "denied", 403: "denied", 413: "refused"}
_MEANINGS = {
    "Host header": "does not know itself by this name: its MLFLOW_SERVER_ALLOWED_HOSTS must list it",
    "out-of-date database schema": "was made by another version of MLflow",
}
# A proxy's own answers have no code of MLflow, and MLflow's client knows no code for 413.
_PROXY_SAYS = re.compile(r"failed with error code (\d{3}) ")
_AGAIN_AND_AGAIN = re.compile(r"too many (\d{3}) error responses")
_ACCOUNT_IN_ADDRESS = re.compile(r"//[^/@\s]*@")


def failure_of(error: Exception) -> Failure:
    """Say what a failed request means.

    Args:
        error: One of SENDING_FAILURES.
    """
    if isinstance(error, MlflowException):
        code = _PROXY_SAYS.search(str(error))
        by_status = _BY_STATUS.get(int(code[1])) if code else None
        return by_status or _BY_CODE.get(error.error_code, "temporary")
    if isinstance(error, RequestException):
        status = error.response.status_code if error.response is not None else 0
        return _BY_STATUS.get(status, "temporary")
    # A file that lay beside the journal is gone, or a value is none: no later attempt will differ.
    return "refused" if isinstance(error, FileNotFoundError | TypeError | ValueError) else "temporary"


def problem_of(error: Exception, where: str) -> str:
    """Say in one line why MLflow could not be told something.

    Args:
        error: One of SENDING_FAILURES.
        where: The store or server, as a user knows it.
    """
    reason = " ".join(str(error).split())
    if meaning := next((meaning for phrase, meaning in _MEANINGS.items() if phrase in reason), ""):
        return f"{where} {meaning}"
    if failure_of(error) == "denied":
        return f"{where} refuses this account (401 or 403)"
    if "Read timed out" in reason:
        return f"{where} is there but does not answer in time"
    if again := _AGAIN_AND_AGAIN.search(reason):
        return f"{where} answers with error {again[1]}"
    if "Max retries exceeded" in reason:
        return f"{where} cannot be reached"
    return f"{where} says: {said_by(error)}"


def said_by(error: Exception) -> str:
    """Return what MLflow said, in one line that is not too long and holds no password.

    Args:
        error: One of SENDING_FAILURES.
    """
    text = _ACCOUNT_IN_ADDRESS.sub("//", " ".join(str(error).split()))
    return f"{text[:_LONGEST_ANSWER]} ..." if len(text) > _LONGEST_ANSWER else text
