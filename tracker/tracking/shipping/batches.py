"""Entries of a journal gathered into requests that are small enough for MLflow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TypeVar

from tracker.tracking.journal.entries import Metrics, Params, Status, Tags, TrainedModel
from tracker.tracking.journal.log import Line

_Value = TypeVar("_Value")

MAX_METRICS = 900
MAX_PARAMS_OR_TAGS = 100
# A request takes one million bytes; a character can take six of them ("\uXXXX").
MAX_CHARACTERS = 150_000


@dataclass(slots=True)
class Batch:
    """The metrics, parameters and tags of one request.

    Attributes:
        metrics: (key, value, time in milliseconds, step) of each point.
        end: The offset behind the last entry that is in it whole, 0 while there is none.
    """

    metrics: list[tuple[str, float, int, int]] = field(default_factory=list)
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    end: int = 0
    characters: int = 0

    def add(self, entry: Params | Metrics | Tags) -> None:
        """Add an entry that fits.

        Args:
            entry: Parameters, metrics or tags.
        """
        if isinstance(entry, Metrics):
            self.metrics += [(key, value, entry.time, entry.step) for key, value in entry.values.items()]
        elif isinstance(entry, Params):
            self.params.update(entry.values)
        else:
            self.tags.update(entry.values)
        self.characters += _characters(entry)

    def fits(self, entry: Params | Metrics | Tags) -> bool:
        """Say whether an entry can be added.

        Args:
            entry: Parameters, metrics or tags.
        """
        if isinstance(entry, Params) and self._changes(entry):
            return False
        count = len(entry.values)
        within = (
            len(self.metrics) + count <= MAX_METRICS
            if isinstance(entry, Metrics)
            else len(self.params) + len(self.tags) + count <= MAX_PARAMS_OR_TAGS
        )
        return within and self.characters + _characters(entry) <= MAX_CHARACTERS

    def halves(self) -> list[Batch]:
        """Cut in two or three batches that are the same together; none where there is one thing in it."""
        kinds = [
            Batch(metrics=self.metrics),
            Batch(params=self.params),
            Batch(tags=self.tags),
        ]
        filled = [kind for kind in kinds if kind.size]
        if len(filled) > 1:
            return filled
        half = self.size // 2
        return [self._part(0, half), self._part(half, self.size)] if half else []

    @property
    def size(self) -> int:
        """How many metrics, parameters and tags there are."""
        return len(self.metrics) + len(self.params) + len(self.tags)

    def entries(self) -> Iterator[Params | Metrics | Tags]:
        """Yield each metric, parameter and tag as an entry of its own."""
        for key, value, time, step in self.metrics:
            yield Metrics(values={key: value}, step=step, time=time)
        for key, text in self.params.items():
            yield Params(values={key: text})
        for key, text in self.tags.items():
            yield Tags(values={key: text})

    def _part(self, start: int, stop: int) -> Batch:
        return Batch(
            metrics=self.metrics[start:stop],
            params=dict(islice(self.params.items(), start, stop)),
            tags=dict(islice(self.tags.items(), start, stop)),
        )

    def _changes(self, entry: Params) -> bool:
        """Say whether a parameter has another value here: MLflow keeps the first and refuses the other."""
        return any(self.params.get(key, value) != value for key, value in entry.values.items())


def without_superseded(lines: Sequence[Line]) -> list[Line]:
    """Leave out every status, and every trained network, that is followed by another one.

    The run is not that any more, and the network's files lie where those of the earlier one lay.

    Args:
        lines: Lines of one journal that are still to be sent, in order.
    """
    superseded = {
        line.end
        for kind in (Status, TrainedModel)
        for line in [line for line in lines if isinstance(line.entry, kind)][:-1]
    }
    return [line for line in lines if line.end not in superseded]


def gather(lines: Iterable[Line]) -> Iterator[Batch | Line]:
    """Gather neighboring parameters, metrics and tags into batches; yield other lines as they are.

    Args:
        lines: Lines of one journal, in order.

    Yields:
        Batches and lines, in the order of the journal.
    """
    batch = Batch()
    for line in lines:
        if not isinstance(line.entry, Params | Metrics | Tags):
            if batch.end:
                yield batch
                batch = Batch()
            yield line
            continue
        for piece in _pieces(line.entry):
            if not batch.fits(piece):
                yield batch
                batch = Batch()
            batch.add(piece)
        batch.end = line.end
    if batch.end:
        yield batch


def _pieces(entry: Params | Metrics | Tags) -> Iterator[Params | Metrics | Tags]:
    """Cut an entry into parts that fit into an empty batch each."""
    if isinstance(entry, Metrics):
        for points in _cut(entry.values, MAX_METRICS):
            yield replace(entry, values=points)
        return
    longest = max((len(key) + len(value) for key, value in entry.values.items()), default=1)
    for texts in _cut(entry.values, min(MAX_PARAMS_OR_TAGS, MAX_CHARACTERS // longest)):
        yield replace(entry, values=texts)


def _cut(values: Mapping[str, _Value], size: int) -> Iterator[dict[str, _Value]]:
    items = iter(values.items())
    while part := dict(islice(items, size)):
        yield part


def _characters(entry: Params | Metrics | Tags) -> int:
    if isinstance(entry, Metrics):
        return 0
    return sum(len(key) + len(value) for key, value in entry.values.items())
