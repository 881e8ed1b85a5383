"""A cache of the test's own, and somebody's chest."""

from __future__ import annotations

from tests.support.chest import chest
from tests.support.images import cache, no_thread_is_left_behind

__all__ = ["cache", "chest", "no_thread_is_left_behind"]
