#!/usr/bin/env python3
"""Saves and loads all artifacts as one tar: `artifacts save >artifacts.tar`, in the server's container.

Where they are, the server's MLFLOW_ARTIFACTS_DESTINATION says: a folder, or s3://bucket/prefix. The tar is
the same for both. Files pass through in pieces; loading adds what is missing, and never overwrites.
"""

import argparse
import os
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import urlsplit

PIECE = 8 << 20
# S3 takes an object in 10,000 pieces at most.
PIECES = 9_000
SECONDS_BETWEEN_NEWS = 10


class Store(Protocol):
    """A place of artifacts. Names are paths inside of it, with `/`."""

    def files(self) -> Iterator[tuple[str, int]]:
        """Iterate over all names and sizes in bytes."""

    def size(self, name: str) -> int | None:
        """Return the size of a file in bytes, or None where there is none."""

    def read(self, name: str) -> IO[bytes]:
        """Open a file."""

    def write(self, name: str, content: IO[bytes], size: int) -> None:
        """Add a file, whole or not at all."""


class Folder:
    """Artifacts in a folder."""

    def __init__(self, path: Path):
        self.path = path
        self.unfinished = path / ".loading"

    def files(self) -> Iterator[tuple[str, int]]:
        """Iterate over all names and sizes in bytes."""
        for folder, folders, names in os.walk(self.path, onerror=_raised, followlinks=True):
            folders.sort()
            for path in (Path(folder, name) for name in sorted(names)):
                if path != self.unfinished:
                    yield path.relative_to(self.path).as_posix(), path.stat().st_size

    def size(self, name: str) -> int | None:
        """Return the size of a file in bytes, or None where there is none."""
        path = self.path / name
        return path.stat().st_size if path.exists() else None

    def read(self, name: str) -> IO[bytes]:
        """Open a file."""
        return (self.path / name).open("rb")

    def write(self, name: str, content: IO[bytes], size: int) -> None:
        """Add a file, whole or not at all."""
        with self.unfinished.open("wb") as file:
            while piece := content.read(PIECE):
                file.write(piece)
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.unfinished.rename(path)


class Bucket:
    """Artifacts in S3, or in what speaks its language; reached as MLflow's server reaches it."""

    def __init__(self, address: str):
        from mlflow.store.artifact.s3_artifact_repo import S3ArtifactRepository

        store: Any = S3ArtifactRepository(address)
        self.client = store._get_s3_client()
        parts = urlsplit(address)
        self.bucket = parts.netloc
        self.prefix = f"{parts.path.strip('/')}/".lstrip("/")

    def files(self) -> Iterator[tuple[str, int]]:
        """Iterate over all names and sizes in bytes."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
        for item in (item for page in pages for item in page.get("Contents", [])):
            if not item["Key"].endswith("/"):
                yield item["Key"].removeprefix(self.prefix), item["Size"]

    def size(self, name: str) -> int | None:
        """Return the size of a file in bytes, or None where there is none."""
        key = self.prefix + name
        found = self.client.list_objects_v2(Bucket=self.bucket, Prefix=key, MaxKeys=1).get("Contents", [])
        return found[0]["Size"] if found and found[0]["Key"] == key else None

    def read(self, name: str) -> IO[bytes]:
        """Open a file."""
        body: IO[bytes] = self.client.get_object(Bucket=self.bucket, Key=self.prefix + name)["Body"]
        return body

    def write(self, name: str, content: IO[bytes], size: int) -> None:
        """Add a file, whole or not at all."""
        from boto3.s3.transfer import TransferConfig

        # One piece after another: with threads, many of them wait in memory.
        config = TransferConfig(multipart_chunksize=max(PIECE, size // PIECES), use_threads=False)
        self.client.upload_fileobj(_Forward(content), self.bucket, self.prefix + name, Config=config)


class _Forward:
    """A file that can be read and nothing else, as it is true of one inside of a stream."""

    def __init__(self, file: IO[bytes]):
        self.read = file.read


class News:
    """Tells now and then, and at the end, how much has passed."""

    def __init__(self) -> None:
        self.files = 0
        self.bytes = 0
        self.last = time.monotonic()

    def add(self, size: int) -> None:
        """Count one file more."""
        self.files += 1
        self.bytes += size
        if time.monotonic() - self.last > SECONDS_BETWEEN_NEWS:
            self.last = time.monotonic()
            tell(f"{self} so far")

    def __str__(self) -> str:
        return f"{self.files} files, {self.bytes / 1e6:,.1f} MB"


def open_store(address: str) -> Store:
    """Open the place that an address names."""
    if address.startswith("s3://"):
        return Bucket(address)
    if "://" in address:
        raise SystemExit(f"artifacts: the destination must be a folder or s3://..., but is {address}")
    if not Path(address).is_dir():
        raise SystemExit(f"artifacts: there is no folder {address}")
    return Folder(Path(address))


def checked(name: str) -> str:
    """Return a name that stays inside of the store, and refuse any other."""
    if any(part in {"", ".", ".."} for part in name.split("/")) or "\0" in name:
        raise SystemExit(f"artifacts: a name must lead to a file inside of the destination, but is {name!r}")
    return name


def save(store: Store, out: IO[bytes]) -> str:
    """Write all artifacts into a tar, and return what is to be told."""
    news = News()
    # Without times and owners: the same artifacts are the same tar, wherever they are.
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        for name, size in store.files():
            entry = tarfile.TarInfo(checked(name))
            entry.size = size
            with store.read(name) as content:
                archive.addfile(entry, content)
            news.add(size)
    return f"{news} saved"


def load(store: Store, source: IO[bytes]) -> str:
    """Add the files of a tar that the store does not have, and return what is to be told."""
    added, known, other = News(), News(), News()
    with tarfile.open(fileobj=source, mode="r|") as archive:
        for entry in archive:
            if not entry.isreg():
                raise SystemExit(f"artifacts: there must be files only, but {entry.name!r} is something else")
            here = store.size(checked(entry.name))
            if here is None:
                content = archive.extractfile(entry)
                assert content
                store.write(entry.name, content, entry.size)
            (added if here is None else known if here == entry.size else other).add(entry.size)
    told = f"{added} added"
    if known.files:
        told += f"; {known} were there already"
    if other.files:
        told += f"; {other} are there with another size, and stay as they are"
    return told


def tell(text: str) -> None:
    """Print a line beside the tar."""
    sys.stderr.write(f"artifacts: {text}\n")


def main() -> None:
    """Do what was asked for."""
    parser = argparse.ArgumentParser(prog="artifacts", description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["save", "load"])
    command = parser.parse_args().command
    store = open_store(os.environ["MLFLOW_ARTIFACTS_DESTINATION"])
    if command == "load" and isinstance(store, Bucket):
        from bucket import make_bucket

        make_bucket(os.environ["MLFLOW_ARTIFACTS_DESTINATION"])
    tell(save(store, sys.stdout.buffer) if command == "save" else load(store, sys.stdin.buffer))


def _raised(error: OSError) -> None:
    raise error


if __name__ == "__main__":
    try:
        main()
    except Exception as error:  # noqa: BLE001 - S3, the disk, the tar: the line is needed, not the way to it
        raise SystemExit(f"artifacts: {type(error).__name__}: {error}") from None
