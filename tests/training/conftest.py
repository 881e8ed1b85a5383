"""Small pictures with something to learn, stored as every run stores them."""

from __future__ import annotations

from tests.support.trainings import on_pixels, own_cache, pixels

__all__ = ["on_pixels", "own_cache", "pixels"]
