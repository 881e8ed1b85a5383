"""Servers that answer what they should not: the file comes all the same, or one line says why it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.canned_server import canned_server
from tracker.io.download import DownloadError, download, part_of
from tracker.io.progress import silent

FILE = b"GIF89a"


def answer(status: str, *headers: str, body: bytes = FILE) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode("latin-1") + body


def fetched(target: Path, *answers: bytes) -> bytes:
    with canned_server(*answers) as root:
        download(f"{root}/file.gif", target, silent, pauses=())
    return target.read_bytes()


@pytest.mark.parametrize("length", ["abc", "-5", "1e3", "6.0", "", "9" * 5000])
def test_a_length_that_is_no_number_is_as_none(tmp_path: Path, length: str) -> None:
    assert fetched(tmp_path / "file", answer("200 OK", f"Content-Length: {length}")) == FILE


def test_a_first_part_that_nobody_asked_for_is_gone_on_with(tmp_path: Path) -> None:
    first = answer("206 Partial Content", "Content-Range: bytes 0-3/6", "Content-Length: 4", 'ETag: "v"')
    rest = answer("206 Partial Content", "Content-Range: bytes 4-5/6", "Content-Length: 2", 'ETag: "v"')
    whole = [first.removesuffix(FILE) + FILE[:4], rest.removesuffix(FILE) + FILE[4:]]
    with canned_server(*whole) as root:
        download(f"{root}/file.gif", tmp_path / "file", silent, pauses=(0.0,))
    assert (tmp_path / "file").read_bytes() == FILE


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (answer("206 Partial Content"), "the server sent a part of it, and does not say which"),
        (
            answer("206 Partial Content", "Content-Range: bytes 5-6/9"),
            "the server sent bytes from 5, not from",
        ),
        (answer("206 Partial Content", "Content-Range: words 0-5/6"), "a part of it, and does not say which"),
        (answer("416 Range Not Satisfiable"), "the server answers 416"),
        (answer("416 No", "Content-Range: bytes */0"), "the server answers 416"),
        (answer("302 Found", "Location: file:///etc/passwd"), "file:///etc/passwd' is not allowed"),
        (answer("302 Found", "Location: ftp://127.0.0.1/x"), r"none of the web \(ftp\)"),
        (answer("302 Found", "Location: http://[::1/x"), "leads to one that is none"),
        (answer("302 Found", "Location: http://127.0.0.1:port/x"), "leads to one that is none"),
        (answer("302 Found", "Location: http://a..b/x"), "leads to one that is none"),
        (answer("302 Found", "Location: {root}/again"), "the server answers 302 The HTTP server returned"),
        (answer("302 Found"), "the server answers 302 Found"),
        (answer("200 OK", "Transfer-Encoding: chunked", body=b"zz\r\nGIF"), "the connection broke off"),
        (answer("200 OK", *(f"X-{n}: y" for n in range(200))), "the connection broke off"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "the connection broke off"),
        (b"", "the connection broke off"),
    ],
)
def test_what_cannot_be_a_file_is_one_line(tmp_path: Path, said: bytes, reason: str) -> None:
    with pytest.raises(DownloadError, match=reason) as caught:
        fetched(tmp_path / "file", said)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("note", [b"", b'"v', b"[1]", b"17", b"\xff\xfe", b'"two\\nlines"', '"ü"'.encode()])
def test_a_note_that_a_full_disk_or_a_crash_has_left_is_no_reason_to_fail(
    tmp_path: Path, note: bytes
) -> None:
    target = tmp_path / "file"
    part_of(target).write_bytes(b"GI")
    target.with_name("file.version").write_bytes(note)
    assert fetched(target, answer("200 OK", "Content-Length: 6")) == FILE
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("url", ["http://[::1/x", "http://127.0.0.1:port/x", "http://a..b/x", "nowhere"])
def test_an_address_that_is_none_is_one_line(tmp_path: Path, url: str) -> None:
    with pytest.raises(DownloadError, match=r"it is no address|cannot be reached"):
        download(url, tmp_path / "file", silent, pauses=(3600.0,))
