from __future__ import annotations

import os

import pytest

from tracker.tracking.backend.environment import client_environment, prepare_environment, request_timeout

TIMEOUT = "MLFLOW_HTTP_REQUEST_TIMEOUT"


def test_a_process_that_talks_to_mlflow_waits_for_seconds_and_tells_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in client_environment():
        monkeypatch.setenv(name, "")
    prepare_environment()
    assert int(os.environ[TIMEOUT]) <= 10
    assert int(os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"]) <= 1
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_requests_wait_for_another_time_as_long_as_the_block_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TIMEOUT, "7")
    with request_timeout(300):
        assert os.environ[TIMEOUT] == "300"
    assert os.environ[TIMEOUT] == "7"
