"""What the tests of runs share: an empty current folder, and plans over small pictures."""

from __future__ import annotations

from tests.support.earlier_version import deep_colors
from tests.support.plans import prepare_small
from tests.support.workplace import shared_cache, workplace

__all__ = ["deep_colors", "prepare_small", "shared_cache", "workplace"]
