"""Files over HTTP: whole or not there, going on where a transfer broke off."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracker.io.atomic import rename_over, write_whole
from tracker.io.cache import require_space, writing_into
from tracker.io.progress import Progress

PAUSES = (1.0, 2.0, 4.0)
"""Seconds to wait after each transfer in a row that broke off without coming further."""

# For connecting and for every wait between two blocks: who is offline shall know within seconds.
TIMEOUT_SECONDS = 5.0
_BLOCK = 2**18
# No number of more digits is a file's size.
_SIZE = re.compile(r"[0-9]{1,18}")
_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)")


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
    rename_over(part, target)
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
        with writing_into(part):
            _transfer(url, part, note, progress)
    except _BrokenTransferError as error:
        return error
    return None


def _transfer(url: str, part: Path, note: Path, progress: Progress) -> None:
    request = _request(url, part, note)
    with closing(_opened(request)) as response:
        if response.status == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            _require_whole(part, response.headers.get("Content-Range", ""))
            return
        answer = _understood(response)
        write_whole(note, json.dumps(answer.version).encode())
        _receive(response, part, answer, progress)


def _opened(request: urllib.request.Request) -> Any:
    """Return what a server answers; that it has no further byte is an answer, too."""
    with _foreign():
        try:
            return urllib.request.build_opener(_WebRedirects).open(request, timeout=TIMEOUT_SECONDS)
        except urllib.error.HTTPError as error:
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return error
            with error:
                raise


class _WebRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a server to other web addresses only: what else urllib knows is no place of a publisher."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        scheme = newurl.partition(":")[0].lower()
        if scheme not in {"http", "https"}:
            raise DownloadError(f"the server leads to another address, which is none of the web ({scheme})")
        return super().redirect_request(req, fp, code, msg, headers, newurl)

    def http_error_302(self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any) -> Any:
        try:
            return super().http_error_302(req, fp, code, msg, headers)
        except (ValueError, DownloadError):
            # Urllib leaves the connection open where the address is none.
            fp.close()
            raise

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


@contextmanager
def _foreign() -> Iterator[None]:
    """Turn whatever a server makes urllib raise into one line: broken off, or given up."""
    try:
        yield
    except DownloadError:
        raise
    except urllib.error.HTTPError as error:
        raise DownloadError(f"the server answers {error.code} {_one_line(error.reason)}") from error
    except urllib.error.URLError as error:
        reason = getattr(error.reason, "strerror", None) or error.reason
        raise DownloadError(f"it cannot be reached ({_one_line(reason)})") from error
    except http.client.InvalidURL as error:
        raise _no_address(error) from error
    except (http.client.HTTPException, OSError) as error:
        raise _BrokenTransferError(f"the connection broke off ({_one_line(error)})") from error
    except Exception as error:
        raise _no_address(error) from error


def _no_address(error: Exception) -> DownloadError:
    return DownloadError(f"it is no address, or leads to one that is none ({_one_line(error)})")


def _one_line(text: object) -> str:
    return " ".join(ascii(str(text))[1:-1].replace("\\n", " ").split()) or type(text).__name__


def _request(url: str, part: Path, note: Path) -> urllib.request.Request:
    with _foreign():
        request = urllib.request.Request(url, headers={"User-Agent": "tracker"})
    version = _noted(note)
    if (there := _size(part)) and version:
        request.add_header("Range", f"bytes={there}-")
        request.add_header("If-Range", version)
    return request


def _noted(note: Path) -> str:
    """Return the version of the bytes that have come; nothing where a full disk has not taken it."""
    try:
        version = json.loads(note.read_bytes())
    except (OSError, ValueError):
        return ""
    return version if isinstance(version, str) and version.isascii() and version.isprintable() else ""


def _understood(response: http.client.HTTPResponse) -> _Answer:
    tag = response.headers.get("ETag")
    strong_tag = tag if tag and not tag.startswith("W/") else None
    version = strong_tag or response.headers.get("Last-Modified")
    if response.status != http.HTTPStatus.PARTIAL_CONTENT:
        return _Answer(0, _number(response.headers.get("Content-Length", "")), version)
    ranged = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if ranged is None:
        raise DownloadError("the server sent a part of it, and does not say which")
    return _Answer(int(ranged[1]), _number(ranged[2]), version)


def _number(text: str) -> int | None:
    """Return a size; None where a server says none, or something that is none."""
    return int(text) if _SIZE.fullmatch(text.strip()) else None


def _require_whole(part: Path, content_range: str) -> None:
    """Accept that there is no further byte only if all are here; begin anew otherwise."""
    if not part.exists():
        raise DownloadError("the server answers 416: it has no such part, though all was asked for")
    if content_range != f"bytes */{_size(part)}":
        part.unlink()
        raise _BrokenTransferError("the part that was there does not belong to the file")


def _receive(response: http.client.HTTPResponse, part: Path, answer: _Answer, progress: Progress) -> None:
    there = _size(part)
    if answer.start not in {0, there}:
        part.unlink(missing_ok=True)
        raise _BrokenTransferError(f"the server sent bytes from {answer.start:,}, not from {there:,}")
    if answer.size is not None:
        require_space(part.parent, answer.size - answer.start, f"downloading {part.stem}")
    done = answer.start
    with part.open("ab" if answer.start else "wb") as file:
        while block := _block(response):
            file.write(block)
            done += len(block)
            progress(done, answer.size or 0, f"bytes of {part.stem}")
    if answer.size is not None and done != answer.size:
        raise _BrokenTransferError(f"it broke off: {done:,} bytes came of {answer.size:,}")


def _block(response: http.client.HTTPResponse) -> bytes:
    with _foreign():
        return response.read(_BLOCK)
