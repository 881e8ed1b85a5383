"""A request that is not answered: the status and the one sentence that its sender gets."""

from __future__ import annotations

from starlette.exceptions import HTTPException

_RETRY_AFTER_S = 1


class Refused(HTTPException):
    """A request is not answered, and its sender can do something about it."""

    def __init__(self, status: int, why: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, why, headers)


def bad_request(why: str) -> Refused:
    """Return the answer to what is not understood."""
    return Refused(400, why)


def too_large(why: str) -> Refused:
    """Return the answer to what is more than is taken."""
    return Refused(413, why)


def unknown_kind(why: str) -> Refused:
    """Return the answer to a body of another kind."""
    return Refused(415, why)


def too_busy() -> Refused:
    """Return the answer to one that would have to wait too long."""
    return Refused(
        503,
        "too many requests must not wait at once, but they do: ask again in a second",
        {"Retry-After": str(_RETRY_AFTER_S)},
    )
