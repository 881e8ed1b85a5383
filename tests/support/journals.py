"""What the journals of a folder say, for tests that need no MLflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tracker.tracking.journal.entries import Artifact, Creation, Entry, Metrics, Status, Tags
from tracker.tracking.journal.log import JOURNAL, read_journal


@dataclass(frozen=True)
class Recorded:
    """What one journal says.

    Attributes:
        folder: Where it lies.
        creation: Its first entry.
        entries: All of them.
    """

    folder: Path
    creation: Creation
    entries: list[Entry]

    @classmethod
    def read(cls, folder: Path) -> Recorded:
        entries = [line.entry for line in read_journal(folder / JOURNAL)[0]]
        creation = entries[0]
        assert isinstance(creation, Creation)
        return cls(folder, creation, entries)

    @property
    def status(self) -> str:
        return self._statuses[-1].status if self._statuses else "RUNNING"

    @property
    def reason(self) -> str:
        return self._statuses[-1].reason

    @property
    def steps(self) -> dict[int, dict[str, float]]:
        """The metrics of each step."""
        found: dict[int, dict[str, float]] = {}
        for entry in self.entries:
            if isinstance(entry, Metrics):
                found.setdefault(entry.step, {}).update(entry.values)
        return found

    @property
    def tags(self) -> Mapping[str, str]:
        tags = dict(self.creation.tags)
        for entry in self.entries:
            tags |= entry.values if isinstance(entry, Tags) else {}
        return tags

    @property
    def files(self) -> set[str]:
        return {Path(entry.file).name for entry in self.entries if isinstance(entry, Artifact)}

    @property
    def _statuses(self) -> list[Status]:
        return [entry for entry in self.entries if isinstance(entry, Status)]


def recorded_in(folder: Path) -> dict[str, Recorded]:
    """Return what the journals below a current folder say, by the name of their run."""
    found = {}
    for journal in sorted(folder.glob(f".tracker/runs/*/{JOURNAL}")):
        recorded = Recorded.read(journal.parent)
        name = recorded.creation.run_name
        assert name not in found, f"{name} was recorded twice"
        found[name] = recorded
    return found
