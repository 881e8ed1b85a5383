"""What lies under an image's name and is no image, or cannot be read."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tracker.data.decoding import UndecodableError, decode, read_file


def reason(path: Path) -> str:
    with pytest.raises(UndecodableError) as caught:
        decode(path, image_size=8, resize="stretch")
    return str(caught.value)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "image.png")
    assert reason(tmp_path / "image.png") == "not a file but a pipe or a device"


def test_a_pipe_that_somebody_writes_to_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "image.png"
    os.mkfifo(pipe)
    with subprocess.Popen(
        ["/bin/sh", "-c", f"exec 3<>'{pipe}'; echo ready; sleep 60"], stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        assert reason(pipe) == "not a file but a pipe or a device"
        writer.kill()


def test_a_device_is_refused(tmp_path: Path) -> None:
    (tmp_path / "image.png").symlink_to("/dev/zero")
    assert reason(tmp_path / "image.png") == "not a file but a pipe or a device"


def test_a_socket_is_refused() -> None:
    # A socket's path has to be short.
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as one:
        one.bind(f"{folder}/image.png")
        assert reason(Path(folder, "image.png")) == "no such device or address"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "image.png").mkdir()
    assert reason(tmp_path / "image.png") == "is a directory"


def test_a_dangling_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "image.png").symlink_to(tmp_path / "gone.png")
    assert reason(tmp_path / "image.png") == "no such file or directory"


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "image.png").symlink_to(tmp_path / "other.png")
    (tmp_path / "other.png").symlink_to(tmp_path / "image.png")
    assert reason(tmp_path / "image.png") == "too many levels of symbolic links"


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="everything may be read by root")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "image.png").touch(mode=0)
    assert reason(tmp_path / "image.png") == "permission denied"


def test_a_name_that_no_file_can_have_is_refused() -> None:
    assert reason(Path("x" * 300 + ".png")) == "file name too long"
    assert "null byte" in reason(Path("a\0.png"))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "image.png").touch()
    assert reason(tmp_path / "image.png") == "the file is empty"


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "image.tif").open("wb") as file:
        file.write(b"II*\0")
        file.truncate(3 * 2**40)
    assert reason(tmp_path / "image.tif") == "a file of more than 512 MiB"


def test_the_content_of_a_file_decodes_as_the_file_does(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(path)
    from_file = decode(path, image_size=8, resize="stretch")
    assert np.array_equal(from_file, decode(read_file(path), image_size=8, resize="stretch"))


@pytest.mark.parametrize(
    "content", [b"", b"x", b"BM", b"II*\0", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a"]
)
def test_content_that_is_only_a_beginning_is_refused(content: bytes) -> None:
    with pytest.raises(UndecodableError):
        decode(content, image_size=8, resize="stretch")
