"""Fetching a published data set: downloaded once, resumed where it broke off, unpacked whole."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from tracker.addresses import shown, split_account
from tracker.errors import DataError, UsageError
from tracker.io.cache import cache_dir, locked
from tracker.io.download import PAUSES, DownloadError, download
from tracker.io.kept import is_whole
from tracker.io.progress import Progress
from tracker.io.unpack import BadArchive, holds_files, unpack


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip file that a data set is published as.

    Attributes:
        dataset: The data set's name, which also names its folder in the cache.
        url: Where the archive is published.
        url_variable: Environment variable that names a mirror instead.
        holds: How many of its files have a path that ends as a pattern says, by pattern: another archive does
            not pass for it.
    """

    dataset: str
    url: str
    url_variable: str
    holds: Mapping[str, int] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where the archive is fetched from: the mirror, or where it is published."""
        return os.environ.get(self.url_variable) or self.url

    @property
    def folder(self) -> Path:
        """The folder that the archive is downloaded to."""
        return cache_dir() / "datasets" / self.dataset

    @property
    def file(self) -> Path:
        """The archive once it is downloaded; one that a user puts there is found."""
        return self.folder / Path(urlsplit(self.url).path).name


def fetch(archive: Archive, progress: Progress, *, pauses: tuple[float, ...] = PAUSES) -> Path:
    """Return the folder of the unpacked data set; download it where that was not done before.

    Args:
        archive: What to fetch.
        progress: Receives the numbers of downloaded bytes and unpacked files.
        pauses: Seconds to wait after transfers that broke off.

    Returns:
        The folder that the archive was unpacked to.

    Raises:
        UsageError: The mirror's address is not one.
        DataError: It cannot be downloaded or unpacked; says what to do by hand.
    """
    files = archive.folder / "files"
    is_done = partial(is_whole, files, partial(holds_files, archive.holds))
    if is_done():
        return files
    with locked(files):
        if not is_done():
            _unpack(archive, files, progress, pauses)
    return files


def _unpack(archive: Archive, files: Path, progress: Progress, pauses: tuple[float, ...]) -> None:
    ours = not archive.file.exists()
    if ours:
        _download(archive, progress, pauses)
    try:
        unpack(archive.file, files, progress=progress, holds=archive.holds)
    except BadArchive:
        if ours:
            # The next command would find it, and never ask for the right one.
            archive.file.unlink()
        raise
    if ours:
        archive.file.unlink()


def _download(archive: Archive, progress: Progress, pauses: tuple[float, ...]) -> None:
    _check_address(archive)
    try:
        download(archive.address, archive.file, progress, pauses=pauses)
    except DownloadError as error:
        raise _failed(archive, str(error)) from error


def _check_address(archive: Archive) -> None:
    try:
        address, account = split_account(archive.address)
        parts = urlsplit(address)
    except ValueError as error:
        raise UsageError(
            f"{archive.url_variable} must be an http or https address without an account",
            but=f"it is none ({error})",
            do="Correct it, or unset it to use the publisher's.",
        ) from None
    if parts.scheme not in {"http", "https"} or not parts.netloc or account:
        raise UsageError(
            f"{archive.url_variable} must be an http or https address without an account",
            but=f"it is {shown(address)!r}{' with one' if account else ''}",
            do="Correct it, or unset it to use the publisher's.",
        )


def _failed(archive: Archive, reason: str) -> DataError:
    return DataError(
        f"the images of {archive.dataset} must be downloaded from {shown(archive.address)}",
        but=reason,
        do="Run the same command again when you are online (it goes on where it broke off), or by hand:",
        details=[
            f"download {shown(archive.address)}",
            f"and put it into {archive.folder}",
            "or unpack it anywhere and add --data PATH",
            f"or name a mirror of the archive in the environment variable {archive.url_variable}",
        ],
    )
