"""Fetching a published data set: downloaded once, resumed where it broke off, unpacked whole."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tracker.addresses import shown, split_account
from tracker.errors import DataError, UsageError
from tracker.io.cache import cache_dir, locked
from tracker.io.download import PAUSES, DownloadError, download
from tracker.io.progress import Progress
from tracker.io.unpack import unpack


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip file that a data set is published as.

    Attributes:
        dataset: The data set's name, which also names its folder in the cache.
        url: Where the archive is published.
        url_variable: Environment variable that names a mirror instead.
    """

    dataset: str
    url: str
    url_variable: str

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
    if files.exists():
        return files
    with locked(files):
        if not files.exists():
            ours = not archive.file.exists()
            if ours:
                _download(archive, progress, pauses)
            unpack(archive.file, files, progress=progress)
            if ours:
                archive.file.unlink()
    return files


def _download(archive: Archive, progress: Progress, pauses: tuple[float, ...]) -> None:
    _check_address(archive)
    try:
        download(archive.address, archive.file, progress, pauses=pauses)
    except DownloadError as error:
        raise _failed(archive, str(error)) from error


def _check_address(archive: Archive) -> None:
    address, account = split_account(archive.address)
    parts = urlsplit(address)
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
