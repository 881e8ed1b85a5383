"""What is checked of a request before anything is done for it."""

from __future__ import annotations

from starlette.datastructures import Headers

from tracker.inference.serving.names import is_named
from tracker.inference.serving.refusals import Refused


def require_for_us(headers: Headers, names: frozenset[str] | None) -> None:
    """Refuse a request that is for another server, or that a proxy may take for another one than we do.

    Args:
        headers: What it comes with.
        names: As `names_of` gives them.

    Raises:
        Refused: It is one of these.
    """
    if not is_named(headers.get("host", ""), names):
        why = "a request must be for this server, but its Host is another: serve with --allow-host NAME"
        raise Refused(421, why, {"Connection": "close"})
    # The end of one, and so the beginning of the next, would be where each believes it.
    if "content-length" in headers and "transfer-encoding" in headers:
        why = "a body must come with Content-Length or in chunks, but this one comes with both"
        raise Refused(400, why, {"Connection": "close"})
