"""A guard around MLflow's client: whatever comes out of it is one of the failures that are known.

What is no server of MLflow, a page of a proxy, or an answer that was cut off makes the client fail in ways
that nobody can list. Each becomes an `OddAnswer` here, whose cause `--debug` shows.
"""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from typing import Any, cast

from mlflow import MlflowClient
from mlflow.entities import Experiment, Run

from tracker.errors import TrackerError
from tracker.tracking.backend.environment import UPLOAD_TIMEOUT_S
from tracker.tracking.backend.failures import FAILURES, OddAnswer
from tracker.tracking.backend.patience import answered_in_time

_READS_ANSWERS = "mlflow.utils.rest_utils"
_MUCH = ("log_", "download_")
"""Methods that move what is large: over a slow line they may take their time."""


@contextmanager
def guarded(*known: type[Exception]) -> Iterator[None]:
    """Turn what nobody expects of MLflow into an `OddAnswer`, as long as the block lasts.

    Args:
        known: What may leave the block as it is, beside FAILURES and our own errors.

    Raises:
        OddAnswer: Something else was raised inside.
    """
    passing: tuple[type[Exception], ...] = (TrackerError, *FAILURES, *known)
    try:
        yield
    except passing:
        raise
    except Exception as error:
        raise OddAnswer(f"{type(error).__name__}: {error}") from error


def guarded_client(client: MlflowClient, *, over_network: bool) -> MlflowClient:
    """Return a client whose methods raise FAILURES alone, or what a value raises that fits into no request.

    Args:
        client: MLflow's own.
        over_network: Whether it asks a server, which can answer without an end.
    """
    return cast("MlflowClient", _Guarded(client, over_network=over_network))


class _Guarded:
    """Stands before an object and guards each call of its methods."""

    def __init__(self, inner: object, *, over_network: bool) -> None:
        self._inner, self._over_network = inner, over_network

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found):
            return found
        least_s = UPLOAD_TIMEOUT_S if name.startswith(_MUCH) else 0
        return _guarded_method(found, bounded=self._over_network, least_s=least_s)


def _guarded_method(method: Callable[..., Any], *, bounded: bool, least_s: int) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*args: object, **given: object) -> Any:
        with guarded(TypeError, ValueError):
            try:
                question = functools.partial(method, *args, **given)
                return _whole(answered_in_time(question, least_s=least_s) if bounded else question())
            except (TypeError, ValueError) as error:
                if isinstance(error, FAILURES) or not _is_of_answer(error):
                    raise
                raise OddAnswer(f"{type(error).__name__}: {error}") from error

    return call


def _whole(answer: Any) -> Any:
    """Return what a method returned; what MLflow cannot have meant is no answer.

    Fields that an answer lacks are empty for MLflow's client: JSON of any other program looks like an
    experiment without a name.

    Raises:
        OddAnswer: It is, or holds, an experiment or a run that nobody could ask for again.
    """
    for one in answer if isinstance(answer, list) else [answer]:
        names = (one.experiment_id, one.name) if isinstance(one, Experiment) else ()
        names = (one.info.run_id, one.info.experiment_id) if isinstance(one, Run) else names
        if one == "" or not all(names):
            raise OddAnswer("it names an experiment or run without an id")
    return answer


def _is_of_answer(error: TypeError | ValueError) -> bool:
    """Say whether it is an answer that could not be read, and not a value that fits into no request."""
    frames = traceback.walk_tb(error.__traceback__)
    return isinstance(error, JSONDecodeError | UnicodeDecodeError) or any(
        frame.f_globals.get("__name__") == _READS_ANSWERS for frame, _ in frames
    )
