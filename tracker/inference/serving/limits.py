"""How much one who asks may send, and how much waits for an answer at once."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 2**20
HOST, PORT = "127.0.0.1", 8000


@dataclass(frozen=True)
class Limits:
    """What a server takes.

    Attributes:
        max_bytes: Of one request's body.
        max_images: In one request.
        max_pixels: Of one image, known from its header before it is decoded.
        waiting_images: Of all requests that wait for an answer together.
        connections: That are open at once.
        head_s: Seconds that a client has to send the lines before the body.
        body_s: Seconds that it has to send the body.
        linger_s: Seconds that a client is listened to which still sends what was refused.
        look_s: Seconds from one look at a connection to the next.
    """

    max_bytes: int = 64 * MEBIBYTE
    max_images: int = 64
    max_pixels: int = 50_000_000
    waiting_images: int = 256
    connections: int = 256
    head_s: float = 10.0
    body_s: float = 30.0
    linger_s: float = 3.0
    look_s: float = 1.0

    @property
    def held_bytes(self) -> int:
        """Bytes of the bodies of all requests together."""
        return 4 * self.max_bytes
