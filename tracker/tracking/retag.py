"""Tags of a run that has finished: what is learnt of it afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tracker.tracking.entries import Tags
from tracker.tracking.journal import JOURNAL, Journal, JournalBusy
from tracker.tracking.said import Said
from tracker.tracking.sanitise import safe_tags


def retag(folder: Path, tags: Mapping[str, str]) -> None:
    """Record tags of a run that has finished; those that it has already are not recorded again.

    Args:
        folder: The run's folder.
        tags: Texts, by name.
    """
    with suppress(JournalBusy), Journal(folder / JOURNAL) as journal:
        known = Said(journal.found).tags
        new = {key: value for key, value in safe_tags(tags).items() if known.get(key) != value}
        if new:
            journal.write(Tags(values=new))
