"""Unpacking a zip archive that came from elsewhere, without trusting what it says."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from tracker.errors import DataError, TrackerError, listed
from tracker.io.cache import atomic_folder, require_space
from tracker.io.kept import has_contents, keep_contents, tell_if_torn
from tracker.io.member_names import dangers_of, path_of
from tracker.io.progress import Progress

# Images are packed already: an archive that grows more than this is made to fill a disk.
_MOST_GROWTH = 20
_FREE_GROWTH = 64 * 2**20


class BadArchive(DataError):
    """An archive is damaged, or another one than is expected: it is of no use, and nothing of it is kept."""


def unpack(archive: Path, final: Path, *, progress: Progress, holds: Mapping[str, int] | None = None) -> None:
    """Unpack an archive into a folder whose existence means that it is complete.

    Args:
        archive: A zip file; the checksum of every file in it is verified.
        final: The folder to make, or to make again where files of it are gone; its lock is held.
        progress: Called after every file.
        holds: How many of its files have a path that ends as a pattern says, by pattern; none is empty.

    Raises:
        BadArchive: The archive is damaged or encrypted, holds links, paths that lead elsewhere or other files
            than expected, or grows suspiciously. Nothing of it is left then.
        DataError: The disk has no room for it.
    """
    holds = holds or {}
    tell_if_torn(final, f"files of {final.parent.name}")
    with _damage_named(archive), zipfile.ZipFile(archive) as packed:
        entries = [entry for entry in packed.infolist() if not _is_litter(entry)]
        _refuse_dangerous(archive, entries)
        _refuse_others(archive, holds, entries)
        require_space(final, sum(entry.file_size for entry in entries), f"unpacking {archive.name}")
        with atomic_folder(final, replace=True) as folder:
            for done, entry in enumerate(entries, start=1):
                _extract(packed, entry, folder)
                progress(done, len(entries), f"files unpacked from {archive.name}")
            keep_contents(folder, final)


def holds_files(holds: Mapping[str, int], folder: Path) -> bool:
    """Say whether a folder has all that was unpacked, and the files that an archive is known for.

    Args:
        holds: As for `unpack`.
        folder: What was unpacked.
    """
    files = ((path.relative_to(folder), path.stat().st_size) for path in folder.rglob("*") if path.is_file())
    return has_contents(folder) and not _differences(holds, {path.as_posix(): size for path, size in files})


def _refuse_others(archive: Path, holds: Mapping[str, int], entries: list[zipfile.ZipInfo]) -> None:
    files = {path_of(entry): entry.file_size for entry in entries if not entry.is_dir()}
    if differences := _differences(holds, files):
        raise BadArchive(
            f"{archive} must hold the files that the data set is published with",
            but=f"it is another archive ({'; '.join(differences)})",
            do="Check the address that it came from, or get it elsewhere.",
        )


def _differences(holds: Mapping[str, int], sizes: Mapping[str, int]) -> list[str]:
    """Say which files there are too few or too many of, not counting empty ones."""
    found = Counter(
        pattern
        for path, size in sizes.items()
        for pattern in holds
        if size and re.search(f"{pattern}$", path)
    )
    return [
        f"{found[pattern]} instead of {count} files match {pattern}"
        for pattern, count in holds.items()
        if found[pattern] != count
    ]


def _is_litter(entry: zipfile.ZipInfo) -> bool:
    return entry.filename.startswith("__MACOSX/") or PurePosixPath(entry.filename).name == ".DS_Store"


def _refuse_dangerous(archive: Path, entries: list[zipfile.ZipInfo]) -> None:
    if dangers := dangers_of(entries):
        raise BadArchive(
            f"{archive} must hold plain files below one folder",
            but=f"{len(dangers)} of its entries {'is' if len(dangers) == 1 else 'are'} something else",
            do="Do not use it: fetch the archive from its publisher.",
            details=listed(dangers),
        )
    unpacked, packed = sum(entry.file_size for entry in entries), archive.stat().st_size
    if unpacked > _MOST_GROWTH * packed + _FREE_GROWTH:
        raise BadArchive(
            f"{archive} must not grow more than {_MOST_GROWTH} times",
            but=f"its {packed:,} bytes would become {unpacked:,}",
            do="Do not use it: fetch the archive from its publisher.",
        )


def _extract(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    target = folder / path_of(entry)
    if entry.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with packed.open(entry) as source, target.open("wb") as file:
        shutil.copyfileobj(source, file, 2**20)


@contextmanager
def _damage_named(archive: Path) -> Iterator[None]:
    """Turn whatever zipfile and the unpackers that it calls raise of a damaged archive into one line."""
    try:
        yield
    except TrackerError:
        raise
    except OSError as error:
        raise BadArchive(
            f"{archive} must be a zip archive that can be unpacked here",
            but=f"the system says: {error.strerror or error}",
            do="Check its permissions; or delete it and run the same command again.",
        ) from error
    except Exception as error:
        told = " ".join(ascii(str(error))[1:-1].split()) or type(error).__name__
        raise BadArchive(
            f"{archive} must be a whole zip archive",
            but=f"it is damaged ({told})",
            do="Delete it and run the same command again.",
        ) from error
