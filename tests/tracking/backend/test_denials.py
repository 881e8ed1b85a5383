"""What a user is told of a server that refuses, in words that differ where what is to be done differs."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlflow.exceptions import MlflowException, RestException
from requests import ConnectionError as NoConnection
from requests import HTTPError, Response

from tests.support.accounts import give_no_account
from tracker.tracking.backend.account import PASSWORD, TOKEN, USERNAME
from tracker.tracking.backend.denials import Denial, denial_of
from tracker.tracking.backend.failures import failure_of, refusal_of

URI = "http://mlflow:5000"
ASKS = "You are not authenticated. Please see https://www.mlflow.org/docs on how to authenticate."
NGINX = "<html>\n<head><title>401 Authorization Required</title></head>\n<body>nginx</body></html>"


@pytest.fixture(autouse=True)
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    give_no_account(tmp_path, monkeypatch)


def said(status: int, body: str, path: str = "/api/2.0/mlflow/runs/create") -> MlflowException:
    """What MLflow's client makes of an answer that is no JSON."""
    return MlflowException(
        f"API request to endpoint {path} failed with error code {status} != 200. Response body: '{body}'"
    )


def uploaded(status: int, body: str) -> HTTPError:
    response = Response()
    response.status_code, response._content, response.url = status, body.encode(), f"{URI}/artifacts/1"
    return HTTPError(f"{status}", response=response)


def told(error: Exception, experiment: str = "cxr") -> Denial:
    refusal = refusal_of(error)
    assert refusal is not None
    return denial_of(refusal, URI, experiment=experiment, permission="EDIT")


@pytest.mark.parametrize(
    ("given", "problem", "advice"),
    [
        ({}, "asks for an account (401), and none is given", f"Set {USERNAME} and {PASSWORD}, or write"),
        (
            {USERNAME: "ada"},
            "asks for an account (401), and only its name 'ada' is given",
            f"Set {PASSWORD}, too.",
        ),
        (
            {PASSWORD: "geheim"},
            "asks for an account (401), and only its password is given",
            f"Set {USERNAME}, too.",
        ),
        (
            {USERNAME: "ada", PASSWORD: "geheim"},
            "does not take the account 'ada' (401): the name is unknown there, or the password is another "
            "one",
            f"Mend {USERNAME} and {PASSWORD}.",
        ),
        ({TOKEN: "geheim"}, f"does not take the token in {TOKEN} (401)", f"Set {USERNAME} and {PASSWORD}"),
    ],
)
def test_an_account_that_is_not_taken_is_told_apart_from_none(
    given: dict[str, str], problem: str, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    for error in (said(401, ASKS), uploaded(401, ASKS), RestException({"error_code": "UNAUTHENTICATED"})):
        denial = told(error)
        assert denial.problem == problem
        assert denial.advice.startswith(advice)
        assert "geheim" not in str(denial)
        assert failure_of(error) == "denied"


@pytest.mark.parametrize(
    "error",
    [
        said(403, "Permission denied"),
        uploaded(403, "Permission denied"),
        RestException({"error_code": "PERMISSION_DENIED", "message": "no"}),
    ],
)
def test_an_experiment_that_is_closed_is_named_with_what_is_to_be_granted(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(USERNAME, "ada")
    monkeypatch.setenv(PASSWORD, "geheim")
    assert failure_of(error) == "forbidden"
    assert told(error).problem == "does not let the account 'ada' write to experiment 'cxr' (403)"
    assert told(error).advice.endswith("grant EDIT on it.")


def test_whoever_may_make_no_experiment_is_told_so() -> None:
    error = said(403, "Permission denied", "/api/2.0/mlflow/experiments/create")
    assert told(error).problem == "does not let this account make experiment 'cxr' (403)"
    assert "make it and grant EDIT on it" in told(error).advice


def test_a_name_that_is_not_allowed_is_said_as_it_is_to_be_added() -> None:
    error = said(403, "Invalid Host header - possible DNS rebinding attack detected")
    assert failure_of(error) == "denied"
    assert "by the name mlflow:5000 (403, Host header)" in told(error).problem
    assert told(error).advice.startswith("Have mlflow:5000 added to MLFLOW_SERVER_ALLOWED_HOSTS")


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (said(401, NGINX), "answers 401, a proxy or firewall, not MLflow: 401 Authorization Required nginx"),
        (
            said(403, "<h1>Forbidden</h1>" + "x" * 500),
            "answers 403, a proxy or firewall, not MLflow: Forbidden xxx",
        ),
        (said(403, ""), "answers 403, a proxy or firewall, not MLflow"),
        (RestException({"status": 401, "error": "sign in"}), "answers 401, a proxy or firewall, not MLflow"),
        (RestException({"code": 403, "kind": "Status"}), "answers 403, a proxy or firewall, not MLflow"),
        (said(407, "who are you?"), "a proxy that asks for an account of its own (407)"),
        (
            NoConnection("Max retries exceeded (Caused by ProxyError('Tunnel connection failed: 407 Proxy')"),
            "a proxy that asks for an account of its own (407)",
        ),
    ],
    ids=str,
)
def test_an_answer_that_is_none_of_mlflows_is_said_to_be_that(error: Exception, problem: str) -> None:
    assert failure_of(error) == "denied"
    assert problem in told(error).problem
    assert len(told(error).problem) < 250


@pytest.mark.parametrize(
    "error",
    [
        said(500, "Permission denied"),
        said(404, ASKS),
        RestException({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "403"}),
        RestException({"status": 500}),
        NoConnection("Connection refused"),
        OSError(401, "Permission denied"),
        ValueError("403"),
    ],
    ids=str,
)
def test_everything_else_is_no_refusal(error: Exception) -> None:
    assert refusal_of(error) is None
    assert failure_of(error) not in ("denied", "forbidden")
