from __future__ import annotations

import io
import socket
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.publisher import Publisher
from tracker.data.archive import Archive, fetch
from tracker.data.manifest import build_manifest
from tracker.errors import DataError, TrackerError, UsageError
from tracker.io.progress import silent

SHENZHEN = {"0": 326, "1": 336}


def packed_images(*names: str) -> bytes:
    """An archive like the published one, of images of noise; two of them, if none is named."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, name in enumerate(names or ["CHNCXR_0001_0", "CHNCXR_0327_1"]):
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


def test_a_data_set_without_a_place_is_downloaded(
    archive: Archive, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"CHNCXR_{number:04}_{end}" for end, count in SHENZHEN.items() for number in range(count)]
    publisher.content = packed_images(*names)
    monkeypatch.setenv("TRACKER_TB_XRAY_URL", archive.url)
    assert build_manifest("tb-xray", None).counts == {"normal": 326, "tuberculosis": 336}


@pytest.mark.parametrize(("dataset", "count"), [("tb-xray", 326), ("montgomery", 80)])
def test_another_archive_is_refused_and_not_kept(
    archive: Archive, cache: Path, monkeypatch: pytest.MonkeyPatch, dataset: str, count: int
) -> None:
    monkeypatch.setenv("TRACKER_TB_XRAY_URL", archive.url)
    monkeypatch.setenv("TRACKER_MONTGOMERY_URL", archive.url)
    with pytest.raises(DataError, match=rf"another archive \(\d instead of {count} files match CXR_png/"):
        build_manifest(dataset, None)
    assert list((cache / "datasets" / dataset).glob("[!.]*")) == []


@pytest.fixture
def two_images(archive: Archive) -> Archive:
    """The same archive, known for one image of each class."""
    return replace(archive, holds={rf"CXR_png/CHNCXR_\d+_{end}\.png": 1 for end in "01"})


def test_after_another_archive_the_right_one_is_fetched(two_images: Archive, publisher: Publisher) -> None:
    right, publisher.content = publisher.content, packed_images("CHNCXR_0001_0", "CHNCXR_0002_0")
    with pytest.raises(DataError, match="2 instead of 1 files match"):
        fetch(two_images, progress=silent)
    publisher.content = right
    assert len(list(fetch(two_images, progress=silent).rglob("*.png"))) == 2


def test_one_that_was_put_there_by_hand_stays_where_it_is(two_images: Archive) -> None:
    two_images.folder.mkdir(parents=True)
    two_images.file.write_bytes(packed_images("CHNCXR_0001_0"))
    with pytest.raises(DataError, match="0 instead of 1 files match"):
        fetch(two_images, progress=silent)
    assert two_images.file.exists()


def remove(path: Path) -> None:
    path.unlink()


def shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("harm", [remove, shorten, empty])
def test_an_image_that_is_gone_or_shorter_is_fetched_again_and_told(
    two_images: Archive,
    publisher: Publisher,
    caplog: pytest.LogCaptureFixture,
    harm: Callable[[Path], None],
) -> None:
    image = next(fetch(two_images, progress=silent).rglob("*.png"))
    before = image.read_bytes()
    assert caplog.messages == []
    harm(image)
    fetch(two_images, progress=silent)
    assert image.read_bytes() == before
    (note,) = caplog.messages
    assert "kept files of tb-xray are not whole any more" in note
    fetch(two_images, progress=silent)
    assert len(publisher.requests) == 2


def test_what_an_earlier_version_unpacked_is_taken_as_long_as_all_images_are_there(
    two_images: Archive, publisher: Publisher
) -> None:
    folder = fetch(two_images, progress=silent)
    folder.with_name(".files.contents.json").unlink()
    fetch(two_images, progress=silent)
    assert len(publisher.requests) == 1
    next(folder.rglob("*.png")).unlink()
    fetch(two_images, progress=silent)
    assert len(publisher.requests) == 2


def test_offline_what_is_left_of_the_images_stays(two_images: Archive, publisher: Publisher) -> None:
    folder = fetch(two_images, progress=silent)
    next(folder.rglob("*.png")).unlink()
    publisher.status = 503
    with pytest.raises(DataError, match="the server answers 503"):
        fetch(two_images, progress=silent)
    assert len(list(folder.rglob("*.png"))) == 1


@pytest.mark.parametrize(
    "mirror", ["http://[::1/files.zip", "http://127.0.0.1:port/files.zip", "http://a b/"]
)
def test_a_mirror_whose_address_is_broken_is_one_line(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, mirror: str
) -> None:
    monkeypatch.setenv("TRACKER_TB_XRAY_URL", mirror)
    with pytest.raises(TrackerError, match=r"it is none|it is no address|cannot be reached"):
        fetch(archive, progress=silent, pauses=(3600.0,))


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
