"""Pillow's warnings, suppressed while images are decoded."""

from __future__ import annotations

import warnings
from threading import Lock


class SuppressPillowWarnings:
    """Suppress Pillow's warnings while any thread is inside.

    `warnings.catch_warnings` alone would leave its filters behind where threads overlap: the first
    one in saves the filters of the process, and the last one out puts them back.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._filters = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.filterwarnings("ignore", module=r"(PIL|pydicom)\.")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._filters.__exit__(None, None, None)


suppress_pillow_warnings = SuppressPillowWarnings()
"""The one that all decoding shares."""
