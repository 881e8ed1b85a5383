"""The body of a request, read within limits, whoever sends it and however slowly."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import Request

from tracker.inference.serving.limits import MEBIBYTE, Limits
from tracker.inference.serving.refusals import Refused, too_busy, too_large, unknown_kind


class Bodies:
    """Reads bodies, and knows how much all of them together take.

    Args:
        limits: What is taken.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._held = 0

    @contextmanager
    def share(self) -> Iterator[Share]:
        """Have a share of the memory for bodies, as long as the block lasts."""
        share = Share(self)
        try:
            yield share
        finally:
            self._held -= share.held

    def take(self, count: int) -> None:
        """Take memory for some bytes.

        Raises:
            Refused: There is too little left.
        """
        if self._held + count > self._limits.held_bytes:
            raise too_busy()
        self._held += count

    async def read(self, request: Request, share: Share) -> bytes:
        """Return the body of a request.

        Raises:
            Refused: It is too large, compressed, too slow, or comes while too many others are here.
        """
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise unknown_kind("a body must be sent as it is, but this one is compressed")
        if int(request.headers.get("content-length", 0)) > self._limits.max_bytes:
            raise self._too_large()
        try:
            async with asyncio.timeout(self._limits.body_s):
                return await self._all_of(request, share)
        except TimeoutError:
            why = f"a body must be here in {self._limits.body_s:g} seconds, but this one was not"
            raise Refused(408, why, {"Connection": "close"}) from None

    async def _all_of(self, request: Request, share: Share) -> bytes:
        chunks = []
        async for chunk in request.stream():
            share.take(len(chunk))
            if share.held > self._limits.max_bytes:
                raise self._too_large()
            chunks.append(chunk)
        return b"".join(chunks)

    def _too_large(self) -> Refused:
        return too_large(
            f"a body must have at most {self._limits.max_bytes / MEBIBYTE:g} MiB, but this one has more: "
            "send fewer images, or serve with a larger --max-bytes"
        )


class Share:
    """What one request takes of the memory for bodies.

    Args:
        bodies: Whose memory it is.
    """

    def __init__(self, bodies: Bodies) -> None:
        self.held = 0
        self._bodies = bodies

    def take(self, count: int) -> None:
        """Take more.

        Args:
            count: Bytes.

        Raises:
            Refused: All requests together have too many.
        """
        self._bodies.take(count)
        self.held += count
