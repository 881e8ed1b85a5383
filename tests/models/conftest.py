"""A web server that weights are fetched from."""

from __future__ import annotations

from tests.support.publisher import publisher

__all__ = ["publisher"]
