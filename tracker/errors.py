"""Everything that a user can mend is raised as one of these; how several things are told at once.

TrackerError
├── UsageError           options or a configuration file say something that cannot be (exit code 2)
├── DataError            images, labels, patients or splits
│    └── UnreadableImages
├── ModelError           networks, weights and where they are cut
├── TrainingError        a run that cannot go on
│    └── NonFiniteLoss
├── TuningError          studies and where they are stored
├── TrackingError        MLflow's store, server and journals
└── ComparisonError      runs that cannot be put into one table
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence

from tracker.foreign_text import bounded, printable

_MOST_DETAILS = 200


class TrackerError(Exception):
    """A thing that a user can mend, said in one line.

    Args:
        must: What has to hold, as the start of a sentence.
        but: What was found instead, with its values.
        do: What to do next, as a sentence of its own.
        details: Further lines, one an item, where one line cannot name them all.
        choices: Arguments that were missing in a command, of which any one choice mends it.
    """

    exit_code = 1

    def __init__(
        self,
        must: str,
        *,
        but: str,
        do: str,
        details: Sequence[str] = (),
        choices: Sequence[Sequence[str]] = (),
    ) -> None:
        super().__init__(must, but, do, tuple(details))
        self.details = tuple(details)
        self.choices = tuple(tuple(choice) for choice in choices)
        self._line = f"{must}, but {but}. {do}"

    def __str__(self) -> str:
        return self.told(map(shlex.join, self.choices))

    def told(self, commands: Iterable[str]) -> str:
        """Return what is said, and a line for each choice.

        Args:
            commands: The choices, as they are to be typed.
        """
        below = (*listed(self.details, _MOST_DETAILS), *commands)
        return "\n".join(map(_one_line, [self._line, *(f"  {line}" for line in below)]))


def _one_line(text: str) -> str:
    return bounded(printable(text))


class UsageError(TrackerError):
    """An option or a configuration file says something that cannot be."""

    exit_code = 2


class DataError(TrackerError):
    """Images, labels, patients or splits are not as they must be."""


class UnreadableImages(DataError):
    """Some images cannot be decoded.

    Args:
        reasons: Why, by sample id.
        passing: The ids of those that may be decoded another time, as their reason is not in their content.
    """

    def __init__(self, reasons: dict[str, str], passing: Iterable[str] = ()) -> None:
        super().__init__(
            "every image must be readable",
            but=f"{len(reasons)} {'is' if len(reasons) == 1 else 'are'} not",
            do="Mend or remove them, or leave them out with --on-unreadable skip.",
            details=[f"{sample}: {reason}" for sample, reason in reasons.items()],
        )
        self.reasons = dict(reasons)
        self.passing = frozenset(passing)


class ModelError(TrackerError):
    """A network, its weights or its cut are not as they must be."""


class TrainingError(TrackerError):
    """A run cannot go on."""


class NonFiniteLoss(TrainingError):
    """A loss became infinite or not a number.

    Args:
        part: The part of the split whose loss it is.
        epoch: The epoch, from 1.
        lr: The learning rate of that epoch.
        loss: What it became.
    """

    def __init__(self, *, part: str, epoch: int, lr: float, loss: float) -> None:
        super().__init__(
            "losses must stay finite",
            but=f"{part}/loss was {loss} in epoch {epoch} at learning rate {lr:g}",
            do="Try a learning rate ten times smaller (--lr).",
        )


class TuningError(TrackerError):
    """A study, or the storage of studies, is not as it must be."""


class TrackingError(TrackerError):
    """MLflow's store or server, or a journal, is not as it must be."""


class ComparisonError(TrackerError):
    """Runs cannot be put into one table."""


def collect_errors(
    checks: Iterable[Callable[[], object]],
    *,
    error: type[TrackerError],
    must: str,
    but: str = "{count} things are wrong",
) -> None:
    """Run every check, and raise the errors of all of them as one.

    Args:
        checks: Functions that raise the error where something is wrong.
        error: What is collected; anything else ends the checks.
        must: What has to hold of all together, as the start of a sentence.
        but: What was found instead, where several checks failed; `{count}` is how many.

    Raises:
        TrackerError: The one that was found, or one of the same kind that lists them all.
    """
    found: list[TrackerError] = []
    for check in checks:
        try:
            check()
        except error as one:
            # Two checks can meet the same thing.
            found += [one] if str(one) not in map(str, found) else []
    if len(found) == 1:
        raise found[0]
    if found:
        raise error(
            must,
            but=but.format(count=len(found)),
            do="Mend each of them:",
            details=[line for one in found for line in str(one).splitlines()],
        )


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, such as `1 run` and `2 runs`.

    Args:
        number: How many there are.
        noun: What there is one of; its plural ends in s.
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(items: Sequence[str], limit: int = 50) -> list[str]:
    """Cut a list that nobody would read to its end.

    Args:
        items: One line an item.
        limit: How many to keep.

    Returns:
        The first items, and a line that says how many more there are.
    """
    if len(items) <= limit:
        return list(items)
    return [*items[:limit], f"... and {len(items) - limit} more"]
