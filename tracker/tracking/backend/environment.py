"""MLflow's settings, which it reads from the environment: short waits, and no noise.

They have to be there before `mlflow` is imported.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tracker.io.process_environment import ask_this_machine_directly

TIMEOUT_S = 10
UPLOAD_TIMEOUT_S = 300

_QUIET = {
    # MLflow ignores DO_NOT_TRACK.
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # Otherwise ending a run prints its address.
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # What fails is raised as well, and told in one line; MLflow's own account of it fills the screen.
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",
    # Otherwise a `uv.lock` in the current folder changes what a model says that it needs.
    "MLFLOW_UV_AUTO_DETECT": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}
# MLflow's own are 120 s and 7 retries: a server that hangs would block one call for 20 minutes.
_SHORT_WAITS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": str(TIMEOUT_S),
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
}


def client_environment() -> dict[str, str]:
    """Return the variables for a process that talks to MLflow."""
    return _QUIET | _SHORT_WAITS


def server_environment() -> dict[str, str]:
    """Return the variables for a small MLflow server."""
    # Job execution starts processes of its own: 0.4 GB instead of 2.3 GB without it.
    return {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}


def prepare_environment() -> None:
    """Set the variables in this process; before `mlflow` is imported."""
    ask_this_machine_directly()
    os.environ.update(client_environment())


@contextmanager
def request_timeout(seconds: int) -> Iterator[None]:
    """Set how long requests wait, as long as the block lasts; MLflow reads it at each request.

    Args:
        seconds: How long one request may take.
    """
    before = os.environ.get("MLFLOW_HTTP_REQUEST_TIMEOUT", str(TIMEOUT_S))
    os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = str(seconds)
    try:
        yield
    finally:
        os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = before
