"""Waits that end: `requests` begins its wait anew with each byte, and a server can go on for ever."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as OutOfTime
from threading import Thread
from typing import Any

from requests.exceptions import ReadTimeout

from tracker.tracking.backend.environment import TIMEOUT_S, UPLOAD_TIMEOUT_S

# A request, the second try, and the waits between.
_TRIES = 3


def answered_in_time(question: Callable[[], Any], *, least_s: int = 0) -> Any:
    """Return what a server answers, or give up after as long as its request and a second one may take.

    What sends a file is not held to it: nobody knows how long that may take.

    Args:
        question: Asks it; one that is given up ends with this process at the latest.
        least_s: Seconds that are waited at least, for what moves much.

    Raises:
        ReadTimeout: It has not answered by then.
        Exception: What the question raises.
    """
    one_request = int(os.environ.get("MLFLOW_HTTP_REQUEST_TIMEOUT", TIMEOUT_S))
    if one_request >= UPLOAD_TIMEOUT_S:
        return question()
    answer: Future[Any] = Future()
    Thread(target=_ask, args=(question, answer), daemon=True).start()
    try:
        return answer.result(max(least_s, _TRIES * one_request))
    except OutOfTime as error:
        if answer.done():
            raise
        raise ReadTimeout("Read timed out: its answer has no end") from error


def _ask(question: Callable[[], Any], answer: Future[Any]) -> None:
    try:
        answer.set_result(question())
    except BaseException as error:  # noqa: BLE001
        answer.set_exception(error)
