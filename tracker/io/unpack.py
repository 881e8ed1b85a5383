"""Unpacking a zip archive that came from elsewhere, without trusting what it says."""

from __future__ import annotations

import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from tracker.errors import DataError, listed
from tracker.io.cache import atomic_folder, require_space
from tracker.io.progress import Progress

# Images are packed already: an archive that grows more than this is made to fill a disk.
_MOST_GROWTH = 20
_FREE_GROWTH = 64 * 2**20
_DRIVE = re.compile(r"^[A-Za-z]:")
_ENCRYPTED = 0x1


def unpack(archive: Path, final: Path, *, progress: Progress) -> None:
    """Unpack an archive into a folder whose existence means that it is complete.

    Args:
        archive: A zip file; the checksum of every file in it is verified.
        final: The folder to make.
        progress: Called after every file.

    Raises:
        DataError: The archive is damaged or encrypted, holds links or paths that lead elsewhere, grows
            suspiciously, or the disk has no room for it. Nothing of it is left then.
    """
    with _damage_named(archive), zipfile.ZipFile(archive) as packed:
        entries = [entry for entry in packed.infolist() if not _is_litter(entry)]
        _refuse_dangerous(archive, entries)
        require_space(final, sum(entry.file_size for entry in entries), f"unpacking {archive.name}")
        with atomic_folder(final) as folder:
            for done, entry in enumerate(entries, start=1):
                _extract(packed, entry, folder)
                progress(done, len(entries), f"files unpacked from {archive.name}")


def _is_litter(entry: zipfile.ZipInfo) -> bool:
    return entry.filename.startswith("__MACOSX/") or PurePosixPath(entry.filename).name == ".DS_Store"


def _refuse_dangerous(archive: Path, entries: list[zipfile.ZipInfo]) -> None:
    dangers = [f"{entry.filename}: {danger}" for entry in entries if (danger := _danger(entry))]
    if dangers:
        raise DataError(
            f"{archive} must hold plain files below one folder",
            but=f"{len(dangers)} of its entries {'is' if len(dangers) == 1 else 'are'} something else",
            do="Do not use it: fetch the archive from its publisher.",
            details=listed(dangers),
        )
    unpacked, packed = sum(entry.file_size for entry in entries), archive.stat().st_size
    if unpacked > _MOST_GROWTH * packed + _FREE_GROWTH:
        raise DataError(
            f"{archive} must not grow more than {_MOST_GROWTH} times",
            but=f"its {packed:,} bytes would become {unpacked:,}",
            do="Do not use it: fetch the archive from its publisher.",
        )


def _danger(entry: zipfile.ZipInfo) -> str:
    name = entry.filename.replace("\\", "/")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    dangers = {
        "an absolute path": name.startswith("/"),
        "a path with a drive letter": bool(_DRIVE.match(name)),
        "a path that leads out of the folder": ".." in PurePosixPath(name).parts,
        "a link": kind == stat.S_IFLNK,
        "neither file nor folder": kind not in {0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK},
        "encrypted": bool(entry.flag_bits & _ENCRYPTED),
    }
    return ", ".join(danger for danger, holds in dangers.items() if holds)


def _extract(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    target = folder / entry.filename.replace("\\", "/")
    if entry.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with packed.open(entry) as source, target.open("wb") as file:
        shutil.copyfileobj(source, file, 2**20)


@contextmanager
def _damage_named(archive: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise DataError(
            f"{archive} must be a whole zip archive",
            but=f"it is damaged ({error})",
            do="Delete it and run the same command again.",
        ) from error
