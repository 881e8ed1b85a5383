"""A file of predictions that grows line by line: what was written before it was interrupted is gone on with.

Beside it lies a small file that says what it is being made with, so that a file is never half of one network
and half of another.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from tracker.errors import DataError, UsageError
from tracker.inference.prediction.answer_rows import RowFormat, whole_lines
from tracker.inference.prediction.image_prediction import ImagePrediction
from tracker.io.atomic import name_whole, sync_open_file, unfinished_file, write_all, write_whole
from tracker.io.locks import NoLocks, exclusive_if_free
from tracker.io.short_path import short_path

ENDINGS = {".csv": False, ".jsonl": True}
"""How files of predictions end, and whether these are JSON lines."""


def check_output(output: Path) -> None:
    """Refuse a place that no file of predictions can have, before anything is computed.

    Raises:
        UsageError: Its ending is none, its folder is not there, or it is one.
    """
    if output.suffix.lower() not in ENDINGS:
        raise UsageError(
            "--output must end in .csv or .jsonl", but=f"it is {output}", do="Type another name."
        )
    if output.is_dir():
        raise UsageError("--output must be a file", but=f"{output} is a folder", do="Type another name.")
    if not output.parent.is_dir():
        raise UsageError(
            "--output must lie in a folder that is there",
            but=f"there is no {output.parent}",
            do="Make it, or type another name.",
        )


class KnownLine(NamedTuple):
    """What is known of a line: the image's id, the state of its file, and whether it was unreadable."""

    id: str
    file: str
    unreadable: bool


@dataclass
class AnswerFile:
    """A file of predictions.

    Attributes:
        path: The file.
        format: Its columns.
        made_with: What it is made with; text, by what a user calls it.
        known: What earlier commands wrote of images, by name.
    """

    path: Path
    format: RowFormat
    made_with: Mapping[str, Any]
    known: dict[str, KnownLine] = field(default_factory=dict)
    _is_torn: bool = False

    @property
    def _begun(self) -> Path:
        return self._beside("begun.json")

    def _beside(self, kind: str) -> Path:
        return self.path.with_name(f".{self.path.name}.{kind}")

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Hold the file for this process, and look at what is in it.

        Raises:
            UsageError: It is of something else, or another process writes to it.
            DataError: It cannot be written.
        """
        with _disk_errors(self.path), ExitStack() as held:
            free = True
            # On a disk without locks, nobody knows of the other.
            with suppress(NoLocks):
                free = held.enter_context(exclusive_if_free(self._beside("lock")))
            if not free:
                raise UsageError(
                    "one command at a time must write to a file",
                    but=f"another one writes to {self.path}",
                    do="Wait for it, or give another --output.",
                )
            self._begin()
            yield

    def _begin(self) -> None:
        told = json.dumps({**self.made_with, "columns": self.format.columns}, ensure_ascii=False, indent=1)
        if not self.path.exists():
            write_whole(self._begun, f"{told}\n".encode())
            write_whole(self.path, self.format.header.encode())
            return
        self._check_same(json.loads(told))
        self.known = {row.image: KnownLine(row.id, row.file, bool(row.problem)) for row in self.rows()}

    def _check_same(self, asked: Mapping[str, Any]) -> None:
        try:
            begun = json.loads(self._begun.read_bytes())
            different = [name for name in asked if begun[name] != asked[name]]
        except (OSError, ValueError, KeyError, TypeError):
            raise UsageError(
                f"{self.path} must be a file of predictions that this command began",
                but=f"it is there, and nothing says what it was made with ({self._begun.name})",
                do="Give another --output, or remove it.",
            ) from None
        if different:
            raise UsageError(
                f"{self.path} must be gone on with as it was begun",
                but=f"it was begun with other {' and '.join(different)}",
                do="Give another --output, or remove it to begin again.",
                details=[f"{name}: {_shown(begun[name])}, now {_shown(asked[name])}" for name in different],
            )

    def keep_only(self, names: Iterable[str]) -> None:
        """Cut off a line that was not written to its end, and leave out the lines of other images.

        Args:
            names: The images whose lines stay.
        """
        kept = set(names)
        if kept >= self.known.keys() and not self._is_torn:
            return
        with unfinished_file(self.path) as file:
            write_all(file, self.format.header.encode())
            for row in self.rows():
                if row.image in kept:
                    write_all(file, self.format.line(row).encode("utf-8", "surrogateescape"))
            name_whole(file, self.path)
        self.known = {name: line for name, line in self.known.items() if name in kept}
        self._is_torn = False

    def append(self, batches: Iterable[Sequence[ImagePrediction]]) -> Iterator[Sequence[ImagePrediction]]:
        """Write predictions behind what is there; yield each batch once it is written.

        Args:
            batches: The predictions.
        """
        with self.path.open("ab", buffering=0) as file:
            for batch in batches:
                lines = "".join(map(self.format.line, batch))
                write_all(file, lines.encode("utf-8", "surrogateescape"))
                yield batch
            sync_open_file(file.fileno())

    def rows(self) -> Iterator[ImagePrediction]:
        """Yield what is in the file; a line that was not written to its end is none.

        Raises:
            UsageError: A line is not what was written.
        """
        with self.path.open("rb") as file:
            whole = 0
            lines = whole_lines(file, json_lines=self.format.json_lines)
            for number, line in enumerate(lines, start=1):
                whole += len(line)
                text = line.decode("utf-8", "surrogateescape")
                if number == 1 and self.format.header:
                    if text != self.format.header:
                        raise self._changed(number)
                    continue
                try:
                    row = self.format.row(text)
                except (ValueError, KeyError):
                    raise self._changed(number) from None
                yield row
            self._is_torn = whole < os.fstat(file.fileno()).st_size

    def _changed(self, number: int) -> UsageError:
        return UsageError(
            f"{self.path} must be as tracker wrote it to be gone on with",
            but=f"its line {number} is another one: was it saved by a spreadsheet?",
            do="Give another --output, or remove it to begin again.",
        )


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = short_path(Path(os.fspath(error.filename or path)))
        raise DataError(
            "the file of predictions must be writable and have room",
            but=f"{where}: {error.strerror or error}",
            do="What is written stays: make room, and type the same command again.",
        ) from error
