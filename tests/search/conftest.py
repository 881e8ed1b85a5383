"""A storage of the test's own, whose threads all end."""

from __future__ import annotations

from tests.support.images import no_thread_is_left_behind
from tests.support.studies import storage

__all__ = ["no_thread_is_left_behind", "storage"]
