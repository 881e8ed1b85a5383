"""A cache of the test's own, and small images to put anywhere."""

from __future__ import annotations

from tests.support.images import cache, class_folders, draw_image, make_manifest, no_thread_is_left_behind
from tests.support.publisher import publisher

__all__ = ["cache", "class_folders", "draw_image", "make_manifest", "no_thread_is_left_behind", "publisher"]
