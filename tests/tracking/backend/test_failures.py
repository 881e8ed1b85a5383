from __future__ import annotations

import pytest
from mlflow.exceptions import MlflowException, RestException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from requests import ConnectionError as NoConnection
from requests import HTTPError, Response
from sqlalchemy.exc import OperationalError

from tracker.tracking.backend.failures import FAILURES, failure_of, problem_of

NO_CONNECTIONS = {"error_code": "BAD_REQUEST", "message": "QueuePool limit of size 5 overflow 10 reached"}

TUNNEL = "Max retries exceeded (Caused by ProxyError('Tunnel connection failed: 403 Forbidden'))"
QUOTED = f"the value of tracker.reason is already '{TUNNEL}'"
QUOTED_413 = "the value of tracker.reason is already 'request to /a failed with error code 413 != 200'"


def upload(status: int) -> HTTPError:
    response = Response()
    response.status_code = status
    return HTTPError(f"{status}", response=response)


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (RestException({"error_code": "INVALID_PARAMETER_VALUE", "message": "changed"}), "refused"),
        (RestException({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no run"}), "missing"),
        (RestException({"error_code": "PERMISSION_DENIED", "message": "no"}), "forbidden"),
        (RestException(NO_CONNECTIONS), "temporary"),
        (RestException({"error_code": "TEMPORARILY_UNAVAILABLE", "message": "disk full"}), "temporary"),
        (MlflowException("API request failed: connection reset"), "temporary"),
        (
            MlflowException("request to /create failed with error code 413 != 200. Response body: no"),
            "refused",
        ),
        (
            MlflowException("request to /create failed with error code 403 != 200. Response body: no"),
            "denied",
        ),
        (
            MlflowException("request to /create failed with error code 404 != 200. Response body: no"),
            "lacking",
        ),
        (RestException({"error_code": "CUSTOMER_UNAUTHORIZED", "message": "no"}), "denied"),
        (RestException({"error_code": "INVALID_PARAMETER_VALUE", "message": QUOTED}), "refused"),
        (RestException({"error_code": "TEMPORARILY_UNAVAILABLE", "message": QUOTED}), "temporary"),
        (RestException({"error_code": "TEMPORARILY_UNAVAILABLE", "message": QUOTED_413}), "temporary"),
        (MlflowException(QUOTED, error_code=INVALID_PARAMETER_VALUE), "refused"),
        (OperationalError("insert", {"value": QUOTED}, Exception("database is locked")), "temporary"),
        (MlflowException(f"API request to https://tracker failed with exception {TUNNEL}"), "denied"),
        (NoConnection(TUNNEL), "denied"),
        (upload(401), "denied"),
        (upload(403), "denied"),
        (upload(413), "refused"),
        (upload(500), "temporary"),
        (NoConnection("refused"), "temporary"),
        (OperationalError("insert", {}, Exception("database is locked")), "temporary"),
        (FileNotFoundError("artifacts/roc.png"), "refused"),
        (OSError("No space left on device"), "temporary"),
    ],
    ids=str,
)
def test_each_error_has_its_class(error: Exception, failure: str) -> None:
    assert isinstance(error, FAILURES)
    assert failure_of(error) == failure


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("unable to get local issuer certificate", "MLFLOW_TRACKING_SERVER_CERT_PATH must name"),
        ("self-signed certificate in certificate chain", "MLFLOW_TRACKING_SERVER_CERT_PATH must name"),
        ("Hostname mismatch, certificate is not valid for 'tracker'", "of another name"),
        ("certificate has expired", "has expired"),
    ],
)
def test_a_certificate_that_is_not_trusted_is_told(reason: str, told: str) -> None:
    error = MlflowException(
        "API request to https://tracker failed with exception HTTPSConnectionPool(host='tracker', port=443): "
        "Max retries exceeded with url: / (Caused by SSLError(SSLCertVerificationError(1, "
        f"'[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {reason} (_ssl.c:1000)')))"
    )
    assert told in problem_of(error, "the server")
    assert failure_of(error) == "temporary"


def test_a_long_answer_becomes_one_line() -> None:
    said = problem_of(MlflowException("line\n" * 1000), "the server")
    assert said.startswith("the server says: line line")
    assert len(said) < 350
    assert "\n" not in said
