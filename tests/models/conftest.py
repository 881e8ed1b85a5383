"""A web server that weights are fetched from, and weights."""

from __future__ import annotations

from tests.support.networks import published_as_imagenet, state
from tests.support.publisher import publisher

__all__ = ["published_as_imagenet", "publisher", "state"]
