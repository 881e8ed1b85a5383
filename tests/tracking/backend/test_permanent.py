"""What no further attempt can mend, told from what passes by itself."""

from __future__ import annotations

import errno
import io

import pytest
from mlflow.exceptions import MlflowException, RestException
from mlflow.protos.databricks_pb2 import BAD_REQUEST, TEMPORARILY_UNAVAILABLE
from requests import HTTPError, Response

from tracker.tracking.backend.permanent import is_lacking, is_unfit, lack_of, lacks_all

MODELS = "/api/2.0/mlflow/logged-models/search"


def answer(status: int, path: str = MODELS) -> MlflowException:
    """Return what MLflow's client makes of an answer that is no JSON."""
    return MlflowException(
        f"API request to endpoint {path} failed with error code {status} != 200. Response body: '<html>'"
    )


def upload(status: int, body: bytes = b"") -> HTTPError:
    response = Response()
    response.raw = io.BytesIO(body)
    response.status_code, response.url = status, "http://me:secret@there/api/2.0/mlflow-artifacts/roc.png"
    return HTTPError(str(status), response=response)


@pytest.mark.parametrize(
    "error",
    [
        *map(answer, (404, 405, 410, 501)),
        upload(404),
        RestException({"error_code": "ENDPOINT_NOT_FOUND", "message": "no such endpoint"}),
        RestException({"detail": "Not Found"}),
        RestException({"detail": "Method Not Allowed"}),
        RestException({"status": 404, "error": "Not Found", "path": MODELS}),
    ],
    ids=str,
)
def test_a_server_without_the_endpoint_lacks_it(error: Exception) -> None:
    assert is_lacking(error)
    assert not is_unfit(error)


@pytest.mark.parametrize(
    "error",
    [
        *map(answer, (400, 411, 413, 414, 415, 422, 431, 451)),
        upload(422),
        upload(400, b"<Error><Code>InvalidArgument</Code></Error>"),
        RestException(
            {"error_code": "BAD_REQUEST", "message": "(x.StringDataRightTruncation) value too long"}
        ),
        MlflowException("(sqlite3.DataError) string or blob too big", error_code=BAD_REQUEST),
        OSError(errno.ENAMETOOLONG, "File name too long"),
        OSError(errno.EILSEQ, "Invalid or incomplete multibyte or wide character"),
    ],
    ids=str,
)
def test_a_request_that_nobody_will_take_is_unfit(error: Exception) -> None:
    assert is_unfit(error)
    assert not is_lacking(error)


@pytest.mark.parametrize(
    "error",
    [
        *map(answer, (401, 403, 407, 408, 409, 425, 429, 500, 502, 503)),
        upload(429),
        upload(400, b"<Error><Code>RequestTimeout</Code></Error>"),
        upload(400, b"<Error><Code>ExpiredToken</Code></Error>"),
        RestException({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no run 404"}),
        RestException({"error_code": "BAD_REQUEST", "message": "QueuePool limit of size 5 reached"}),
        MlflowException("the value was 'request to endpoint /a failed with error code 404 != 200. '"),
        MlflowException("index row size out of range", error_code=TEMPORARILY_UNAVAILABLE),
        PermissionError(errno.EACCES, "Permission denied"),
        OSError(errno.ENOSPC, "No space left on device"),
    ],
    ids=str,
)
def test_what_can_be_another_time_is_neither(error: Exception) -> None:
    assert not is_lacking(error)
    assert not is_unfit(error)


def test_what_a_server_lacks_is_told_with_what_mends_it() -> None:
    told = lack_of(answer(404), "http://there")
    assert told == (
        "http://there has no logged models, which MLflow 3.0 brought (404); once it has: tracker sync --all"
    )
    assert lacks_all(answer(404, "/x"), "it") == "it answers 404 to /x: no MLflow server is there"
    assert "secret" not in lack_of(upload(404), "http://there")
