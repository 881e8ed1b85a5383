"""The command line in an empty folder, with all weights there."""

from __future__ import annotations

from tests.support.installation import checked, installation
from tests.support.workplace import argv_stays, shared_cache, tracker, workplace

__all__ = ["argv_stays", "checked", "installation", "shared_cache", "tracker", "workplace"]
