"""Why a journal could not be sent, and what is to be done about it, as a user reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.errors import TrackerError
from tracker.tracking.backend.denials import denial_of
from tracker.tracking.backend.failures import (
    SENDING_FAILURES,
    Failure,
    failure_of,
    problem_of,
    refusal_of,
    said_by,
)
from tracker.tracking.backend.uri import describe

if TYPE_CHECKING:
    from tracker.tracking.journal.entries import Creation

_EXPECTED = (TrackerError, *SENDING_FAILURES)


def is_expected(error: Exception) -> bool:
    """Say whether an error is of a kind that sending is known to end in.

    Args:
        error: What sending ended in.
    """
    return isinstance(error, _EXPECTED)


def outcome_of(error: Exception) -> Failure:
    """Say what an error means for a journal.

    Args:
        error: What sending ended in.
    """
    if isinstance(error, TrackerError):
        return "refused"
    failure = failure_of(error)
    if failure == "missing":
        return "refused"
    return "temporary" if failure == "lacking" else failure


def problem_with(error: Exception, uri: str, begun: Creation) -> str:
    """Say why a journal could not be sent, and what is to be done about it, if anything.

    Args:
        error: What sending ended in.
        uri: Where it was sent, as `resolve_uri` gives it.
        begun: How its run began.
    """
    if isinstance(error, TrackerError):
        return str(error)
    where, refusal = describe(uri), refusal_of(error)
    if not is_expected(error):
        return f"sending to {where} ends in {type(error).__name__}: {said_by(error)}"
    if isinstance(error, OSError) and error.strerror and not isinstance(error, ConnectionError):
        return (
            f"files must be readable and writable, but {error.filename or where}: {error.strerror}. "
            "When that is mended, type tracker sync: nothing is lost."
        )
    if refusal is None:
        return problem_of(error, where)
    denial = denial_of(
        refusal, uri, experiment=begun.experiment, permission="EDIT", recorded=begun.tracking_uri
    )
    return f"{where} {denial.problem}. {denial.advice} Then type tracker sync: nothing is lost."
