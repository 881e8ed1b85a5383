"""Answers that stay the same however often the same is sent: of the request, or of a server that lacks it."""

from __future__ import annotations

import errno
import re
from http import HTTPStatus

from mlflow.exceptions import MlflowException, RestException
from requests import RequestException

from tracker.addresses import without_accounts

_LACKS = (404, 405, 410, 501)
# What can be another answer later: who may do it, what takes too long, is too much or in somebody's way.
_PASSING = (401, 403, 407, 408, 409, 421, 423, 424, 425, 429, 499)
_LACKING_CODES = ("ENDPOINT_NOT_FOUND", "NOT_IMPLEMENTED")
_STATUS_FIELDS = ("status", "code", "statusCode", "error_code")
_PHRASES = {HTTPStatus(status).phrase: status for status in _LACKS}
_SAID = re.compile(r"(?:API )?request to (?:endpoint )?(\S+) failed with error code (\d{3}) ")
# A database's words for data that it does not hold. MLflow answers BAD_REQUEST, as in passing trouble.
_NO_DATA = re.compile(
    r"too long|too big|out of range|DataError|DataRightTruncation|Untranslatable|NUL \(0x00\)"
)
# S3 and what speaks its language answer 400 to an upload that was slow, or whose permit has run out.
_SLOW_UPLOAD = re.compile(r"<Code>(RequestTimeout|ExpiredToken|TokenRefreshRequired)</Code>")
# A name that a file system does not take: too long in bytes, or with letters that it does not have.
_NO_NAME = (errno.ENAMETOOLONG, errno.EILSEQ)
_SINCE = {
    "logged-models": "logged models, which MLflow 3.0 brought",
    "runs/outputs": "models as outputs of runs, which MLflow 3.0 brought",
    "log-inputs": "data sets as inputs of runs, which MLflow 2.4 brought",
}


def is_lacking(error: Exception) -> bool:
    """Say whether a server does not have what was asked for at all, whatever is sent to it.

    Args:
        error: What MLflow's client raised.
    """
    return _status_of(error) in _LACKS


def is_unfit(error: Exception) -> bool:
    """Say whether just this request is one that nobody will ever take.

    Args:
        error: What MLflow's client raised.
    """
    status = _status_of(error)
    if 400 <= status < 500:
        return status not in (*_LACKS, *_PASSING) and not _is_of_slow_upload(error)
    if isinstance(error, MlflowException):
        return error.error_code == "BAD_REQUEST" and _NO_DATA.search(str(error)) is not None
    return isinstance(error, OSError) and error.errno in _NO_NAME


def lack_of(error: Exception, where: str) -> str:
    """Say in one line what a server of MLflow lacks.

    Args:
        error: One that `is_lacking`.
        where: The server, as a user knows it.
    """
    asked = _path_of(error)
    known = next((words for part, words in _SINCE.items() if part in asked), asked or "what was asked for")
    return f"{where} has no {known} ({_status_of(error)}); once it has: tracker sync --all"


def lacks_all(error: Exception, where: str) -> str:
    """Say in one line that a server does not even have what every server of MLflow has.

    Args:
        error: One that `is_lacking`.
        where: The server, as a user knows it.
    """
    return f"{where} answers {_status_of(error)} to {_path_of(error) or 'MLflow'}: no MLflow server is there"


def _is_of_slow_upload(error: Exception) -> bool:
    response = error.response if isinstance(error, RequestException) else None
    return response is not None and _SLOW_UPLOAD.search(response.text) is not None


def _path_of(error: Exception) -> str:
    if isinstance(error, RequestException) and error.response is not None:
        return without_accounts(error.response.url or "")
    said = _SAID.match(str(error))
    return said[1] if said else ""


def _status_of(error: Exception) -> int:
    """Return the status of an answer; 0 where it is none, or means something within MLflow."""
    if isinstance(error, RestException):
        return _status_in(error.json) if isinstance(error.json, dict) else 0
    if isinstance(error, RequestException):
        return error.response.status_code if error.response is not None else 0
    said = _SAID.match(str(error)) if isinstance(error, MlflowException) else None
    return int(said[2]) if said else 0


def _status_in(told: dict[str, object]) -> int:
    """Find the status in JSON; MLflow's own codes other than these say more than a status."""
    if told.get("error_code") in _LACKING_CODES:
        return 404
    numbers = [str(told[name]) for name in _STATUS_FIELDS if name in told]
    status = next((int(text) for text in numbers if re.fullmatch(r"[45]\d\d", text)), 0)
    return status or _PHRASES.get(str(told.get("detail")), 0)
