"""What a failed request to MLflow means, and what it means for the journal.

refused    the data is not what MLflow takes: sending it again cannot help
missing    the run or experiment is not there: create it and send all of it again
denied     401 or 403: a user has to do something
temporary  everything else: try again later
"""

from __future__ import annotations

from typing import Literal

from mlflow.exceptions import MlflowException
from requests import RequestException
from sqlalchemy.exc import SQLAlchemyError

Failure = Literal["refused", "missing", "denied", "temporary"]

FAILURES = (MlflowException, RequestException, SQLAlchemyError, OSError)
"""What MLflow's client raises: its own errors, those of an upload, of the embedded store, of files."""

_BY_CODE: dict[str, Failure] = {
    # BAD_REQUEST is not here: a server that runs out of database connections answers with that.
    "INVALID_PARAMETER_VALUE": "refused",
    "RESOURCE_DOES_NOT_EXIST": "missing",
    "UNAUTHENTICATED": "denied",
    "PERMISSION_DENIED": "denied",
}
_BY_STATUS: dict[int, Failure] = {401: "denied", 403: "denied", 413: "refused"}


def failure_of(error: Exception) -> Failure:
    """Say what a failed request means.

    Args:
        error: One of FAILURES.
    """
    if isinstance(error, MlflowException):
        return _BY_CODE.get(error.error_code, "temporary")
    if isinstance(error, RequestException) and error.response is not None:
        return _BY_STATUS.get(error.response.status_code, "temporary")
    # A file that lay beside the journal is gone: no later attempt will find it.
    return "refused" if isinstance(error, FileNotFoundError) else "temporary"


def problem_of(error: Exception, where: str) -> str:
    """Say in one line why MLflow could not be told something.

    Args:
        error: One of FAILURES.
        where: The store or server, as a user knows it.
    """
    failure = failure_of(error)
    if failure == "denied":
        return f"{where} refuses this account (401 or 403)"
    reason = " ".join(str(error).split())
    if "Read timed out" in reason:
        return f"{where} is there but does not answer in time"
    if "Max retries exceeded" in reason:
        return f"{where} cannot be reached"
    return f"{where} says: {reason[:300]}{' ...' if len(reason) > 300 else ''}"
