"""The files that a table names, also where it was written on Windows or without their endings."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath

from tracker.data.wording import shown


@dataclass(frozen=True, slots=True)
class Located:
    """What a cell with a path stands for.

    Attributes:
        path: The file, or where it should be.
        problem: Why it is not there; empty: it is.
        example: What the problem is of, where it is the same for many cells.
        absent: Whether there is nothing, which may be left out; other problems concern how it is written.
        added: The ending that the cell lacks; empty: none.
    """

    path: Path
    problem: str = ""
    example: str = ""
    absent: bool = False
    added: str = ""


@dataclass(frozen=True, slots=True)
class _Listing:
    """The names in a folder.

    Attributes:
        by_stem: Those with the ending of an image, by what is before it.
        by_casefold: All, by their letters without regard to case.
    """

    by_stem: Mapping[str, Sequence[str]]
    by_casefold: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Locator:
    """Finds the files that a table names.

    Attributes:
        folder: What paths are relative to.
        endings: Endings of images, in small letters.
    """

    folder: Path
    endings: Collection[str]
    _listings: dict[Path, _Listing] = field(default_factory=dict)

    def locate(self, cell: str) -> Located:
        """Find the file that a cell names.

        Args:
            cell: A path, absolute or below the folder, with slashes or backslashes.
        """
        if not cell:
            return Located(self.folder, "the path is empty")
        written = self.folder / cell
        spellings = [self.folder / spelling for spelling in dict.fromkeys(_spellings(cell))]
        if (there := next((path for path in spellings if _is(Path.is_file, path)), None)) is not None:
            return Located(there)
        if os.name != "nt" and (PureWindowsPath(cell).drive or cell.startswith("\\\\")):
            return Located(written, "a path of a Windows computer, and this is none", example=shown(cell))
        ended = [path for spelling in spellings for path in self._with_endings(spelling)]
        if len(ended) == 1:
            return Located(ended[0], added=ended[0].suffix)
        if ended:
            return Located(written, f"{shown(cell)} can be {' or '.join(path.name for path in ended)}")
        return Located(spellings[-1], self._missing(cell, spellings[-1]), absent=True)

    def _with_endings(self, path: Path) -> list[Path]:
        return [path.with_name(name) for name in self._listing_of(path.parent).by_stem.get(path.name, ())]

    def _missing(self, cell: str, path: Path) -> str:
        if _is(Path.is_dir, path):
            return f"{shown(cell)} is a folder"
        near = self._listing_of(path.parent).by_casefold.get(path.name.casefold())
        return f"{shown(cell)} is not there" + (f" ({near[0]} is)" if near else "")

    def _listing_of(self, folder: Path) -> _Listing:
        if folder not in self._listings:
            names = _names_in(folder)
            apart = [(name, *name.rpartition(".")) for name in names]
            self._listings[folder] = _Listing(
                _grouped((stem, name) for name, stem, _, end in apart if f".{end.lower()}" in self.endings),
                _grouped((name.casefold(), name) for name in names),
            )
        return self._listings[folder]


def _names_in(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError:
        return []


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for key, name in pairs:
        groups.setdefault(key, []).append(name)
    return groups


def _spellings(cell: str) -> Iterator[str]:
    """Yield a path as it is written, and as another computer writes it."""
    for written in (cell, cell.replace("\\", "/")):
        # A Mac takes letters with accents apart.
        yield from (written, unicodedata.normalize("NFC", written), unicodedata.normalize("NFD", written))


def _is(kind: Callable[[Path], bool], path: Path) -> bool:
    """Return whether a path is a file or a folder; none that cannot be asked about is."""
    try:
        return kind(path)
    except (OSError, ValueError):
        return False
