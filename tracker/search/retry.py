"""A database that is away for a moment is asked again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import DBAPIError

from tracker.errors import TuningError

AWAY = (StorageInternalError, DBAPIError)
"""What Optuna raises when the database does not do what it was asked."""

ATTEMPTS = 6
FIRST_PAUSE_S = 0.2
# Not the shared generator: a training beside this one draws from it.
_random = random.Random()
_Result = TypeVar("_Result")


def retry(ask: Callable[[], _Result]) -> _Result:
    """Do something in the database, and again after growing pauses while it is away (about seven seconds).

    Args:
        ask: What to do; doing it twice must do no harm.

    Raises:
        TuningError: The database stayed away.
    """
    for attempt in range(ATTEMPTS):
        try:
            return ask()
        except AWAY as error:
            if attempt == ATTEMPTS - 1:
                raise TuningError(
                    "the storage of the study must answer",
                    but=f"after {ATTEMPTS} attempts: {reason(error)}",
                    do="Look whether its database runs and has room, then start the same command again.",
                ) from error
        # Processes that got in each other's way come back at different times.
        time.sleep(FIRST_PAUSE_S * 2**attempt * _random.uniform(0.5, 1.5))
    raise AssertionError("unreachable")


def reason(error: BaseException) -> str:
    """Say in one line what a database had to say.

    Args:
        error: From Optuna or SQLAlchemy; what the driver said is below it.
    """
    # Optuna's own sentence guesses at invalid data, whatever happened.
    cause = error.__cause__ if isinstance(error, StorageInternalError) and error.__cause__ else error
    text = str(getattr(cause, "orig", None) or cause).strip()
    return text.splitlines()[0] if text else type(cause).__name__
