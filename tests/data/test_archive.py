from __future__ import annotations

import io
import socket
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.publisher import Publisher
from tracker.data.archive import Archive, fetch
from tracker.data.manifest import build_manifest
from tracker.errors import DataError, UsageError
from tracker.io.progress import silent


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
    publisher.content = packed_images()
    return Archive("tb-xray", f"{publisher.root}/ChinaSet_AllFiles.zip", "TRACKER_TB_XRAY_URL")


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


def test_a_data_set_without_a_place_is_downloaded(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_TB_XRAY_URL", archive.url)
    manifest = build_manifest("tb-xray", None)
    assert manifest.counts == {"normal": 1, "tuberculosis": 1}


def test_the_next_command_goes_on_where_the_last_one_failed(archive: Archive, publisher: Publisher) -> None:
    publisher.cuts = [1000]
    with pytest.raises(DataError, match="it broke off: 1,000 bytes came of"):
        fetch(archive, progress=silent, pauses=())
    fetch(archive, progress=silent, pauses=())
    assert publisher.requests[1]["Range"] == "bytes=1000-"


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


@pytest.mark.parametrize("mirror", ["file:///etc/passwd", "http://me:geheim@127.0.0.1:9/files.zip"])
def test_a_mirror_must_be_a_web_address_without_an_account(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, mirror: str
) -> None:
    monkeypatch.setenv("TRACKER_TB_XRAY_URL", mirror)
    with pytest.raises(UsageError, match="TRACKER_TB_XRAY_URL must be an http or https address") as caught:
        fetch(archive, progress=silent)
    assert "geheim" not in str(caught.value)


def test_a_disk_without_room_is_told_before_the_download(archive: Archive, publisher: Publisher) -> None:
    publisher.announced = 10**15
    with pytest.raises(DataError, match=r"downloading ChinaSet_AllFiles\.zip needs .* GB free"):
        fetch(archive, progress=silent)
