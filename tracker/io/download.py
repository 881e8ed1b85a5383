"""One attempt to get a file over HTTP, going on where the last attempt ended."""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tracker.io.cache import require_space
from tracker.io.progress import Progress

# For connecting and for every wait between two blocks: who is offline shall know within seconds.
TIMEOUT_SECONDS = 5.0
_BLOCK = 2**18


class BrokenTransferError(Exception):
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


def transfer(url: str, target: Path, progress: Progress) -> None:
    """Get a file, or the rest of it.

    Args:
        url: Its address.
        target: The file, which appears once it is whole. Its bytes gather in `part_of(target)`; what
            is there already is kept if the server says that the file is still the same, by its entity
            tag or its date; else it is begun anew.
        progress: Told about bytes.

    Raises:
        BrokenTransferError: Fewer bytes came than were announced, or none for some seconds.
        urllib.error.URLError: The server is not there or refuses.
        DataError: The disk has no room.
    """
    part = part_of(target)
    note = target.with_name(target.name + ".version")
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
        raise BrokenTransferError(f"the connection broke off ({error})") from error
    part.rename(target)
    note.unlink(missing_ok=True)


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
        raise BrokenTransferError("the part that was there does not belong to the file")


def _receive(response: http.client.HTTPResponse, part: Path, answer: _Answer, progress: Progress) -> None:
    there = part.stat().st_size if part.exists() else 0
    if answer.start not in {0, there}:
        part.unlink()
        raise BrokenTransferError(f"the server sent bytes from {answer.start:,}, not from {there:,}")
    if answer.size is not None:
        require_space(part.parent, answer.size - answer.start, f"downloading {part.stem}")
    done = answer.start
    with part.open("ab" if answer.start else "wb") as file:
        while block := response.read(_BLOCK):
            file.write(block)
            done += len(block)
            progress(done, answer.size or 0, f"bytes of {part.stem}")
    if answer.size is not None and done != answer.size:
        raise BrokenTransferError(f"it broke off: {done:,} bytes came of {answer.size:,}")
