from __future__ import annotations

import hashlib
import urllib.error
from pathlib import Path

import numpy as np
import pytest

from tests.support.publisher import Publisher
from tracker.errors import DataError
from tracker.io import download as module
from tracker.io.download import DownloadError, download, part_of
from tracker.io.progress import silent

CONTENT = np.random.default_rng(0).bytes(9_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
FAST = (0.0, 0.0)


class Download:
    """A file that is downloaded from a publisher, whole or not."""

    def __init__(self, url: str, target: Path) -> None:
        self.url, self.target = url, target

    def __call__(self, *, pauses: tuple[float, ...] = FAST, sha256_prefix: str = "") -> bytes:
        download(self.url, self.target, silent, pauses=pauses, sha256_prefix=sha256_prefix)
        return self.target.read_bytes()

    def put_part(self, content: bytes) -> None:
        """Leave what an earlier download of version v1 would have left."""
        part_of(self.target).write_bytes(content)
        self.target.with_name(f"{self.target.name}.version").write_text('"\\"v1\\""')


@pytest.fixture
def get(publisher: Publisher, tmp_path: Path) -> Download:
    publisher.content = CONTENT
    return Download(f"{publisher.root}/file.bin", tmp_path / "file.bin")


def test_a_file_comes_whole_with_its_progress_and_leaves_nothing_beside_it(
    publisher: Publisher, tmp_path: Path
) -> None:
    publisher.content = CONTENT
    told: list[tuple[int, int, str]] = []
    target = tmp_path / "file.bin"
    download(f"{publisher.root}/file.bin", target, lambda *state: told.append(state))
    assert target.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [target]
    assert told[-1] == (len(CONTENT), len(CONTENT), "bytes of file.bin")


def test_a_transfer_that_broke_off_goes_on_where_it_was(get: Download, publisher: Publisher) -> None:
    publisher.cuts = [1000, 500]
    assert get() == CONTENT
    assert [request.get("Range") for request in publisher.requests] == [None, "bytes=1000-", "bytes=1500-"]
    assert publisher.requests[1]["If-Range"] == '"v1"'


def test_a_file_that_changed_meanwhile_is_begun_anew(get: Download, publisher: Publisher) -> None:
    publisher.content, publisher.cuts = bytes(5000), [1000]
    with pytest.raises(DownloadError):
        get(pauses=())
    publisher.content, publisher.etag = CONTENT, '"v2"'
    assert get() == CONTENT


def test_a_server_that_knows_no_ranges_is_asked_for_everything(get: Download, publisher: Publisher) -> None:
    publisher.ranges, publisher.cuts = False, [1000]
    assert get() == CONTENT


def test_a_server_that_names_no_version_is_asked_for_everything(get: Download, publisher: Publisher) -> None:
    publisher.etag, publisher.cuts = None, [1000]
    assert get() == CONTENT
    assert "Range" not in publisher.requests[1]


def test_a_part_that_is_whole_already_is_not_downloaded_again(get: Download, publisher: Publisher) -> None:
    get.put_part(CONTENT)
    assert get(pauses=()) == CONTENT
    assert len(publisher.requests) == 1


def test_a_part_that_is_too_long_is_begun_anew(get: Download, publisher: Publisher) -> None:
    get.put_part(CONTENT + b"more")
    assert get() == CONTENT
    assert "Range" not in publisher.requests[1]


def test_bytes_from_another_place_than_asked_for_are_not_accepted(
    get: Download, publisher: Publisher
) -> None:
    publisher.cuts, publisher.wrong_start = [1000], 7
    with pytest.raises(DownloadError, match="the server sent bytes from 1,007, not from 1,000"):
        get(pauses=(0.0,))
    assert get() == CONTENT


def test_a_transfer_that_comes_further_each_time_is_never_given_up(
    get: Download, publisher: Publisher
) -> None:
    publisher.cuts = [1000] * (len(FAST) + 4)
    get(pauses=FAST)
    assert len(publisher.requests) == 1 + len(FAST) + 4


def test_fewer_bytes_than_announced_are_not_accepted(get: Download, publisher: Publisher) -> None:
    publisher.announced = len(CONTENT) + 10
    publisher.ranges = False
    with pytest.raises(DownloadError, match="it broke off: 9,000 bytes came of 9,010"):
        get(pauses=FAST)
    assert not get.target.exists()
    assert len(publisher.requests) == 1 + len(FAST)


def test_a_transfer_that_stands_still_is_given_up(
    get: Download, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", 0.2)
    publisher.cuts, publisher.hang = [1000], True
    with pytest.raises(DownloadError, match="timed out"):
        get(pauses=())


def test_a_server_that_says_no_is_not_asked_again(get: Download, publisher: Publisher) -> None:
    publisher.status = 404
    with pytest.raises(DownloadError, match="the server answers 404 Not Found") as caught:
        get(pauses=(3600.0,))
    assert isinstance(caught.value.__cause__, urllib.error.HTTPError)
    assert len(publisher.requests) == 1


def test_a_disk_without_room_is_told_before_the_download(get: Download, publisher: Publisher) -> None:
    publisher.announced = 10**15
    with pytest.raises(DataError, match=r"downloading file\.bin needs .* GB free"):
        get()


@pytest.mark.parametrize("digits", [8, 64])
def test_a_file_with_the_right_checksum_is_accepted(get: Download, digits: int) -> None:
    assert get(sha256_prefix=SHA256[:digits]) == CONTENT


def test_a_file_with_another_checksum_is_refused_and_begun_anew_next_time(
    get: Download, publisher: Publisher
) -> None:
    publisher.content = bytes(9_000)
    with pytest.raises(DownloadError, match=f'expected "{SHA256[:8]}", got "[0-9a-f]{{8}}"'):
        get(sha256_prefix=SHA256[:8])
    assert not get.target.exists()
    assert not part_of(get.target).exists()
    publisher.content = CONTENT
    assert get(sha256_prefix=SHA256[:8]) == CONTENT
    assert "Range" not in publisher.requests[1]
