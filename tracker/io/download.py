"""Files over HTTP: whole or not there, going on where a transfer broke off."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tracker.io.cache import require_space
from tracker.io.progress import Progress

PAUSES = (1.0, 2.0, 4.0)
"""Seconds to wait after each transfer in a row that broke off without coming further."""

# For connecting and for every wait between two blocks: who is offline shall know within seconds.
TIMEOUT_SECONDS = 5.0
_BLOCK = 2**18


class DownloadError(Exception):
    """A file that cannot be downloaded: the text says why; the cause is urllib's error where there is one."""


class _BrokenTransferError(Exception):
    """The transfer began and broke off; another attempt may go on with it."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a server announces: where its bytes begin, the file's whole size, its version."""

    start: int
    size: int | None
    version: str | None


def part_of(target: Path) -> Path:
    """Name the file that holds what has come so far."""
    return target.with_name(target.name + ".part")


def download(
    url: str,
    target: Path,
    progress: Progress,
    *,
    sha256_prefix: str = "",
    pauses: tuple[float, ...] = PAUSES,
) -> None:
    """Download a file, or what is missing of it; one process at a time.

    Args:
        url: Its address.
        target: The file, which appears once it is whole; its folder is there. Its bytes gather in
            `part_of(target)`; what is there already is kept if the server says that the file is still
            the same, by its entity tag or its date; else it is begun anew.
        progress: Receives the bytes that have come.
        sha256_prefix: The first hexadecimal digits of its SHA-256; none are not checked.
        pauses: Seconds to wait after transfers that broke off; any number of them may come further.

    Raises:
        DownloadError: The server is not there or refuses, the transfer broke off once more than there are
            pauses, or the file is another one than its checksum says.
        DataError: The disk has no room.
    """
    part, note = part_of(target), _note_of(target)
    waits, furthest = list(pauses), _size(part)
    while (broken := _attempt(url, part, note, progress)) is not None:
        if _size(part) > furthest:
            waits, furthest = list(pauses), _size(part)
        if not waits:
            raise DownloadError(str(broken)) from broken
        time.sleep(waits.pop(0))
    _verify(part, note, sha256_prefix)
    part.rename(target)
    note.unlink(missing_ok=True)


def _note_of(target: Path) -> Path:
    """Name the file that holds the version of the bytes that have come."""
    return target.with_name(target.name + ".version")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _verify(part: Path, note: Path, sha256_prefix: str) -> None:
    if not sha256_prefix:
        return
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if not digest.startswith(sha256_prefix):
        part.unlink()
        note.unlink(missing_ok=True)
        found = digest[: len(sha256_prefix)]
        raise DownloadError(f'invalid hash value (expected "{sha256_prefix}", got "{found}")')


def _attempt(url: str, part: Path, note: Path, progress: Progress) -> _BrokenTransferError | None:
    """Transfer the file or the rest of it; return why it broke off, or None where it is whole."""
    try:
        _transfer(url, part, note, progress)
    except _BrokenTransferError as error:
        return error
    except urllib.error.HTTPError as error:
        raise DownloadError(f"the server answers {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        reason = getattr(error.reason, "strerror", None) or error.reason
        raise DownloadError(f"it cannot be reached ({reason})") from error
    return None


def _transfer(url: str, part: Path, note: Path, progress: Progress) -> None:
    try:
        with urllib.request.urlopen(_request(url, part, note), timeout=TIMEOUT_SECONDS) as response:
            answer = _understood(response)
            note.write_text(json.dumps(answer.version))
            _receive(response, part, answer, progress)
    except urllib.error.HTTPError as error:
        with error:
            if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise
            _require_whole(part, error.headers.get("Content-Range", ""))
    except urllib.error.URLError:
        raise
    except (http.client.HTTPException, ConnectionError, TimeoutError) as error:
        raise _BrokenTransferError(f"the connection broke off ({error})") from error


def _request(url: str, part: Path, note: Path) -> urllib.request.Request:
    request = urllib.request.Request(url, headers={"User-Agent": "tracker"})
    version = json.loads(note.read_text()) if note.exists() else None
    if part.exists() and part.stat().st_size and version:
        request.add_header("Range", f"bytes={part.stat().st_size}-")
        request.add_header("If-Range", version)
    return request


def _understood(response: http.client.HTTPResponse) -> _Answer:
    tag = response.headers.get("ETag")
    strong_tag = tag if tag and not tag.startswith("W/") else None
    version = strong_tag or response.headers.get("Last-Modified")
    ranged = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
    if response.status == http.HTTPStatus.PARTIAL_CONTENT and ranged:
        return _Answer(int(ranged[1]), int(ranged[2]) if ranged[2] != "*" else None, version)
    length = response.headers.get("Content-Length")
    return _Answer(0, int(length) if length else None, version)


def _require_whole(part: Path, content_range: str) -> None:
    """Accept that there is no further byte only if all are here; begin anew otherwise."""
    if content_range != f"bytes */{part.stat().st_size}":
        part.unlink()
        raise _BrokenTransferError("the part that was there does not belong to the file")


def _receive(response: http.client.HTTPResponse, part: Path, answer: _Answer, progress: Progress) -> None:
    there = part.stat().st_size if part.exists() else 0
    if answer.start not in {0, there}:
        part.unlink()
        raise _BrokenTransferError(f"the server sent bytes from {answer.start:,}, not from {there:,}")
    if answer.size is not None:
        require_space(part.parent, answer.size - answer.start, f"downloading {part.stem}")
    done = answer.start
    with part.open("ab" if answer.start else "wb") as file:
        while block := response.read(_BLOCK):
            file.write(block)
            done += len(block)
            progress(done, answer.size or 0, f"bytes of {part.stem}")
    if answer.size is not None and done != answer.size:
        raise _BrokenTransferError(f"it broke off: {done:,} bytes came of {answer.size:,}")
