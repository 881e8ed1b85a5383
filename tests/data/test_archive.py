from __future__ import annotations

import io
import re
import socket
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tracker.data.archive import Archive, fetch
from tracker.data.manifest import build_manifest
from tracker.errors import DataError, UsageError
from tracker.io import download as transfer
from tracker.io.progress import silent

FAST = (0.0, 0.0)


@dataclass
class Publisher:
    """A real HTTP server with one archive, which can be told to misbehave."""

    content: bytes
    etag: str | None = '"v1"'
    ranges: bool = True
    cuts: list[int] = field(default_factory=list)
    announced: int | None = None
    status: int = 200
    hang: bool = False
    wrong_start: int = 0
    requests: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.requests.append(dict(handler.headers))
        if self.status != 200:
            handler.send_error(self.status)
            return
        start = self.start_of(handler)
        if start >= len(self.content) > 0:
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(self.content)}")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        self.send(handler, start)

    def start_of(self, handler: BaseHTTPRequestHandler) -> int:
        asked = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
        same = handler.headers.get("If-Range") == self.etag
        return int(asked[1]) if asked and same and self.ranges else 0

    def send(self, handler: BaseHTTPRequestHandler, start: int) -> None:
        rest = self.content[start:]
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header(
                "Content-Range",
                f"bytes {start + self.wrong_start}-{len(self.content) - 1}/{len(self.content)}",
            )
        handler.send_header("Content-Length", str(self.announced or len(rest)))
        if self.etag:
            handler.send_header("ETag", self.etag)
        handler.end_headers()
        handler.wfile.write(rest[: self.cuts.pop(0)] if self.cuts else rest)
        if self.hang:
            handler.wfile.flush()
            handler.connection.settimeout(10)
            handler.connection.recv(1)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    published = Publisher(packed_images())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            published.answer(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    published.url = f"http://127.0.0.1:{server.server_port}/ChinaSet_AllFiles.zip"
    yield published
    server.shutdown()
    server.server_close()
    thread.join()


def packed_images() -> bytes:
    """An archive like the published one, of two images of noise."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, name in enumerate(["CHNCXR_0001_0", "CHNCXR_0327_1"]):
            image = io.BytesIO()
            noise = np.random.default_rng(number).integers(0, 256, (64, 64), dtype=np.uint8)
            Image.fromarray(noise).save(image, "PNG")
            archive.writestr(f"ChinaSet_AllFiles/CXR_png/{name}.png", image.getvalue())
    return packed.getvalue()


@pytest.fixture
def archive(publisher: Publisher) -> Archive:
    return Archive("tb-xray", publisher.url, "TRACKER_TB_XRAY_URL")


def test_the_archive_is_downloaded_unpacked_and_removed(archive: Archive, cache: Path) -> None:
    told: list[tuple[int, int, str]] = []
    folder = fetch(archive, progress=lambda *state: told.append(state))
    assert folder == cache / "datasets" / "tb-xray" / "files"
    assert len(list((folder / "ChinaSet_AllFiles" / "CXR_png").iterdir())) == 2
    assert [path.name for path in folder.parent.iterdir() if not path.name.startswith(".")] == ["files"]
    size = len(packed_images())
    assert told[-3] == (size, size, "bytes of ChinaSet_AllFiles.zip")
    assert told[-1] == (2, 2, "files unpacked from ChinaSet_AllFiles.zip")


def test_what_was_downloaded_is_not_asked_for_again(archive: Archive, publisher: Publisher) -> None:
    assert fetch(archive, progress=silent) == fetch(archive, progress=silent)
    assert len(publisher.requests) == 1


def test_a_data_set_without_a_place_is_downloaded(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKER_TB_XRAY_URL", publisher.url)
    manifest = build_manifest("tb-xray", None)
    assert manifest.counts == {"normal": 1, "tuberculosis": 1}


def test_a_transfer_that_broke_off_goes_on_where_it_was(archive: Archive, publisher: Publisher) -> None:
    publisher.cuts = [1000, 500]
    fetch(archive, progress=silent, pauses=FAST)
    assert [request.get("Range") for request in publisher.requests] == [None, "bytes=1000-", "bytes=1500-"]
    assert publisher.requests[1]["If-Range"] == '"v1"'


def test_the_next_command_goes_on_where_the_last_one_failed(archive: Archive, publisher: Publisher) -> None:
    publisher.cuts = [1000]
    with pytest.raises(DataError, match="it broke off: 1,000 bytes came of"):
        fetch(archive, progress=silent, pauses=())
    fetch(archive, progress=silent, pauses=())
    assert publisher.requests[1]["Range"] == "bytes=1000-"


def test_a_file_that_changed_meanwhile_is_begun_anew(archive: Archive, publisher: Publisher) -> None:
    publisher.content = bytes(5000)
    publisher.cuts = [1000]
    with pytest.raises(DataError):
        fetch(archive, progress=silent, pauses=())
    publisher.content, publisher.etag = packed_images(), '"v2"'
    assert len(list(fetch(archive, progress=silent).rglob("*.png"))) == 2


def test_a_server_that_knows_no_ranges_is_asked_for_everything(
    archive: Archive, publisher: Publisher
) -> None:
    publisher.ranges, publisher.cuts = False, [1000]
    assert len(list(fetch(archive, progress=silent, pauses=FAST).rglob("*.png"))) == 2


def test_a_server_that_names_no_version_is_asked_for_everything(
    archive: Archive, publisher: Publisher
) -> None:
    publisher.etag, publisher.cuts = None, [1000]
    assert len(list(fetch(archive, progress=silent, pauses=FAST).rglob("*.png"))) == 2
    assert "Range" not in publisher.requests[1]


def test_a_part_that_is_whole_already_is_not_downloaded_again(archive: Archive, publisher: Publisher) -> None:
    archive.folder.mkdir(parents=True)
    part = transfer.part_of(archive.file)
    part.write_bytes(publisher.content)
    part.with_name(archive.file.name + ".version").write_text('"\\"v1\\""')
    assert len(list(fetch(archive, progress=silent, pauses=()).rglob("*.png"))) == 2
    assert len(publisher.requests) == 1


def test_bytes_from_another_place_than_asked_for_are_not_accepted(
    archive: Archive, publisher: Publisher
) -> None:
    publisher.cuts, publisher.wrong_start = [1000], 7
    with pytest.raises(DataError, match="the server sent bytes from 1,007, not from 1,000"):
        fetch(archive, progress=silent, pauses=(0.0,))
    assert len(list(fetch(archive, progress=silent).rglob("*.png"))) == 2


def test_a_part_that_is_too_long_is_begun_anew(archive: Archive, publisher: Publisher) -> None:
    archive.folder.mkdir(parents=True)
    part = transfer.part_of(archive.file)
    part.write_bytes(publisher.content + b"more")
    part.with_name(archive.file.name + ".version").write_text('"\\"v1\\""')
    assert len(list(fetch(archive, progress=silent, pauses=FAST).rglob("*.png"))) == 2
    assert "Range" not in publisher.requests[1]


def test_a_transfer_that_comes_further_each_time_is_never_given_up(
    archive: Archive, publisher: Publisher
) -> None:
    publisher.cuts = [1000] * (len(FAST) + 4)
    fetch(archive, progress=silent, pauses=FAST)
    assert len(publisher.requests) == 1 + len(FAST) + 4


def test_fewer_bytes_than_announced_are_not_accepted(archive: Archive, publisher: Publisher) -> None:
    publisher.announced = len(publisher.content) + 10
    publisher.ranges = False
    with pytest.raises(DataError, match="it broke off"):
        fetch(archive, progress=silent, pauses=FAST)
    assert not archive.file.exists()
    assert len(publisher.requests) == 1 + len(FAST)


def test_a_transfer_that_stands_still_is_given_up(
    archive: Archive, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "TIMEOUT_SECONDS", 0.2)
    publisher.cuts, publisher.hang = [1000], True
    with pytest.raises(DataError, match="timed out"):
        fetch(archive, progress=silent, pauses=())


def test_a_refused_connection_fails_at_once_and_says_what_to_do(cache: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    archive = Archive("tb-xray", f"http://127.0.0.1:{port}/set.zip", "TRACKER_TB_XRAY_URL")
    with pytest.raises(DataError) as caught:
        # A pause of an hour would be noticed.
        fetch(archive, progress=silent, pauses=(3600.0,))
    message = str(caught.value)
    assert f"http://127.0.0.1:{port}/set.zip" in message
    assert f"put it into {cache / 'datasets' / 'tb-xray'}" in message
    assert "--data PATH" in message
    assert "refused" in message


def test_a_host_that_nobody_knows_fails_at_once() -> None:
    archive = Archive("tb-xray", "http://no-such-host.invalid/set.zip", "TRACKER_TB_XRAY_URL")
    with pytest.raises(DataError, match="it cannot be reached"):
        fetch(archive, progress=silent, pauses=(3600.0,))


def test_a_server_that_says_no_is_quoted(archive: Archive, publisher: Publisher) -> None:
    publisher.status = 404
    with pytest.raises(DataError, match="the server answers 404 Not Found"):
        fetch(archive, progress=silent, pauses=(3600.0,))


def test_an_archive_put_there_by_hand_is_unpacked_and_kept(archive: Archive, publisher: Publisher) -> None:
    archive.folder.mkdir(parents=True)
    archive.file.write_bytes(publisher.content)
    assert len(list(fetch(archive, progress=silent).rglob("*.png"))) == 2
    assert publisher.requests == []
    assert archive.file.exists()


def test_something_else_than_an_archive_is_refused(archive: Archive, publisher: Publisher) -> None:
    publisher.content = b"<html>please log in</html>"
    with pytest.raises(DataError, match=r"ChinaSet_AllFiles\.zip must be a whole zip archive"):
        fetch(archive, progress=silent)


def test_a_mirror_must_be_a_web_address(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_TB_XRAY_URL", "file:///etc/passwd")
    with pytest.raises(UsageError, match="TRACKER_TB_XRAY_URL must be an http or https address"):
        fetch(archive, progress=silent)


def test_a_disk_without_room_is_told_before_the_download(archive: Archive, publisher: Publisher) -> None:
    publisher.announced = 10**15
    with pytest.raises(DataError, match=r"downloading ChinaSet_AllFiles\.zip needs .* GB free"):
        fetch(archive, progress=silent)
