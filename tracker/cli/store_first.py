"""Looks at the embedded store before anything is imported that takes seconds."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tracker.errors import UsageError


def look_at_store(given: Mapping[str, Any], config: Path | None) -> None:
    """Refuse a store in which nothing can be recorded.

    Args:
        given: The options of the command line; None means "not given".
        config: A YAML file of options.

    Raises:
        TrackingError: It cannot be opened.
    """
    from tracker.config.keywords import resolve_options
    from tracker.tracking.backend.store_file import require_usable
    from tracker.tracking.backend.uri import resolve_uri

    # Options that cannot be are told later, all at once.
    with suppress(UsageError):
        options = resolve_options(None, config, given)
        require_usable(resolve_uri(options.tracking_uri), to_write=True)
