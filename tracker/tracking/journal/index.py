"""What a journal holds already: a process that goes on with a run records none of it again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tracker.tracking.journal.entries import (
    Context,
    Creation,
    DatasetUse,
    Entry,
    Metrics,
    Status,
    Tags,
    to_text,
)


class JournalIndex:
    """The entries that a journal had when it was opened, to be looked up.

    Args:
        entries: All of them, in order.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.is_empty = not entries
        self.tags: dict[str, str] = {}
        self.reason = ""
        """Why the process before ended; empty where it began and did not say."""
        self._texts = {to_text(entry) for entry in entries}
        self._points: dict[tuple[str, int], float] = {}
        self._contexts: dict[tuple[str, str], Context] = {}
        self.contexts: set[Context] = set()
        """The contexts that data sets were recorded in."""
        for entry in entries:
            self._add(entry)

    def _add(self, entry: Entry) -> None:
        match entry:
            case Creation() as creation:
                self.tags.update(creation.tags)
            case Tags(values=values):
                self.tags.update(values)
            case Metrics(values=values, step=step):
                self._points |= {(key, step): value for key, value in values.items()}
            case Status(reason=reason):
                self.reason = reason
            case DatasetUse() as use:
                self.first_context(use.name, use.digest, use.context)
                self.contexts.add(use.context)

    @property
    def epochs(self) -> int:
        """How many epochs are recorded without a gap."""
        steps = {step for _, step in self._points}
        return next(epoch for epoch in range(len(steps) + 1) if epoch + 1 not in steps)

    def __contains__(self, entry: Entry) -> bool:
        """Say whether the very same entry, which has no time, is recorded."""
        return to_text(entry) in self._texts

    def new_points(self, values: Mapping[str, float], step: int) -> dict[str, float]:
        """Return the metrics that are not recorded of a step.

        Args:
            values: Numbers, by name.
            step: The epoch, from 1.
        """
        return {key: value for key, value in values.items() if (key, step) not in self._points}

    def different(self, values: Mapping[str, float], step: int) -> dict[str, tuple[float, float]]:
        """Return the metrics that are recorded of a step with another value: that one, and this one.

        Args:
            values: Numbers, by name.
            step: The epoch, from 1.
        """
        pairs = {key: (self._points.get((key, step), value), value) for key, value in values.items()}
        return {key: (before, now) for key, (before, now) in pairs.items() if not _same(before, now)}

    def first_context(self, name: str, digest: str, context: Context) -> Context:
        """Return the context in which a data set was recorded first: this one, if it is new.

        Args:
            name: The data set's name.
            digest: What identifies its content.
            context: What the run does with it.
        """
        return self._contexts.setdefault((name, digest), context)


def _same(one: float, other: float) -> bool:
    """Say whether two numbers are the same; not a number is what it is."""
    return one == other or (math.isnan(one) and math.isnan(other))
